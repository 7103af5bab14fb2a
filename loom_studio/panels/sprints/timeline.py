"""The sprints of a run over wall time, a column each, wider or narrower as the person zooms."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.orchestration.record import Span, Sprint
from loom_studio.panels.sprints.lanes import FULL_PX, LANE_PX, LANES, NARROW_PX, Column, column_height, lane_top
from loom_studio.panels.sprints.told import sprint_words
from loom_studio.panels.sprints.words import chosen_row
from loom_studio.plain_text import escape_invisible
from loom_studio.texts import tr
from loom_studio.theme import current, px, theme_watch
from loom_studio.widgets.named import named

COLUMN = Qt.ItemDataRole.UserRole
LONGEST_PX = 190
"""How wide the longest sprint is, unzoomed."""
LEAST_PX = FULL_PX + 8
BELOW_PX = 20
"""For the scroll bar."""
NARROWEST_PX = 5
WIDEST_PX = 4_000
STEP = 1.25
LEAST_ZOOM, MOST_ZOOM = 0.02, 20.0
MOST_KEPT, MOST_KEPT_PX = 200, 600
"""So many columns are kept as they were painted, none that is wider."""
NAMES_PX = 66


class SprintTimeline(QListWidget):
    """Shows sprints in the order in which they were; an item's text says what its column shows.

    Ctrl and the wheel, + and -, zoom; 0 shows all.
    """

    zoomed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Sprint timeline")
        self.zoom = 1.0
        self._px_a_second = 1.0
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.is_narrow = False
        self._painter = _ColumnDelegate(self)
        self.setItemDelegate(self._painter)
        self.setFixedHeight(column_height() + px(BELOW_PX))

    def show_sprints(self, sprints: Sequence[Sprint], planning: Span | None = None) -> None:
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
            column = Column(sprint, planning if number == 0 else None)
            if item.data(COLUMN) != column:
                self._painter.forget()
                item.setData(COLUMN, column)
                item.setText(sprint_words(sprint))
                told = escape_invisible(f"{sprint_words(sprint)}\n{column.words}")
                item.setToolTip(told)
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, told)
        self.blockSignals(False)
        self._lay_out_columns()
        row = self.count() - 1 if was_last or chosen < 0 else min(chosen, self.count() - 1)
        self.setCurrentRow(row)
        if row >= 0:
            self.scrollToItem(self.item(row))

    def grow(self) -> None:
        """Have the column of the sprint that runs be as wide as it is long by now."""
        last = self.item(self.count() - 1) if self.count() else None
        if last is not None and not last.data(COLUMN).sprint.is_over:
            self._lay_out_columns()

    def zoom_by(self, factor: float) -> None:
        """Make columns wider or narrower."""
        self.zoom = min(MOST_ZOOM, max(LEAST_ZOOM, self.zoom * factor))
        self._lay_out_columns()
        if (row := chosen_row(self)) >= 0:
            self.scrollToItem(self.item(row))
        self.zoomed.emit()

    def take_size(self) -> None:
        """Take the sizes of the scale that is in force now."""
        self._painter.forget()
        self.setFixedHeight(column_height() + px(BELOW_PX))
        self._lay_out_columns()

    def fit(self) -> None:
        """Show all sprints at once, as far as there is room for a line each."""
        room = self.viewport().width() - 4
        low, high = LEAST_ZOOM, MOST_ZOOM
        for _ in range(24):
            self.zoom = (low + high) / 2
            low, high = (self.zoom, high) if self._total() <= room else (low, self.zoom)
        self.zoom = low
        self._lay_out_columns()
        self.zoomed.emit()

    def width_of(self, column: Column) -> int:
        """How wide a column is now, in pixels."""
        least = max(px(NARROWEST_PX), px(LEAST_PX) * min(1.0, self.zoom))
        return round(min(WIDEST_PX, max(least, column.seconds * self._px_a_second * self.zoom)))

    @override
    def wheelEvent(self, e: QWheelEvent) -> None:
        if e.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(STEP if e.angleDelta().y() > 0 else 1 / STEP)
            e.accept()
            return
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (e.angleDelta().y() or e.angleDelta().x()))
        e.accept()

    @override
    def resizeEvent(self, e: QResizeEvent) -> None:
        super().resizeEvent(e)
        if e.size().width() != e.oldSize().width():
            self._lay_out_columns()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.text():
            case "+" | "=":
                self.zoom_by(STEP)
            case "-":
                self.zoom_by(1 / STEP)
            case "0":
                self.fit()
            case _:
                super().keyPressEvent(event)

    def _columns(self) -> list[Column]:
        return [self.item(row).data(COLUMN) for row in range(self.count())]

    def _total(self) -> int:
        return sum(self.width_of(each) for each in self._columns())

    def _lay_out_columns(self) -> None:
        columns = self._columns()
        longest = max((each.seconds for each in columns), default=0.0)
        self._px_a_second = px(LONGEST_PX) / max(longest, 0.001)
        room, least = self.viewport().width() - 4, px(LEAST_PX)
        if self.zoom == 1.0 and len(columns) * least <= room < self._total():  # few sprints are all in view
            self._px_a_second = _fitting([each.seconds for each in columns], least, room)
        self.is_narrow = min(map(self.width_of, self._columns()), default=px(LEAST_PX)) < px(NARROW_PX)
        self.scheduleDelayedItemsLayout()
        self.viewport().update()


def _fitting(seconds: list[float], least: int, room: int) -> float:
    """How many pixels a second may take so that columns of at least `least` pixels are within `room`."""
    low, high = 0.0, room / max(*seconds, 0.001)
    for _ in range(24):
        middle = (low + high) / 2
        wide = sum(max(least, round(each * middle)) for each in seconds)
        low, high = (middle, high) if wide <= room else (low, middle)
    return low


class TimelineBox(QWidget):
    """The timeline with the names of its lanes beside it, and the buttons that zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.timeline = SprintTimeline()
        self.closer = named(QPushButton("+"), "Zoom in")
        self.farther = named(QPushButton("−"), "Zoom out")
        self.all = named(QPushButton(tr("All")), "Show all sprints")
        side = QVBoxLayout()
        side.setSpacing(0)
        self._names = _LaneNames()
        side.addWidget(self._names)
        row = QHBoxLayout()
        row.setSpacing(2)
        for button in (self.farther, self.closer):
            button.setStyleSheet("padding: 0")
            row.addWidget(button)
        self.all.setStyleSheet("padding: 0")
        row.addWidget(self.all)
        side.addLayout(row)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(side)
        layout.addWidget(self.timeline, 1)
        self.closer.clicked.connect(lambda: self.timeline.zoom_by(STEP))
        self.farther.clicked.connect(lambda: self.timeline.zoom_by(1 / STEP))
        self.all.clicked.connect(self.timeline.fit)
        theme_watch().changed.connect(self._take_size)
        self._take_size()

    def _take_size(self) -> None:
        """Take the sizes of the scale that is in force now."""
        for button in (self.farther, self.closer):
            button.setFixedSize(px(20), px(20))
        self.all.setFixedSize(px(30), px(20))
        self._names.setFixedSize(px(NAMES_PX + 6), column_height())
        self.timeline.take_size()
        self.setFixedHeight(self.timeline.minimumHeight())


