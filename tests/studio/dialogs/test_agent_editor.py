"""The agent editor: form and text say the same, faults are at their fields, nothing is lost, and it can be tried."""

import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from loom.config import load_agent
from loom.errors import ConfigError
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.agent_desk import AgentDesk
from loom_studio.dialogs.agent_editor.dialog import AgentEditor
from loom_studio.dialogs.agent_editor.model_picker import ModelPicker
from loom_studio.dialogs.agent_editor.tools_picker import ToolsPicker
from loom_studio.loop import run
from loom_studio.services.agent_files import AgentFiles, Deleted
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.keys import Keys
from loom_studio.services.settings import Settings
from loom_studio.services.shortcuts import Shortcuts
from tests.support.waiting import until

FILE = """# my agent
name = "Scripted"  # its name
instructions = "Be kind."
capabilities = ["files"]

[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
text = "I am **well**."
"""


Use = Callable[[AgentDesk, Path], Coroutine[Any, Any, None]]


def with_desk(qapp: QApplication, folder: Path, use: Use) -> list[str]:
    """A desk over a library of one agent; returns what was complained about."""
    said: list[str] = []
    agents = folder / "agents"
    agents.mkdir()
    file = agents / "scripted.toml"
    file.write_text(FILE)
    library = AgentLibrary(agents)

    async def main() -> int:
        await library.load()
        window = QWidget()
        files = AgentFiles(library, folder, window)
        files.watch()
        profile = Profile(folder / "profile")
        local = ("local", "smollm2-135m")
        desk = AgentDesk(
            files, Keys(), profile, lambda: window, said.append, lambda: local, Shortcuts(Settings(folder))
        )
        try:
            await use(desk, file)
        finally:
            for editor in list(desk.editors):
                editor.close_unasked()
            await desk.aclose()
            window.deleteLater()
        return 0

    assert run(qapp, main) == 0
    return said


def line(editor: AgentEditor, name: str) -> QLineEdit:
    found = [each for each in editor.findChildren(QLineEdit) if each.accessibleName() == name]
    return found[0]


def box(editor: AgentEditor, name: str) -> QPlainTextEdit:
    return next(each for each in editor.findChildren(QPlainTextEdit) if each.accessibleName() == name)


def press(editor: AgentEditor, name: str) -> None:
    next(each for each in editor.findChildren(QPushButton) if each.accessibleName() == name).click()


def write(widget: QLineEdit, text: str) -> None:
    widget.setText(text)


