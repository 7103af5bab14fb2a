"""Commands that the window does: another agent, another model, a harness run, an export."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from loom_studio.services.conversations import Outgoing
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import AGENT, resized, with_windows


def agent_file(folder: Path) -> Path:
    file = folder / "scripted.toml"
    file.write_text(AGENT.replace("turns = [", "turns = [{ text = 'Yes.' }, { text = 'Yes.' }, "))
    return file


def test_a_command_changes_agent_and_model_of_the_chat_in_view(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        window.new_like_this()
        name = window.names("agent")[-1]
        panel = window.panel
        panel.submit(Outgoing(f"/agent {name.upper()}"))
        await until(lambda: panel.conversation.config.name == name)
        panel.submit(Outgoing("/model local:other"))
        await until(lambda: panel.conversation.config.model.name == "other")
        panel.submit(Outgoing("/agent nobody"))
        await until(lambda: any("There is no agent 'nobody'" in row.text for row in panel.model.rows))
        panel.submit(Outgoing("/export"))
        await until(lambda: any("nothing to export yet" in row.text for row in panel.model.rows))
        assert window.names("mode") == ["Plan", "Ask", "Accept edits", "Auto"]

    with_windows(qapp, tmp_path, use)


def test_each_tab_can_take_the_place_of_the_chat_and_gives_it_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        await resized(window, 1400, 800)
        inspector, actions = window.inspector, window.actions_of_window.bound.actions
        await until(lambda: inspector.isVisible() and len(inspector.titles) == 6)
        await until(lambda: len(window.splitter.sizes()) == 3 and min(window.splitter.sizes()) > 200)
        columns = window.splitter.sizes()
        for number, title in enumerate(inspector.titles, 1):
            action = actions[f"centre_{title.lower()}"]
            assert action.shortcut().toString() == f"Ctrl+Shift+{number}", "as they stand"
            assert actions[f"tab_{title.lower()}"].shortcut().toString() == f"Ctrl+{number}"
            action.trigger()
            assert inspector.title == title
            assert not window.desk.isVisible()
            assert inspector.isVisible()
            await until(lambda: inspector.width() > columns[1])
            assert inspector.way_back.isVisible()
        actions["centre_changes"].trigger()
        assert window.desk.isVisible()
        assert not inspector.way_back.isVisible()
        await until(lambda: all(abs(a - b) <= 4 for a, b in zip(window.splitter.sizes(), columns, strict=True)))
        inspector.tabBarDoubleClicked.emit(0)
        assert not window.desk.isVisible()
        inspector.way_back.click()
        assert window.desk.isVisible()
        actions["centre_trace"].trigger()
        window.resize(1000, 680)
        assert not window.desk.isVisible()
        actions["compose"].trigger()
        assert window.desk.isVisible()
        assert not inspector.isVisible(), "in a narrow window it waits to be wanted"
        window.resize(1400, 800)
        await until(inspector.isVisible)
        actions["centre_context"].trigger()
        window.new_like_this()
        assert window.desk.isVisible(), "a new session is for writing"

    with_windows(qapp, tmp_path, use)


def test_the_keys_for_undo_take_a_deletion_back_also_from_an_empty_message_box(
    qapp: QApplication, tmp_path: Path
) -> None:
    done: list[str] = []

    async def back() -> None:
        done.append("back")

    async def use(windows: Windows) -> None:
        window = windows.front
        window.activateWindow()
        message = window.panel.composer.message
        message.setFocus()
        await until(lambda: window.isActiveWindow() and message.hasFocus())
        window.services.undo.offer("It went.", back)
        QTest.keyClicks(message, "word")
        QTest.keyClick(message, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert message.toPlainText() == "", "what was typed goes first"
        assert window.services.undo.last is not None
        QTest.keyClick(message, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: done == ["back"])

    with_windows(qapp, tmp_path, use)


def test_sessions_are_walked_through_with_keys_and_enter_leads_to_the_message_box(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        await window.desk.sessions.open()
        for word in ("one", "two", "three"):
            window.new_like_this()
            window.panel.submit(Outgoing(word))
            await until(lambda: window.panel.conversation.state == "done")
        listed = window.sidebar.sessions
        model = listed.model()
        await until(lambda: [model.index(row, 0).data() for row in (1, 2, 3)] == ["✓  three", "✓  two", "✓  one"])
        window.activateWindow()
        listed.setFocus()
        await until(lambda: window.isActiveWindow() and listed.hasFocus() and listed.currentIndex().row() == 1)
        seen = [window.panel.conversation.title]
        for _ in range(2):
            QTest.keyClick(listed, Qt.Key.Key_Down)
            await until(lambda: window.panel.conversation.title != seen[-1])
            seen.append(window.panel.conversation.title)
            assert listed.hasFocus(), "the next key goes on from here"
        assert seen == ["three", "two", "one"]
        QTest.keyClick(listed, Qt.Key.Key_Return)
        await until(window.panel.composer.message.hasFocus)

    with_windows(qapp, tmp_path, use, agent=str(agent_file(tmp_path)))


def test_the_status_bar_says_whether_the_agent_in_view_watches(qapp: QApplication, tmp_path: Path) -> None:
    file = tmp_path / "watcher.toml"
    file.write_text(f'{AGENT}\n[[heartbeat.watch_sources]]\nkind = "filesystem"\npaths = ["."]\n')

    async def use(windows: Windows) -> None:
        window = windows.front
        await until(lambda: "heartbeat on" in window.status.text())
        window.actions_of_window.bound.actions["tab_heartbeat"].trigger()
        tab = window.inspector.heartbeat
        assert tab is not None
        await until(tab.pause.isEnabled)
        tab.pause.click()
        await until(lambda: "heartbeat paused" in window.status.text())

    with_windows(qapp, tmp_path, use, agent=str(file))
