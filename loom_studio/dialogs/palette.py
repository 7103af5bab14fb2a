"""The command palette: a line to type in, and below it what can be done or opened, the last chosen first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.services.palette import Choice, fitting
from loom_studio.services.recent import Recent
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.theme import current, px
from loom_studio.widgets.named import named, text_label

WIDTH_PX, HEIGHT_PX, TOP_PX, PAGE = 620, 420, 48, 10
STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -PAGE, Qt.Key.Key_PageDown: PAGE}
ROW = Qt.ItemDataRole.UserRole


class _Choices(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.choices: list[Choice] = []

    def show(self, choices: list[Choice]) -> None:
        self.beginResetModel()
        self.choices = choices
        self.endResetModel()

    @override
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.choices)

    @override
    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        choice = self.choices[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return escape_invisible(", ".join(part for part in (choice.label, choice.detail, choice.keys) if part))
        return choice if role == ROW else None


class _Painter(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, px(28))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        choice: Choice = index.data(ROW)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        tokens, chosen = current(), bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(area.adjusted(4, 1, -4, -1), 4, 4)
        inner = area.adjusted(px(14), 0, -px(14), 0)
        measure = painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.on_accent if chosen else tokens.muted))
        keys_width = measure.horizontalAdvance(choice.keys)
        painter.drawText(inner, middle | Qt.AlignmentFlag.AlignRight, choice.keys)
        left = inner.adjusted(0, 0, -keys_width - px(12), 0)
        detail = escape_invisible(choice.detail)
        most = max(left.width() - measure.horizontalAdvance(detail) - px(12), left.width() // 2)
        label = measure.elidedText(escape_invisible(choice.label), Qt.TextElideMode.ElideRight, most)
        start = measure.horizontalAdvance(label) + px(10)
        rest = left.adjusted(start, 0, 0, 0)
        painter.drawText(rest, middle, measure.elidedText(detail, Qt.TextElideMode.ElideMiddle, rest.width()))
        painter.setPen(QColor(tokens.on_accent if chosen else tokens.text))
        painter.drawText(left, middle, label)
        painter.restore()


class CommandPalette(QDialog):
    """Opens over `window`; `choices` are asked for each time, since what is there changes."""

    def __init__(self, choices: Callable[[], Sequence[Choice]], recent: Recent, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.FramelessWindowHint)
        named(self, "Command palette")
        self.setWindowTitle(tr("Command palette"))
        self.tasks = TaskOwner(self._complain)
        self._ask = choices
        self._window = window
        self._choices: Sequence[Choice] = ()
        self._recent = recent
        self._typed_for = self._found_for = ""
        self._takes_first = False
        self.line = named(QLineEdit(), "Command")
        self.line.setPlaceholderText(tr("An action, session, agent, setting, model or workspace"))
        self.line.setClearButtonEnabled(True)
        self.line.installEventFilter(self)
        self.model = _Choices(self)
        self.list = named(QListView(), "Choices")
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusProxy(self.line)  # the keys of the list go to the box above it
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = text_label(tr("Nothing fits. Fewer letters find more."), "Muted")
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.line)
        layout.addWidget(self.nothing)
        layout.addWidget(self.list, 1)
        self.line.textChanged.connect(self._on_text)
        self.list.clicked.connect(self._on_clicked)
        self.list.selectionModel().currentChanged.connect(self._tell)

    def open_over(self) -> None:
        """Show everything, with the line ready to type in."""
        window = self._window
        width = min(px(WIDTH_PX), window.width() - 40)
        self.resize(width, min(px(HEIGHT_PX), window.height() - 80))
        corner = window.mapToGlobal(QRect(0, 0, window.width(), 0).center())
        self.move(corner.x() - width // 2, corner.y() + px(TOP_PX))
        self._choices = self._ask()
        self.model.show([])
        self.line.clear()
        self._found_for = "\n"  # no line has this: nothing is taken from the list of the last time
        self._on_text("")
        self.show()
        self.raise_()
        self.activateWindow()
        self.line.setFocus()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list and take from it by the keys of the line, which keeps the focus."""
        if watched is self.line and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key in STEPS:
                self._move(STEPS[Qt.Key(key)])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._on_enter()
                return True
        return super().eventFilter(watched, event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        """Go away when another window is chosen."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isVisible() and not self.isActiveWindow():
            self.hide()

    def take(self, index: QModelIndex) -> None:
        """Do what a row says."""
        choice = index.data(ROW)
        if isinstance(choice, Choice):
            self.hide()
            self._recent.add(choice.key)
            choice.do()

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _move(self, step: int) -> None:
        count = self.model.rowCount()
        if count:
            row = self.list.currentIndex().row() + step
            row = row % count if abs(step) == 1 else min(count - 1, max(0, row))
            self.list.setCurrentIndex(self.model.index(row))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.take(index)

    def _on_enter(self) -> None:
        """Take the chosen one; while the list is still that of an earlier text, the first one of the new."""
        if self._found_for == self._typed_for:
            self.take(self.list.currentIndex())
        else:
            self._takes_first = True

    def _on_text(self, text: str) -> None:
        self._typed_for = text
        self._takes_first = False
        self.tasks.cancel_all()
        self.tasks.start(self._find(text), what="look for it")

    async def _find(self, text: str) -> None:
        found = await fitting(text, self._choices, self._recent.texts())
        if text == self._typed_for:
            self._found_for = text
            self.model.show(found)
            self.nothing.setVisible(not found)
            self.list.setVisible(bool(found))
            self.list.setCurrentIndex(self.model.index(0))
            self._tell()
            if self._takes_first:
                self.take(self.list.currentIndex())

    def _tell(self) -> None:
        """Have a screen reader say the choice, though the focus stays in the line."""
        index = self.list.currentIndex()
        if index.isValid():
            number, count = index.row() + 1, self.model.rowCount()
            said = tr("{number} of {count}: {choice}", number=number, count=count, choice=index.data())
        else:
            said = tr("Nothing fits")
        self.line.setAccessibleDescription(said)

    def _complain(self, sentence: str) -> None:
        self.nothing.setText(sentence)
        self.nothing.show()
