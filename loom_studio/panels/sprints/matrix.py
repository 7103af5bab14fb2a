"""The matrix of a run: criteria as rows, sprints as columns, and below them what each sprint took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)
from typing_extensions import override

from loom.orchestration.record import Criterion, Sprint
from loom_studio.panels.sprints.told import change_words, sprint_words
from loom_studio.panels.sprints.words import (
    VERDICT_SIGNS,
    VERDICTS,
    cost_words,
    time_words,
    verdict_colour,
    verdict_words,
)
from loom_studio.plain_text import escape_invisible
from loom_studio.texts import marked, tr
from loom_studio.theme import current, px, theme_watch
from loom_studio.widgets.named import named

Index = QModelIndex | QPersistentModelIndex
TOOK = (marked("Time"), marked("Tokens"), marked("Cost"), marked("Files"))
FEW = 4
WIDE_PX, WORDED_PX, NARROW_PX = 92, 78, 46
ROW_PX, BAR_PX = 22, 14
SIGN_PX = 16
NAMES_SHARE, LEAST_NAMES_PX, MOST_NAMES_PX = 0.36, 110, 380
MOST_TOLD_CHARS = 4_000


class CriteriaModel(QAbstractTableModel):
    """The criteria of some sprints; a cell's text says what was judged, its tip the evidence."""

    def __init__(self) -> None:
        super().__init__()
        self.sprints: Sequence[Sprint] = ()
        self.names: list[str] = []
        self._cells: list[dict[str, Criterion]] = []

    def show_sprints(self, sprints: Sequence[Sprint]) -> None:
        """Show these; where only verdicts changed, what is selected stays."""
        names = list(dict.fromkeys(each.text for sprint in sprints for each in sprint.criteria))
        is_same = names == self.names and len(sprints) == len(self.sprints)
        if not is_same:
            self.beginResetModel()
        self.sprints, self.names = sprints, names
        self._cells = [{each.text: each for each in sprint.criteria} for sprint in sprints]
        if not is_same:
            self.endResetModel()
        elif names or sprints:
            last = self.index(self.rowCount() - 1, max(0, len(sprints) - 1))
            self.dataChanged.emit(self.index(0, 0), last)

    def criterion(self, row: int, column: int) -> Criterion | None:
        """The verdict in a cell; None where the criterion was none of that sprint's, and below them."""
        if not (0 <= row < len(self.names) and 0 <= column < len(self._cells)):
            return None
        return self._cells[column].get(self.names[row])

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if (parent is not None and parent.isValid()) or not self.sprints else len(self.names) + len(TOOK)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.sprints)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if row >= len(self.names):
            return self._took(row - len(self.names), column, role)
        each = self.criterion(row, column)
        if each is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return verdict_words(each.passed)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return evidence_words(each)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            number, verdict = self.sprints[column].number, tr(VERDICTS[each.passed])
            return tr("{criterion}, sprint {number}, {verdict}", criterion=each.text, number=number, verdict=verdict)
        if role == Qt.ItemDataRole.ForegroundRole:
            return verdict_colour(each.passed)
        return None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if section >= len(self.sprints):
                return None
            number = self.sprints[section].number
            if role == Qt.ItemDataRole.DisplayRole:
                return tr("Sprint {number}", number=number) if len(self.sprints) <= FEW else str(number)
            return sprint_words(self.sprints[section]) if role == Qt.ItemDataRole.ToolTipRole else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        names = [*self.names, *map(tr, TOOK)]
        if section >= len(names):
            return None
        name = escape_invisible(names[section])
        return name if role == Qt.ItemDataRole.ToolTipRole else name.replace("\n", " ")[:300]

    def _took(self, row: int, column: int, role: int) -> Any:
        if not 0 <= column < len(self.sprints) or not 0 <= row < len(TOOK):
            return None
        sprint = self.sprints[column]
        short = (
            time_words(sprint.duration_s),
            f"{sprint.tokens:,}" if sprint.tokens else "",
            cost_words(sprint) if sprint.cost_usd is not None else "",
            str(len(sprint.files)) if sprint.has_files else "",
        )[row]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return short
        if role == Qt.ItemDataRole.ToolTipRole and row == TOOK.index("Files"):
            return escape_invisible("\n".join(change_words(each) for each in sprint.files[:60]))
        return short if role == Qt.ItemDataRole.ToolTipRole else None


