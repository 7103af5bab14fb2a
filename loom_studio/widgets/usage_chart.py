"""What was used, as bars: upright ones for days, lying ones with their names for all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from loom_studio.texts import tr
from loom_studio.theme import current, px
from loom_studio.widgets.framed import framed
from loom_studio.widgets.named import drawn

CHART_PX = 170
ROW_PX = 20
GAP_PX = 3
MOST_LYING = 7
NAME_SHARE = 0.34
LEAST_PX = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `words` is its value to read; `is_partial` says that a part of it is not known."""

    name: str
    value: float
    words: str
    is_partial: bool = False


class UsageChart(QWidget):
    """Shows bars against the largest; one that is not known in full is hatched."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        drawn(self, "Usage chart")
        self._bars: list[Bar] = []
        self._is_upright = True
        self.setFixedHeight(px(CHART_PX))
        self.setMouseTracking(True)

    def show_bars(self, bars: Sequence[Bar], *, is_upright: bool, summary: str) -> None:
        """Show bars, in this order; lying ones that find no room are left out, the table has them."""
        self._bars = list(bars if is_upright else bars[:MOST_LYING])
        self._is_upright = is_upright
        self.setAccessibleDescription(summary)
        self.setToolTip(summary)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(320, px(CHART_PX))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current()
        painter, frame = framed(self, tokens.surface)
        area = frame.adjusted(8, 8, -8, -8)
        if not self._bars:
            painter.setPen(QColor(tokens.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tr("Nothing was used in this time"))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if self._is_upright:
            self._upright(painter, area)
        else:
            self._lying(painter, area)

    def _fill(self, painter: QPainter, rect: QRectF, bar: Bar) -> None:
        tokens = current()
        painter.fillRect(rect, QColor(tokens.accent))
        if bar.is_partial:
            painter.fillRect(rect, QBrush(QColor(tokens.surface), Qt.BrushStyle.BDiagPattern))

    def _upright(self, painter: QPainter, area: QRectF) -> None:
        tokens = current()
        line = painter.fontMetrics().height()
        room = area.adjusted(0, line + 2, 0, -line - 4)
        highest = max((bar.value for bar in self._bars), default=0.0)
        largest = max(self._bars, key=lambda bar: bar.value)
        painter.setPen(QColor(tokens.muted))
        top = QRectF(area.left(), area.top(), area.width(), line)
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, largest.words)
        painter.setPen(QPen(QColor(tokens.border), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(room.left(), room.top()), QPointF(room.right(), room.top()))
        painter.setPen(QPen(QColor(tokens.border), 1))
        painter.drawLine(QPointF(room.left(), room.bottom()), QPointF(room.right(), room.bottom()))
        width = room.width() / len(self._bars)
        for place, bar in enumerate(self._bars):
            height = room.height() * bar.value / highest if highest else 0.0
            if bar.is_partial or bar.value:
                height = max(LEAST_PX, height)
            gap = min(2.0, width / 4)
            left = room.left() + width * place + gap
            # A day of which no price is known has no height to show, and is not nothing.
            if bar.is_partial and not bar.value:
                height = min(room.height(), px(ROW_PX) / 2)
            shown = QRectF(left, room.bottom() - height, max(1.0, min(width - 2 * gap, px(40))), height)
            self._fill(painter, shown, bar)
        self._names(painter, QRectF(area.left(), room.bottom() + 4, area.width(), line), width)

    def _names(self, painter: QPainter, room: QRectF, width: float) -> None:
        """As many names below the bars as find room."""
        painter.setPen(QColor(current().muted))
        metrics = painter.fontMetrics()
        free = room.left()
        for place, bar in enumerate(self._bars):
            name = bar.name
            wide = metrics.horizontalAdvance(name)
            left = min(room.left() + width * place, room.right() - wide)
            if left >= free:
                painter.drawText(QPointF(left, room.top() + metrics.ascent()), name)
                free = left + wide + px(14)

    def _lying(self, painter: QPainter, area: QRectF) -> None:
        tokens = current()
        metrics = painter.fontMetrics()
        highest = max((bar.value for bar in self._bars), default=0.0)
        height = min(px(ROW_PX) + GAP_PX, area.height() / len(self._bars))
        names = area.width() * NAME_SHARE
        words = max(metrics.horizontalAdvance(bar.words) for bar in self._bars) + 8
        room = max(20.0, area.width() - names - words - 8)
        for place, bar in enumerate(self._bars):
            row = QRectF(area.left(), area.top() + height * place, area.width(), height)
            painter.setPen(QColor(tokens.text))
            name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideMiddle, int(names - 8))
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            long = room * bar.value / highest if highest else 0.0
            if bar.is_partial and not bar.value:
                long = px(ROW_PX) / 2
            shown = QRectF(row.left() + names, row.top() + GAP_PX, max(LEAST_PX, long), height - 2 * GAP_PX)
            self._fill(painter, shown, bar)
            painter.setPen(QColor(tokens.muted))
            right = QRectF(shown.right() + 6, row.top(), area.right() - shown.right() - 6, height)
            painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, bar.words)
