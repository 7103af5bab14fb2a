"""A share over the last minute, as a small line with its threshold."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from loom_studio.texts import tr
from loom_studio.theme import current, px
from loom_studio.widgets.framed import framed
from loom_studio.widgets.named import drawn

HEIGHT_PX = 34
POINTS = 60


class Sparkline(QWidget):
    """Shows up to sixty values from 0 to 100, one a second, the newest at the right; `name` says of what, as shown."""

    def __init__(self, name: str, object_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        drawn(self, name, object_name)
        self._values: list[float] = []
        self._threshold: float | None = None
        self.setFixedHeight(px(HEIGHT_PX))

    def show_values(self, values: Sequence[float], threshold: float | None) -> None:
        """Show values, and the threshold that is watched, if there is one."""
        values = list(values)[-POINTS:]
        if (values, threshold) == (self._values, self._threshold):
            return
        self._values, self._threshold = values, threshold
        now = f"{values[-1]:.0f} %" if values else tr("no reading")
        said = tr("{now}, told above {limit:.0f} %", now=now, limit=threshold) if threshold is not None else now
        self.setAccessibleDescription(said)
        self.setToolTip(f"{self.accessibleName()}: {said}")
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(120, px(HEIGHT_PX))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = current()
        painter, frame = framed(self, tokens.surface)
        area = frame.adjusted(4, 4, -4, -4)
        if self._threshold is not None:
            y = area.bottom() - area.height() * self._threshold / 100
            painter.setPen(QPen(QColor(tokens.danger), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        step = area.width() / (POINTS - 1)
        first = area.right() - step * (len(self._values) - 1)
        places = [
            QPointF(first + step * number, area.bottom() - area.height() * min(100.0, max(0.0, value)) / 100)
            for number, value in enumerate(self._values)
        ]
        painter.setPen(QPen(QColor(tokens.accent), 1.5))
        painter.drawPolyline(QPolygonF(places))
        painter.setPen(QColor(tokens.muted))
        last = f" {self._values[-1]:.0f} %" if self._values else ""
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self.accessibleName() + last)
