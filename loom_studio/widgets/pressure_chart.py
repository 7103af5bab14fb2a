"""How full the context is: its parts as one bar, and its history as a line with marks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from loom_studio.overriding import override
from loom_studio.texts import tr
from loom_studio.theme import current, px
from loom_studio.widgets.framed import framed
from loom_studio.widgets.named import drawn

AMBER, RED = 0.7, 0.9
CHART_PX = 110
BAR_PX = 18
LABEL_ROWS, LABEL_PX = 3, 13


def level_colour(rho: float) -> QColor:
    """Green, amber or red, by how full the context is."""
    tokens = current()
    return QColor(tokens.danger if rho >= RED else tokens.warning if rho >= AMBER else tokens.success)


def part_colours() -> list[QColor]:
    """A colour for each partition, in their order; each reads on the surface of either theme."""
    tokens = current()
    return [QColor(each) for each in (tokens.keyword, tokens.name, tokens.string, tokens.number, tokens.muted)]


class PartitionBar(QWidget):
    """The partitions stacked against the window; the rest of the bar is what is free."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        drawn(self, "Context window")
        self._parts: list[tuple[str, int]] = []
        self._window = 0
        self.setFixedHeight(px(BAR_PX))

    def show_parts(self, parts: Sequence[tuple[str, int]], window: int) -> None:
        """Show tokens by partition."""
        self._parts, self._window = list(parts), window
        text = tr(", ").join(f"{name} {tokens:,}" for name, tokens in parts)
        said = tr("{parts} of {window:,} tokens", parts=text, window=window) if window else ""
        self.setAccessibleDescription(said)
        self.setToolTip(self.accessibleDescription())
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current()
        painter, frame = framed(self, tokens.raised)
        whole = max(self._window, sum(count for _, count in self._parts), 1)
        x = frame.left()
        painter.setPen(Qt.PenStyle.NoPen)
        for (_, count), colour in zip(self._parts, part_colours(), strict=False):
            width = frame.width() * count / whole
            painter.setBrush(colour)
            painter.drawRect(QRectF(x, frame.top() + 1, width, frame.height() - 2))
            x += width


class PressureChart(QWidget):
    """ρ over the steps as a line, with a mark where something was cut, and the levels at which that happens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        drawn(self, "Pressure history")
        self._points: list[float] = []
        self._marks: list[tuple[int, str]] = []
        self.setFixedHeight(px(CHART_PX))

    def show_history(self, points: Sequence[float], marks: Sequence[tuple[int, str]], summary: str) -> None:
        """Show ρ after each step; a mark stands before the step of its number."""
        self._points, self._marks = list(points), list(marks)
        self.setAccessibleDescription(summary)
        self.setToolTip(summary)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(240, px(CHART_PX))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current()
        painter, frame = framed(self, tokens.surface)
        area = frame.adjusted(6, 8, -6, -6)
        highest = max(1.0, *self._points) if self._points else 1.0
        for share in (AMBER, RED, 1.0):
            y = area.bottom() - area.height() * share / highest
            pen = QPen(level_colour(share), 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if not self._points:
            painter.setPen(QColor(tokens.muted))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, tr("No step yet"))
            return
        step = area.width() / max(1, len(self._points) - 1)
        places = [
            QPointF(area.left() + step * number, area.bottom() - area.height() * rho / highest)
            for number, rho in enumerate(self._points)
        ]
        painter.setPen(QPen(QColor(tokens.accent), 2))
        if len(places) == 1:
            painter.drawEllipse(places[0], 2, 2)
        else:
            painter.drawPolyline(QPolygonF(places))
        self._paint_marks(painter, area, step)

    def _paint_marks(self, painter: QPainter, area: QRectF, step: float) -> None:
        """Lines where something was cut, each with its name where there is room for it in one of three rows."""
        tokens = current()
        free = [area.left()] * LABEL_ROWS
        for at, kind in self._marks:
            x = area.left() + step * max(0.0, at - 0.5)
            painter.setPen(QPen(QColor(tokens.name if kind == "renewed" else tokens.danger), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            said = tr(kind)
            width = painter.fontMetrics().horizontalAdvance(said)
            left = x + 3 if x + 3 + width <= area.right() else x - 3 - width
            row = next((number for number, end in enumerate(free) if left >= end), None)
            if row is not None:
                free[row] = left + width + 4
                painter.drawText(QPointF(left, area.top() + 10 + LABEL_PX * row), said)