class CriteriaTable(QTableView):
    """Shows the matrix; the names of criteria stay in view."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "Criteria")
        self.matrix = CriteriaModel()
        self.chosen_columns: set[int] = set()
        self.focus_cell = (-1, -1)
        self.setModel(self.matrix)
        self.setItemDelegate(_Cell(self))
        self.setTabKeyNavigation(False)  # Tab goes on to the next control, the arrows from cell to cell
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setMinimumHeight(px(90))
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.setTextElideMode(Qt.TextElideMode.ElideRight)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        theme_watch().changed.connect(self._take_size)
        self._take_size()

    @override
    def paintEvent(self, e: QPaintEvent) -> None:
        cell = self.currentIndex()
        self.chosen_columns = {index.column() for index in self.selectionModel().selectedColumns()}
        self.focus_cell = (cell.row(), cell.column()) if self.hasFocus() else (-1, -1)
        super().paintEvent(e)

    def show_sprints(self, sprints: Sequence[Sprint]) -> None:
        """Show these sprints."""
        self.matrix.show_sprints(sprints)
        self._take_size()

    def _take_size(self) -> None:
        """Take the sizes of the scale that is in force now."""
        self.verticalHeader().setDefaultSectionSize(px(ROW_PX))
        self.horizontalHeader().setMinimumSectionSize(px(NARROW_PX))
        sprints = len(self.matrix.sprints)
        room = (self.width() - self.verticalHeader().width() - px(BAR_PX)) // max(1, sprints)
        wide = max(px(WORDED_PX), min(px(WIDE_PX), room))
        self.horizontalHeader().setDefaultSectionSize(wide if sprints <= FEW else px(NARROW_PX))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        width = round(min(px(MOST_NAMES_PX), max(px(LEAST_NAMES_PX), self.width() * NAMES_SHARE)))
        if self.verticalHeader().width() != width:
            self.verticalHeader().setFixedWidth(width)
        self._take_size()
        super().resizeEvent(event)


class _Cell(QStyledItemDelegate):
    """Paints a cell's words, or where there is no room for them their sign."""

    def __init__(self, table: CriteriaTable) -> None:
        super().__init__(table)
        self._table = table
        self._signs: dict[tuple[object, ...], QPixmap] = {}

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        row, column = index.row(), index.column()
        if column in self._table.chosen_columns:
            painter.fillRect(rect, QColor(current().user))
        if (row, column) == self._table.focus_cell:
            painter.setPen(QColor(current().accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        each = self._table.matrix.criterion(row, column)
        if each is not None:
            if rect.width() >= px(WORDED_PX):
                painter.setPen(verdict_colour(each.passed))
                painter.drawText(rect.adjusted(4, 0, -2, 0), _LEFT, verdict_words(each.passed))
            else:
                at = rect.center()
                sign = px(SIGN_PX)
                painter.drawPixmap(at.x() - sign // 2, at.y() - sign // 2, self._sign(each.passed, sign))
            return
        text = index.data()
        if text:
            painter.setPen(QColor(current().muted))
            shown = painter.fontMetrics().elidedText(str(text), Qt.TextElideMode.ElideRight, rect.width() - 3)
            painter.drawText(rect.adjusted(2, 0, -1, 0), _LEFT, shown)

    def _sign(self, passed: bool | None, size: int) -> QPixmap:
        """The sign of a verdict, drawn once: its glyph may be of another font, which is found anew for each text."""
        ratio = self._table.devicePixelRatioF()
        key = (passed, ratio, current().success, size)
        if key not in self._signs:
            if len(self._signs) > 60:
                self._signs.clear()
            self._signs[key] = picture = QPixmap(QSize(size, size) * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setFont(self._table.font())
            painter.setPen(verdict_colour(passed))
            painter.drawText(QRect(0, 0, size, size), _MIDDLE, VERDICT_SIGNS[passed])
            painter.end()
        return self._signs[key]


_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_MIDDLE = int(Qt.AlignmentFlag.AlignCenter)


def evidence_words(each: Criterion) -> str:
    """How sure the evaluator was, where, and what it saw."""
    head = tr("Confidence {share:.0%}", share=each.confidence) if each.confidence is not None else ""
    place = each.file + (f":{each.line}" if each.line is not None else "") if each.file else ""
    first = " · ".join(part for part in (head, place) if part)
    told = escape_invisible(each.evidence or tr("No evidence was given."))[:MOST_TOLD_CHARS]
    return "\n".join(part for part in (first, told) if part)
