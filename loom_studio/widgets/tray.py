"""A notification of the desktop, where it has a place for them."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from loom_studio.theme.icons import icon

SHOWN_MS = 8000


def notify(window: QWidget, sentence: str) -> bool:
    """Show a sentence beside the tray icon, which a click brings the window up from; False where there is no tray."""
    if not QSystemTrayIcon.isSystemTrayAvailable():
        return False
    tray = window.findChild(QSystemTrayIcon)
    if tray is None:
        tray = QSystemTrayIcon(icon("tool"), window)
        tray.setToolTip(QApplication.applicationName())
        tray.activated.connect(window.activateWindow)
        tray.messageClicked.connect(window.activateWindow)
    tray.show()
    tray.showMessage(QApplication.applicationName(), sentence, icon("tool"), SHOWN_MS)
    return True
