"""What was used, as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import marked, plural, tr

if TYPE_CHECKING:
    from loom.memory.usage import UsageRow

COLUMNS = ("", marked("Calls"), marked("Tokens in"), marked("Cached"), marked("Tokens out"), marked("Cost"))
NO_INDEX = QModelIndex()


class UsageTable(QAbstractTableModel):
    """One row for each sum; the first column has the name of what they are summed up by, a marked text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[UsageRow] = []
        self.title = marked("Day")

    def show_rows(self, rows: list[UsageRow], title: str) -> None:
        """Show these."""
        self.beginResetModel()
        self.rows, self.title = rows, title
        self.endResetModel()

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.rows)

    @override
    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return tr(COLUMNS[section] or self.title) if role == Qt.ItemDataRole.DisplayRole else None

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(each for each in (escape_invisible(row.label), _unknown(row.unpriced)) if each)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == 0:
            return escape_invisible(row.label)
        counts = (row.calls, row.input_tokens, row.cached_tokens, row.output_tokens)
        return cost_of(row) if index.column() == len(COLUMNS) - 1 else f"{counts[index.column() - 1]:,}"


def cost_of(row: UsageRow) -> str:
    """The cost to read: what is not known is said, and never taken for nothing."""
    if not row.unpriced:
        return row.cost_words
    known = row.cost_words.removesuffix(" + unknown")
    return tr("{known} + unknown", known=known) if row.cost else tr("unknown")


def _unknown(tokens: int) -> str:
    if not tokens:
        return ""
    return plural("The price of {n} token is not known.", "The price of {n} tokens is not known.", tokens)


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
