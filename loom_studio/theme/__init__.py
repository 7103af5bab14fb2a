"""Colours, fonts and the style sheet, in light and dark."""

from loom_studio.theme.palette import DARK, LIGHT, Tokens, apply_theme, current

__all__ = ["DARK", "LIGHT", "Tokens", "apply_theme", "current"]
