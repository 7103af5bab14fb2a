"""The waterfall's rows as a table for a view."""

from __future__ import annotations

from collections.abc import Sequence
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
        self._order: list[int] = []
        self._places: dict[int, int] = {}

    def begin(self, trace: Trace) -> None:
        """Show another trace."""
        self.beginResetModel()
        self.trace = trace
        self._order = list(trace.order)
        self._places = {number: place for place, number in enumerate(self._order)}
        self.endResetModel()

    def grown(self, first: int) -> None:
        """The trace has more rows than before, and others from its row `first` on."""
        before = len(self._order)
        self._insert(list(self.trace.order))
        if not before:
            return
        run = self.trace.rows[before - 1].run
        if run < first:
            self._tell_changed([run])
        if first < before:
            self._tell_changed(range(first, before))

    def _insert(self, order: list[int]) -> None:
        """Show the rows that came, where the tree has them."""
        at = 0 if self._order != order[: len(self._order)] else len(self._order)
        while at < len(order):
            if at < len(self._order) and self._order[at] == order[at]:
                at += 1
                continue
            end, before = at, self._order[at] if at < len(self._order) else -1
            while end < len(order) and order[end] != before:
                end += 1
            self.beginInsertRows(NO_INDEX, at, end - 1)
            is_end = at == len(self._order)
            self._order[at:at] = order[at:end]
            places = enumerate(order[at:end], at) if is_end else enumerate(self._order)
            self._places.update((number, place) for place, number in places)
            self.endInsertRows()
            at = end

    def _tell_changed(self, numbers: Sequence[int]) -> None:
        places = [self._places[number] for number in numbers]
        self.dataChanged.emit(self.index(min(places), 0), self.index(max(places), len(COLUMNS) - 1))

    def row(self, number: int) -> TraceRow | None:
        """What a row shows, by its place in the table."""
        return self.trace.rows[self._order[number]] if 0 <= number < len(self._order) else None

    def number_at(self, place: int) -> int:
        """Which row of the trace is at a place of the table; -1 where there is none."""
        return self._order[place] if 0 <= place < len(self._order) else -1

    def place_of(self, number: int) -> int:
        """Where the table has a row of the trace; -1 where it is not shown yet."""
        return self._places.get(number, -1)

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._order)

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
