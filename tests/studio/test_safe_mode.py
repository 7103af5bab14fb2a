"""Safe mode is said in the window, and starts no tool server on a press either."""

import subprocess
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication, QLabel

from loom.config import MCPServerConfig
from loom.ecosystem.mcp.entries import PROFILE, ServerEntry
from loom_studio.windows import Windows
from tests.support.windows import with_windows


def test_the_window_says_so_and_no_server_is_started(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        assert "(safe mode)" in window.windowTitle()
        [said] = [each for each in window.findChildren(QLabel) if each.accessibleName() == "Safe mode"]
        assert said.accessibleDescription() == said.text()  # its name is short, what it says is not
        assert said.isVisible()
        assert "You are asked about each call that a hook would have judged" in said.text()
        config = MCPServerConfig(command=sys.executable, args=["-c", f"open({str(marker)!r}, 'w')"])
        entry = ServerEntry("s", config, PROFILE, "settings", None)
        assert "is not started: this is safe mode" in await windows.services.mcp.test(entry)

    marker = tmp_path / "started"
    with_windows(qapp, tmp_path, use, safe_mode=True)
    assert not marker.exists()


def test_an_ordinary_start_says_nothing_of_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        assert "safe mode" not in windows.front.windowTitle()
        assert not [each for each in windows.front.findChildren(QLabel) if each.accessibleName() == "Safe mode"]

    with_windows(qapp, tmp_path, use)


def test_help_names_it() -> None:
    ran = subprocess.run([sys.executable, "-m", "loom_studio", "--help"], capture_output=True, text=True, check=True)
    assert "--safe-mode" in ran.stdout
