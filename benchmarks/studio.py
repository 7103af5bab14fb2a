"""The window's cost: start-up, memory, and what a still window takes. Measured without a screen (`offscreen`)."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.drivers import DRIVERS, measure
from benchmarks.table import Row

# An installed program has its bytecode: without it each start would measure the compiler.
BYTECODE = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_COMPILED = tempfile.TemporaryDirectory(prefix="bench-pyc-")  # gone with the process
OFFSCREEN = BYTECODE | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": _COMPILED.name}
STILL_S = 10.0
SETTLE_S = 5.0


def folders(parent: str) -> list[str]:
    return ["--workspace", parent, "--data-dir", str(Path(parent) / "data")]


def start_ms(kind: str, arguments: list[str]) -> tuple[float, float] | None:
    """Wall and processor time of a start."""
    command = [sys.executable, str(DRIVERS / "window_start.py"), str(time.time()), kind, *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=OFFSCREEN)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"start of {kind} failed: {(error.stderr or '')[-300:]}", file=sys.stderr)
        return None
    wall, processor = ran.stdout.split()[-2:]
    return float(wall), float(processor)


def starts(repeats: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(start_ms("bare", []), start_ms("studio", folders(folder))) for _ in range(repeats + 1)][1:]
    for place, name in ((0, "process start to a window that takes input"), (1, "the same, processor time")):
        bare = statistics.median(pair[0][place] for pair in pairs if pair[0] is not None)
        ours = [pair[1][place] for pair in pairs if pair[1] is not None]
        started, peers = statistics.median(ours) if ours else None, {"bare QMainWindow": bare}
        yield Row(name, "ms", started, 2 * bare, peers=peers)


@contextmanager
def running() -> Iterator[psutil.Process]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "loom_studio", *folders(folder)]
        process = subprocess.Popen(command, env=OFFSCREEN, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()
            process.wait()


def stillness() -> Iterator[Row]:
    try:
        with running() as process:
            time.sleep(SETTLE_S)
            before = process.cpu_times()
            time.sleep(STILL_S)
            after = process.cpu_times()
            resident = process.memory_info().rss / 1e6
    except psutil.Error as error:
        print(f"the window did not stay open: {error}", file=sys.stderr)
        yield Row("resident memory of the window", "MB", None, 200)
        return
    busy = (after.user + after.system - before.user - before.system) / STILL_S * 100
    yield Row("resident memory of the window", "MB", resident, 200)
    yield Row("a still window", "% of a core", busy, 0.5)


def rows(url: str, quick: bool) -> Iterator[Row]:
    """All of the Studio's rows."""
    yield from starts(3 if quick else 7)
    yield from stillness()
    for case, name in (("none", "4 sessions at 200 tokens/s"), ("step", "the same, beside a CPU step")):
        lag = measure("window_lag", case, url, 200)
        yield Row(f"GUI loop late, p99: {name}", "ms", lag.get("p99"), 10.0)
        yield Row(f"GUI loop late, worst: {name}", "ms", lag.get("worst"), 50.0)
    first = measure("window_lag", "first", url, 200)
    yield Row("GUI loop late, worst: from the window to the first answer", "ms", first.get("worst"), 50.0)
    started = measure("servers_lag", "start", "-", 20)
    for which, goal in (("p99", 10.0), ("worst", 50.0)):
        bare = started.get(f"bare_{which}", 0.0)
        beyond = max(0.0, started[which] - bare) if started else None
        beside = {"that bare loop": bare}
        yield Row(f"GUI loop later than a bare one, {which}: 20 servers start", "ms", beyond, goal, peers=beside)
    yield from long_sessions()
    yield from ten_sessions()
    painted = measure("sprint_paint", "paint", "-", 50)
    yield Row("50 sprints × 20 criteria, all in view: painted", "ms", painted.get("paint_ms"), 16)
    yield Row("the same, with nothing kept from before", "ms", painted.get("anew_ms"), 50)
    yield Row("the same: filled, on the GUI loop", "ms", painted.get("fill_ms"), 50)


def ten_sessions() -> Iterator[Row]:
    """Memory with ten sessions open, and the slowest of each kind of what a person does there, to its paint."""
    found = measure("ten_sessions", "open", "-", 500)
    yield Row("resident memory with ten sessions of 500 messages", "MB", found.get("memory_mb"), 250)
    names = {
        "open_first": "open one of them",
        "open_again": "the same, once more",
        "tab": "go to another tab",
        "new_session": "begin a session",
        "palette": "open the palette",
        "type": "type a letter",
        "settings": "open the settings",
    }
    for name, told in names.items():
        yield Row(f"until it is painted, worst: {told}", "ms", found.get(name), 100)


def long_sessions() -> Iterator[Row]:
    """Sessions of 10,000 messages, 5,000 sessions, a million words, and what the log adds to a step."""
    opened = measure("long_sessions", "open", "-", 10_000)
    yield Row("open 10,000 messages, to the first paint", "ms", opened.get("first_ms"), 250)
    yield Row("the same: GUI loop late while the rest loads, worst", "ms", opened.get("late_ms"), 50)
    yield Row("scroll them, a quarter of a page a frame: p95", "ms", opened.get("frame_p95_ms"), 8)
    yield Row("the same, worst", "ms", opened.get("frame_worst_ms"), 32)
    yield Row("memory that they add", "MB", opened.get("memory_mb"), 100)
    yield Row("a stream of 200 tokens/s at their end: flush", "ms", opened.get("flush_ms"), 4)
    yield Row("the same, worst", "ms", opened.get("flush_worst_ms"), 16)
    yield Row("list 5,000 sessions", "ms", measure("long_sessions", "list", "-", 5_000).get("list_ms"), 200)
    yield Row(
        "search a million words, worst", "ms", measure("long_sessions", "search", "-", 10**6).get("search_ms"), 100
    )
    yield Row(
        "what the log adds to a step, without fsync", "ms", measure("long_sessions", "log", "-", 20).get("log_ms"), 1
    )
