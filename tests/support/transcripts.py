"""A transcript in a window, with rows as given."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.transcript import TranscriptModel
from loom_studio.widgets.row_parts import Part, parts_of, rect_of
from loom_studio.widgets.transcript_view import TranscriptView

ANSWER = "# Title\n\nSome **bold** words.\n\n```python\ndef f(x):\n    return x  # yes\n```\n\n- one\n- two\n"


def view_of(qtbot: QtBot, *rows: TranscriptRow, width: int = 800) -> tuple[TranscriptView, TranscriptModel]:
    """A view of these rows, shown, 600 px high."""
    model = TranscriptModel()
    model.rows = list(rows)
    view = TranscriptView()
    qtbot.addWidget(view)
    model.setParent(view)
    view.resize(width, 600)
    view.show()
    view.setModel(model)
    view.row_activated.connect(model.toggle)
    return view, model


def text_point(view: TranscriptView, row: int, block: int, offset: int) -> QPoint:
    """Where in the viewport a place in the text is."""
    layout = view.laid_out
    laid = layout.laid(row)
    document = layout.document((row, block))
    corner = QPointF(layout.indent(laid.row, laid.blocks[block].block), layout.top((row, block)))
    caret = document.caret_rect(offset).translated(corner)
    return (caret.center() - QPointF(0, view.verticalOffset())).toPoint()


def drag(qtbot: QtBot, view: TranscriptView, start: QPoint, end: QPoint) -> None:
    """The mouse pressed at one point and let go at another."""
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view.viewport(), pos=(start + end) / 2)
    qtbot.mouseMove(view.viewport(), pos=end)
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)


def click(qtbot: QtBot, view: TranscriptView, row: int, wanted: Callable[[Part], bool]) -> None:
    """A click on the first part of a row that is wanted."""
    part = next(part for part in parts_of(view.laid_out, row) if wanted(part))
    centre = rect_of(view.laid_out, part).center() - QPointF(0, view.verticalOffset())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre.toPoint())
