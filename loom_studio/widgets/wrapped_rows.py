"""Lists whose rows are as many lines as their text needs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QListWidget, QStyledItemDelegate, QStyleOptionViewItem

from loom_studio.overriding import override
from loom_studio.theme import px

PADDING_PX = 8
"""What the style sheet leaves free at either side of a row."""


def wrap_rows(rows: QListWidget) -> None:
    """Wrap the text of each row in the width of the list."""
    rows.setWordWrap(True)
    rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    rows.setItemDelegate(_WrappedRows(rows))


class _WrappedRows(QStyledItemDelegate):
    """Measures a row within its padding, which Qt leaves out: what nearly fitted was cut with an ellipsis."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        narrower = QStyleOptionViewItem(option)
        narrower.rect = option.rect.adjusted(0, 0, -2 * px(PADDING_PX), 0)
        return super().sizeHint(narrower, index)
