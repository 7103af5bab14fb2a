"""What is dropped on the window is taken for what it is."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QWidget

from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import AGENT, with_windows


def drop(qapp: QApplication, on: QWidget, *paths: Path) -> bool:
    """Drag files over a widget and let go of them there; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return drop_data(qapp, on, data)


def drop_data(qapp: QApplication, on: QWidget, data: QMimeData) -> bool:
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), copy, data, left, none)
    qapp.sendEvent(on, enter)
    event = QDropEvent(QPointF(5, 5), copy, data, left, none)
    qapp.sendEvent(on, event)
    return enter.isAccepted() and event.isAccepted()


def test_a_folder_becomes_the_workspace_a_file_is_attached_an_agent_and_a_session_are_imported(
    qapp: QApplication, tmp_path: Path
) -> None:
    folder, note, agent = tmp_path / "other", tmp_path / "note.txt", tmp_path / "mine.toml"
    folder.mkdir()
    note.write_text("hello")
    agent.write_text(AGENT)
    broken = tmp_path / "no-agent.toml"
    broken.write_text("x = 1\n")

    async def use(windows: Windows) -> None:
        window = windows.front
        assert drop(qapp, window, folder)
        await until(lambda: window.workspace == folder)
        assert drop(qapp, window, note)
        await until(lambda: [each.name for each in window.panel.composer.attachments] == ["note.txt"])
        assert drop(qapp, window, agent)
        await until(lambda: "Scripted" in [entry.name for entry in window.entries])
        for editor in list(window.agents.editors):
            editor.close_unasked()
        assert drop(qapp, window, broken)
        await until(lambda: any("is no agent file" in row.text for row in window.panel.model.rows))
        assert drop(qapp, window, tmp_path / "gone.jsonl")
        await until(lambda: any("gone.jsonl" in row.text for row in window.panel.model.rows))

    with_windows(qapp, tmp_path, use)


def test_a_folder_on_the_message_box_becomes_the_workspace_too(qapp: QApplication, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()

    async def use(windows: Windows) -> None:
        window = windows.front
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(folder))])
        window.panel.composer.message.insertFromMimeData(data)
        await until(lambda: window.workspace == folder)
        assert window.panel.composer.attachments == []

    with_windows(qapp, tmp_path, use)


def test_an_address_of_the_web_and_words_go_into_the_message(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        message = window.panel.composer.message
        message.setPlainText("Read")
        message.moveCursor(QTextCursor.MoveOperation.End)
        page, words, nothing = QMimeData(), QMimeData(), QMimeData()
        page.setUrls([QUrl("https://example.com/x")])
        words.setText("to the end")
        for data, is_taken in ((page, True), (words, True), (nothing, False)):
            assert drop_data(qapp, window, data) == is_taken
        assert message.toPlainText() == "Read https://example.com/x to the end"
        assert window.panel.composer.attachments == []

    with_windows(qapp, tmp_path, use)
