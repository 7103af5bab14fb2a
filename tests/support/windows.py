"""The Studio's windows on its loop, as the composition root puts them together, over a folder of their own."""

import argparse
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from loom_studio import app as studio
from loom_studio.loop import run
from loom_studio.services.settings import Settings
from loom_studio.widgets.on_screen import OnScreen
from loom_studio.windows import Windows
from tests.support.waiting import until

AGENT = """name = "Scripted"
[model]
provider = "scripted"
name = "script"
[model.extensions]
turns = [{ text = "Hello from the script." }]
"""


def options_for(folder: Path, **more: Any) -> argparse.Namespace:
    """What the command line would say, for a workspace and data in `folder`."""
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)
    given: dict[str, Any] = {
        "workspace": str(workspace),
        "agent": None,
        "data_dir": str(folder / "data"),
        "safe_mode": False,
    }
    return argparse.Namespace(**{**given, **more})


async def resized(window: QWidget, width: int, height: int) -> None:
    """Make a window larger than the tests' screen, once nothing is about to make it fit there any more."""
    await until(lambda: not any(timer.isActive() for each in window.findChildren(OnScreen) for timer in _timers(each)))
    window.resize(width, height)


def _timers(keeper: OnScreen) -> list[QTimer]:
    return keeper.findChildren(QTimer)


def with_windows(
    qapp: QApplication, folder: Path, use: Callable[[Windows], Coroutine[Any, Any, None]], **more: Any
) -> None:
    """Open one window with the agents read, and close all there are after `use`."""
    options = options_for(folder, **more)
    windows = studio._windows(options, Settings(studio._data_folder(options), studio._home(options)))
    assert windows is not None

    async def main() -> int:
        try:
            windows.front.show()
            await windows.front.show_library()
            await use(windows)
        finally:
            await windows.aclose()
        return 0

    try:
        assert run(qapp, main) == 0
    finally:  # also after a test that failed: nothing of it may hear of the next one's themes
        for window in windows.windows:
            shiboken6.delete(window)
        windows.deleteLater()
