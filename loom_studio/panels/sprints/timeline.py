"""The sprints of a run side by side: each a card with its verdict, a cell for each criterion, and its time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)
from typing_extensions import override

from loom_studio.services.harness import Sprint
from loom_studio.theme import current, px
from loom_studio.widgets.named import named

CARD = QSize(112, 92)
CELL_PX = 8
CELLS_A_ROW = 10
MOST_CELLS = 30
"""More criteria than this are told by their number alone."""
SIGNS = {"passed": "✓", "accepted": "✓", "failed": "✗", "working": "…", "waiting": "⏸"}


def time_words(seconds: float | None) -> str:
    """A duration as people say it; empty while there is none."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def verdict_colour(passed: bool | None) -> QColor:
    """The colour of a criterion's verdict, which never stands alone."""
    tokens = current()
    return QColor(tokens.muted if passed is None else tokens.success if passed else tokens.danger)


def chosen_row(view: QListWidget) -> int:
    """The row that is selected, -1 where none is: a screen reader or a script selects without making it current."""
    return next((index.row() for index in view.selectedIndexes()), -1)


class SprintTimeline(QListWidget):
    """Shows sprints in the order in which they were; an item's text says what its card shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Sprint timeline")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Card(self))
        self.setFixedHeight(px(CARD.height() + 24))

    def show_sprints(self, sprints: Sequence[Sprint]) -> None:
        """Show sprints; the chosen one stays chosen, and the last is chosen where none was, or the last was."""
        chosen = chosen_row(self)
        was_last = chosen == self.count() - 1
        self.blockSignals(True)
        while self.count() > len(sprints):
            self.takeItem(self.count() - 1)
        for number, sprint in enumerate(sprints):
            if number == self.count():
                self.addItem(QListWidgetItem())
            item = self.item(number)
            if item.data(Qt.ItemDataRole.UserRole) != sprint:
                item.setData(Qt.ItemDataRole.UserRole, sprint)
                item.setText(sprint.words)
                item.setToolTip(sprint.words)
        self.blockSignals(False)
        row = self.count() - 1 if was_last or chosen < 0 else min(chosen, self.count() - 1)
        self.setCurrentRow(row)
        if row >= 0:
            self.scrollToItem(self.item(row))


class _Card(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(px(CARD.width()), px(CARD.height()))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        sprint: Sprint = index.data(Qt.ItemDataRole.UserRole)
        tokens = current()
        state = option.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        frame = QRectF(option.rect).adjusted(3, 3, -3, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.accent if is_chosen else tokens.border), 2 if is_chosen else 1))
        painter.setBrush(QColor(tokens.surface))
        painter.drawRoundedRect(frame, 4, 4)
        inner = frame.adjusted(8, 6, -6, -5)
        line = painter.fontMetrics().height()
        painter.setPen(QColor(tokens.text))
        painter.drawText(QRectF(inner.left(), inner.top(), inner.width(), line), f"Sprint {sprint.number}")
        passed = {"passed": True, "accepted": True, "failed": False}.get(sprint.state)
        painter.setPen(verdict_colour(passed))
        said = f"{SIGNS[sprint.state]} {sprint.state}"
        painter.drawText(QRectF(inner.left(), inner.top() + line, inner.width(), line), said)
        painter.setPen(Qt.PenStyle.NoPen)
        top = inner.top() + 2 * line + 4
        for number, each in enumerate(sprint.criteria[:MOST_CELLS]):
            painter.setBrush(verdict_colour(each.passed))
            x = inner.left() + number % CELLS_A_ROW * (px(CELL_PX) + 1)
            y = top + number // CELLS_A_ROW * (px(CELL_PX) + 1)
            # A failed criterion is a low cell and one that was not judged a line, so that colour is not all.
            height = px(CELL_PX) if each.passed else px(CELL_PX) / 2 if each.passed is False else 1
            painter.drawRect(QRectF(x, y + px(CELL_PX) - height, px(CELL_PX), height))
        painter.setPen(QColor(tokens.muted))
        count = f"{sum(each.passed is True for each in sprint.criteria)}/{len(sprint.criteria)}"
        foot = " · ".join(part for part in (count, time_words(sprint.duration_s)) if part)
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, foot)
        painter.restore()
