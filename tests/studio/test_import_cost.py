"""A window is on the screen before the runtime is imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "loom.agent", "loom.config", "loom.data_move", "loom.interchange", "loom.memory.sqlite_store",
    "loom.providers.base", "loom.providers.capabilities", "loom.runtime", "loom.safety.rules", "loom.tools",
    "loom.types.events", "loom_studio.quitting", "hashlib", "html", "json", "platform", "platformdirs",
    "typing_extensions", "uuid",
    "anthropic", "google", "httpx2", "jsonschema", "keyring", "markdown_it", "mcp", "openai", "pathspec", "psutil",
    "pydantic", "pydantic_core", "pygments", "qtawesome", "sqlite3", "tomlkit", "tomllib", "tree_sitter", "watchdog",
)  # fmt: skip

SHOWN = """
import asyncio, os, sys
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.argv = ["loom-studio", "--workspace", sys.argv[1], "--data-dir", sys.argv[1] + "/data"]
import loom_studio.windows
from loom_studio.window import MainWindow
class Watched(MainWindow):
    def paintEvent(self, event):
        print(" ".join(sys.modules), flush=True)
        os._exit(0)
loom_studio.windows.MainWindow = Watched
from loom_studio.__main__ import main
main()
"""


def test_a_window_is_painted_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SHOWN, str(tmp_path)], capture_output=True, text=True, timeout=150, check=False
    )
    loaded = set(ran.stdout.split())
    assert "loom_studio.window" in loaded, ran.stderr
    assert loaded.isdisjoint(HEAVY)


def test_a_broken_agent_file_ends_the_start_with_its_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[model\n")
    command = [sys.executable, "-m", "loom_studio", "--workspace", str(tmp_path), "--data-dir", str(tmp_path / "data")]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(
        [*command, "--agent", str(broken)], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 2
    assert "broken.toml" in ran.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
@pytest.mark.parametrize(
    ("display", "why"), [("", "neither DISPLAY nor WAYLAND_DISPLAY is set"), (":7654", "none answers at :7654")]
)
def test_without_a_display_that_answers_it_says_so_and_exits_2(display: str, why: str) -> None:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in names} | {"DISPLAY": display}
    ran = subprocess.run(
        [sys.executable, "-m", "loom_studio"], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 2
    assert f"there is no display ({why}" in ran.stderr


ASKED = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.argv = ["loom-studio", "--workspace", sys.argv[1], "--data-dir", sys.argv[1] + "/data"]
import loom_studio.windows
from loom_studio.window import MainWindow
class Asked(MainWindow):
    def showEvent(self, event):
        from PySide6.QtGui import QAccessible
        boxes = (self.header.agent, self.header.model, self.panel.composer.mode)
        told = [QAccessible.queryAccessibleInterface(box) for box in boxes]
        print(*(each.text(QAccessible.Text.Name) for each in told), flush=True)
        os._exit(0)
loom_studio.windows.MainWindow = Asked
from loom_studio.__main__ import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt names combo boxes itself")
def test_a_reader_that_asks_before_the_first_paint_is_told_names(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ASKED, str(tmp_path)], capture_output=True, text=True, timeout=150, check=False
    )
    assert ran.stdout == "Agent Model Mode\n", ran.stderr
