"""How late the window's event loop is: the real program, driven by accessible names.

A 4 ms timer on the GUI thread notes how late it fires. With `none` it does so while four sessions stream; `step` also
runs a CPU step in another process, four times; `first` begins when the window takes input, and ends after the answer to
a first message, for which all that a run needs is imported.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CASE, URL, RATE = sys.argv[1], sys.argv[2], int(sys.argv[3])
SESSIONS, SECONDS, BEAT_MS = 4, 8, 4
HEAVY = "x = 0\nfor i in range(6_000_000): x = (x * 31 + i) & 0xffff"

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtCore, QtWidgets

FIRST_MESSAGE_MS = 1500
AGENT = f"""
name = "Bench"
[model]
provider = "openai"
name = "tokens-{RATE * (1 if CASE == 'first' else SECONDS + 2)}-{RATE}"
api_base = "{URL}"
"""


def named(name):
    """The widget of an accessible name; waits for nothing."""
    for window in QtWidgets.QApplication.topLevelWidgets():
        for widget in [window, *window.findChildren(QtWidgets.QWidget)]:
            if widget.accessibleName() == name:
                return widget
    raise LookupError(f"no widget is named {name!r}")


class Bench(QtCore.QObject):
    """Waits for the window, starts the sessions, listens to the heart beat, reports, ends the process."""

    def __init__(self, app):
        super().__init__(app)
        self.late, self.last, self.started, self.steps = [], 0.0, 0, []
        self.beat = QtCore.QTimer(self, interval=BEAT_MS, timerType=QtCore.Qt.TimerType.PreciseTimer)
        self.beat.timeout.connect(self.on_beat)
        self.look = QtCore.QTimer(self, interval=200)
        self.look.timeout.connect(self.on_first_look if CASE == "first" else self.on_look)
        self.look.start()

    def on_beat(self):
        now = time.perf_counter()
        self.late.append((now - self.last) * 1000 - BEAT_MS)
        self.last = now

    def on_first_look(self):
        try:
            named("Message")
        except LookupError:
            return
        self.look.stop()
        self.begin()
        # Without a look for the widget, which takes as long as what is measured.
        window = next(each for each in QtWidgets.QApplication.topLevelWidgets() if hasattr(each, "panel"))
        QtCore.QTimer.singleShot(FIRST_MESSAGE_MS, lambda: self.send_first(window.panel.composer))
        QtCore.QTimer.singleShot(FIRST_MESSAGE_MS + 4000, self.end)

    def send_first(self, composer):
        composer.message.setPlainText("Tell me much.")
        composer.send.click()

    def on_look(self):
        try:
            if self.started < SESSIONS:
                self.start_session()
                return
        except LookupError:
            return
        self.look.stop()
        # The first second is not counted: it imports the SDK and opens connections.
        QtCore.QTimer.singleShot(1500, self.begin)
        QtCore.QTimer.singleShot(1500 + (SECONDS - 2) * 1000, self.end)

    def start_session(self):
        message = named("Message")
        if self.started:
            named("New session").click()
        (message.setPlainText if hasattr(message, "setPlainText") else message.setText)("Tell me much.")
        named("Send").click()
        self.started += 1

    def begin(self):
        self.last = time.perf_counter()
        self.beat.start()
        if CASE == "step":
            for number in range(4):
                QtCore.QTimer.singleShot(number * 1200, self.heavy)

    def heavy(self):
        self.steps.append(subprocess.Popen([sys.executable, "-c", HEAVY]))

    def end(self):
        late = sorted(self.late)
        report = {"p99": late[int(len(late) * 0.99)], "worst": late[-1], "beats": len(late)}
        print(json.dumps(report), flush=True)
        os._exit(0)


made = QtWidgets.QApplication.__init__


def watched_init(self, *arguments):
    made(self, *arguments)
    self.bench = Bench(self)


QtWidgets.QApplication.__init__ = watched_init

with tempfile.TemporaryDirectory() as folder:
    agent = Path(folder) / "bench.toml"
    agent.write_text(AGENT)
    sys.argv = ["loom-studio", "--workspace", folder, "--data-dir", f"{folder}/data", "--agent", str(agent)]
    if CASE == "first":  # in the library, as a person has it: it is read once the window is there
        agents = Path(folder) / "data" / "agents"
        agents.mkdir(parents=True)
        agent.rename(agents / agent.name)
        sys.argv[-2:] = []
    from loom_studio.__main__ import main

    main()
