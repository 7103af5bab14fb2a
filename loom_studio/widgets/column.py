"""A column of widgets that scrolls where the window is lower than what they need."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override


class Column(QScrollArea):
    """`lines` is the layout that the widgets are put into; it is never lower than they need at least."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.lines = QVBoxLayout()
        content = _Content(self.lines)
        self.setWidget(content)
        for part in (self.viewport(), content):
            part.setAutoFillBackground(False)  # what it stands in has a colour


class _Content(QWidget):
    def __init__(self, lines: QVBoxLayout) -> None:
        super().__init__()
        self._lines = lines
        self.setLayout(lines)

    @override
    def heightForWidth(self, width: int) -> int:
        """The least height, not the wanted one: lists grow where there is room."""
        return self._lines.minimumHeightForWidth(width)
