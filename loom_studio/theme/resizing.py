"""Sizes that widgets were given in pixels, brought to another scale while they are on the screen."""

from __future__ import annotations

import shiboken6
from PySide6.QtWidgets import QApplication

UNLIMITED = 16_777_215
"""Qt's word for no limit."""


def resize_fixed(app: QApplication, before_percent: int, now_percent: int) -> None:
    """Scale each least and largest size that a widget was given, from one factor to another."""
    ratio = now_percent / before_percent
    for widget in app.allWidgets():
        if not shiboken6.isValid(widget):  # what one holds may go while another is resized
            continue
        least, most = widget.minimumSize(), widget.maximumSize()
        if not (least.width() or least.height() or most.width() < UNLIMITED or most.height() < UNLIMITED):
            continue
        # The new limits may cross the old ones on the way.
        widget.setMinimumSize(0, 0)
        widget.setMaximumSize(_scaled(most.width(), ratio), _scaled(most.height(), ratio))
        widget.setMinimumSize(_scaled(least.width(), ratio), _scaled(least.height(), ratio))


def _scaled(side: int, ratio: float) -> int:
    return side if side >= UNLIMITED else round(side * ratio)
