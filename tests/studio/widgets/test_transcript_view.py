"""The transcript: thousands of rows, of which only those in view cost anything."""

import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from loom_studio.theme.palette import DARK, LIGHT, Tokens
from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.transcript import TranscriptModel
from loom_studio.widgets.fenwick import Heights
from loom_studio.widgets.markdown_blocks import blocks, code_parts, harmless
from loom_studio.widgets.plain_text import escape_invisible
from loom_studio.widgets.transcript_view import TranscriptView

ANSWER = "# Title\n\nSome **bold** words.\n\n```python\ndef f(x):\n    return x  # yes\n```\n\n- one\n- two\n"


def view_of(qtbot: QtBot, *rows: TranscriptRow) -> tuple[TranscriptView, TranscriptModel]:
    model = TranscriptModel()
    model.rows = list(rows)
    view = TranscriptView()
    qtbot.addWidget(view)
    model.setParent(view)
    view.resize(800, 600)
    view.show()
    view.setModel(model)
    return view, model


def test_ten_thousand_messages_open_and_scroll_without_laying_them_out(qtbot: QtBot) -> None:
    rows = [TranscriptRow(str(n), "user" if n % 2 else "assistant", f"{ANSWER}\n\nmessage {n}") for n in range(10_000)]
    began = time.perf_counter()
    view, _ = view_of(qtbot, *rows)
    view.viewport().repaint()
    opened = time.perf_counter() - began
    assert opened < 3, f"{opened:.2f} s; laying all rows out takes half a minute"
    assert len(view._painter._documents) < 400
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 100_000
    bar.setValue(bar.maximum() // 2)
    view.viewport().repaint()
    assert not view.is_at_end


def test_it_follows_the_end_only_while_it_is_there(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, *[TranscriptRow(str(n), "user", "line\n" * 5) for n in range(50)])
    model.add(TranscriptRow("a", "assistant", ANSWER))
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    view.verticalScrollBar().setValue(100)
    with qtbot.waitSignal(view.new_below):
        model.add(TranscriptRow("b", "assistant", ANSWER))
    assert view.verticalScrollBar().value() == 100
    view.go_to_end()
    assert view.is_at_end


def test_the_newest_row_is_wholly_in_view(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, *[TranscriptRow(str(n), "assistant", ANSWER) for n in range(30)])
    last = view.visualRect(view.model().index(29, 0))
    assert abs(last.bottom() + 1 - view.viewport().height()) <= 2


def test_a_click_on_a_tool_row_opens_it(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("t", "tool", title="read_file", detail="what came back\n" * 4))
    view.row_activated.connect(model.toggle)
    before = view.visualRect(model.index(0, 0)).height()
    centre = view.visualRect(model.index(0, 0)).topLeft()
    centre.setX(60)
    centre.setY(centre.y() + 12)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert model.rows[0].is_open
    assert view.visualRect(model.index(0, 0)).height() > before


def test_copy_gives_the_markdown_source(qtbot: QtBot) -> None:
    view, _ = view_of(qtbot, TranscriptRow("a", "assistant", ANSWER), TranscriptRow("b", "user", "hi", "You"))
    view.selectAll()
    view.copy()
    assert QGuiApplication.clipboard().text() == f"{ANSWER}\n\nYou\nhi"


def test_items_are_named_by_their_plain_text(qtbot: QtBot) -> None:
    view, model = view_of(qtbot, TranscriptRow("b", "user", "hi there", "You"))
    assert view.accessibleName() == "Transcript"
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "You\nhi there"


def test_code_stays_one_block_while_it_is_written() -> None:
    assert len(blocks(ANSWER)) == 4
    assert code_parts(blocks(ANSWER)[2]) == ("python", "def f(x):\n    return x  # yes", True)
    assert code_parts("```py\nx = 1\n\ny") == ("py", "x = 1\n\ny", False)


@given(st.text(alphabet="a`~\n #-|", max_size=80))
def test_blocks_lose_nothing_but_empty_lines(text: str) -> None:
    assert "".join("".join(blocks(text)).split()) == "".join(text.split())


def test_nothing_remote_is_fetched_and_html_is_text() -> None:
    assert harmless("![x](http://evil/a.png?q=1)") == "[x](http://evil/a.png?q=1)"
    assert harmless("<img src=x>") == "&lt;img src=x>"


def test_invisible_characters_are_shown() -> None:
    assert escape_invisible("rm \u202e-rf\u200b\x1b[1m") == "rm \\u202e-rf\\u200b\\x1b[1m"
    assert escape_invisible("a\n\tb é 海") == "a\n\tb é 海"


@given(st.lists(st.floats(1, 500), min_size=1, max_size=60), st.data())
def test_heights_sum_as_a_list_would(values: list[float], data: st.DataObject) -> None:
    heights = Heights(values)
    row = data.draw(st.integers(0, len(values) - 1))
    values[row] = data.draw(st.floats(1, 500))
    heights.set(row, values[row])
    assert abs(heights.total - sum(values)) < 1e-6
    assert abs(heights.top(row) - sum(values[:row])) < 1e-6
    assert heights.row_at(heights.top(row) + 0.5) == row


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_text_is_readable_on_every_surface_in_both_themes() -> None:
    surfaces: list[Callable[[Tokens], str]] = [
        lambda t: t.window,
        lambda t: t.surface,
        lambda t: t.raised,
        lambda t: t.user,
        lambda t: t.code,
    ]
    for theme in (LIGHT, DARK):
        for surface in surfaces:
            for text in (theme.text, theme.muted, theme.danger, theme.warning, theme.success, theme.accent):
                assert contrast(text, surface(theme)) >= 4.5, (text, surface(theme))
        assert contrast(theme.on_accent, theme.accent) >= 4.5
