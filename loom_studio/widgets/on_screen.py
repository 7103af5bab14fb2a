"""Windows stay where they can be seen: also after a display was unplugged, or changed since the last start."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, QSize, QTimer
from PySide6.QtGui import QGuiApplication, QRegion, QScreen
from PySide6.QtWidgets import QWidget

from loom_studio.theme import scale_percent, theme_watch

LEAST_PX = QSize(120, 40)
"""How much of a window's top must be on a screen, so that it can be taken hold of."""
SETTLED_MS = 200
TOP_PX = 48


class OnScreen(QObject):
    """Brings a window back whenever screens go or change."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)  # a system says several things in a row, and moves windows itself
        self._settled.timeout.connect(self.bring_back)
        self._percent = scale_percent()
        theme_watch().changed.connect(self._on_theme)
        self._once_more = QTimer(self)
        self._once_more.setSingleShot(True)
        self._once_more.setInterval(SETTLED_MS)
        self._once_more.timeout.connect(self._bring_back)
        app = QGuiApplication.instance()
        if isinstance(app, QGuiApplication):
            app.screenRemoved.connect(self._settled.start)
            app.screenAdded.connect(self._listen)
            app.primaryScreenChanged.connect(self._settled.start)
        for screen in QGuiApplication.screens():
            self._listen(screen)

    def bring_back(self) -> None:
        """Move the window onto a screen, and make it fit there, if it can't be taken hold of or seen whole."""
        if self._bring_back():
            self._once_more.start()  # a narrower window may lay itself out for less than it needed before

    def _bring_back(self) -> bool:
        if self._window.isMaximized() or self._window.isFullScreen():
            return False  # its size is the system's business
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        frame = self._window.frameGeometry()
        placed = placed_on(frame, screens)
        if placed is not None:
            self._window.resize(placed.size() - (frame.size() - self._window.size()))
            self._window.move(placed.topLeft())
        return placed is not None

    def _on_theme(self) -> None:
        """Larger letters may ask for more than the screen has."""
        if self._percent != scale_percent():
            self._percent = scale_percent()
            self._settled.start()

    def _listen(self, screen: QScreen) -> None:
        screen.availableGeometryChanged.connect(self._settled.start)


def placed_on(window: QRect, screens: list[QRect]) -> QRect | None:
    """Where a window belongs that can't be taken hold of on any of the screens, the first the main one.

    What is larger than its screen is made to fit, unless it is seen whole over several. None where it can stay.
    """
    if not screens:
        return None
    top = QRect(window.topLeft(), QSize(window.width(), min(TOP_PX, window.height())))
    for screen in screens:
        seen = top.intersected(screen)
        if seen.width() >= min(LEAST_PX.width(), window.width()) and seen.height() >= LEAST_PX.height():
            return _fitted(window, screen) if _is_cut(window, screen, screens) else None
    main = screens[0]
    size = window.size().boundedTo(main.size())
    spare = main.size() - size
    return QRect(main.topLeft() + QPoint(spare.width() // 2, spare.height() // 2), size)


def _is_cut(window: QRect, screen: QRect, screens: list[QRect]) -> bool:
    """Whether a window is larger than its screen, and not seen whole over several."""
    if window.width() <= screen.width() and window.height() <= screen.height():
        return False
    left = QRegion(window)
    for each in screens:
        left -= QRegion(each)
    return not left.isEmpty()


def _fitted(window: QRect, screen: QRect) -> QRect:
    """The window made to fit into a screen, as near to where it is as it can be."""
    fitted = QRect(window.topLeft(), window.size().boundedTo(screen.size()))
    fitted.moveLeft(max(screen.left(), min(fitted.left(), screen.right() + 1 - fitted.width())))
    fitted.moveTop(max(screen.top(), min(fitted.top(), screen.bottom() + 1 - fitted.height())))
    return fitted
