"""A plain text of which each line is a row of a diff: its colour, its number beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from typing_extensions import override

from loom_studio.theme import current, mono_font
from loom_studio.widgets.diff_rows import TAB_COLUMNS, DiffRow
from loom_studio.widgets.named import named

GUTTER_PAD_PX = 6


class DiffPane(QPlainTextEdit):
    """Shows rows; text that is no diff has no numbers. `is_old` if it numbers the lines as they were before."""

    def __init__(self, name: str, object_name: str = "", *, is_old: bool = False) -> None:
        super().__init__()
        named(self, name, object_name)
        self.rows: list[DiffRow] = []
        self._is_old = is_old
        self._digits = 0
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFont(mono_font())
        self.setTabStopDistance(TAB_COLUMNS * self.fontMetrics().horizontalAdvance("0"))
        self._gutter = _Gutter(self)
        self.updateRequest.connect(self._on_update)

    @property
    def columns(self) -> int:
        """How many characters a line has room for."""
        room = self.viewport().width() - 2 * self.document().documentMargin()
        return max(8, int(room // self.fontMetrics().horizontalAdvance("0")))

    @property
    def row(self) -> DiffRow | None:
        """The row at the cursor."""
        number = self.textCursor().blockNumber()
        return self.rows[number] if number < len(self.rows) else None

    def start(self, digits: int) -> None:
        """Begin anew, with numbers of so many digits; 0: without."""
        self.rows = []
        self._digits = digits
        self.clear()
        self.setViewportMargins(self._gutter_px(), 0, 0, 0)
        self._place_gutter()

    def add(self, rows: list[DiffRow]) -> None:
        """Put rows below those that are there."""
        text = "\n".join(row.text for row in rows)
        if not self.rows:
            self.setPlainText(text)
        else:
            end = QTextCursor(self.document())
            end.movePosition(QTextCursor.MoveOperation.End)
            end.insertText(f"\n{text}")
        self.rows += rows

    def go_to(self, number: int) -> None:
        """Put the cursor on a row, and show it."""
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(number)))

    @override
    def paintEvent(self, e: QPaintEvent) -> None:
        tokens = current()
        colours = {"added": tokens.added, "removed": tokens.removed, "gap": tokens.raised, "hunk": tokens.raised}
        painter = QPainter(self.viewport())
        for number, box in self._seen(e.rect()):
            colour = colours.get(self.rows[number].kind) if number < len(self.rows) else None
            if colour is not None:
                painter.fillRect(box, QColor(colour))
        painter.end()
        super().paintEvent(e)

    @override
    def resizeEvent(self, e: QResizeEvent) -> None:
        super().resizeEvent(e)
        self._place_gutter()

    def paint_gutter(self, clip: QRect) -> None:
        """Paint the numbers of the rows in view."""
        tokens = current()
        painter = QPainter(self._gutter)
        painter.fillRect(clip, QColor(tokens.surface))
        painter.setFont(self.font())
        painter.setPen(QColor(tokens.muted))
        high = self.fontMetrics().height()
        for number, box in self._seen(clip):
            row = self.rows[number] if number < len(self.rows) else None
            line = (row.old if self._is_old or row.kind == "removed" else row.new) if row is not None else 0
            if row is not None and line and row.kind in ("same", "added", "removed"):
                place = QRectF(0, box.y(), self._gutter.width() - GUTTER_PAD_PX, high)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight, "↪" if row.continues else str(line))
        painter.end()

    def _seen(self, clip: QRect) -> list[tuple[int, QRectF]]:
        """The rows in a part of the viewport, and where each is."""
        found: list[tuple[int, QRectF]] = []
        block = self.firstVisibleBlock()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if box.top() > clip.bottom():
                break
            if box.bottom() >= clip.top():
                found.append((block.blockNumber(), QRectF(0, box.y(), self.viewport().width(), box.height())))
            block = block.next()
        return found

    def _gutter_px(self) -> int:
        return self._digits * self.fontMetrics().horizontalAdvance("0") + 2 * GUTTER_PAD_PX if self._digits else 0

    def _place_gutter(self) -> None:
        inside = self.contentsRect()
        self._gutter.setGeometry(QRect(inside.left(), inside.top(), self._gutter_px(), inside.height()))
        self._gutter.setVisible(bool(self._digits))

    def _on_update(self) -> None:
        self._gutter.update()


class _Gutter(QWidget):
    """The strip at the left in which the numbers stand."""

    def __init__(self, pane: DiffPane) -> None:
        super().__init__(pane)
        self._pane = pane

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self._pane.paint_gutter(event.rect())
