"""The transcript: a virtual list of rows of any height, of which only those in view are ever laid out.

It is a QListView, so that Qt's accessibility knows it as a list whose items are named by their plain text; but layout,
scrolling and painting are its own, since QListView would lay out every row at each change.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget
from typing_extensions import override

from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.fenwick import Heights
from loom_studio.widgets.named import named
from loom_studio.widgets.row_layout import RowPainter

Index = QModelIndex | QPersistentModelIndex
SCROLL_STEP = 40


class TranscriptView(QListView):
    """Shows the rows of a model whose `Qt.UserRole` data is a TranscriptRow.

    It stays at the end while it is there; otherwise new rows leave it where it is and `new_below` is emitted.
    """

    row_activated = Signal(int)
    new_below = Signal()
    reached_end = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights = Heights()
        self._painter = RowPainter()
        self._at_end = True
        self._adjusting = False
        named(self, "Transcript")
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.verticalScrollBar().setSingleStep(SCROLL_STEP)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.activated.connect(self._on_activated)

    @property
    def is_at_end(self) -> bool:
        """True while the view follows what is new."""
        return self._at_end

    def go_to_end(self) -> None:
        """Show the newest row and follow from now on."""
        self._at_end = True
        self._settle()

    @override
    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._measure_all()
        self.go_to_end()

    def row(self, number: int) -> TranscriptRow:
        """A row's value."""
        return self.model().index(number, 0).data(Qt.ItemDataRole.UserRole)

    # -- changes of the model

    @override
    def reset(self) -> None:
        super().reset()
        self._measure_all()
        self.go_to_end()

    @override
    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        if start != len(self._heights):
            self._measure_all()
        else:
            for number in range(start, end + 1):
                self._heights.append(self._painter.estimate(self.row(number), self._width))
        if not self._at_end:
            self.new_below.emit()
        self._settle()

    @override
    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Any = ()) -> None:
        for number in range(top_left.row(), min(bottom_right.row() + 1, len(self._heights))):
            self._heights.set(number, self._painter.height(self.row(number), self._width))
        self._settle()

    # -- geometry

    @property
    def _width(self) -> int:
        return max(120, self.viewport().width())

    def _measure_all(self) -> None:
        model = self.model()
        count = model.rowCount() if model else 0
        self._heights = Heights(self._painter.estimate(self.row(number), self._width) for number in range(count))

    def _settle(self) -> None:
        """Give the rows in view their true heights and the scroll bar its range."""
        if self._adjusting:
            return
        self._adjusting = True
        try:
            bar, page = self.verticalScrollBar(), self.viewport().height()
            anchor = self._heights.row_at(bar.value())
            offset = bar.value() - self._heights.top(max(anchor, 0))
            for number in self._rows_near(page):
                self._heights.set(number, self._painter.height(self.row(number), self._width))
            bar.setPageStep(page)
            bar.setRange(0, max(0, int(self._heights.total) - page))
            if self._at_end:
                bar.setValue(bar.maximum())
            elif anchor >= 0:
                bar.setValue(int(self._heights.top(anchor) + offset))
        finally:
            self._adjusting = False
        self.viewport().update()

    def _rows_near(self, page: int) -> list[int]:
        """The rows in view: from the end upwards while following, else from the top downwards."""
        count, covered = len(self._heights), 0.0
        found: list[int] = []
        if self._at_end:
            number = count - 1
            while number >= 0 and covered < page:
                found.append(number)
                covered += self._painter.height(self.row(number), self._width)
                number -= 1
            return found
        number = max(0, self._heights.row_at(self.verticalScrollBar().value()))
        while number < count and covered < page + 200:
            found.append(number)
            covered += self._painter.height(self.row(number), self._width)
            number += 1
        return found

    @override
    def doItemsLayout(self) -> None:
        self._settle()

    @override
    def updateGeometries(self) -> None:
        """QListView's own layout is not used."""

    @override
    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    @override
    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= len(self._heights):
            return QRect()
        top = int(self._heights.top(index.row())) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), int(self._heights[index.row()]))

    @override
    def indexAt(self, point: QPoint) -> QModelIndex:
        y = point.y() + self.verticalOffset()
        if not self.model() or y >= self._heights.total:
            return QModelIndex()
        return self.model().index(self._heights.row_at(y), 0)

    @override
    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        rect = self.visualRect(index)
        bar = self.verticalScrollBar()
        if rect.top() < 0 or rect.height() > self.viewport().height():
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height())

    @override
    def visualRegionForSelection(self, selection: Any) -> QRegion:
        return QRegion(self.viewport().rect())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._painter.forget()
            self._measure_all()
        self._settle()

    # -- painting and input

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        page = self.viewport().height()
        number = max(0, self._heights.row_at(self.verticalOffset()))
        selection = self.selectionModel()
        while number < len(self._heights):
            top = self._heights.top(number) - self.verticalOffset()
            if top > page:
                break
            index = self.model().index(number, 0)
            rect = QRectF(0, top, self._width, self._heights[number])
            self._painter.paint(painter, self.row(number), rect, selected=selection.isSelected(index))
            number += 1
        painter.end()

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._painter.forget()
        super().changeEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            top = self.visualRect(index).top()
            if event.position().y() - top < 32 and self.row(index.row()).detail:
                self.row_activated.emit(index.row())

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.row_activated.emit(self.currentIndex().row())
        elif event.key() == Qt.Key.Key_End and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.go_to_end()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Copy the selected rows as Markdown source."""
        numbers = sorted(index.row() for index in self.selectedIndexes())
        if numbers:
            QGuiApplication.clipboard().setText("\n\n".join(self.row(number).plain for number in numbers))

    def _on_activated(self, index: QModelIndex) -> None:
        self.row_activated.emit(index.row())

    def _on_scrolled(self, value: int) -> None:
        if self._adjusting:
            return
        was_at_end = self._at_end
        self._at_end = value >= self.verticalScrollBar().maximum() - 2
        if self._at_end and not was_at_end:
            self.reached_end.emit()
        self._settle()
