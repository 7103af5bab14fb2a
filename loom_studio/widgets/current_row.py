"""The current row of a list, whoever chose it."""

from __future__ import annotations

from PySide6.QtWidgets import QListWidget


def follow_selection(rows: QListWidget) -> QListWidget:
    """Make the row that is selected the current one, too, which is what pages show and act on; returns the list.

    Keyboard and mouse move both; a screen reader moves the selection alone, and would act on another row than it says.
    """

    def follow() -> None:
        chosen = rows.selectedItems()
        if chosen and rows.row(chosen[0]) != rows.currentRow():
            rows.setCurrentItem(chosen[0])

    rows.itemSelectionChanged.connect(follow)
    return rows
