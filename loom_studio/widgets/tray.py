"""The desktop's place for programs that go on without a window, and for notifications, where there is one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from loom_studio.theme.icons import icon

SHOWN_MS = 8000


def has_tray() -> bool:
    """Whether this desktop has a tray."""
    return QSystemTrayIcon.isSystemTrayAvailable()


def notify(window: QWidget, sentence: str) -> bool:
    """Show a sentence beside the tray icon, which a click brings the window up from; False where there is no tray."""
    if not has_tray():
        return False
    _tray(window).showMessage(QApplication.applicationName(), sentence, icon("tool"), SHOWN_MS)
    return True


def put_into_tray(window: QWidget, tip: str) -> None:
    """Have an icon in the tray, with a tip, which brings the window back; to be used only where there is a tray."""
    _tray(window).setToolTip(f"{QApplication.applicationName()}: {tip}")


def bring_up(window: QWidget) -> None:
    """Show a window in front, also one that was hidden or minimised."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


def _tray(window: QWidget) -> QSystemTrayIcon:
    tray = window.findChild(QSystemTrayIcon)
    if tray is None:
        tray = QSystemTrayIcon(icon("tool"), window)
        tray.setToolTip(QApplication.applicationName())
        tray.activated.connect(lambda: bring_up(window))
        tray.messageClicked.connect(lambda: bring_up(window))
    tray.show()
    return tray
