"""Every screen with something in it, and pictures of them: `python -m tests.e2e.scenes FOLDER [THEME SIZE [LANGUAGE]]`.

Pictures are taken by a program of its own for each theme and size, over a profile that it makes: nothing of a person's
is looked at.
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, LogEngine, SubAgentResult
from loom.types.approvals import Decision
from loom_studio import app as studio
from loom_studio.dialogs.palette import CommandPalette
from loom_studio.dialogs.settings import PAGES, SettingsDialog
from loom_studio.language import ENGLISH, LANGUAGES, install_language
from loom_studio.loop import run
from loom_studio.pages.page import SLOW_MS
from loom_studio.services.conversations import Outgoing
from loom_studio.services.loading import load_runtime
from loom_studio.services.settings import Settings
from loom_studio.theme import apply_theme
from loom_studio.window import WIDE_PX, MainWindow

SIZES = {"wide": (1440, 900), "small": (1000, 680)}
THEMES = ("light", "dark")
LIMIT_S = 150.0
SETTLED_S = 0.5
BRIEF = "Give the report command a --json option, and keep what it prints today as it is."
CRITERIA = ["`report --json` prints valid JSON", "The tests pass", "The old output is unchanged"]
NOWHERE = """
name = "Nobody there"
[model]
provider = "openai"
name = "gpt-5.2"
api_base = "http://127.0.0.1:9/v1"
api_key_env = "NO_SUCH_KEY"
"""


class Generator:
    """Writes another draft each time."""

    def __init__(self) -> None:
        self.drafts = 0

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        """A draft."""
        del goal, inherit_context
        self.drafts += 1
        return SubAgentResult(True, f"Draft {self.drafts}: `report.py` has the option, and a test.", depth + 1)


class Evaluator:
    """Finds one criterion more fulfilled in each sprint."""

    def __init__(self) -> None:
        self.judged = 0

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        """The criteria, or a verdict about each of them."""
        del inherit_context
        if "<work>" not in goal:
            return SubAgentResult(True, "\n".join(CRITERIA), depth + 1)
        self.judged += 1
        verdicts = [
            f"{n}. PASS: report.py:{40 + n} does it" if n <= self.judged else f"{n}. FAIL: report.py:{40 + n} does not"
            for n in range(1, len(CRITERIA) + 1)
        ]
        is_passed = self.judged >= len(CRITERIA)
        critique = [] if is_passed else ["What fails is still to be done; begin with the test."]
        return SubAgentResult(True, "\n".join(["PASS" if is_passed else "FAIL", *verdicts, *critique]), depth + 1)


Look = Callable[[str, QWidget], None]
"""What is done with each screen, by its name."""


class Scenes:
    """Walks through the Studio and has each screen looked at."""

    def __init__(self, window: MainWindow, data: Path, look: Look, settled_s: float = SETTLED_S) -> None:
        self.window, self.data, self.look, self.settled_s = window, data, look, settled_s

    async def shot(self, name: str, widget: QWidget | None = None) -> None:
        """Look at the window or at another, once nothing moves in it."""
        await asyncio.sleep(self.settled_s)
        self.look(name, widget or self.window)

    async def begin(self) -> None:
        """The window as it is at the first start, and the question for a model."""
        window = self.window
        await window.show_library()
        await load_runtime()
        window.inspector.fill()
        await self.shot("start")
        window.dialogs.open_welcome()
        assert window.dialogs.welcome is not None
        await self.shot("welcome", window.dialogs.welcome)
        window.dialogs.welcome.close()

    async def tour(self) -> None:
        """A chat with tools, a question, a veto and an alert, and the tabs that tell of them."""
        window = self.window
        first = window.panel
        touring = asyncio.ensure_future(window.take_tour())
        answered: list[str] = []
        async with asyncio.timeout(LIMIT_S):
            while not touring.done():
                conversation = window.panel.conversation
                waiting = [] if window.panel is first else [each.payload["request_id"] for each in conversation.pending]
                if waiting and waiting[0] not in answered:  # it is pending for a moment after its answer, too
                    await self.shot(f"approval-{len(answered) + 1}" if answered else "approval")
                    answered.append(waiting[0])
                    conversation.decide(waiting[0], Decision.allow_once())
                await asyncio.sleep(0.05)
        await self.shot("chat")

    async def tabs(self) -> None:
        """Each tab of the inspector, with what the tour and a run of three sprints left in it."""
        inspector = self.window.inspector
        self.window.beside.show()
        for row, name in enumerate(inspector.titles):
            inspector.setCurrentIndex(row)
            if name == "Sprints" and inspector.sprints is not None:
                inspector.sprints.refresh()
                await asyncio.sleep(self.settled_s)
                inspector.sprints.runs.setCurrentRow(0)
                await asyncio.sleep(self.settled_s)
                inspector.sprints.timeline.setCurrentRow(0)
            await self.shot(f"tab-{name.lower()}")
        if self.window.width() < WIDE_PX:
            self.window.beside.toggle()

    async def failed(self) -> None:
        """A run that failed."""
        window = self.window
        await asyncio.to_thread((self.data / "agents" / "nobody.toml").write_text, NOWHERE, encoding="utf-8")
        await window.show_library()
        window.new_session(next(entry for entry in window.entries if entry.name == "Nobody there"))
        panel = window.panel
        panel.submit(Outgoing("Is anybody there?"))
        async with asyncio.timeout(LIMIT_S):
            while not (panel.conversation.run is not None and panel.conversation.run.state.is_final):
                await asyncio.sleep(0.05)
        await self.shot("failed")

    async def loading(self, settings: SettingsDialog) -> None:
        """A page that is still being read: it takes as long as this picture."""
        page = await settings.page("Agents")
        taken = asyncio.Event()

        async def slow() -> None:
            await taken.wait()

        page.refresh = slow
        settings.show_page("Agents")
        await asyncio.sleep(SLOW_MS / 1000)
        await self.shot("loading", settings)
        taken.set()
        del page.refresh

    async def dialogs(self) -> None:
        """The settings, page by page, the agent editor, and the manual."""
        window = self.window
        window.dialogs.open_settings()
        settings = window.dialogs.settings
        assert settings is not None
        for entry in PAGES:
            settings.show_page(entry.title)
            page = await settings.page(entry.title)
            async with asyncio.timeout(LIMIT_S):
                while page.tasks._tasks:  # it is still being read
                    await asyncio.sleep(0.05)
            await self.shot(f"settings-{entry.title.lower().replace(' ', '-')}", settings)
        await self.loading(settings)
        settings.close()
        window.agents.act_on_named("edit", window.panel.conversation.config.name)
        async with asyncio.timeout(LIMIT_S):
            while not window.agents.editors:
                await asyncio.sleep(0.05)
        await self.shot("agent-editor", window.agents.editors[0])
        window.agents.editors[0].close()
        window.actions_of_window.open_palette()
        palette = window.findChild(CommandPalette)
        assert palette is not None
        await self.shot("palette", palette)
        palette.close()
        window.dialogs.open_manual("03-approvals.md")
        assert window.dialogs.manual is not None
        await self.shot("manual", window.dialogs.manual)
        window.dialogs.manual.close()


async def judged_run(profile: Path) -> None:
    """A finished run of three sprints in a profile."""
    await asyncio.to_thread(profile.mkdir, parents=True, exist_ok=True)
    store = await asyncio.to_thread(SQLiteStore, profile / "harness.db")
    try:
        await AgentHarness(Generator(), Evaluator(), engine=LogEngine(store)).run(BRIEF, "report-json")
    finally:
        await asyncio.to_thread(store.close)


def walk(size: str, look: Look, settled_s: float = SETTLED_S) -> int:
    """Have every screen looked at in a window of this size; the exit code. There must be an application."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as scratch:
        data, workspace = Path(scratch) / "data", Path(scratch) / "shop"
        workspace.mkdir()
        options = argparse.Namespace(workspace=str(workspace), agent=None, data_dir=str(data), safe_mode=False)
        windows = studio._windows(options, Settings(data))
        assert windows is not None
        window = windows.front
        window.resize(*SIZES[size])
        scenes = Scenes(window, data, look, settled_s)

        async def main() -> int:
            window.show()
            try:
                await judged_run(data / "profile")
                await scenes.begin()
                await scenes.tour()
                await scenes.tabs()
                await scenes.failed()
                await scenes.dialogs()
            finally:
                await windows.aclose()
            return 0

        return run(app, main)


def take_pictures(folder: Path, theme: str, size: str, language: str = ENGLISH) -> int:
    """Save a picture of each screen."""
    app = studio.Application(sys.argv[:1])
    app.setApplicationName("Loom Studio")
    install_language(app, language)
    apply_theme(app, theme)
    suffix = f"{theme}-{size}" if language == ENGLISH else f"{theme}-{size}-{language}"

    def save(name: str, widget: QWidget) -> None:
        widget.grab().save(str(folder / f"{name}-{suffix}.png"))

    return walk(size, save)


def walk_all(folder: Path) -> int:
    """Take all pictures, those of other languages in one theme; the first failure ends it with its exit code."""
    looks = [(theme, size, ENGLISH) for theme in THEMES for size in SIZES]
    looks += [(THEMES[0], size, language) for size in SIZES for language in LANGUAGES if language != ENGLISH]
    for look in looks:
        command = [sys.executable, "-m", "tests.e2e.scenes", str(folder), *look]
        done = subprocess.run(command, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    sys.exit(take_pictures(where, *sys.argv[2:5]) if len(sys.argv) > 2 else walk_all(where))
