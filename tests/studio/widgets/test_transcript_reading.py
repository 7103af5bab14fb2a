"""Reading a transcript: selecting, copying, finding, and using what is in a row, by mouse and by keyboard."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from typing_extensions import override

from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.row_parts import parts_of
from loom_studio.widgets.transcript_menu import make_menu
from tests.support.transcripts import ANSWER, click, drag, text_point, view_of

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
TWO = "See [the *docs*](https://example.com/a) and [more](https://example.com/b)."


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def test_all_is_copied_as_the_markdown_it_was_written_in(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER), TranscriptRow("b", "user", "hi", "You"))
    qtbot.keyClick(view, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(view, Qt.Key.Key_C, CONTROL)
    assert clipboard() == f"{ANSWER.strip()}\n\nYou\nhi"


def test_the_mouse_selects_within_a_block(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER))
    drag(qtbot, view, text_point(view, 0, 1, 5), text_point(view, 0, 1, 15))
    view.copy()
    assert clipboard() == "bold words"


def test_the_mouse_selects_across_blocks_and_rows_and_whole_blocks_keep_their_source(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER), TranscriptRow("b", "user", "hello there", "You"))
    drag(qtbot, view, text_point(view, 0, 1, 5), text_point(view, 1, 1, 5))
    view.copy()
    assert clipboard() == (
        "**bold** words.\n\n```python\ndef f(x):\n    return x  # yes\n```\n\n- one\n- two\n\nYou\nhello"
    )


def test_a_piece_of_code_is_copied_without_its_fence(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER))
    drag(qtbot, view, text_point(view, 0, 2, 0), text_point(view, 0, 2, 13))
    view.copy()
    assert clipboard() == "def f(x):\n   "


def test_the_keyboard_selects_over_the_edge_of_a_block(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", "one two\n\nthree"))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    for _ in range(9):
        qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    view.copy()
    assert clipboard() == "one two\n\nt"
    qtbot.keyClick(view, Qt.Key.Key_Left, SHIFT | CONTROL)
    view.copy()
    assert clipboard() == "one two"
    qtbot.keyClick(view, Qt.Key.Key_Down, SHIFT)
    qtbot.keyClick(view, Qt.Key.Key_End, SHIFT | CONTROL)
    view.copy()
    assert clipboard() == "one two\n\nthree"


class Window(QWidget):
    """Notes the keys that the transcript leaves to it."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[int] = []

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.keys.append(event.key())


def test_escape_drops_the_selection_and_is_the_windows_otherwise(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER))
    window = Window()
    qtbot.addWidget(window)
    view.setParent(window)
    view.selectAll()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.reader.has_text
    assert window.keys == []
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert window.keys == [Qt.Key.Key_Escape]
    view.setParent(None)


def test_a_double_click_selects_a_word(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", "alpha beta gamma"))
    qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=text_point(view, 0, 0, 8))
    view.copy()
    assert clipboard() == "beta"


def test_a_selection_stays_while_the_answer_grows(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("a", "assistant", "first\n\nsecond", is_streaming=True))
    drag(qtbot, view, text_point(view, 0, 0, 0), text_point(view, 0, 0, 5))
    model.rows[0] = TranscriptRow("a", "assistant", "first\n\nsecond and\n\nthird", is_streaming=True)
    model.dataChanged.emit(model.index(0, 0), model.index(0, 0))
    view.copy()
    assert clipboard() == "first"


def test_copy_of_a_code_block_takes_the_code_alone(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER))
    click(qtbot, view, 0, lambda part: part.kind == "copy")
    assert clipboard() == "def f(x):\n    return x  # yes"
    assert not view.reader.has_text


def test_links_are_told_of_and_never_opened(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", TWO))
    assert [part.value for part in parts_of(view.laid_out, 0)] == ["https://example.com/a", "https://example.com/b"]
    with qtbot.waitSignal(view.link_activated) as heard:
        click(qtbot, view, 0, lambda part: part.value.endswith("b"))
    assert heard.args == ["https://example.com/b"]


def test_the_parts_of_a_row_are_reached_by_keyboard(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", f"{TWO}\n\n```sh\nls\n```\n"))
    view.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(view, key)
    with qtbot.waitSignal(view.link_activated) as heard:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert heard.args == ["https://example.com/b"]
    qtbot.keyClick(view, Qt.Key.Key_Right)
    view.viewport().repaint()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert clipboard() == "ls"


def test_enter_opens_the_row_with_the_focus(qtbot: QtBot) -> None:
    rows = [TranscriptRow(str(n), "tool", title="t", detail="d") for n in range(3)]
    view, model = view_of(qtbot, *rows)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(view, key)
    assert [row.is_open for row in model.rows] == [False, True, False]
    assert view.currentIndex().row() == 1


def test_keys_go_through_long_transcripts(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *[TranscriptRow(str(n), "user", "line\n" * 5) for n in range(80)])
    bar = view.verticalScrollBar()
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert bar.value() == 0
    qtbot.keyClick(view, Qt.Key.Key_PageDown)
    assert bar.value() > 400
    for _ in range(30):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.is_at_end


def test_finding_goes_through_all_rows_and_begins_again(qtbot: QtBot) -> None:
    rows = [TranscriptRow(str(n), "assistant", f"{'filler ' * 80}\n\nrow **ne**edle {n}") for n in (1, 2, 3)]
    view, _ = view_of(qtbot, *rows)
    view.verticalScrollBar().setValue(0)
    seen: list[int] = []
    for _ in range(4):
        assert view.find_text("NEEDLE")
        assert view.reader.selection is not None
        seen.append(view.reader.selection.caret.row)
        view.copy()
        assert clipboard() == "needle"
    assert seen == [0, 1, 2, 0]
    assert view.find_text("needle", forward=False)
    assert view.reader.selection is not None
    assert view.reader.selection.caret.row == 2
    assert not view.find_text("nowhere")
    for typed in ("n", "ne", "need"):
        assert view.find_text(typed, stays=True)
        assert view.reader.selection is not None
        assert view.reader.selection.caret.row == 2, "what is typed on is found where it begins"


def test_what_is_found_far_away_is_shown(qtbot: QtBot) -> None:
    rows = [TranscriptRow(str(n), "assistant", f"{ANSWER}\n\nplace {n}.") for n in range(500)]
    view, _ = view_of(qtbot, *rows)
    assert view.find_text("place 77.")
    edges = view.reader.caret_rect_top_bottom()
    assert edges is not None
    assert view.verticalOffset() <= edges[0] < edges[1] <= view.verticalOffset() + view.viewport().height()


def test_the_menu_offers_what_can_be_done_there(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER))
    point = view.from_top(text_point(view, 0, 2, 3).toPointF())
    menu = make_menu(view, point)
    actions = {action.text(): action for action in menu.actions() if action.text()}
    assert list(actions) == ["Copy", "Copy message", "Copy code block", "Select all"]
    assert not actions["Copy"].isEnabled()
    actions["Copy message"].trigger()
    assert clipboard() == ANSWER
    menu.deleteLater()


def test_the_mouse_beyond_the_edge_scrolls_while_it_selects(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *[TranscriptRow(str(n), "user", "line\n" * 5) for n in range(50)])
    bar = view.verticalScrollBar()
    before = bar.value()
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
    qtbot.mouseMove(view.viewport(), pos=QPoint(100, -20))
    qtbot.waitUntil(lambda: bar.value() < before - 100)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    assert view.reader.has_text
    assert not view._hands._autoscroll.isActive()
