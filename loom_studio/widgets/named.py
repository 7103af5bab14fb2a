"""Names that screen readers, scripts and tests find a widget by."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, object_name: str = "") -> W:
    """The widget, with its accessible name, and an object name for the style sheet."""
    widget.setAccessibleName(name)
    widget.setObjectName(object_name or name.replace(" ", "").replace("…", ""))
    return widget
