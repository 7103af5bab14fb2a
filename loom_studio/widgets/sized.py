"""The size that a window opens with: as large as its text needs, and never larger than the screen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from loom_studio.theme import px
from loom_studio.widgets.on_screen import OnScreen

FRAME_PX = 60
"""The room that is left for the frame of a window and the desktop's own bars."""


def open_at(window: QWidget, width: int, height: int) -> None:
    """Give a window a size in pixels at 100 %, which grows with the font, as far as the screen has room."""
    room = window.screen().availableGeometry()
    OnScreen(window)
    window.resize(min(px(width), room.width() - FRAME_PX), min(px(height), room.height() - FRAME_PX))
