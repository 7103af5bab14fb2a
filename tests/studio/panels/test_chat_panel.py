"""The chat panel with a real agent on a script, on the Studio's loop."""

import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from loom.config import AgentConfig, ModelRef
from loom.errors import LoomError
from loom_studio.panels.chat.empty_state import EmptyState
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.chat.work_line import doing_now
from loom_studio.services.attachments import attachment
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.transcript_row import TranscriptRow
from tests.support.chats import with_chat
from tests.support.waiting import until


def with_panel(
    app: QApplication, folder: Path, turns: list[Any], use: Callable[[ChatPanel], Coroutine[Any, Any, None]]
) -> None:
    with_chat(app, lambda: Conversation(AgentConfig(ModelRef.scripted(turns), name="Test"), folder), use)


def test_what_is_sent_while_a_run_works_waits_and_then_goes(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        panel.submit(Outgoing("two"))
        assert list(panel.conversation.queued) == [Outgoing("two")]
        await until(lambda: any(row.text == "second" for row in panel.model.rows))
        assert [row.text for row in panel.model.rows] == ["one", "first", "two", "second"]

    with_panel(qapp, tmp_path, [{"text": "first", "delay_s": 0.1}, "second"], use)


def test_stop_gives_queued_messages_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        panel.submit(Outgoing("two"))
        panel.composer.stop.click()
        await until(lambda: not panel.conversation.is_running)
        assert panel.composer.message.toPlainText() == "two"
        await until(lambda: [row.text for row in panel.model.rows][-1:] == ["Stopped."])
        assert panel.model.rows[0].text == "one"

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_what_a_run_was_told_and_never_read_comes_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        box = panel.composer
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        panel.submit(Outgoing("look at b instead"))
        box.now.click()
        assert box.sending.text() == "look at b instead\nIt reaches the model at its next step."
        panel.submit(Outgoing("later"))
        panel.stop()
        await until(lambda: box.message.toPlainText() == "look at b instead\nlater")
        assert box.sending.text() == ""

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_of_the_messages_that_wait_the_chosen_one_is_moved_edited_deleted(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        box, queue = panel.composer, panel.conversation.queued
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        for text in ("two", "three", "four", "five"):
            panel.submit(Outgoing(text))
        box.queue.setCurrentRow(2)
        panel.conversation.changed.emit()  # as with each step of the run
        assert box.queue.currentItem().text() == "four"
        box.up.click()
        assert [each.text for each in queue] == ["two", "four", "three", "five"]
        assert box.queue.currentItem().text() == "four"
        box.remove.click()
        assert [each.text for each in queue] == ["two", "three", "five"]
        box.queue.setCurrentRow(1)
        box.change.click()
        assert ([each.text for each in queue], box.message.toPlainText()) == (["two", "five"], "three")
        box.message.clear()
        QTest.keyClick(box.message, Qt.Key.Key_Up)
        assert ([each.text for each in queue], box.message.toPlainText()) == (["two"], "five")
        assert box.queue.currentRow() == 0
        assert not box.up.isEnabled()
        panel.stop()
        await until(lambda: not panel.conversation.is_running)

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_the_model_is_not_changed_under_a_run(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        with pytest.raises(LoomError, match="A run is working"):
            await panel.conversation.use_model(ModelRef.local())
        await until(lambda: any(row.text == "first" for row in panel.model.rows))

    with_panel(qapp, tmp_path, [{"text": "first", "delay_s": 0.1}], use)


def test_another_model_goes_on_with_the_conversation(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await panel.converse(Outgoing("one"))
        heard: list[str] = []

        def answer(request: Any) -> str:
            heard.extend(message.text for message in request.messages)
            return "second"

        await panel.conversation.use_model(ModelRef.scripted([answer]))
        await panel.converse(Outgoing("two"))
        assert heard == ["one", "first", "two"]

    with_panel(qapp, tmp_path, ["first"], use)


def test_a_link_is_shown_whole_before_it_opens_and_only_web_links_can(qapp: QApplication, tmp_path: Path) -> None:
    def labels(box: QMessageBox) -> set[str]:
        return {button.text().replace("&", "") for button in box.findChildren(QPushButton)}

    async def use(panel: ChatPanel) -> None:
        panel.transcript.link_activated.emit("https://example.com/a?b=c\u202e")
        panel.transcript.link_activated.emit("file:///etc/passwd")
        web, file = panel.findChildren(QMessageBox)
        assert web.informativeText() == "https://example.com/a?b=c\\u202e"
        assert "Open" in labels(web)
        assert "Open" not in labels(file)
        for box in (web, file):
            box.reject()

    with_panel(qapp, tmp_path, [], use)


def selected(panel: ChatPanel) -> str:
    panel.transcript.copy()
    return QApplication.clipboard().text()


def test_find_shows_where_and_says_when_nothing_is_there(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await panel.converse(Outgoing("where is the needle"))
        panel.open_find()
        panel.find_bar.wanted.emit("needle", True)
        assert panel.find_bar.result.text() == ""
        panel.find_bar.wanted.emit("camel", True)
        assert panel.find_bar.result.text() == "Not found"
        for typed in ("n", "ne", "need"):
            panel.find_bar.text.setText(typed)
            panel.find_bar.text.textEdited.emit(typed)
        await until(lambda: panel.transcript.reader.selection is not None and selected(panel) == "need")
        panel.find_bar.text.textEdited.emit("needles")
        assert panel.find_bar.result.text() == ""
        panel.find_bar.text.setText("needles")
        await until(lambda: panel.find_bar.result.text() == "Not found")

    with_panel(qapp, tmp_path, ["here"], use)


def test_what_is_attached_reaches_the_model_and_is_named_in_the_transcript(qapp: QApplication, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("the needle is here")
    (tmp_path / "bad.bin").write_bytes(b"\x00\xff")

    async def use(panel: ChatPanel) -> None:
        panel.composer.message.files_given.emit([notes, tmp_path / "bad.bin"])
        await until(lambda: bool(panel.composer.attachments) and bool(panel.model.rows))
        assert "bad.bin can't be attached" in panel.model.rows[-1].text
        assert panel.findChildren(QPushButton, "Chip")[0].accessibleName() == "Remove notes.md"
        panel.composer.message.setPlainText("read this")
        panel.composer.send.click()
        await until(lambda: any(row.text == "read" for row in panel.model.rows))
        assert any("Attached: notes.md" in row.text for row in panel.model.rows if row.kind == "user")
        assert panel.composer.attachments == []
        run_ = panel.conversation.run
        assert run_ is not None
        assert "the needle is here" in str(run_.session.history[0].content)

    with_panel(qapp, tmp_path, ["read"], use)


def test_a_removed_attachment_is_not_sent(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.composer.attach(attachment("a.txt", b"a"))
        panel.composer.attach(attachment("b.txt", b"b"))
        panel.findChildren(QPushButton, "Chip")[0].click()
        assert [each.name for each in panel.composer.attachments] == ["b.txt"]

    with_panel(qapp, tmp_path, [], use)


def test_a_message_that_could_not_be_sent_comes_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.conversation.workspace = tmp_path / "gone"
        panel.submit(Outgoing("precious"))
        await until(lambda: bool(panel.model.rows))
        assert "is not a folder" in panel.model.rows[-1].text
        assert panel.composer.message.toPlainText() == "precious"

    with_panel(qapp, tmp_path, ["never"], use)


def test_no_model_is_to_be_set_up_before_it_is_known_that_one_lacks(qapp: QApplication) -> None:
    view = QWidget()
    empty = EmptyState(QWidget(view))
    assert empty.set_up.isHidden()
    empty.show_agent(AgentConfig(ModelRef.scripted(["x"]), name="A"), Path("w"), "There is no key")
    assert not empty.set_up.isHidden()


def test_a_long_step_says_what_is_done_and_for_how_long_and_a_still_chat_has_no_timer(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(panel: ChatPanel) -> None:
        line = panel.work_line
        panel.send(Outgoing("think hard"))
        await until(line.isVisible)
        assert re.fullmatch(r"The model was asked · [12] s", line.text())
        await until(lambda: re.fullmatch(r"The model was asked · [23] s", line.text()) is not None)
        panel.stop()
        await until(lambda: not panel.conversation.is_running)
        await until(line.isHidden)
        assert not any(timer.isActive() for timer in line.findChildren(QTimer))

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_what_a_run_does_is_read_from_its_rows() -> None:
    asked = TranscriptRow("1", "user", "go")
    tool = TranscriptRow("2", "tool", title="read_file · a.py", state="running · read_only")
    assert doing_now("done", [asked, tool]) == ""
    assert doing_now("running", [asked]) == "The model was asked"
    assert doing_now("running", [asked, tool]) == "read_file · a.py runs"
    assert doing_now("running", [asked, tool._replace(state="done in 3 ms")]) == "The model was asked"
    assert doing_now("running", [asked, TranscriptRow("3", "thinking", is_streaming=True)]) == "The model thinks"
    assert doing_now("running", [asked, TranscriptRow("3", "assistant", "Once", is_streaming=True)]) == (
        "The model writes"
    )
    assert doing_now("needs you", [asked, tool]) == "It waits for your answer"
