"""How large everything is: one factor on fonts and on sizes that hang on them."""

from __future__ import annotations

LEAST, MOST = 80, 200
"""The font sizes that can be chosen, in percent."""

_state = {"percent": 100}


def scale_percent() -> int:
    """The factor in force, in percent."""
    return _state["percent"]


def set_scale(percent: int) -> None:
    """Change the factor, within what can be chosen; `apply_theme` puts it in force."""
    _state["percent"] = min(MOST, max(LEAST, percent))


def px(size: int) -> int:
    """A size that is `size` pixels at 100 %, at the factor in force; at least 1 for what is not 0."""
    return size if _state["percent"] == 100 else max(min(size, 1), round(size * _state["percent"] / 100))
