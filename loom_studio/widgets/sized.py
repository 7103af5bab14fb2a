"""The size that a window opens with: as large as its text needs, and never larger than the screen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize
from PySide6.QtWidgets import QWidget

from loom_studio.theme import px, scale_percent, theme_watch
from loom_studio.widgets.on_screen import OnScreen

FRAME_PX = 60
"""The room that is left for the frame of a window and the desktop's own bars."""


def open_at(window: QWidget, width: int, height: int) -> None:
    """Give a window a size in pixels at 100 %, which grows with the font, as far as the screen has room."""
    OnScreen(window)
    _Sized(window, width, height).resize()


def grown(window: QWidget, width: int, height: int) -> QSize:
    """A size in pixels that a window has in any case, and more of it with larger letters, as far as there is room."""
    room = window.screen().availableGeometry()
    most = QSize(max(width, room.width() - FRAME_PX), max(height, room.height() - FRAME_PX))
    return QSize(px(width), px(height)).boundedTo(most)


class _Sized(QObject):
    """Gives a window its size again when letters of another size are chosen while it is open."""

    def __init__(self, window: QWidget, width: int, height: int) -> None:
        super().__init__(window)
        self._window = window
        self._side = width, height
        self._percent = scale_percent()
        theme_watch().changed.connect(self._on_theme)

    def resize(self) -> None:
        """Make the window as large as its text needs."""
        room = self._window.screen().availableGeometry()
        width, height = (px(each) for each in self._side)
        self._window.resize(min(width, room.width() - FRAME_PX), min(height, room.height() - FRAME_PX))

    def _on_theme(self) -> None:
        if self._percent != scale_percent():
            self._percent = scale_percent()
            self.resize()
