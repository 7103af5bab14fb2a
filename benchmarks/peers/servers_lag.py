"""How late the window's event loop is while tool servers start: a real window, and servers that others publish.

A bare process beside it notes at the same time how late it wakes, which is the machine's own share.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

COUNT = int(sys.argv[3])
BEAT_S, LIMIT_S = 0.01, 120.0
BARE = f"""
import json, sys, threading, time
late, ended = [], threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.is_set():
    began = time.perf_counter()
    time.sleep({BEAT_S})
    late.append(time.perf_counter() - began - {BEAT_S})
print(json.dumps(sorted(late)))
"""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, ModelRef
from loom_studio.services.conversations import Outgoing
from loom_studio.services.loading import load_runtime
from loom_studio.window import MainWindow
from loom_studio.windows import Windows
from tests.support.mcp_servers import python_server
from tests.support.windows import with_windows


async def until(is_so: Callable[[], bool]) -> None:
    """Wait, with pauses that are no load."""
    async with asyncio.timeout(LIMIT_S):
        while not is_so():
            await asyncio.sleep(0.1)


async def agreed(window: MainWindow) -> None:
    """A new session of an agent with so many servers, all agreed to."""
    servers = {f"time{n}": python_server("mcp-server-time", "--local-timezone", "UTC") for n in range(COUNT)}
    config = AgentConfig(ModelRef.scripted(["hello"]), name="Bench", mcp_servers=servers)
    window.desk.new(config, window.workspace)
    for row in (await window.mcp.rows(window.workspace, config))[0]:
        await window.mcp.agree(row.entry, await window.mcp.consent(row.entry))


async def use(windows: Windows) -> None:
    """Start them by a message, until all are ready, and report."""
    window = windows.front
    await load_runtime()
    await agreed(window)
    await asyncio.sleep(1)
    late: list[float] = []

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            late.append(time.perf_counter() - began - BEAT_S)

    bare = subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    beating = asyncio.ensure_future(beat())
    window.panel.submit(Outgoing("hello"))
    pool = window.mcp.pool()
    await until(lambda: len(pool.servers) == COUNT and all(each.state.value == "ready" for each in pool.servers))
    beating.cancel()
    beside, _ = bare.communicate("")
    late.sort()
    waits = json.loads(beside)
    report = {"p99": late[int(len(late) * 0.99)], "worst": late[-1]}
    report |= {"bare_p99": waits[int(len(waits) * 0.99)], "bare_worst": waits[-1]}
    print(json.dumps({name: seconds * 1000 for name, seconds in report.items()}), flush=True)


with tempfile.TemporaryDirectory() as folder:
    with_windows(QApplication([]), Path(folder), use)
