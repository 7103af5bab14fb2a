"""Scroll areas as screen readers see them: Qt's own answer about a child that has just gone ends the program."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QScrollArea

_state: list[bool] = []
# Qt owns what the factory makes, and does not tell; it must outlive Python's last other reference.
_made: list[QAccessibleWidget] = []


def install_scroll_names() -> None:
    """Have the bus see scroll areas as plain widgets; once in a process.

    Qt counts the bars of an area among its children and looks them up without a check: a reader that asks for the
    second child after a bar went away would have it read beyond its list. A plain widget checks.
    """
    if not _state:
        QAccessible.installFactory(_make)
        _state.append(True)


def _make(_class_name: str, widget: QObject) -> QAccessibleInterface | None:
    if not isinstance(widget, QScrollArea):
        return None
    _made[:] = [interface for interface in _made if shiboken6.isValid(interface)]
    _made.append(QAccessibleWidget(widget, QAccessible.Role.Pane, widget.accessibleName()))
    return _made[-1]
