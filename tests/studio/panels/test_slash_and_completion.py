"""Commands after `/` and files after `@`, in the chat panel, with a real agent on the Studio's loop."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, ModelRef
from loom.types.permissions import PermissionMode
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.commands import help_text, tool_call, typed_command
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.fuzzy import best, score
from loom_studio.services.workspace_files import WorkspaceFiles
from tests.support.chats import with_chat
from tests.support.skills import profile_in, workspace_in, write_skill
from tests.support.waiting import until

Use = Callable[[ChatPanel], Coroutine[Any, Any, None]]


def with_panel(app: QApplication, folder: Path, turns: list[Any], use: Use, **config: Any) -> None:
    workspace = workspace_in(folder)
    profile = profile_in(folder)

    agent = AgentConfig(ModelRef.scripted(turns), name="Test", **config)
    with_chat(app, lambda: Conversation(agent, workspace, profile=profile), use)


def labels(panel: ChatPanel) -> list[str]:
    shown = panel.completer.list
    return [shown.item(row).text() for row in range(shown.count())] if shown.isVisible() else []


def type_in(panel: ChatPanel, text: str) -> None:
    panel.composer.message.setFocus()
    QTest.keyClicks(panel.composer.message, text)


def press(panel: ChatPanel, key: Qt.Key) -> None:
    QTest.keyClick(panel.composer.message, key)


def test_a_slash_offers_every_command_and_skill(qapp: QApplication, tmp_path: Path) -> None:
    write_skill(tmp_path / "home/.agents/skills", "measure", argument_hint="'[what]'")

    async def use(panel: ChatPanel) -> None:
        type_in(panel, "/")
        await until(lambda: len(labels(panel)) >= 11)
        assert labels(panel)[0].startswith("/compact")
        assert any(label.startswith("/measure [what]") for label in labels(panel))
        assert panel.composer.message.accessibleDescription().startswith("1 of 11: /compact")
        press(panel, Qt.Key.Key_Down)
        assert panel.composer.message.accessibleDescription().startswith("2 of 11: /renew")
        press(panel, Qt.Key.Key_Up)
        press(panel, Qt.Key.Key_Up)
        assert panel.composer.message.accessibleDescription().startswith("11 of 11:")
        type_in(panel, "mes")
        await until(lambda: labels(panel)[:1] != [] and labels(panel)[0].startswith("/measure"))
        press(panel, Qt.Key.Key_Tab)
        assert panel.composer.message.toPlainText() == "/measure "
        assert labels(panel) == []
        assert panel.composer.message.hasFocus() or not panel.isActiveWindow()

    with_panel(qapp, tmp_path, [], use)


def test_escape_closes_the_list_and_stops_nothing(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("work"))
        await until(lambda: panel.conversation.is_running)
        type_in(panel, "/co")
        await until(lambda: labels(panel) != [])
        press(panel, Qt.Key.Key_Escape)
        assert labels(panel) == []
        assert panel.conversation.is_running
        press(panel, Qt.Key.Key_Escape)
        await until(lambda: not panel.conversation.is_running)

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_files_are_completed_without_what_is_ignored_and_attached(qapp: QApplication, tmp_path: Path) -> None:
    work = workspace_in(tmp_path)
    (work / "src").mkdir()
    (work / "src/transport.py").write_text("x = 1\n")
    (work / "secret").mkdir()
    (work / "secret/transport.key").write_text("k")
    (work / ".gitignore").write_text("secret/\n")

    async def use(panel: ChatPanel) -> None:
        type_in(panel, "Look at @trsp")
        await until(lambda: labels(panel) == ["src/transport.py"])
        press(panel, Qt.Key.Key_Return)
        assert panel.composer.message.toPlainText() == "Look at @src/transport.py "
        await until(lambda: [each.name for each in panel.composer.attachments] == ["transport.py"])
        type_in(panel, "and (@sr")
        await until(lambda: "src/" in labels(panel))
        press(panel, Qt.Key.Key_Tab)
        await until(
            lambda: labels(panel) == ["src/transport.py", "src/"] or labels(panel) == ["src/", "src/transport.py"]
        )
        assert panel.composer.message.toPlainText().endswith("(@src/")
        press(panel, Qt.Key.Key_Escape)
        type_in(panel, "zzzz")
        await until(lambda: labels(panel) == [])
        panel.composer.message.setPlainText("mail me at a@b.c")
        await until(lambda: labels(panel) == [])

    with_panel(qapp, tmp_path, [], use)


def test_names_follow_some_commands(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.completer.names = lambda command: {"agent": ["Ask", "Coder"]}.get(command, [])
        type_in(panel, "/agent co")
        await until(lambda: labels(panel) == ["Coder"])
        press(panel, Qt.Key.Key_Return)
        assert panel.composer.message.toPlainText() == "/agent Coder "

    with_panel(qapp, tmp_path, [], use)


def test_commands_are_done_and_not_sent(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        wanted: list[tuple[str, str]] = []
        panel.command_wanted.connect(lambda name, rest: wanted.append((name, rest)))
        for text in ("/harness", "/agent Coder", "/model local:x", "/export"):
            panel.submit(Outgoing(text))
        await until(lambda: len(wanted) == 4)
        assert wanted == [("harness", ""), ("agent", "Coder"), ("model", "local:x"), ("export", "")]
        panel.submit(Outgoing("/mode auto"))
        await until(lambda: panel.conversation.mode is PermissionMode.AUTO)
        assert panel.composer.mode.currentText() == "Auto"
        panel.submit(Outgoing("/help"))
        await until(lambda: any("/compact – Make" in row.text for row in panel.model.rows))
        panel.submit(Outgoing("/mode fast"))
        await until(lambda: any("There is no mode 'fast'" in row.text for row in panel.model.rows))
        panel.submit(Outgoing("/watch nowhere"))
        await until(lambda: any("There is no folder" in row.text for row in panel.model.rows))
        panel.submit(Outgoing("/watch ."))
        await until(lambda: any("watches nothing" in row.text for row in panel.model.rows))
        assert not panel.conversation.is_running
        assert panel.conversation.run is None

    with_panel(qapp, tmp_path, [], use)


def test_a_command_that_there_is_not_comes_back_with_a_hint(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("/compct"))
        await until(lambda: any("Did you mean /compact?" in row.text for row in panel.model.rows))
        assert panel.composer.message.toPlainText() == "/compct"
        panel.composer.message.clear()
        panel.submit(Outgoing("/etc/hosts is a file"))
        await until(lambda: any(row.text == "heard" for row in panel.model.rows))

    with_panel(qapp, tmp_path, ["heard"], use)


def test_a_skill_is_called_for_and_told_in_the_transcript(qapp: QApplication, tmp_path: Path) -> None:
    write_skill(tmp_path / "home/.agents/skills", "measure", "Measure $ARGUMENTS.")

    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("/measure the room"))
        await until(lambda: any(row.text == "3 m" for row in panel.model.rows))
        texts = [row.text for row in panel.model.rows]
        assert texts[0] == "/measure the room"
        assert "Skill measure: its instructions are the agent's now" in texts[1]

    with_panel(qapp, tmp_path, ["3 m"], use)


def test_a_tool_is_called_by_the_person_through_the_gate(qapp: QApplication, tmp_path: Path) -> None:
    (workspace_in(tmp_path) / "a.txt").write_text("hello")

    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing('/tool read_file {"path": "a.txt"}'))
        await until(lambda: any("hello" in row.detail for row in panel.model.rows))
        await until(lambda: not panel.conversation.is_running)
        panel.submit(Outgoing('/tool write_file {"path": "b.txt", "content": "x"}'))
        await until(lambda: panel.conversation.pending != [])
        panel.conversation.stop()
        await until(lambda: not panel.conversation.is_running)
        panel.submit(Outgoing("/tool read_file {broken"))
        await until(lambda: any("can't be read" in row.text for row in panel.model.rows))

    with_panel(qapp, tmp_path, [], use, capabilities=["files", "edit"])
    assert not (workspace_in(tmp_path) / "b.txt").exists()


async def test_many_files_are_searched_in_slices(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"file{number:04}.txt").write_text("")
    found = await WorkspaceFiles(tmp_path).matching("f299", 5)
    assert found[0] == "file0299.txt"


@pytest.mark.parametrize(
    ("typed", "texts", "first"),
    [
        ("chat", ["a/chapel_at.py", "panels/chat/panel.py", "chat.py"], "chat.py"),
        ("tpy", ["toppy", "test.py", "xtxpxy"], "test.py"),
        ("compact", ["compact", "model", "com_pact"], "compact"),
    ],
)
def test_what_stands_together_comes_first(typed: str, texts: list[str], first: str) -> None:
    assert best(typed, texts, 3)[0] == first
    assert score("zz", first) == 0


def test_what_is_a_command_by_its_form() -> None:
    assert typed_command("/compact") == ("compact", "")
    assert typed_command("/helper:greet Ada\nand Bob") == ("helper:greet", "Ada\nand Bob")
    for text in ("/etc/hosts", "/ ", "/1", "a /compact", "//", "/a.b"):
        assert typed_command(text) is None
    assert tool_call('grep {"pattern": "x"}') == ("grep", {"pattern": "x"})
    assert tool_call("list_files") == ("list_files", {})
    with pytest.raises(ValueError, match="Say which tool"):
        tool_call("")
    assert "@ completes files" in help_text([])
