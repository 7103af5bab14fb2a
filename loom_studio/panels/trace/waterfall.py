"""How a row of the waterfall is painted: its name with its place in the tree, and its time as a bar of stretches."""

from __future__ import annotations

import time

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from loom_studio.texts import marked
from loom_studio.theme import current, icon_picture, px
from loom_studio.viewmodels.trace import Trace, TraceRow
from loom_studio.viewmodels.trace_table import STEP, TIMED, WATERFALL, TraceTable, named
from loom_studio.widgets.row_table import ROW_PX

ICON_PX = 13
INDENT_PX = 12
LEAST_PX = 2.0
BAR_PX = 10
ICONS = {
    "tool": "tool",
    "agent": "new",
    "below": "new",
    "beside": "notice",
    "compression": "down",
    "renewal": "up",
    "alert": "error",
    "notice": "notice",
}
BAD = ("failed", "refused", "outcome unknown", "cut off")
RUNS = ("run", "below")
LEGEND = (
    ("waiting", marked("until the first token")),
    ("model", marked("the model speaks")),
    ("tool", marked("a tool runs")),
    ("approval", marked("waits for you")),
)


def colours() -> dict[str, str]:
    """The colour of each kind of time, in the theme."""
    tokens = current()
    return {
        "waiting": tokens.muted,
        "model": tokens.accent,
        "tool": tokens.success,
        "approval": tokens.warning,
        "run": tokens.border,
    }


class WaterfallPainter(QStyledItemDelegate):
    """Paints the first two columns. With `each_step`, a step's bar begins at the left; the longest fills the row."""

    each_step = False
    is_live = False
    """Whether the last run is at work now: its time goes on."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, px(ROW_PX))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        row = model.row(index.row()) if isinstance(model, TraceTable) else None
        rect = QRectF(option.rect)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if row is not None and (is_selected or row.kind == "run"):
            painter.fillRect(rect, QColor(current().user if is_selected else current().raised))
        if row is None or not isinstance(model, TraceTable) or index.column() not in (STEP, WATERFALL):
            super().paint(painter, option, index)
            return
        painter.save()
        if index.column() == STEP:
            self._name(painter, rect, row)
        else:
            self._bar(painter, rect.adjusted(4, 0, -4, 0), row, model.trace)
        painter.restore()

    def _name(self, painter: QPainter, rect: QRectF, row: TraceRow) -> None:
        tokens = current()
        colour = QColor(tokens.danger if row.state in BAD else tokens.muted if row.kind == "notice" else tokens.text)
        if row.is_void:
            colour = QColor(tokens.muted)
        left = rect.left() + 6 + px(INDENT_PX) * row.depth
        name = "blocked" if row.state in ("refused", "outcome unknown") else ICONS.get(row.kind)
        if name is not None:
            top = rect.center().y() - px(ICON_PX) / 2
            ratio = painter.device().devicePixelRatioF()
            painter.drawPixmap(int(left), int(top), icon_picture(name, colour.name(), px(ICON_PX), ratio))
            left += px(ICON_PX) + 5
        font = painter.font()
        font.setBold(row.kind in RUNS)
        font.setStrikeOut(row.is_void)
        painter.setFont(font)
        painter.setPen(colour)
        room = QRectF(left, rect.top(), rect.right() - left - 4, rect.height())
        text = painter.fontMetrics().elidedText(named(row), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _bar(self, painter: QPainter, area: QRectF, row: TraceRow, trace: Trace) -> None:
        begin, whole = self._scale(row, trace)
        known = colours()
        middle = area.center().y()
        now = row.end if row.end is not None else max(row.at, self._now(trace))

        def block(start: float, end: float, colour: str, height: float) -> None:
            left = area.left() + area.width() * min(1.0, max(0.0, (start - begin) / whole))
            width = max(LEAST_PX, area.width() * (end - start) / whole)
            left = min(left, area.right() - LEAST_PX)
            shown = QRectF(left, middle - height / 2, min(width, area.right() - left), height)
            painter.fillRect(shown, QColor(colour))

        if row.kind in RUNS:
            block(row.at, now, known["run"], px(3))
            return
        if row.kind not in TIMED:
            block(row.at, row.at, current().danger if row.kind == "alert" else current().name, px(BAR_PX) + 4)
            return
        block(row.at, now, known["run"], 1)
        for segment in row.segments:
            colour = current().danger if segment.kind == "tool" and row.state in BAD else known[segment.kind]
            block(segment.start, now if segment.end is None else segment.end, colour, px(BAR_PX))

    def _scale(self, row: TraceRow, trace: Trace) -> tuple[float, float]:
        """Where the time of a row's bar begins, and how long the whole width is; in seconds."""
        if self.each_step and row.kind != "run":
            step = trace.rows[place] if (place := trace.step_of(row)) >= 0 else row
            return step.at, max(0.001, trace.longest_step_s)
        run = trace.rows[row.run] if row.run < len(trace.rows) else row
        end = run.end if run.end is not None else max(run.at, self._now(trace))
        return run.at, max(0.001, end - run.at)

    def _now(self, trace: Trace) -> float:
        return time.time() if self.is_live else trace.last_at
