"""The audit's records as rows of a table."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.safety.audit import AuditEntry

COLUMNS = (marked("Time"), marked("What"), marked("Tool"), marked("Rule"), marked("Call"))
WHAT = {
    "allowed": marked("allowed"),
    "refused": marked("refused"),
    "completed": marked("completed"),
    "failed": marked("failed"),
    "unknown": marked("unknown"),
    "unreadable": marked("unreadable"),
}
NO_INDEX = QModelIndex()


class LedgerModel(QAbstractTableModel):
    """Decisions and outcomes, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[AuditEntry] = []

    def show_entries(self, entries: list[AuditEntry]) -> None:
        """Show these; nothing is announced if they are the ones that are shown."""
        if [entry.hash for entry in entries] == [entry.hash for entry in self.entries]:
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.entries)

    @override
    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        return None

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        entry = self.entries[index.row()]
        record = entry.record
        if role == Qt.ItemDataRole.ToolTipRole:
            return escape_invisible(f"{record.rule}\n{said(record.reason)}\n{record.arguments[:2000]}")
        time = datetime.fromtimestamp(entry.at).astimezone().strftime("%H:%M:%S")
        cells = (time, tr(WHAT.get(record.what, record.what)), record.tool, record.rule, record.arguments[:300])
        return escape_invisible(cells[index.column()])
