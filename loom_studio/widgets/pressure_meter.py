"""How full the context is, as one small meter: a number that can be read, and a bar in the colour of its level."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from loom_studio.overriding import override
from loom_studio.texts import tr
from loom_studio.theme import current, px
from loom_studio.widgets.named import named
from loom_studio.widgets.pressure_chart import AMBER, RED, level_colour

BAR_PX = 8
GROOVE_PX = 44


class PressureMeter(QProgressBar):
    """Shows ρ from 0 to 100 %; the number stands beside the bar, so that no fill hides it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Context pressure")
        self._rho = 0.0
        self.setRange(0, 100)
        self.setFormat("ρ %p %")
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("ρ 100 % ") + px(GROOVE_PX))

    def show_rho(self, rho: float) -> None:
        """Show a share of the window."""
        self._rho = rho  # a rounded one has another colour just below a level
        self.setValue(min(100, round(rho * 100)))
        level = tr("full") if rho >= 1.0 else tr("high") if rho >= RED else tr("rising") if rho >= AMBER else tr("low")
        self.setToolTip(tr("{rho:.0%} of the context's window is used ({level})", rho=rho, level=level))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens, painter = current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.text))
        words = QRectF(self.rect()).adjusted(0, 0, -px(GROOVE_PX), 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        groove = QRectF(words.right(), (self.height() - px(BAR_PX)) / 2, self.width() - words.right() - 1, px(BAR_PX))
        painter.setPen(QColor(tokens.border))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(groove, px(BAR_PX) / 2, px(BAR_PX) / 2)
        share = self.value() / 100
        if share > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(level_colour(self._rho))
            filled = groove.adjusted(1, 1, -1, -1)
            filled.setWidth(max(px(BAR_PX) - 2, filled.width() * share))
            painter.drawRoundedRect(filled, px(BAR_PX) / 2 - 1, px(BAR_PX) / 2 - 1)
