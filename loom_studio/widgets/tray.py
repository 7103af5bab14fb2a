"""The desktop's place for programs that go on without a window, and for notifications, where there is one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QProcess, Qt
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from loom_studio.texts import tr
from loom_studio.theme.icons import program_icon
from loom_studio.widgets.named import named

SHOWN_MS = 8000
DESKTOPS = ("xcb", "wayland")
"""Qt's platforms on which there may be a desktop without a tray."""


def has_tray() -> bool:
    """Whether this desktop has a tray."""
    return QSystemTrayIcon.isSystemTrayAvailable()


def notify(window: QWidget, sentence: str) -> bool:
    """Show a sentence beside the tray icon, which a click brings the window up from.

    On a desktop without a tray, as GNOME is, its notifications have it; False where there are none either.
    """
    if not has_tray():
        return QApplication.platformName() in DESKTOPS and notify_by_program(sentence)
    _tray(window).icon.showMessage(QApplication.applicationName(), sentence, program_icon(), SHOWN_MS)
    return True


def notify_by_program(sentence: str) -> bool:
    """Have the desktop's own program show a sentence; False where there is none."""
    import html  # a window is shown without it

    name = QApplication.applicationName()
    # The sentence may hold what looks like markup, which a notification would follow.
    told = [f"--app-name={name}", f"--icon={QApplication.desktopFileName()}", "--", name, html.escape(sentence)]
    return QProcess.startDetached("notify-send", told)[0]


def put_into_tray(window: QWidget, tip: str) -> None:
    """Have an icon in the tray, with a tip, which brings the window back; to be used only where there is a tray."""
    _tray(window).icon.setToolTip(f"{QApplication.applicationName()}: {tip}")


def bring_up(window: QWidget) -> None:
    """Show a window in front, also one that was hidden or minimised."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


class Tray(QObject):
    """The one icon of the program, whichever window uses it; it is there from when it is first needed."""

    def __init__(self) -> None:
        super().__init__(QApplication.instance())
        self._windows: list[QWidget] = []
        self.icon = QSystemTrayIcon(program_icon(), self)
        # Some desktops open the menu alone, and give no click on the icon itself.
        self.menu = named(QMenu(), "Tray menu")
        self.menu.addAction(tr("Show Loom Studio")).triggered.connect(self.show)
        self.menu.addAction(tr("Quit")).triggered.connect(self.quit)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(self.show)

        self.icon.setToolTip(QApplication.applicationName())

    def use_for(self, window: QWidget) -> None:
        """Show the icon, which now brings this window up."""
        if window in self._windows:
            self._windows.remove(window)
        else:
            window.destroyed.connect(partial(self._forget, window))
        self._windows.append(window)
        self.icon.show()

    def show(self) -> None:
        """Bring the window up that used it last."""
        self.icon.setToolTip(QApplication.applicationName())
        if self._windows:
            bring_up(self._windows[-1])

    def quit(self) -> None:
        """Close every window, in front: what runs is asked about."""
        self.show()
        QApplication.closeAllWindows()

    def _forget(self, window: QWidget) -> None:
        self._windows.remove(window)

    def _on_activated(self, how: QSystemTrayIcon.ActivationReason) -> None:
        if how is not QSystemTrayIcon.ActivationReason.Context:
            self.show()


def _tray(window: QWidget) -> Tray:
    app = QApplication.instance()
    known = app.findChild(Tray) if app is not None else None
    tray = known or Tray()
    tray.use_for(window)
    return tray
