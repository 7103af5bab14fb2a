"""The window with ten sessions open: its memory, and how long what a person does takes until it is painted."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Run as a script, so the checkout is not on the path by itself.
sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from PySide6 import QtWidgets

from loom.memory.sqlite_store import SQLiteStore
from loom_studio import app as studio
from loom_studio.dialogs.palette import CommandPalette
from loom_studio.loop import run
from loom_studio.services.loading import load_runtime
from loom_studio.services.settings import Settings
from loom_studio.theme import apply_theme
from tests.support.long_session import fill_long

MESSAGES = int(sys.argv[3])
SESSIONS, LIMIT_S = 10, 10.0
AGENT = 'name = "Bench"\n[model]\nprovider = "scripted"\nname = "x"\n[model.extensions]\nturns = ["Done."]\n'


class Measured:
    """Does what a person does, and notes the slowest of each kind."""

    def __init__(self, window):
        self.window = window
        self.took = {}

    async def until(self, name, act, is_there, painted=None):
        """Act, and wait until what was wanted is there and painted."""
        began = time.perf_counter()
        act()
        while not is_there():
            if time.perf_counter() - began > LIMIT_S:
                raise TimeoutError(f"{name} did not happen in {LIMIT_S} s")
            await asyncio.sleep(0.001)
        (painted() if painted else self.window).repaint()
        took = (time.perf_counter() - began) * 1000
        self.took[name] = max(self.took.get(name, 0.0), took)
        await asyncio.sleep(0.1)

    async def sessions(self):
        window = self.window
        for turn in ("first", "again"):
            for n in range(SESSIONS):

                def is_there(n=n):
                    panel = window.panel
                    return panel.conversation.id == f"long{n}" and bool(panel.model.rows)

                await self.until(f"open_{turn}", lambda n=n: window.open_session(f"long{n}"), is_there)
            await asyncio.sleep(0.5)

    async def parts(self):
        window = self.window
        inspector = window.inspector
        for row in range(inspector.count()):
            await self.until("tab", lambda row=row: inspector.setCurrentIndex(row), lambda: True)
        await self.until("new_session", window.new_like_this, lambda: not window.panel.model.rows)
        for _ in range(2):
            found = lambda: window.findChild(CommandPalette)  # noqa: E731
            await self.until("palette", window.actions_of_window.open_palette, lambda: found() is not None, found)
            found().close()
            await asyncio.sleep(0.2)
        await self.until("type", lambda: window.panel.composer.message.insertPlainText("a"), lambda: True)
        dialogs = window.dialogs
        await self.until("settings", dialogs.open_settings, lambda: dialogs.settings, lambda: dialogs.settings)
        dialogs.settings.close()


async def measured(windows):
    window = windows.front
    window.resize(1440, 900)
    window.show()
    await window.show_library()
    await window.open_stored("")
    await load_runtime()
    window.inspector.fill()
    await asyncio.sleep(0.5)
    what = Measured(window)
    await what.sessions()
    memory = psutil.Process().memory_info().rss / 1e6
    opened = len(window.panels)
    await what.parts()
    return {"memory_mb": memory, "panels": opened, **what.took, "worst_ms": max(what.took.values())}


def main():
    with tempfile.TemporaryDirectory() as name:
        data, work = Path(name) / "data", Path(name) / "work"
        work.mkdir()
        (data / "agents").mkdir(parents=True)
        (data / "agents" / "bench.toml").write_text(AGENT)
        (data / "profile").mkdir()
        store = SQLiteStore(data / "profile" / "loom.db", fsync=False)
        for n in range(SESSIONS):
            fill_long(store, f"long{n}", MESSAGES)
        store.close()
        app = QtWidgets.QApplication([])
        app.setQuitOnLastWindowClosed(False)
        apply_theme(app, "light")
        options = argparse.Namespace(workspace=str(work), agent=None, data_dir=str(data), safe_mode=False)
        windows = studio._windows(options, Settings(data))
        found = {}

        async def go():
            found.update(await measured(windows))
            return 0

        run(app, go)
        return found


if __name__ == "__main__":
    print(json.dumps(main()), flush=True)
    os._exit(0)
