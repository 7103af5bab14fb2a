"""The frame of what paints itself."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from loom_studio.theme import current

RADIUS_PX = 4


def framed(widget: QWidget, fill: str) -> tuple[QPainter, QRectF]:
    """A painter on a widget whose frame is drawn, in the theme's border and filled with `fill`, and the frame."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = QRectF(widget.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(QColor(current().border)))
    painter.setBrush(QColor(fill))
    painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)
    return painter, frame
