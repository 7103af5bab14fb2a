"""Combo boxes that can be found by their name, and chosen from, by screen readers and scripts.

On Linux Qt gives a combo box's value as its accessible name and leaves the name to a label beside it, so a header with
three of them has none that can be told apart. Elsewhere Qt says name and value as they are, and nothing is changed.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QItemSelection, QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QWidget

from loom_studio.overriding import override
from loom_studio.widgets.named import named


def choice(name: str, object_name: str = "") -> QComboBox:
    """A combo box that goes by `name`. An item that is selected through the accessibility bus is chosen."""
    box = named(QComboBox(), name, object_name)
    _ChoiceByScript(box)
    return box


class _ChoiceByScript(QObject):
    """Takes a selection in the list that neither keyboard nor mouse made for the person's choice.

    Those move the list's current item with its selection; the accessibility bus moves the selection alone.
    """

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._box = box
        self._row = -1
        box.view().selectionModel().selectionChanged.connect(self._on_selection)

    def _on_selection(self, selected: QItemSelection, _gone: QItemSelection) -> None:
        rows = [index.row() for index in selected.indexes()]
        if rows:
            self._row = rows[0]
            # Keyboard and mouse change the selection first and the current item right after it.
            QTimer.singleShot(0, self, self._choose)

    def _choose(self) -> None:
        row, self._row = self._row, -1
        view = self._box.view()
        # Filling the box selects its first row too, until the program says which one holds.
        is_selected = view.selectionModel().isRowSelected(row)
        if 0 <= row < self._box.count() and is_selected and row != view.currentIndex().row():
            self._box.hidePopup()
            self._box.setCurrentIndex(row)
            self._box.activated.emit(row)
            self._box.textActivated.emit(self._box.itemText(row))


class NamedChoice(QAccessibleWidget):
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
