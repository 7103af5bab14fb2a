"""A column of widgets that scrolls where the window is lower than what they need."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override


class Column(QScrollArea):
    """`lines` is the layout that the widgets are put into; it is never lower than they need at least.

    It is narrower than they need only where `keeps_width` is not asked for.
    """

    def __init__(self, parent: QWidget | None = None, *, keeps_width: bool = False) -> None:
        super().__init__(parent)
        self._keeps_width = keeps_width
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines = QVBoxLayout()
        self._content = _Content(self, self.lines)
        self.setWidget(self._content)
        for part in (self.viewport(), self._content):
            part.setAutoFillBackground(False)  # what it stands in has a colour

    @override
    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        if not self._keeps_width:
            return least
        wide = self._content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(least.width(), wide), least.height())


def reveal(widget: QWidget) -> None:
    """Scroll what a widget stands in so that it is seen, once it is laid out."""

    def scroll() -> None:
        around = widget.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea):
                around.ensureWidgetVisible(widget)
            around = around.parentWidget()

    QTimer.singleShot(0, widget, scroll)


class _Content(QWidget):
    def __init__(self, column: Column, lines: QVBoxLayout) -> None:
        super().__init__()
        self._column, self._lines = column, lines
        self.setLayout(lines)

    @override
    def heightForWidth(self, width: int) -> int:
        """The least height, not the wanted one: lists grow where there is room."""
        return self._lines.minimumHeightForWidth(width)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._column.updateGeometry()
        return super().event(event)
