"""Long sessions in the window: opening one, scrolling it, a stream at its end, the list of many, search, the log.

`python long_sessions.py CASE URL N`: open (N messages), list (N sessions), search (N words), log (N steps). The parts of
the real window, on its loop and a real store.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from PySide6 import QtWidgets

from loom import AgentConfig, ModelRef, SessionConfig, create_agent, tool
from loom.memory.in_memory import InMemoryStore
from loom.memory.records import SESSION_CREATED, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.providers.scripted import ScriptedProvider
from loom.safety.profile import Profile
from loom.types.events import RunEvent
from loom.types.runs import utc_now
from loom_studio.loop import run
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.changes import ChangesService
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner
from loom_studio.theme import apply_theme
from loom_studio.widgets.transcript_view import TranscriptView
from tests.support.long_session import fill_long

CASE, N = sys.argv[1], int(sys.argv[3])
WORDS = "river copper lantern orbit velvet harbour signal meadow granite whisper ledger comet saddle prism".split()


def ms(since):
    return (time.perf_counter() - since) * 1000


def at(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Beat:
    """How late the loop is, by a 4 ms beat."""

    def __init__(self):
        self.late = []
        self.task = asyncio.get_running_loop().create_task(self.go())

    async def go(self):
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.004)
            self.late.append(ms(began) - 4)


async def opened(folder, made):
    profile = Profile(folder)
    sessions = SessionsService(folder / "loom.db")
    config = AgentConfig(ModelRef.scripted(["x"]), name="Bench")
    drafts = Drafts(folder / "drafts", TaskOwner(print))
    changes = ChangesService(sessions, folder / "checkpoints")
    desk = SessionDesk(sessions, changes, drafts, Keys(), profile, lambda _name: config)
    desk.new(config, folder)
    desk.resize(900, 800)
    desk.show()
    await sessions.open()
    await asyncio.sleep(0.3)
    try:
        return await made(desk, sessions)
    finally:
        await desk.aclose()
        await drafts.aclose()
        await sessions.aclose()


painted = []


def time_paints():
    """Have each paint of a transcript noted, in ms."""
    paint = TranscriptView.paintEvent

    def timed(view, event):
        start = time.perf_counter()
        paint(view, event)
        painted.append(ms(start))

    TranscriptView.paintEvent = timed


async def open_scroll_stream(desk, sessions):
    process = psutil.Process()
    before = process.memory_info().rss
    first = []
    beat = Beat()
    began = time.perf_counter()
    await desk.open("long")
    view, model = desk.panel.transcript, desk.panel.model
    while not first:
        await asyncio.sleep(0.002)
        if model.rows and not view.viewport().grab().isNull():
            first.append(ms(began))
    beat.late.clear()
    await asyncio.sleep(0.01)
    beat.late.clear()
    while model.rows[0].text != "Question 1: what about part 1?":
        await asyncio.sleep(0.005)
    loaded, worst_late = ms(began), max(beat.late)
    beat.task.cancel()

    bar = view.verticalScrollBar()
    frames = []
    bar.setValue(0)
    while bar.value() < bar.maximum() - 10 and len(frames) < 1800:
        if len(frames) % 150 == 149:  # a quarter of a page a frame, in stretches from one end to the other
            bar.setValue(bar.value() + bar.maximum() // 12)
            view.viewport().repaint()
        step = view.viewport().height() // 4
        start = time.perf_counter()
        painted.clear()
        bar.setValue(bar.value() + step)
        scrolled = ms(start)
        while not painted:  # what came into view is painted by the loop
            await asyncio.sleep(0)
        frames.append(scrolled + sum(painted))
    added = (process.memory_info().rss - before) / 1e6

    view.go_to_end()
    flushes = []
    for number in range(200):
        text = "".join(f"word{number} " for _ in range(7))  # 200 tokens/s at 30 frames/s
        event = RunEvent(f"b.{number}", "b", "text.delta", utc_now(), payload={"text": text, "step": 1})
        start = time.perf_counter()
        painted.clear()
        model.apply([event])
        folded = ms(start)
        while not painted:
            await asyncio.sleep(0)
        flushes.append(folded + sum(painted))
    return {
        "first_ms": first[0],
        "loaded_ms": loaded,
        "late_ms": worst_late,
        "frame_p95_ms": at(frames, 0.95),
        "frame_worst_ms": max(frames),
        "memory_mb": added,
        "flush_ms": statistics.median(flushes),
        "flush_worst_ms": max(flushes),
    }


async def list_many(desk, sessions):
    sidebar = Sidebar()
    sidebar.resize(260, 800)
    sidebar.show()
    began = time.perf_counter()
    await sessions.refresh()
    sidebar.show_sessions(desk.items(), desk.panel.conversation.id)
    sidebar.sessions.viewport().repaint()
    first = ms(began)
    again = []
    for _ in range(20):
        began = time.perf_counter()
        sidebar.show_sessions(desk.items(), desk.panel.conversation.id)
        again.append(ms(began))
    return {"list_ms": first, "refresh_ms": statistics.median(again)}


def fill_many(store, count):
    for number in range(count):
        lease = store.acquire(f"s{number}")
        started = {"prompt": f"Talk {number} about {WORDS[number % len(WORDS)]}", "agent": "a", "model": "m"}
        ended = NewRecord("run.completed", {"output": "", "reason": "end_turn"}, "r")
        store.append(lease, [NewRecord(SESSION_CREATED, {}), NewRecord("run.started", started, "r"), ended])
        store.release(lease)
    store.check()


def search(folder):
    store = SQLiteStore(folder / "loom.db", fsync=False)
    lease = store.acquire("s")
    text = 0
    while text < N:
        batch = []
        for number in range(200):
            words = " ".join(WORDS[(text + i * 7 + number) % len(WORDS)] + str((text + i) % 977) for i in range(100))
            text += 100
            batch.append(NewRecord("message.completed", {"role": "assistant", "text": words, "step": 1}, "r"))
        store.append(lease, batch).result()
    while store._write(lambda c: c.execute("SELECT (SELECT MAX(seq) FROM texts) > upto FROM indexed").fetchone()[0]).result():
        time.sleep(0.5)
    took = []
    for query in ("lantern12", "orbit velvet", "zzz-nothing", '"copper7 "', "harbour976 prism", "or"):
        began = time.perf_counter()
        store.search(query)
        took.append(ms(began))
    store.close()
    return {"search_ms": max(took), "median_ms": statistics.median(took)}


async def steps(store):
    @tool(requires_permission=False)
    async def note(text: str) -> str:
        """Note."""
        return text

    ref = ModelRef.scripted([{"tool": "note", "arguments": {"text": str(n)}} for n in range(N)] + ["done"])
    config = AgentConfig(model=ref, tools=[note])
    agent = create_agent(config, provider=ScriptedProvider(ref), store=store)
    session = agent.session(SessionConfig(id="s"))
    began = time.perf_counter()
    await session.run("go")
    took = ms(began) / (N + 1)
    await agent.aclose()
    return took


def log(folder):
    added = []
    for turn in range(9):
        memory = asyncio.run(steps(InMemoryStore()))
        store = SQLiteStore(folder / f"{turn}.db", fsync=False)
        added.append(asyncio.run(steps(store)) - memory)
        store.close()
    return {"log_ms": statistics.median(added)}


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if CASE == "search":
            return search(folder)
        if CASE == "log":
            return log(folder)
        store = SQLiteStore(folder / "loom.db", fsync=False)
        if CASE == "open":
            fill_long(store, "long", N)
        else:
            fill_many(store, N)
        store.close()
        time_paints()
        app = QtWidgets.QApplication([])
        apply_theme(app, "light")
        found = {}

        async def go():
            found.update(await opened(folder, open_scroll_stream if CASE == "open" else list_many))
            return 0

        run(app, go)
        return found


if __name__ == "__main__":
    print(json.dumps(main()), flush=True)
    os._exit(0)
