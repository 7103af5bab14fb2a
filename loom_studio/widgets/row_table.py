"""Tables that show a row as one thing, however many there are."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from loom_studio.theme import px
from loom_studio.widgets.named import named

ROW_PX = 24


def row_table(name: str) -> QTableView:
    """A table by this name, a marked text, in which a row is chosen at once.

    Tab leaves it, and only what is in view is laid out.
    """
    table = named(QTableView(), name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.horizontalHeader().setHighlightSections(False)
    fit_rows(table)
    return table


def fit_rows(table: QTableView) -> None:
    """Give the rows the height that goes with the size of the text."""
    table.verticalHeader().setDefaultSectionSize(px(ROW_PX))
