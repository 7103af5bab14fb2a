"""The waterfall's rows as a table for a view."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import clauses, marked, tr
from loom_studio.viewmodels.trace import Trace, TraceRow

COLUMNS = (
    marked("Step"),
    marked("Waterfall"),
    marked("Took"),
    marked("First token"),
    marked("Tokens in"),
    marked("Cached"),
    marked("Tokens out"),
    marked("Cost"),
)
STEP, WATERFALL, TOOK, FIRST, TOKENS_IN, CACHED, TOKENS_OUT, COST = range(len(COLUMNS))
NO_INDEX = QModelIndex()
TIPS = {
    FIRST: marked("From sending the request to the first thing that the model said"),
    CACHED: marked("How many of the tokens the provider read from its cache"),
    COST: marked("In dollars, where the price is known"),
}
STATES = {
    "running": marked("running"),
    "failed": marked("failed"),
    "stopped": marked("stopped"),
    "interrupted": marked("interrupted"),
    "cut off": marked("cut off"),
    "waits for you": marked("waits for you"),
    "refused": marked("refused"),
    "outcome unknown": marked("outcome unknown"),
    "taken back": marked("taken back"),
}
KINDS = {
    "run": marked("Run"),
    "step": marked("Step"),
    "tool": marked("Tool"),
    "agent": marked("Sub-agent"),
    "below": marked("Sub-agent"),
    "beside": marked("Request"),
    "compression": marked("Compression"),
    "renewal": marked("Renewal"),
    "alert": marked("Alert"),
    "notice": marked("Notice"),
}
TIMED = ("run", "step", "tool", "agent", "below", "beside")
"""The kinds of rows that take time."""


class TraceTable(QAbstractTableModel):
    """One row for each of a trace's, which may grow and change at its end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.trace = Trace()
        self._shown = 0

    def begin(self, trace: Trace) -> None:
        """Show another trace."""
        self.beginResetModel()
        self.trace = trace
        self._shown = len(trace.rows)
        self.endResetModel()

    def grown(self, first: int) -> None:
        """The trace has more rows than before, and others from row `first` on."""
        before, now = self._shown, len(self.trace.rows)
        if now > before:
            self.beginInsertRows(NO_INDEX, before, now - 1)
            self._shown = now
            self.endInsertRows()
        run = self.trace.rows[before - 1].run if before else 0
        if run < first and before:
            self.dataChanged.emit(self.index(run, 0), self.index(run, len(COLUMNS) - 1))
        if first < before:
            self.dataChanged.emit(self.index(first, 0), self.index(before - 1, len(COLUMNS) - 1))

    def row(self, number: int) -> TraceRow | None:
        """A row by its number."""
        return self.trace.rows[number] if 0 <= number < self._shown else None

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else self._shown

    @override
    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole and section > WATERFALL:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return tr(TIPS[section]) if role == Qt.ItemDataRole.ToolTipRole and section in TIPS else None

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(row, index.column())
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return told(row) if index.column() in (STEP, WATERFALL) else cell(row, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() > WATERFALL:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


def cell(row: TraceRow, column: int) -> str:
    """What a cell says."""
    match column:
        case 0:
            return named(row)
        case 2:
            return seconds(row.took_s) if row.kind in TIMED else ""
        case 3:
            return "" if row.first_token_ms is None else seconds(row.first_token_ms / 1000)
        case 4 | 5 | 6 if row.is_counted:
            return f"{(row.tokens_in, row.cached, row.tokens_out)[column - TOKENS_IN]:,}"
        case 7 if row.is_counted:
            return tr("unknown") if row.cost is None else f"{row.cost:.4f}"
        case _:
            return ""


def named(row: TraceRow) -> str:
    """What a row is, in a line."""
    title = escape_invisible(row.title)
    if row.kind == "step":
        return f"{row.step}. {title or '…'}"
    return title


def told(row: TraceRow) -> str:
    """All that a row shows, in words."""
    parts = [tr("{kind}: {name}", kind=tr(KINDS[row.kind]), name=named(row))]
    if row.state:
        parts.append(tr(STATES.get(row.state, row.state)))
    if row.kind in TIMED and row.took_s is not None:
        parts.append(tr("took {time}", time=seconds(row.took_s)))
    waited = sum((each.end or each.start) - each.start for each in row.segments if each.kind == "approval")
    if waited:
        parts.append(tr("waited {time} for an approval", time=seconds(waited)))
    if row.first_token_ms is not None:
        parts.append(tr("first token after {time}", time=seconds(row.first_token_ms / 1000)))
    if row.attempts > 1:
        parts.append(tr("{count} attempts", count=row.attempts))
    if row.is_counted:
        counted = {"sent": row.tokens_in, "cached": row.cached, "said": row.tokens_out}
        parts.append(tr("{sent:,} tokens in, {cached:,} of them cached, {said:,} out", **counted))
    if row.detail:
        parts.append(escape_invisible(row.detail))
    if row.is_void:
        parts.append(tr("taken back"))
    return clauses(parts)


def seconds(took: float | None) -> str:
    """A time to read; an ellipsis while it goes on."""
    if took is None:
        return "…"
    if took < 1:
        return tr("{milliseconds:.0f} ms", milliseconds=took * 1000)
    if took < 60:
        return tr("{seconds:.1f} s", seconds=took)
    minutes, left = divmod(int(took), 60)
    if minutes >= 60:
        return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return tr("{minutes} min {seconds} s", minutes=minutes, seconds=left)
