"""From process start to a window that takes input: `bare` is a QMainWindow with a text box, `studio` is ours.

Prints milliseconds since the time given as the first argument (seconds since the epoch), and of processor time, when
the main window has been painted and the event loop has nothing else to do.
"""

import os
import sys
import time

STARTED, KIND = float(sys.argv[1]), sys.argv[2]


def watch_main_windows():
    from PySide6 import QtCore, QtWidgets

    class Watch(QtCore.QObject):
        """Waits for the first paint of a main window, then for the loop's first idle moment."""

        def eventFilter(self, watched, event):
            if event.type() == QtCore.QEvent.Type.Paint:
                watched.removeEventFilter(self)
                QtCore.QTimer.singleShot(0, self.ready)
            return False

        def ready(self):
            print((time.time() - STARTED) * 1000, time.process_time() * 1000, flush=True)
            os._exit(0)

    made = QtWidgets.QMainWindow.__init__

    def watched_init(self, *arguments, **options):
        # On the window alone: a filter on the application would cost both the same for each event of each widget.
        made(self, *arguments, **options)
        self.start_watch = Watch()
        self.installEventFilter(self.start_watch)

    QtWidgets.QMainWindow.__init__ = watched_init


class BeforeTheWindow:
    """Watches from where the program itself loads Qt: what it does before that is a part of its start."""

    def find_spec(self, name, path, target=None):
        if name == "loom_studio.app":
            watch_main_windows()
        return None


if KIND == "bare":
    watch_main_windows()

    from PySide6 import QtWidgets

    app = QtWidgets.QApplication([])
    window = QtWidgets.QMainWindow()
    window.setCentralWidget(QtWidgets.QLineEdit())
    window.resize(1200, 800)
    window.show()
    app.exec()
else:
    sys.meta_path.insert(0, BeforeTheWindow())
    from loom_studio.__main__ import main

    sys.argv = ["loom-studio", *sys.argv[3:]]
    main()
