"""Icons by name: strokes on a grid of 16, drawn here in any colour, so that start-up loads no icon font (280 ms)."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QObject, QSize
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractButton

from loom_studio.resource_files import resource_path
from loom_studio.theme.palette import current, theme_watch
from loom_studio.theme.scale import px

SIZE_PX = 16

_STROKES = {
    "tool": "M10.5 2.2a3.4 3.4 0 0 0-3.3 4.4L2.3 11.5a1.5 1.5 0 1 0 2.2 2.2l4.9-4.9a3.4 3.4 0 0 0 4.3-4.5l-2 2"
    "-1.8-.4-.4-1.8 2-2a3.4 3.4 0 0 0-1-.1z",
    "thinking": "M5 10.5a4 4 0 1 1 6 0V12H5zM6 14.2h4",
    "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    "check": "M3 8.5l3.2 3.2L13 4.8",
    "chevron-right": "M6 3.5L10.5 8 6 12.5",
    "chevron-left": "M10 3.5L5.5 8 10 12.5",
    "first": "M4 3.5v9M11.5 3.5L7 8l4.5 4.5",
    "chevron-down": "M3.5 6L8 10.5 12.5 6",
    "blocked": "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M3.8 3.8l8.4 8.4",
    "error": "M8 2.2l6 11H2zM8 6.5v3M8 11.4v.4",
    "notice": "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M8 7.3v3.6M8 4.9v.4",
    "send": "M2.5 8h10M8.5 4l4 4-4 4",
    "stop": "M4 4h8v8H4z",
    "new": "M8 3v10M3 8h10",
    "attach": "M11.5 7l-4.2 4.2a2 2 0 0 1-2.9-2.9L9 3.8a1.3 1.3 0 0 1 1.9 1.9L6.4 10.1",
    "search": "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9M10.3 10.3l3.4 3.4",
    "close": "M4 4l8 8M12 4l-8 8",
    "up": "M8 13V3M4 7l4-4 4 4",
    "down": "M8 3v10M4 9l4 4 4-4",
    "edit": "M3 13l.7-2.9 6.9-6.9a1.4 1.4 0 0 1 2 0l.2.2a1.4 1.4 0 0 1 0 2L5.9 12.3z",
    "menu": "M3 4.5h10M3 8h10M3 11.5h10",
}  # fmt: skip


def icon_names() -> list[str]:
    """The names that `icon` knows."""
    return sorted(_STROKES)


@lru_cache(maxsize=256)
def icon_picture(name: str, colour: str, size_px: int, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture of `size_px` logical pixels on a screen of this ratio. Raises KeyError for no such name."""
    pixels = round(size_px * ratio)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="{pixels}" height="{pixels}" fill="none" '
        f'stroke="{colour}" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">'
        f'<path d="{_STROKES[name]}"/></svg>'
    )
    picture = QPixmap()
    picture.loadFromData(QByteArray(drawing.encode()), "SVG")
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, colour: str = "") -> QIcon:
    """An icon for a button, in the theme's text colour unless another is given. Raises KeyError for no such name."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(icon_picture(name, colour or current().text, SIZE_PX, ratio))
    return made


@cache
def program_icon() -> QIcon:
    """The icon of the program itself, for windows and the tray."""
    return QIcon(str(resource_path("icons/loom-studio.svg")))


def set_icon(button: QAbstractButton, name: str) -> None:
    """Give a button an icon in the theme's text colour, also after that has changed. Raises KeyError for none such."""
    _Following(button, name)


class _Following(QObject):
    def __init__(self, button: QAbstractButton, name: str) -> None:
        super().__init__(button)
        self._button = button
        self._name = name
        theme_watch().changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self._button.setIcon(icon(self._name))
        self._button.setIconSize(QSize(px(SIZE_PX), px(SIZE_PX)))
