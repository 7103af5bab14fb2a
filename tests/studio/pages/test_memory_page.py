"""The Memory page: what agents remember is read, searched, changed and forgotten, and nothing is lost by accident."""

import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom.memory.files.entry import Provenance
from loom.memory.files.memories import Memories
from loom.threads import in_thread
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.pages.memory import MOST_CHARS, MemoryPage
from loom_studio.pages.memory_form import MemoryForm
from tests.support.pages import page_context, with_settings
from tests.support.waiting import until

BY = Provenance("Coder", "session-1", "run-1", 1_795_000_000.0, "Remember that I like tabs")


def fill(folder: Path) -> Memories:
    memories = Memories(folder / "profile", folder)
    memories.create("/memories/taste.md", "# Taste\n\nTabs, not spaces.\n", BY)
    memories.create("/memories/build.md", "# Build\n\nmake all\n", BY)
    return memories


async def opened(dialog: SettingsDialog) -> MemoryPage:
    dialog.show_page("Memory")
    page = await dialog.page("Memory")
    assert isinstance(page, MemoryPage)
    await until(lambda: bool(page.count.text()) or bool(page.origin.text()))
    return page


async def choose(page: MemoryPage, path: str) -> None:
    rows = [n for n in range(page.memories.count()) if path in page.memories.item(n).text()]
    page.memories.setCurrentRow(rows[0])
    await until(lambda: path in page.origin.text())


def test_a_memory_is_listed_read_with_its_origin_changed_and_kept(qapp: QApplication, tmp_path: Path) -> None:
    memories = fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        assert page.count.text() == "2 memories"
        await choose(page, "/memories/taste.md")
        assert page.text.toPlainText() == "# Taste\n\nTabs, not spaces.\n"
        assert (
            "by Coder, on 2026-11-18, in session session-, on the words “Remember that I like tabs”"
            in page.origin.text()
        )
        assert not page.save.isEnabled()
        page.text.setPlainText("# Taste\n\nSpaces after all.\n")
        assert page.save.isEnabled()
        page.save.click()
        await until(lambda: "Saved" in page.status.text())
        held = await in_thread(memories.read, "/memories/taste.md")
        assert held.body == "# Taste\n\nSpaces after all.\n"
        assert held.provenance.by == "you"

    with_settings(qapp, page_context(tmp_path), use)


def test_a_forgotten_memory_is_gone_from_the_disk_and_comes_back_as_it_was(qapp: QApplication, tmp_path: Path) -> None:
    fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        file = tmp_path / "profile" / "memory" / "taste.md"
        before = await in_thread(file.read_text)
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        await choose(page, "/memories/taste.md")
        page.forget.click()
        await until(lambda: page.status.text().startswith("Forgotten: /memories/taste.md."))
        assert not await in_thread(file.exists)
        assert page.memories.count() == 1
        assert not page.forget.isEnabled()
        assert dialog.deleted.text.text() == "/memories/taste.md was forgotten."
        dialog.deleted.undo.click()
        await until(lambda: page.memories.count() == 2)
        assert await in_thread(file.read_text) == before

    with_settings(qapp, page_context(tmp_path), use)


def test_a_search_finds_by_words_and_an_empty_result_is_said(qapp: QApplication, tmp_path: Path) -> None:
    fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        page.search.setText("spaces")
        await until(lambda: page.memories.count() == 1)
        assert "Tabs, not spaces" in page.memories.item(0).text()
        page.search.setText("nowhere")
        await until(lambda: page.memories.count() == 0)
        assert "Nothing is remembered about “nowhere”" in page.origin.text()

    with_settings(qapp, page_context(tmp_path), use)


def test_nothing_remembered_says_how_that_changes(qapp: QApplication, tmp_path: Path) -> None:
    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: "capability “memory”" in page.origin.text())
        assert not page.text.isEnabled()
        assert page.untrusted.isHidden()

    with_settings(qapp, page_context(tmp_path), use)


