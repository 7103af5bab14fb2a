"""The transcript: a virtual list of rows of any height, of which only the blocks in view are ever laid out.

It is a QListView, so that Qt's accessibility knows it as a list whose items are named by their plain text; but layout,
scrolling, painting and selection are its own, since QListView would lay out every row at each change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from loom_studio.overriding import override
from loom_studio.theme import current, scale_percent
from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.highlight import Highlighter
from loom_studio.widgets.named import named
from loom_studio.widgets.row_painter import Marks, RowPainter, paint_focus
from loom_studio.widgets.row_parts import Part, rect_of
from loom_studio.widgets.transcript_hands import TranscriptHands
from loom_studio.widgets.transcript_layout import Place, TranscriptLayout
from loom_studio.widgets.transcript_menu import show_menu
from loom_studio.widgets.transcript_reader import Reader

Index = QModelIndex | QPersistentModelIndex
SCROLL_STEP_PX = 40
COPIED_MS = 1500


class TranscriptView(QListView):
    """Shows the rows of a model whose `Qt.UserRole` data is a TranscriptRow.

    It stays at the end while it is there; otherwise new rows leave it where it is and `new_below` is emitted.
    `row_activated` asks the model to open or fold a row, `link_activated` tells of a link that was chosen: the view
    itself opens nothing.
    """

    row_activated = Signal(int)
    link_activated = Signal(str)
    new_below = Signal()
    reached_end = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A viewport of our own: to say what Qt's is, every type of widget would be loaded, before a window is shown.
        self.setViewport(QWidget())
        # Without a Qt parent, so that it outlives a slice in which the collector takes the view.
        self._highlighter = Highlighter()
        self._highlighter.coloured.connect(self.viewport().update)
        self._scale = scale_percent()
        self.laid_out = TranscriptLayout(self.row, self._highlighter)
        self.reader = Reader(self.laid_out)
        self._rows = RowPainter(self.laid_out)
        self._hands = TranscriptHands(self)
        self.message_menu: Callable[[QMenu, TranscriptRow], None] | None = None
        """Adds to the menu of a row what its owner can do with it."""
        self._anchor: tuple[Place, int] = ((0, 0), 0)
        self._value = 0
        self._at_end = True
        self._adjusting = False
        self._copied: Place | None = None
        named(self, "Transcript")
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAutoScroll(False)
        self.setMouseTracking(True)
        # Only what fills itself can be scrolled as pixels.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().setSingleStep(SCROLL_STEP_PX)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    @property
    def is_at_end(self) -> bool:
        """True while the view follows what is new."""
        return self._at_end

    def go_to_end(self) -> None:
        """Show the newest row and follow from now on."""
        self._at_end = True
        self.settle()
        self.reached_end.emit()

    def row(self, number: int) -> TranscriptRow:
        """A row's value."""
        return self.model().index(number, 0).data(Qt.ItemDataRole.UserRole)

    def copy(self) -> None:
        """Copy what is selected, as Markdown source."""
        if self.reader.has_text:
            QGuiApplication.clipboard().setText(self.reader.source)

    def find_text(self, text: str, *, forward: bool = True, stays: bool = False) -> bool:
        """Select and show the next place that reads as `text`, beginning again at the other end; False if none.

        With `stays` it may be the place that is selected.
        """
        found = self.laid_out.count > 0 and self.reader.find(text, self._anchor[0], forward=forward, stays=stays)
        if found:
            self.show_caret()
        self.viewport().update()
        return found

    def show_row(self, number: int) -> None:
        """Bring a row to the top of the view."""
        self._at_end = False
        self._anchor = (number, 0), 8
        self.setCurrentIndex(self.model().index(number, 0))
        self.settle()

    def use(self, part: Part) -> None:
        """Do what a part of a row is for."""
        if part.kind == "toggle":
            self.toggle(part.place[0])
        elif part.kind == "link":
            self.link_activated.emit(part.value)
        else:
            QGuiApplication.clipboard().setText(self.laid_out.document(part.place).code)
            self._copied = part.place
            QTimer.singleShot(COPIED_MS, self, self._forget_copied)
            self.viewport().update()

    def toggle(self, number: int) -> None:
        """Ask for a row to be opened or folded; its head stays where it is on the screen."""
        self._at_end = False
        self._anchor = ((number, 0), self.laid_out.top((number, 0)) - self._value)
        self.row_activated.emit(number)

    # -- changes of the model

    @override
    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsRemoved.connect(self._on_reshaped)
            model.rowsMoved.connect(self._on_reshaped)
            model.layoutChanged.connect(self._on_reshaped)

    @override
    def reset(self) -> None:
        """Begin anew with all rows; Qt calls it for another model, too."""
        super().reset()
        self._measure_all()
        self.go_to_end()

    @override
    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        if start == 0 and self.laid_out.count:  # what is in view stays where it is
            (row, block), y = self._anchor
            self.laid_out.put_before(end + 1)
            self.reader.move_down(end + 1)
            self._hands.part = None
            self._anchor = (row + end + 1, block), y
        elif start != self.laid_out.count:
            self._measure_all()
        else:
            for _ in range(start, end + 1):
                self.laid_out.append()
        if not self._at_end and end == self.laid_out.count - 1:
            self.new_below.emit()
        self.settle()

    @override
    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Any = ()) -> None:
        QAbstractItemView.dataChanged(self, top_left, bottom_right, list(roles))
        for number in range(top_left.row(), min(bottom_right.row() + 1, self.laid_out.count)):
            self.laid_out.change(number)
        self.reader.keep_within()
        self._hands.part = None
        before, page = self._value, self.viewport().rect()
        self._place()
        changed = self.visualRect(top_left) | self.visualRect(bottom_right)
        if self._value != before or changed.intersects(page):
            self.viewport().update()

    def _on_reshaped(self) -> None:
        self._measure_all()
        self.settle()

    # -- geometry

    def _measure_all(self) -> None:
        self.reader.clear()
        self._hands.part = None
        model = self.model()
        self.laid_out.load(model.rowCount() if model else 0, max(120, self.viewport().width()))

    def _measure_again(self) -> None:
        """Measure all rows at another width or size; what is in view and selected stays."""
        anchor, selection = self._anchor, self.reader.selection
        self._measure_all()
        self._anchor, self.reader.selection = anchor, selection

    def settle(self) -> None:
        """Lay out and paint what is in view."""
        self._place()
        self.viewport().update()

    def _place(self) -> None:
        """Give the blocks in view their true heights, the scroll bar its range, and keep in place what is in view."""
        if self._adjusting:
            return
        self._adjusting = True
        try:
            bar, page = self.verticalScrollBar(), self.viewport().height()
            wanted = self._measure_view(page) if self.laid_out.count else 0
            bar.setPageStep(page)
            bar.setRange(0, max(0, self.laid_out.total - page))
            bar.setValue(bar.maximum() if self._at_end else wanted)
            self._value = bar.value()
            self._at_end = self._value >= bar.maximum() - 2
            self._keep_anchor()
        finally:
            self._adjusting = False

    def _measure_view(self, page: int) -> int:
        """Lay out what is in view from what stays in place; returns the scroll bar's value for it."""
        layout = self.laid_out
        if self._at_end:
            last = layout.clamp((layout.count - 1, 1_000_000_000))
            anchor, y = last, page - layout.height(last)
        else:
            anchor, y = layout.clamp(self._anchor[0]), self._anchor[1]
        above, below = y, y
        for place in layout.before(anchor):
            if above <= 0:
                break
            above -= layout.height(place)
        for place in layout.after(anchor):
            if below >= page:
                break
            below += layout.height(place)
        return layout.top(anchor) - y

    def _keep_anchor(self) -> None:
        if self.laid_out.count:
            place = self.laid_out.place_at(self._value)
            self._anchor = place, self.laid_out.top(place) - self._value

    def _on_scrolled(self, value: int) -> None:
        if self._adjusting:
            return
        was_at_end, moved = self._at_end, value - self._value
        self._at_end = value >= self.verticalScrollBar().maximum() - 2
        place, y = self._anchor
        if abs(moved) <= self.viewport().height() and self.laid_out.count:
            self._anchor = place, y - moved
            self._place()
            # What stays in view is moved as pixels; only what comes into it is painted. Rows above may have got their
            # true heights meanwhile, so the scroll bar's value does not tell by how much.
            self.viewport().scroll(0, self.laid_out.top(place) - self._value - y)
        else:
            self._value = value
            self._keep_anchor()
            self.settle()
        if self._at_end and not was_at_end:
            self.reached_end.emit()

    def show_caret(self) -> None:
        """Scroll until the end of the selection that moves is in view."""
        edges = self.reader.caret_rect_top_bottom()
        if edges is not None:
            self.reveal(int(edges[0]), int(edges[1]))

    def reveal(self, top: int, bottom: int) -> None:
        """Scroll until a stretch, in px from the top of all rows, is in view."""
        page, bar = self.viewport().height(), self.verticalScrollBar()
        if top >= self._value and bottom <= self._value + page:
            return
        is_far = top < self._value - page or top > self._value + 2 * page
        target = top - page // 3 if is_far else top if top < self._value else bottom - page
        bar.setValue(max(0, min(target, bar.maximum())))
        self.settle()

    @override
    def doItemsLayout(self) -> None:
        self.settle()

    @override
    def updateGeometries(self) -> None:
        """QListView's own layout is not used."""

    @override
    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    @override
    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= self.laid_out.count:
            return QRect()
        top = int(self.laid_out.heights.top(index.row())) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), int(self.laid_out.heights[index.row()]))

    @override
    def indexAt(self, point: QPoint) -> QModelIndex:
        y = point.y() + self.verticalOffset()
        if not self.model() or not 0 <= y < self.laid_out.total:
            return QModelIndex()
        return self.model().index(self.laid_out.heights.row_at(y), 0)

    @override
    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        rect = self.visualRect(index).translated(0, self.verticalOffset())
        self.reveal(rect.top(), rect.top() + min(rect.height(), self.viewport().height()))

    @override
    def visualRegionForSelection(self, selection: Any) -> QRegion:
        return QRegion(self.viewport().rect())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        if max(120, event.size().width()) != self.laid_out.width:
            self._measure_again()
        self.settle()

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.laid_out.forget()
            if self._scale != scale_percent():
                self._scale = scale_percent()
                self._measure_again()
            self.settle()
        super().changeEvent(event)

    # -- painting and input

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        clip = QRectF(event.rect())
        # Not fillRect, which may be given a gradient too: all presets of those would be loaded with the first paint.
        painter.setBackground(QColor(current().surface))
        painter.eraseRect(clip)
        part = self._hands.part if self.hasFocus() else None
        focus_row = self.currentIndex().row() if self.hasFocus() and self._hands.is_keyboard else -1
        marks = Marks(self.reader.selection, focus_row, self._copied)
        number = max(0, self.laid_out.heights.row_at(self._value + clip.top()))
        while number < self.laid_out.count:
            top = self.laid_out.heights.top(number) - self._value
            if top > clip.bottom():
                break
            self._rows.paint(painter, number, top, clip, marks)
            number += 1
        if part is not None:
            paint_focus(painter, rect_of(self.laid_out, part).translated(0, -self._value))
        painter.end()

    def from_top(self, point: QPointF) -> QPointF:
        """A point of the viewport, from the top of all rows."""
        return point + QPointF(0, self._value)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._hands.press(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hands.move(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hands.release(event)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._hands.double(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._hands.key(event):
            event.ignore()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        show_menu(self, event)

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._hands.tip(event)
        return super().viewportEvent(event)

    @override
    def selectAll(self) -> None:
        """Select the whole transcript."""
        self.reader.select_all()
        self.viewport().update()

    def _forget_copied(self) -> None:
        self._copied = None
        self.viewport().update()
