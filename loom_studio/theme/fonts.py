"""The two fonts: the system's for prose, at 13 px, and its fixed one for code, at 12 px, both at 100 %."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from loom_studio.theme.scale import px

BODY_PX = 13
MONO_PX = 12


def body_font(*, bold: bool = False) -> QFont:
    """The font of everything that is read as prose."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(px(BODY_PX))
    font.setBold(bold)
    return font


def mono_font() -> QFont:
    """The font of code, commands and output."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(px(MONO_PX))
    return font