def test_form_and_text_change_each_other_and_comments_survive(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.section("About")
        write(line(editor, "Agent description"), "Writes tests")
        assert 'description = "Writes tests"' in editor.file_text.text.toPlainText()
        assert '# my agent\nname = "Scripted"  # its name' in editor.file_text.text.toPlainText()
        editor.file_text.text.setPlainText(editor.draft.text.replace("Writes tests", "Mends tests"))
        editor.flush()
        assert line(editor, "Agent description").text() == "Mends tests"
        assert editor.save.isEnabled()
        await editor.write()
        assert "# its name" in await in_thread(file.read_text)
        assert (await in_thread(load_agent, file)).description == "Mends tests"
        assert not editor.is_changed

    assert with_desk(qapp, tmp_path, use) == []


def test_a_fault_is_said_at_its_field_and_nothing_broken_is_saved(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.file_text.text.setPlainText(FILE + "\n[runtime.limits]\nmax_iterations = 0\n")
        editor.flush()
        editor.section("Runtime")
        row = line(editor, "Runtime limits max iterations").parentWidget()
        assert "must be at least 1" in row.fault.text()  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
        assert "Runtime · 1 to mend" in [editor.list.item(n).text() for n in range(editor.list.count())]
        assert not editor.save.isEnabled()
        write(line(editor, "Runtime limits max iterations"), "many")
        assert "no whole number" in row.fault.text()  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
        write(line(editor, "Runtime limits max iterations"), "7")
        assert editor.save.isEnabled()
        assert tomllib.loads(editor.draft.text)["runtime"]["limits"]["max_iterations"] == 7
        editor.file_text.text.setPlainText("name = ")
        editor.flush()
        assert "not valid TOML" in editor.file_text.fault.text()
        assert not editor.save.isEnabled()
        assert not editor.stack.isEnabled()
        await editor.write()
        assert await in_thread(file.read_text) == FILE

    assert with_desk(qapp, tmp_path, use) == []


def test_lists_of_objects_are_added_to_and_taken_from(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.section("Hooks")
        press(editor, "Add to Agent hooks")
        assert not editor.save.isEnabled()  # it has no program yet
        write(line(editor, "Hooks 1 event"), "Stop")
        box(editor, "Hooks 1 command").setPlainText("/bin/true\nwith space")
        assert editor.draft.config is not None
        assert editor.draft.config.hooks[0].command == ["/bin/true", "with space"]
        remove = next(
            each for each in editor.findChildren(QWidget) if each.accessibleName() == "Remove from Agent hooks"
        )
        remove.click()  # pyright: ignore[reportAttributeAccessIssue]
        assert "hooks" not in editor.draft.text

    assert with_desk(qapp, tmp_path, use) == []


def test_instructions_are_previewed_counted_and_written_soon_after_the_last_key(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.section("Instructions")
        editor.instructions.text.setPlainText("# Rules\n\nNever *lie*. <script>x</script>\n")
        assert editor.instructions.count.text().startswith("About ")
        await until(lambda: editor.draft.value(("instructions",)) == "# Rules\n\nNever *lie*. <script>x</script>\n")
        editor.instructions.switch.click()
        assert "Never lie." in editor.instructions.preview.toPlainText()
        assert "<script>" in editor.instructions.preview.toPlainText()

    assert with_desk(qapp, tmp_path, use) == []


def test_a_model_is_found_by_words_and_its_unknown_price_is_said_to_be_unknown(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        picker = editor.section("Model").findChild(ModelPicker)
        assert isinstance(picker, ModelPicker)
        picker.search.setText("haiku 4-5")
        assert picker.list.count() == 1
        await until(lambda: "$1 in, $5 out" in picker.list.item(0).text())
        picker.search.setText("ollama:qwen3")
        assert "price unknown" in picker.list.item(0).text()
        picker.search.setText("openai:my-own")
        picker.search.returnPressed.emit()
        assert editor.draft.value(("model", "provider")) == "openai"
        assert picker.current.text() == "openai:my-own"
        assert "Not in our table" in picker.facts.text()

    assert with_desk(qapp, tmp_path, use) == []


def test_tools_are_picked_with_their_risks(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        picker = editor.section("Tools").findChild(ToolsPicker)
        assert isinstance(picker, ToolsPicker)
        picker.boxes["shell"].setChecked(True)
        rule: QComboBox = picker.rules["run_command"]
        rule.setCurrentIndex(rule.findData("deny"))
        data = tomllib.loads(editor.draft.text)
        assert data["capabilities"] == ["files", "shell"]
        assert data["policy"]["permissions"]["deny"] == ["run_command"]
        rule.setCurrentIndex(rule.findData(""))
        assert "deny" not in editor.draft.text

    assert with_desk(qapp, tmp_path, use) == []


def test_the_edited_agent_is_tried_and_a_failure_is_the_real_one(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.section("Try it")
        editor.try_it.run.click()
        await until(lambda: editor.try_it.said.text() == "Done.")
        assert editor.try_it.answer.toPlainText() == "I am **well**."
        editor.file_text.text.setPlainText('name = "B"\n[model]\nprovider = "anthropic"\nname = "claude-haiku-4-5"\n')
        editor.flush()
        editor.try_it.run.click()
        await until(lambda: "It failed" in editor.try_it.said.text())
        assert "ANTHROPIC_API_KEY" in editor.try_it.said.text()

    assert with_desk(qapp, tmp_path, use) == []


def test_a_file_changed_outside_is_shown_and_with_unsaved_changes_asked_about(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        await in_thread(file.write_text, FILE.replace("Be kind.", "Be brief."))
        await until(lambda: "Be brief." in editor.draft.text)
        editor.section("About")
        write(line(editor, "Agent description"), "Mine")
        theirs = FILE.replace("Be kind.", "Be quick.")
        await in_thread(file.write_text, theirs)
        await until(editor.question.isVisible)
        answers = [each.text() for each in editor.question.buttons]
        assert answers == ["Show the difference", "Take the file's", "Keep mine"]
        await editor.write()
        assert await in_thread(file.read_text) == theirs  # not before it was decided
        next(each for each in editor.question.buttons if each.text() == "Keep mine").click()
        await editor.write()
        assert 'description = "Mine"' in await in_thread(file.read_text)
        kept = await in_thread(desk.files.versions.versions, file)
        assert theirs in [await in_thread(desk.files.versions.text, each) for each in kept]

    assert with_desk(qapp, tmp_path, use) == []


def test_a_version_is_compared_and_restored(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        editor = await desk.edit(file)
        editor.section("About")
        write(line(editor, "Agent description"), "Later")
        await editor.write()
        editor.section("Versions")
        await until(lambda: editor.versions.list.count() == 2 and editor.versions.restore.isEnabled())
        assert '+description = "Later"' in editor.versions.diff.text
        editor.versions.restore.click()
        await until(lambda: editor.draft.text == FILE)
        await editor.write()
        assert await in_thread(file.read_text) == FILE

    assert with_desk(qapp, tmp_path, use) == []


def test_versions_are_bounded(tmp_path: Path) -> None:
    from loom_studio.services.agent_versions import MOST_KEPT, AgentVersions

    versions = AgentVersions(tmp_path)
    for number in range(MOST_KEPT + 5):
        versions.keep(tmp_path / "a.toml", f"n = {number}")
        versions.keep(tmp_path / "a.toml", f"n = {number}")
    found = versions.versions(tmp_path / "a.toml")
    assert len(found) == MOST_KEPT
    assert versions.text(found[0]) == f"n = {MOST_KEPT + 4}"


def test_an_agent_is_made_duplicated_deleted_and_brought_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        def names() -> list[str]:
            return sorted(entry.name for entry in desk.files.library.entries)

        new = await desk.edit(None)
        assert new.save.isEnabled()
        await new.write()
        await until(lambda: names() == ["New agent", "Scripted"])
        copy = await desk.files.duplicate(file)
        await desk.read_again()
        assert names() == ["New agent", "Scripted", "Scripted copy"]
        assert "# its name" in await in_thread(copy.read_text)
        editor = await desk.edit(file)
        deleted: list[Deleted] = []
        desk.files.deletion.connect(deleted.append)
        await desk.delete(file)
        await until(lambda: editor not in desk.editors)
        assert names() == ["New agent", "Scripted copy"]
        await desk.files.undelete(deleted[0])
        await until(lambda: "Scripted" in names())
        assert await in_thread(file.read_text) == FILE

    assert with_desk(qapp, tmp_path, use) == []


def test_a_file_is_exported_and_one_that_is_no_agent_is_not_imported(qapp: QApplication, tmp_path: Path) -> None:
    async def use(desk: AgentDesk, file: Path) -> None:
        out = tmp_path / "out.toml"
        await desk.files.export(file, out)
        assert await in_thread(out.read_text) == FILE
        made = await desk.files.bring_in(out)
        assert made.name == "scripted-2.toml"
        await in_thread(out.write_text, "name = 1")
        with pytest.raises(ConfigError, match=r"out\.toml is no agent file: model is required"):
            await desk.files.bring_in(out)

    assert with_desk(qapp, tmp_path, use) == []
