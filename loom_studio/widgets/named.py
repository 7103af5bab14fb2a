"""Names that screen readers, scripts and tests find a widget by."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from loom_studio.texts import tr

DRAWN = "isDrawn"
"""The property of a widget that is a drawing."""
W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, object_name: str = "") -> W:
    """The widget, with its accessible name in the person's language, and an object name for the style sheet.

    The object name is made from the English name where none is given, so that it is the same in every language.
    """
    widget.setAccessibleName(tr(name))
    widget.setObjectName(object_name or name.replace(" ", "").replace("…", ""))
    return widget


def drawn(widget: W, name: str, object_name: str = "") -> W:
    """A widget that draws a chart, with its name; its accessible description is to say what can be seen."""
    widget.setProperty(DRAWN, True)
    return named(widget, name, object_name)


def text_label(text: str = "", look: str = "") -> QLabel:
    """A label whose name is its text, as it changes: plain, wrapped, with an object name for the style sheet."""
    label = QLabel(text)
    label.setObjectName(look)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
