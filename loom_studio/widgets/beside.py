"""A panel at the right of the window: a column where there is room, else above the chat; or in the chat's place."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QBoxLayout, QSplitter, QWidget

from loom_studio.theme import px

OVER_PX = 420
OVER_SHARE = 0.85


class Beside(QObject):
    """Places `panel`, the last column of `splitter`. `is_wanted` is what the person chose for a wide window."""

    centred = Signal(bool)
    """It took the place of the chat, or gave it back."""

    def __init__(self, splitter: QSplitter, panel: QWidget, wide_px: int, *, is_wanted: bool) -> None:
        super().__init__(splitter)
        self.splitter = splitter
        self.panel = panel
        self.is_wanted = is_wanted
        self._wide_px = wide_px
        self._is_over = False
        self.is_centre = False
        self._chat: QWidget | None = None
        self._columns = QByteArray()
        splitter.addWidget(panel)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setVisible(is_wanted)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), panel)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self._on_escape)

    @property
    def columns(self) -> QByteArray:
        """The sizes of the columns as they are, or were, in a wide window."""
        return self._columns if self._is_over or self.is_centre else self.splitter.saveState()

    def fit(self) -> None:
        """Take the place that the window's width allows; to be called whenever its size has changed."""
        if self.is_centre:
            return
        window = self.splitter.window()
        is_over = window.width() < px(self._wide_px)
        if is_over and not self._is_over:
            self._columns = self.splitter.saveState()
            self.panel.setParent(window)
            self.panel.hide()
        elif self._is_over and not is_over:
            self.splitter.addWidget(self.panel)
            self.splitter.restoreState(self._columns)
            self.panel.setVisible(self.is_wanted)
        self._is_over = is_over
        if is_over:
            self._cover()

    def show(self) -> None:
        """Bring the panel into view."""
        if self.is_centre:
            return
        if self._is_over:
            self._cover()
            self.panel.show()
            self.panel.raise_()
        else:
            self.is_wanted = True
            self.panel.show()

    def toggle(self) -> None:
        """Show the panel, or take it away; give the chat its place back."""
        if self.is_centre:
            self.leave_centre()
            return
        if not self.panel.isVisible():
            self.show()
            return
        self.panel.hide()
        if not self._is_over:
            self.is_wanted = False

    def take_centre(self, chat: QWidget, column: QBoxLayout) -> None:
        """Have the place of `chat` in its layout, until `leave_centre`."""
        if self.is_centre:
            return
        if not self._is_over:
            self._columns = self.splitter.saveState()
        self.is_centre = True
        self._chat = chat
        column.insertWidget(column.indexOf(chat), self.panel, 1)
        chat.hide()
        self.panel.show()
        self.centred.emit(True)

    def leave_centre(self) -> None:
        """Give the chat its place back, and be beside it as before."""
        if not self.is_centre or self._chat is None:
            return
        self.is_centre, self._is_over = False, True
        self.panel.setParent(self.splitter.window())
        self.panel.hide()
        self._chat.show()
        self.fit()
        self.centred.emit(False)

    def _cover(self) -> None:
        window = self.splitter.window()
        corner = self.splitter.mapTo(window, QPoint(0, 0))
        area = QRect(corner, self.splitter.size())
        width = min(px(OVER_PX), round(OVER_SHARE * area.width()))
        self.panel.setGeometry(area.right() - width + 1, area.top(), width, area.height())

    def _on_escape(self) -> None:
        if self.is_centre:
            self.leave_centre()
        elif self._is_over:
            self.panel.hide()
