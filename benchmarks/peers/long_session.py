"""Long sessions in the Studio's real parts, without a screen: `open` (then scrolled, then streamed to), `list`, `search`.

Each case makes its store in a temporary folder first. How late the GUI loop is comes from a 4 ms timer on it.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.append(str(Path(__file__).parent.parent.parent))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import gc

gc.disable()  # as the Studio does; its loop collects

import psutil
from PySide6 import QtCore, QtWidgets

from loom.config import AgentConfig, ModelRef
from loom.memory.records import SESSION_CREATED, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.safety.profile import Profile
from loom.types.events import RunEvent
from loom_studio.loop import run
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.session_desk import SessionDesk
from loom_studio.theme import apply_theme
from loom_studio.viewmodels.feed import EventFeed
from loom_studio.widgets.transcript_view import TranscriptView
from tests.support.long_session import fill_long

CASE, N = sys.argv[1], int(sys.argv[3])
BEAT_MS = 4
TURN_PX = 200
TOKENS_PER_S, STREAM_S = 200, 8
WORDS = ["wraps window", "part", "part_77", "thing", "colour"]


class Beat:
    """How late the loop is, in ms, since `begin`."""

    def __init__(self):
        self.timer = QtCore.QTimer(interval=BEAT_MS, timerType=QtCore.Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.on_beat)

    def begin(self):
        self.worst, self.last = 0.0, time.perf_counter()
        self.timer.start()

    def on_beat(self):
        now = time.perf_counter()
        self.worst, self.last = max(self.worst, (now - self.last) * 1000 - BEAT_MS), now


class Watched(EventFeed):
    """Notes how long each flush takes, with what the view does about it."""

    times = []

    def _flush(self):
        began = time.perf_counter()
        super()._flush()
        self.times.append((time.perf_counter() - began) * 1000)


painted = asyncio.Event()
paints = SimpleNamespace(count=0)
paint = TranscriptView.paintEvent


def watched_paint(self, event):
    paint(self, event)
    paints.count += 1
    if self.model() is not None and self.model().rowCount():
        painted.set()


TranscriptView.paintEvent = watched_paint


def resident_mb():
    return psutil.Process().memory_info().rss / 1e6


class Window(QtWidgets.QMainWindow):
    """The sidebar and the desk, connected as the main window does."""

    def __init__(self, folder, tasks):
        super().__init__()
        self.sessions = SessionsService(folder / "loom.db", self)
        drafts, profile = Drafts(folder / "drafts.json", tasks, self), Profile(folder)
        self.agent = AgentConfig(ModelRef.local(), name="Assistant")
        self.sidebar = Sidebar()
        self.desk = SessionDesk(self.sessions, drafts, Keys(), profile, lambda _name: self.agent, self)
        self.desk.changed.connect(lambda: self.sidebar.show_sessions(self.desk.items(), ""))
        splitter = QtWidgets.QSplitter()
        splitter.addWidget(self.sidebar)
        splitter.addWidget(self.desk)
        splitter.setSizes([240, 1000])
        self.setCentralWidget(splitter)
        self.resize(1240, 800)
        self.desk.new(self.agent, folder)
        self.show()


async def settled(panel):
    while panel.tasks._tasks:
        await asyncio.gather(*panel.tasks._tasks)


async def open_long(window, beat):
    await window.sessions.open()
    await asyncio.sleep(0.3)
    before = resident_mb()
    painted.clear()
    beat.begin()
    began = time.perf_counter()
    await window.desk.open("long")
    await painted.wait()
    opened = (time.perf_counter() - began) * 1000
    await settled(window.desk.panel)
    await asyncio.sleep(0.2)
    loaded = (time.perf_counter() - began) * 1000
    beat.timer.stop()
    panel = window.desk.panel
    report = {"open_ms": opened, "loaded_ms": loaded, "rows": len(panel.model.rows), "lag_ms": beat.worst}
    report["loaded_mb"] = resident_mb() - before
    for name, step in (("turn", TURN_PX), ("page", panel.transcript.viewport().height() - 20)):
        report[f"{name}_p95"], report[f"{name}_max"], report[f"{name}_mb"] = await scroll(panel.transcript, step)
    return report | await stream(panel, beat)


async def scroll(view, step):
    """From the end to the beginning, `step` px a frame; a frame is laid out and painted at once."""
    view.go_to_end()
    before, times, bar, paints.count = resident_mb(), [], view.verticalScrollBar(), 0
    while bar.value() > 0:
        began = time.perf_counter()
        bar.setValue(max(0, bar.value() - step))
        # What came into view is painted now, as the window does it; what stays is moved as pixels.
        QtCore.QCoreApplication.sendPostedEvents(view.window(), QtCore.QEvent.Type.UpdateRequest)
        times.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0)
    assert paints.count >= len(times), f"{paints.count} of {len(times)} frames were painted"
    times.sort()
    return times[int(len(times) * 0.95)], times[-1], resident_mb() - before


async def stream(panel, beat):
    panel.transcript.go_to_end()
    panel.model.apply([RunEvent(run_id="r", type="run.started", payload={"prompt": "Tell me much."})])
    words = ["word ", "another ", "`code` ", "and ", "more. ", "**strong** ", "text\n\n", "- item\n"]

    async def events():
        began = time.perf_counter()
        for number in range(TOKENS_PER_S * STREAM_S):
            await asyncio.sleep(max(0.0, began + number / TOKENS_PER_S - time.perf_counter()))
            yield RunEvent(run_id="r", type="text.delta", payload={"text": words[number % len(words)], "step": 1})

    feed = Watched(panel)
    feed.batch_ready.connect(panel.model.apply)
    beat.begin()
    await feed.pump(events())
    times = feed.times[1:]
    return {"flush_ms": statistics.median(times), "flush_worst_ms": max(times), "stream_lag_ms": beat.worst}


async def list_many(window, beat):
    await window.sessions.store()
    beat.begin()
    began = time.perf_counter()
    await window.sessions.refresh()
    window.sidebar.sessions.viewport().repaint()
    took = (time.perf_counter() - began) * 1000
    await asyncio.sleep(0.1)
    lag = beat.worst
    began = time.perf_counter()
    for _ in range(20):
        window.desk.panel.conversation.changed.emit()
    again = (time.perf_counter() - began) / 20 * 1000
    return {"ms": took, "rows": len(window.sidebar.model.rows), "lag_ms": lag, "again_ms": again}


async def search(window, beat):
    await window.sessions.open()
    took = {}
    for words in WORDS:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            hits = await window.sessions.search(words)
            times.append((time.perf_counter() - began) * 1000)
        took[words] = (statistics.median(times), len(hits))
    slowest = max(took, key=lambda words: took[words][0])
    return {"ms": took[slowest][0], "slowest": slowest, "each": took}


def fill(folder):
    """The store that the case needs; returns how many words were said, for `search`."""
    store = SQLiteStore(folder / "loom.db", fsync=False)
    words = 0
    if CASE == "open":
        fill_long(store, "long", N)
    elif CASE == "list":
        for number in range(N):
            lease = store.acquire(f"session-{number}")
            data = {"agent": "a", "workspace": "/w", "metadata": {}}
            started = {"prompt": f"Question {number} about part {number % 77}", "session_id": lease.session_id}
            records = [NewRecord(SESSION_CREATED, data), NewRecord("run.started", started | {"agent": "a"}, "r")]
            store.append(lease, [*records, NewRecord("run.cancelled", {"reason": "stopped", "output": ""}, "r")])
            store.release(lease)
    else:
        while words < N:
            name = f"session-{words}"
            fill_long(store, name, 2_000)
            said = (record.data for record in store.records(name) if record.type == "history.message")
            words += sum(len(str(data.get("content", "")).split()) for data in said)
    store.close()
    return words


def main():
    app = QtWidgets.QApplication([])
    apply_theme(app, "light")
    with tempfile.TemporaryDirectory() as name:
        folder, report = Path(name), {}
        words = fill(folder)

        async def work():
            from loom_studio.tasks import TaskOwner

            window = Window(folder, TaskOwner(print))
            case = {"open": open_long, "list": list_many, "search": search}[CASE]
            report.update(await case(window, Beat()))
            await window.desk.aclose()
            await window.sessions.aclose()
            return 0

        run(app, work)
        print(json.dumps(report | ({"words": words} if words else {})), flush=True)
        os._exit(0)


main()
