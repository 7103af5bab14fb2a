"""The watches on the Studio's loop: how soon a change is told, what a start, a still folder and a storm cost.

A 4 ms timer on the GUI thread notes how late it fires.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6 import QtCore, QtWidgets

from loom.config import HeartbeatConfig, ResourceThresholds, WatchConfig
from loom.heartbeat.filesystem import FilesystemMonitor
from loom.heartbeat.heartbeat import Heartbeat, Listener
from loom_studio.loop import run

CASE, FILES = sys.argv[1], int(sys.argv[3])
IN_A_FOLDER = 100
BEAT_MS = 4
CHANGES = 200
IDLE_S = 20
STORM_FILES, STORM_S = 20_000, 2.0
STORM = """
import os, sys, time
folder, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
began = time.monotonic()
for n in range(20):
    os.mkdir(f"{folder}/storm{n}")
for n in range(count):
    file = f"{folder}/storm{n % 20}/{n}.txt"
    os.close(os.open(file, os.O_CREAT | os.O_WRONLY))
    if n % 10:
        os.unlink(file)
    if n % 100 == 0:
        time.sleep(max(0.0, began + seconds * n / count - time.monotonic()))
print(time.monotonic() - began)
"""


class Beat(QtCore.QObject):
    """How late the GUI's timer fires, in ms."""

    def __init__(self):
        super().__init__()
        self.late, self.last = [], 0.0
        self.timer = QtCore.QTimer(self, interval=BEAT_MS, timerType=QtCore.Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.on_beat)

    def start(self):
        self.last = time.perf_counter()
        self.timer.start()

    def on_beat(self):
        now = time.perf_counter()
        self.late.append((now - self.last) * 1000 - BEAT_MS)
        self.last = now

    @property
    def worst(self):
        self.timer.stop()
        return max(self.late)


def fill(root):
    for n in range(FILES):
        file = root / f"pack{n // 10_000}" / f"dir{n // IN_A_FOLDER}" / f"{n}.py"
        if n % IN_A_FOLDER == 0:
            file.parent.mkdir(parents=True)
        file.write_text(f"x = {n}\n")


def watching(root, *more):
    sources = [WatchConfig.filesystem(paths=["."]), *more]
    return Heartbeat(HeartbeatConfig(interval=1.0, min_entropy_delta=0.0, watch_sources=sources), root)


def files_of(heartbeat):
    return next(each for each in heartbeat.monitors if isinstance(each, FilesystemMonitor))


async def latency(root):
    heartbeat, told = watching(root), asyncio.Queue()
    heartbeat.listen(Listener(on_event=lambda pending: told.put_nowait((pending.event.paths, time.perf_counter()))))
    heartbeat.start()
    await heartbeat.ready()
    chance, took_ms = random.Random(7), []
    for n in chance.sample(range(FILES), CHANGES):
        file = root / f"pack{n // 10_000}" / f"dir{n // IN_A_FOLDER}" / f"{n}.py"
        began = time.perf_counter()
        file.write_text("changed\n")
        while True:
            paths, at = await asyncio.wait_for(told.get(), 10)
            if str(file) in paths:
                break
        took_ms.append((at - began) * 1000)
        await asyncio.sleep(chance.uniform(0.0, 0.2))
    await heartbeat.aclose()
    took_ms.sort()
    return {"median_ms": took_ms[len(took_ms) // 2], "p99_ms": took_ms[int(len(took_ms) * 0.99)]}


async def start(root):
    heartbeat, beat = watching(root), Beat()
    beat.start()
    began = time.perf_counter()
    heartbeat.start()
    await heartbeat.ready()
    took_s = time.perf_counter() - began
    await asyncio.sleep(0.1)
    late = beat.worst
    known = files_of(heartbeat)._snapshot.size
    await heartbeat.aclose()
    return {"start_s": took_s, "late_ms": late, "known": known}


async def idle(root):
    thresholds = ResourceThresholds(99.9, 99.9, 99.9, extensions={"load_1m": 1000.0, "battery_pct": 1.0})
    processes = WatchConfig.process(watch_pids=[os.getppid()], extensions={"names": ["no-such-program"]})
    heartbeat = watching(root, WatchConfig.resource(thresholds=thresholds), processes)
    heartbeat.start()
    await heartbeat.ready()
    while files_of(heartbeat)._snapshot.has_unread:
        await asyncio.sleep(0.5)
    me = psutil.Process()
    before = me.cpu_times()
    await asyncio.sleep(IDLE_S)
    after = me.cpu_times()
    await heartbeat.aclose()
    return {"busy_pct": (after.user + after.system - before.user - before.system) / IDLE_S * 100}


async def storm(root):
    heartbeat, beat, me = watching(root), Beat(), psutil.Process()
    heartbeat.start()
    await heartbeat.ready()
    monitor = files_of(heartbeat)
    before = me.memory_info().rss
    command = [sys.executable, "-c", STORM, str(root), str(STORM_FILES), str(STORM_S)]
    program = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    beat.start()
    said, _ = await program.communicate()
    ended = time.perf_counter()
    wanted = FILES + STORM_FILES // 10
    while sum(not entry.is_folder for held in list(monitor._snapshot.folders.values()) for entry in held.values()) != wanted:
        await asyncio.sleep(0.05)
        if time.perf_counter() - ended > 20:
            break
    settled_s = time.perf_counter() - ended
    late = beat.worst
    there = {str(path) for path in root.rglob("*") if path.is_file()}
    known = {f"{folder}/{name}" for folder, held in monitor._snapshot.folders.items() for name, e in held.items() if not e.is_folder}
    pending = len(heartbeat.pending())
    await heartbeat.aclose()
    grown = (me.memory_info().rss - before) / 1e6
    return {"late_ms": late, "memory_mb": grown, "wrong": len(there ^ known), "settled_s": settled_s,
            "took_s": float(said), "pending": pending}


with tempfile.TemporaryDirectory() as folder:
    root = Path(folder).resolve()
    fill(root)
    found = {}

    async def main():
        found.update(await {"latency": latency, "start": start, "idle": idle, "storm": storm}[CASE](root))
        return 0

    run(QtWidgets.QApplication([]), main)
    print(json.dumps(found), flush=True)
