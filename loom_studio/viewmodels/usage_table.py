"""What was used, as rows of a table; and as bars of a chart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.widgets.usage_chart import Bar

if TYPE_CHECKING:
    from loom.memory.usage import UsageRow

COLUMNS = ("", "Calls", "Tokens in", "Cached", "Tokens out", "Cost")
NO_INDEX = QModelIndex()
DAY_S = 86_400
MOST_DAYS = 370


class UsageTable(QAbstractTableModel):
    """One row for each sum; the first column has the name of what they are summed up by."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[UsageRow] = []
        self.title = "Day"

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
        return (COLUMNS[section] or self.title) if role == Qt.ItemDataRole.DisplayRole else None

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            unknown = f"The price of {row.unpriced:,} tokens is not known." if row.unpriced else ""
            return f"{escape_invisible(row.label)}\n{unknown}".strip()
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == 0:
            return escape_invisible(row.label)
        counts = (row.calls, row.input_tokens, row.cached_tokens, row.output_tokens)
        return row.cost_words if index.column() == len(COLUMNS) - 1 else f"{counts[index.column() - 1]:,}"


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def bars_of(rows: list[UsageRow], *, in_money: bool, by_day: bool, since: str) -> list[Bar]:
    """Rows as bars, the largest first, or for days in their order with those on which nothing was used."""
    made = {row.key: _bar(row, in_money=in_money, by_day=by_day) for row in rows}
    if not by_day:
        return sorted(made.values(), key=lambda bar: -bar.value)
    if not rows:
        return []
    nothing = "$0.00" if in_money else "0 tokens"
    return [made.get(day) or Bar(_short(day), 0.0, nothing) for day in _days(since or rows[0].key)]


def _bar(row: UsageRow, *, in_money: bool, by_day: bool) -> Bar:
    name = _short(row.key) if by_day else escape_invisible(row.label)
    if in_money:
        return Bar(name, row.cost, row.cost_words, is_partial=bool(row.unpriced))
    return Bar(name, float(row.tokens), f"{row.tokens:,} tokens")


def _short(day: str) -> str:
    return day[5:]


def _days(first: str) -> list[str]:
    """The days from the first up to today, a year's at most."""
    noon = time.mktime(time.strptime(f"{time.strftime('%Y-%m-%d')} 12", "%Y-%m-%d %H"))
    days: list[str] = []
    for back in range(MOST_DAYS):
        day = time.strftime("%Y-%m-%d", time.localtime(noon - back * DAY_S))
        if day < first:
            break
        days.append(day)
    return days[::-1]