def test_a_change_is_not_lost_to_another_choice_or_another_writer(qapp: QApplication, tmp_path: Path) -> None:
    memories = fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        await choose(page, "/memories/taste.md")
        page.text.setPlainText("mine")
        other = next(n for n in range(2) if "build" in page.memories.item(n).text())
        page.memories.setCurrentRow(other)
        await until(lambda: "Save your change first" in page.status.text())
        await until(lambda: page.memories.currentRow() != other)
        assert page.text.toPlainText() == "mine"
        await in_thread(memories.create, "/memories/taste.md", "theirs", BY)
        page.save.click()
        await until(lambda: "changed by somebody else" in page.status.text())
        assert page.text.toPlainText() == "mine"
        assert (await in_thread(memories.read, "/memories/taste.md")).body == "theirs"

    with_settings(qapp, page_context(tmp_path), use)


def test_how_long_it_is_kept_is_said(qapp: QApplication, tmp_path: Path) -> None:
    memories = fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        await choose(page, "/memories/taste.md")
        page.lasts.setCurrentIndex(2)
        page.lasts.activated.emit(2)
        await until(lambda: "expires on" in page.origin.text())
        held = await in_thread(memories.read, "/memories/taste.md")
        assert held.provenance.expires_at is not None
        assert 29 * 86400 < held.provenance.expires_at - time.time() <= 30 * 86400
        assert held.provenance.by == "Coder"

    with_settings(qapp, page_context(tmp_path), use)


def test_what_can_not_be_shown_whole_is_read_only(qapp: QApplication, tmp_path: Path) -> None:
    fill(tmp_path)
    folder = tmp_path / "profile" / "memory"
    (folder / "bad.md").write_bytes(b"good \xff bad")
    (folder / "long.md").write_text("x\n" * MOST_CHARS)
    (folder / "huge.md").write_text("y" * 2_000_000)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 5)
        await choose(page, "/memories/bad.md")
        assert page.text.isReadOnly()
        assert "not UTF-8" in page.origin.text()
        await choose(page, "/memories/long.md")
        assert page.text.isReadOnly()
        assert len(page.text.toPlainText()) == MOST_CHARS
        huge = next(n for n in range(5) if "huge" in page.memories.item(n).text())
        page.memories.setCurrentRow(huge)
        await until(lambda: "2,000,000 bytes" in page.status.text())
        await choose(page, "/memories/taste.md")
        assert not page.text.isReadOnly()

    with_settings(qapp, page_context(tmp_path), use)


def test_a_workspace_s_own_memory_is_used_once_the_person_says_so(qapp: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / ".loom" / "memory"
    folder.mkdir(parents=True)
    (folder / "team.md").write_text("# Team")

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: not page.trust.isHidden())
        assert page.memories.count() == 0
        page.trust.click()
        await until(lambda: page.memories.count() == 1)
        assert page.trust.isHidden()

    with_settings(qapp, page_context(tmp_path), use)


def test_ten_thousand_memories_do_not_hold_the_window(qapp: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / "profile" / "memory"
    folder.mkdir(parents=True)
    for number in range(10_000):
        (folder / f"{number}.md").write_text(f"# Note {number}")

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 500)
        assert "The 500 changed last of 10,000" in page.count.text()

    with_settings(qapp, page_context(tmp_path), use)


def test_a_person_writes_a_memory_for_all_or_for_the_workspace(qapp: QApplication, tmp_path: Path) -> None:
    memories = fill(tmp_path)

    async def use(dialog: SettingsDialog) -> None:
        page = await opened(dialog)
        await until(lambda: page.memories.count() == 2)
        page.new.click()
        form = page.findChild(MemoryForm)
        assert isinstance(form, MemoryForm)
        assert not form.write.isEnabled()
        form.name.setText("taste")
        form.text.setPlainText("# Another taste")
        form.write.click()
        await until(form.fault.isVisible)
        assert "There is a memory /memories/taste.md already" in form.fault.text()
        assert form.text.toPlainText() == "# Another taste", "what was typed stays"
        form.name.setText("../outside")
        form.write.click()
        await until(form.fault.isVisible)
        form.name.setText("project/decisions")
        form.scope.setCurrentIndex(1)
        form.write.click()
        await until(lambda: "Written" in page.status.text())
        path = "/memories/workspace/project/decisions.md"
        assert path in page.origin.text()
        held = await in_thread(memories.read, path)
        assert (held.body, held.provenance.by) == ("# Another taste\n", "you")
        await until(lambda: page.memories.count() == 3)
        assert page.text.toPlainText() == "# Another taste\n"

    with_settings(qapp, page_context(tmp_path), use)
