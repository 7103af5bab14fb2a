"""The transcript: thousands of rows, of which only what is in view costs anything; it moves only when told to."""

import threading
import time
from typing import Any

import pytest
from pygments import lexers
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from typing_extensions import override

from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.transcript import TranscriptModel
from loom_studio.widgets.transcript_view import TranscriptView
from tests.support.transcripts import ANSWER, click, view_of


class Paints(QObject):
    """Counts how often a widget is painted."""

    count = 0

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def many(count: int) -> list[TranscriptRow]:
    return [TranscriptRow(str(n), "user" if n % 2 else "assistant", f"{ANSWER}\n\nmessage {n}") for n in range(count)]


def shown_top(view: TranscriptView, row: int) -> int:
    return view.visualRect(view.model().index(row, 0)).top()


def grow(model: TranscriptModel, text: str) -> None:
    last = len(model.rows) - 1
    model.rows[last] = model.rows[last]._replace(text=model.rows[last].text + text, is_streaming=True)
    index = model.index(last, 0)
    model.dataChanged.emit(index, index)


def test_ten_thousand_messages_open_without_laying_them_out(qtbot: QtBot) -> None:
    rows = many(10_000)
    began = time.process_time()
    view, _ = view_of(qtbot, *rows)
    view.viewport().repaint()
    opened = time.process_time() - began
    assert opened < 1.5, f"{opened:.2f} s; about 0.2 on a quiet machine"
    assert view.laid_out.document_count < 60
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 100_000


def test_what_was_seen_is_not_kept_for_ever(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *many(600))
    bar = view.verticalScrollBar()
    for value in range(0, bar.maximum(), 300):
        bar.setValue(value)
    assert view.laid_out.document_count <= 400


def test_it_follows_the_end_only_while_it_is_there(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, *[TranscriptRow(str(n), "user", "line\n" * 5) for n in range(50)])
    model.add(TranscriptRow("a", "assistant", ANSWER))
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    view.verticalScrollBar().setValue(100)
    with qtbot.waitSignal(view.new_below):
        model.add(TranscriptRow("b", "assistant", ANSWER))
    assert view.verticalScrollBar().value() == 100
    assert not view.is_at_end
    with qtbot.waitSignal(view.reached_end):
        view.go_to_end()
    assert view.is_at_end


def test_a_streaming_answer_moves_nothing_above_it(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, *many(30), TranscriptRow("s", "assistant", "Begin", is_streaming=True))
    view.verticalScrollBar().setValue(700)
    row = view.indexAt(view.viewport().rect().center()).row()
    before = shown_top(view, row)
    for _ in range(20):
        grow(model, "more words\n\n")
    assert shown_top(view, row) == before


def test_settled_blocks_keep_their_documents_while_the_last_grows(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("s", "assistant", ANSWER, is_streaming=True))
    before = [one.document for one in view.laid_out.laid(0).blocks]
    grow(model, "\nanother paragraph")
    after = [one.document for one in view.laid_out.laid(0).blocks]
    assert after[:3] == before[:3]
    assert None not in after[:3]


def test_code_that_is_being_written_is_added_to_not_laid_out_again(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("s", "assistant", "```python\nx = 1\n", is_streaming=True))
    document = view.laid_out.document((0, 0))
    for line in ("y = 2\n", "", "z", " = 3\n", "```\n"):
        grow(model, line)
        assert view.laid_out.document((0, 0)) is document
    assert document.document.toPlainText() == "x = 1\ny = 2\nz = 3"


def test_scrolling_moves_what_is_seen_by_just_as_much(qtbot: QtBot) -> None:
    """Rows above are only guessed until they come into view; their true heights must not make a jump."""
    view, _ = view_of(qtbot, *many(200))
    bar = view.verticalScrollBar()
    for _ in range(60):
        row = view.indexAt(view.viewport().rect().center()).row()
        before = shown_top(view, row)
        bar.setValue(bar.value() - 60)
        assert abs(shown_top(view, row) - (before + 60)) <= 1


def test_what_was_moved_as_pixels_looks_as_if_it_had_been_painted(qtbot: QtBot, qapp: QApplication) -> None:
    text = "# Title\n\n- one\n\n> two\n\nthree"
    rows = [TranscriptRow(str(n), "user" if n % 3 else "assistant", text) for n in range(99)]
    view, _ = view_of(qtbot, *rows)

    def screen() -> QImage:
        qapp.processEvents()
        return qapp.primaryScreen().grabWindow(view.winId()).toImage()

    screen()
    for step in (-60, -60, -300, 40, -60, -500, 60, -7):
        view.verticalScrollBar().setValue(view.verticalScrollBar().value() + step)
        moved = screen()
        view.viewport().update()
        assert moved == screen(), step


