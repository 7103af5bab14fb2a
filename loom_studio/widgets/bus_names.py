"""What the accessibility bus says of widgets of which Qt says too little: combo boxes by name, drawings as charts."""

from __future__ import annotations

import sys

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QWidget

from loom_studio.widgets.choice import NamedChoice
from loom_studio.widgets.named import DRAWN


def install_bus_names() -> None:
    """Have the widgets of this process say what they are; once a process, after the application is there."""
    if sys.platform == "linux":
        QAccessible.installFactory(_make)


# Qt owns what the factory makes, and does not tell; it must outlive Python's last other reference.
_made: list[QAccessibleWidget] = []


def _make(_class_name: str, widget: QObject) -> QAccessibleInterface | None:
    made = _made_for(widget)
    if made is not None:
        _made[:] = [each for each in _made if shiboken6.isValid(each)]
        _made.append(made)
    return made


def _made_for(widget: QObject) -> QAccessibleWidget | None:
    if isinstance(widget, QComboBox):
        return NamedChoice(widget) if widget.accessibleName() else None
    if isinstance(widget, QWidget) and widget.property(DRAWN):
        return QAccessibleWidget(widget, QAccessible.Role.Chart, widget.accessibleName())
    return None
