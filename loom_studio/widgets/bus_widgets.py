"""What the accessibility bus says of widgets of which Qt says too little, or what ends the program.

On Linux Qt gives a combo box's value as its accessible name and leaves the name to a label beside it, so a header with
three of them has none that can be told apart; and a drawing is nothing. Elsewhere Qt says name and value as they are.

Everywhere Qt counts the bars of a scroll area among its children and looks them up without a check: a reader that asks
for the second child after a bar went away would have it read beyond its list. A plain widget checks.
"""

from __future__ import annotations

import sys

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QScrollArea, QWidget

from loom_studio.overriding import override
from loom_studio.widgets.named import DRAWN

# Qt owns what the factory makes, and does not tell; it must outlive Python's last other reference.
_made: list[QAccessibleWidget] = []


def made_for(widget: QObject) -> QAccessibleInterface | None:
    """What the bus is told of a widget; None where Qt says enough."""
    made = _made_for(widget)
    if made is not None:
        _made[:] = [each for each in _made if shiboken6.isValid(each)]
        _made.append(made)
    return made


def _made_for(widget: QObject) -> QAccessibleWidget | None:
    if isinstance(widget, QScrollArea):
        return QAccessibleWidget(widget, QAccessible.Role.Pane, widget.accessibleName())
    if sys.platform != "linux":
        return None
    if isinstance(widget, QComboBox):
        return _NamedChoice(widget) if widget.accessibleName() else None
    if isinstance(widget, QWidget) and widget.property(DRAWN):
        return QAccessibleWidget(widget, QAccessible.Role.Chart, widget.accessibleName())
    return None


class _NamedChoice(QAccessibleWidget):
    """What the bus sees of a combo box: its own name, its text as the value, its line edit and list as children."""

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box, QAccessible.Role.ComboBox, box.accessibleName())
        self._box = box

    @override
    def childCount(self) -> int:
        return len(self._parts())

    @override
    def child(self, index: int) -> QAccessibleInterface | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        parts = self._parts()
        return QAccessible.queryAccessibleInterface(parts[index]) if 0 <= index < len(parts) else None

    @override
    def indexOfChild(self, child: QAccessibleInterface) -> int:
        part = child.object()
        return next((number for number, other in enumerate(self._parts()) if other is part), -1)

    @override
    def text(self, t: QAccessible.Text) -> str:
        return (
            (self._box.currentText() or self._box.placeholderText()) if t is QAccessible.Text.Value else super().text(t)
        )

    @override
    def actionNames(self) -> list[str]:
        return [QAccessibleActionInterface.showMenuAction(), QAccessibleActionInterface.pressAction()]

    @override
    def doAction(self, actionName: str) -> None:
        del actionName  # both open or close the list
        if self._box.view().isVisible():
            self._box.hidePopup()
        else:
            self._box.showPopup()

    def _parts(self) -> list[QWidget]:
        if not shiboken6.isValid(self._box):
            return []
        return [part for part in (self._box.lineEdit(), self._box.view()) if part is not None]
