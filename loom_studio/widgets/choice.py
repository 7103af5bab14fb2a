"""Combo boxes that screen readers and scripts can choose from; what these are told of them is in `bus_widgets`."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QObject, QTimer
from PySide6.QtWidgets import QComboBox

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
