"""A panel at the right of the window: a column where there is room, else above what is there, when it is wanted."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSplitter, QWidget

from loom_studio.theme import px

OVER_PX = 420
OVER_SHARE = 0.85


class Beside(QObject):
    """Places `panel`, the last column of `splitter`. `is_wanted` is what the person chose for a wide window."""

    def __init__(self, splitter: QSplitter, panel: QWidget, wide_px: int, *, is_wanted: bool) -> None:
        super().__init__(splitter)
        self.splitter = splitter
        self.panel = panel
        self.is_wanted = is_wanted
        self._wide_px = wide_px
        self._is_over = False
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
        return self._columns if self._is_over else self.splitter.saveState()

    def fit(self) -> None:
        """Take the place that the window's width allows; to be called whenever its size has changed."""
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
        if self._is_over:
            self._cover()
            self.panel.show()
            self.panel.raise_()
        else:
            self.is_wanted = True
            self.panel.show()

    def toggle(self) -> None:
        """Show the panel, or take it away."""
        if not self.panel.isVisible():
            self.show()
            return
        self.panel.hide()
        if not self._is_over:
            self.is_wanted = False

    def _cover(self) -> None:
        window = self.splitter.window()
        corner = self.splitter.mapTo(window, QPoint(0, 0))
        area = QRect(corner, self.splitter.size())
        width = min(px(OVER_PX), round(OVER_SHARE * area.width()))
        self.panel.setGeometry(area.right() - width + 1, area.top(), width, area.height())

    def _on_escape(self) -> None:
        if self._is_over:
            self.panel.hide()
