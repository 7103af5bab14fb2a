"""Colours, fonts, icons and the style sheet, in light and dark."""

from loom_studio.theme.accents import ACCENTS
from loom_studio.theme.fonts import body_font, mono_font
from loom_studio.theme.icons import icon, icon_picture, set_icon
from loom_studio.theme.palette import ThemeWatch, apply_theme, current, theme_watch
from loom_studio.theme.scale import LEAST, MOST, px, scale_percent, set_scale
from loom_studio.theme.tokens import DARK, LIGHT, Tokens

__all__ = [
    "ACCENTS",
    "DARK",
    "LEAST",
    "LIGHT",
    "MOST",
    "ThemeWatch",
    "Tokens",
    "apply_theme",
    "body_font",
    "current",
    "icon",
    "icon_picture",
    "mono_font",
    "px",
    "scale_percent",
    "set_icon",
    "set_scale",
    "theme_watch",
]