def test_another_width_keeps_the_topmost_row(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *many(100))
    view.verticalScrollBar().setValue(4000)
    row = view.indexAt(view.viewport().rect().topLeft()).row()
    view.resize(500, 600)
    assert abs(view.indexAt(view.viewport().rect().topLeft()).row() - row) <= 1
    assert not view.is_at_end


def test_the_newest_row_is_wholly_in_view(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *many(30))
    last = view.visualRect(view.model().index(29, 0))
    assert abs(last.bottom() + 1 - view.viewport().height()) <= 2


def test_a_click_on_a_tool_row_opens_it_where_it_is(qtbot: QtBot) -> None:
    view, model = view_of(
        qtbot, *many(20), TranscriptRow("t", "tool", title="read_file", detail="what came back\n" * 40)
    )
    before = shown_top(view, 20)
    click(qtbot, view, 20, lambda part: part.kind == "toggle")
    assert model.rows[20].is_open
    assert shown_top(view, 20) == before
    click(qtbot, view, 20, lambda part: part.kind == "toggle")
    assert not model.rows[20].is_open


def test_items_are_named_by_their_plain_text(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("b", "user", "hi there", "You"))
    assert view.accessibleName() == "Transcript"
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "You\nhi there"


def test_html_is_text_and_pictures_are_addresses(qtbot: QtBot) -> None:
    text = '<img src="http://evil/a.png"> `<b>` ![x](http://evil/b.png?q=1) ![l](/etc/hosts.png)'
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", text))
    shown = view.laid_out.document((0, 0)).document.toPlainText()
    assert shown == '<img src="http://evil/a.png"> <b> [picture: http://evil/b.png?q=1] [picture: /etc/hosts.png]'


def test_what_a_tool_gave_is_plain_text_with_nothing_hidden(qtbot: QtBot) -> None:
    row = TranscriptRow("t", "tool", title="<b>x</b>", detail="<i>a\u202eb</i>\x1b[31m", is_open=True)
    view, _ = view_of(qtbot, row)
    shown = [view.laid_out.document((0, n)).document.toPlainText() for n in (0, 1)]
    assert shown == ["<b>x</b>", "<i>a\\u202eb</i>\\x1b[31m"]


def test_a_still_transcript_has_no_timer_and_paints_nothing(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *many(50))
    qtbot.waitUntil(lambda: not view._highlighter.is_busy)
    view.viewport().repaint()
    qtbot.wait(50)
    paints = Paints()
    view.viewport().installEventFilter(paints)
    qtbot.wait(300)
    assert paints.count == 0
    assert view._highlighter._timer == 0


def test_code_is_coloured_when_its_fence_closes(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("s", "assistant", "```python\ndef f(): pass\n", is_streaming=True))
    block = view.laid_out.document((0, 0)).document.firstBlock()
    assert block.layout().formats() == []
    grow(model, "```\n")
    qtbot.waitUntil(lambda: not view._highlighter.is_busy)
    ranges = view.laid_out.document((0, 0)).document.firstBlock().layout().formats()
    assert (ranges[0].start, ranges[0].length) == (0, 3)


def test_a_lexer_is_made_in_another_thread_and_the_last_line_is_coloured_too(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers: list[threading.Thread] = []
    made = lexers.get_lexer_by_name

    def make(language: str) -> Any:
        makers.append(threading.current_thread())
        return made(language)

    monkeypatch.setattr(lexers, "get_lexer_by_name", make)
    view, _ = view_of(qtbot, TranscriptRow("s", "assistant", "```diff\n- removed\n+ added\n```\n"))
    qtbot.waitUntil(lambda: not view._highlighter.is_busy)
    last = view.laid_out.document((0, 0)).document.findBlockByNumber(1)
    assert [(each.start, each.length) for each in last.layout().formats()] == [(0, 7)]
    assert makers
    assert threading.main_thread() not in makers


def test_an_empty_transcript_takes_every_key(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_PageDown):
        qtbot.keyClick(view, key)
    view.selectAll()
    view.copy()
    assert not view.find_text("x")