class _LaneNames(QWidget):
    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setPen(QColor(current().muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for number, name in enumerate(LANES):
            painter.drawText(QRectF(0, lane_top(number) + 2, px(NAMES_PX), px(LANE_PX)), right, tr(name))


class _ColumnDelegate(QStyledItemDelegate):
    """Paints columns; those of sprints that are over are painted once for a size and a theme, and kept."""

    def __init__(self, timeline: SprintTimeline) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._kept: dict[tuple[object, ...], QPixmap] = {}

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option
        return QSize(self._timeline.width_of(index.data(COLUMN)), column_height())

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        column: Column = index.data(COLUMN)
        rect: QRect = option.rect
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_narrow = self._timeline.is_narrow
        if not column.sprint.is_over or rect.width() > px(MOST_KEPT_PX):
            painter.save()
            column.paint(painter, QRectF(rect), is_chosen=is_chosen, is_narrow=is_narrow)
            painter.restore()
            return
        ratio = self._timeline.devicePixelRatioF()
        key = (id(column), rect.width(), is_chosen, is_narrow, ratio, current().window)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            self._kept[key] = kept = self._painted(column, rect.size(), ratio, is_chosen=is_chosen)
        painter.drawPixmap(rect.topLeft(), kept)

    def forget(self) -> None:
        """Let go of what was painted."""
        self._kept.clear()

    def _painted(self, column: Column, size: QSize, ratio: float, *, is_chosen: bool) -> QPixmap:
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(current().window))  # opaque, which is painted faster
        painter = QPainter(picture)
        painter.setFont(self._timeline.font())
        column.paint(
            painter,
            QRectF(0, 0, size.width(), size.height()),
            is_chosen=is_chosen,
            is_narrow=self._timeline.is_narrow,
        )
        painter.end()
        return picture
