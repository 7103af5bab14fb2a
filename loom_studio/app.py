"""The composition root: the one place where services, window and loop are put together."""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QApplication

from loom.data_place import data_folder, located, read_pointer
from loom.errors import LoomError
from loom.providers.keys import ADDRESS_VARIABLES
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.lag import LagWatch
from loom_studio.language import SYSTEM, install_language, language_for
from loom_studio.loop import run
from loom_studio.overriding import override
from loom_studio.runtime_words import said_of
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.changes import ChangesService
from loom_studio.services.conversations import Outgoing
from loom_studio.services.keys import Keys
from loom_studio.services.loading import load, load_runtime
from loom_studio.services.recent import recent_workspaces
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.studio import StudioServices
from loom_studio.texts import tr
from loom_studio.theme import apply_theme, set_scale
from loom_studio.theme.icons import program_icon
from loom_studio.theme.motion import apply_motion
from loom_studio.widgets.bus_names import install_bus_names
from loom_studio.window import MainWindow
from loom_studio.windows import Windows

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from loom.config import AgentConfig, ModelRef

DESKTOP_ID = "io.github.loom_studio.LoomStudio"
"""By which a desktop knows whose windows these are: the name of the entry in its menu."""
ENDING = [each for each in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")) if each is not None]
"""By which a system asks a program to end, as at the end of a desktop's session. Python hears of one when the watch
over the loop asks next, a quarter of a second later at most."""
BY_DESKTOP = ("DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN")
"""What the environment of a program has that was started from a desktop's menu; nobody sees what it prints."""
LAUNCHED = "GIO_LAUNCHED_DESKTOP_FILE_PID"
"""The same of GNOME's, which programs that this one starts would have too: so it has the number of the process."""
DEMO_PROMPT = "What is the capital of France? Answer in one sentence."
DEMO_TIMEOUT_S = 120.0
PAINT_LIMIT_S = 2.0
SETTLED_S = 0.2
"""What the window takes, at most, to show that a run has ended."""


class Application(QApplication):
    """Hears the system ask the program to quit, as Cmd+Q and the Dock do on macOS, in `quit_asked`.

    Qt itself would close the windows and end the loop under what still works.
    """

    quit_asked = Signal()

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.setQuitOnLastWindowClosed(False)  # the loop ends when its work is done

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Quit:
            self.quit_asked.emit()
            return True
        return super().event(event)


def start(options: argparse.Namespace) -> int:
    """Open the Studio, or run the demo without a screen; returns the exit code."""
    if options.offscreen_demo and not (options.data_dir or options.session):
        import tempfile

        # What a demo says is no session of the person's, and what they set up is not asked.
        with tempfile.TemporaryDirectory(prefix="loom-demo-", ignore_cleanup_errors=True) as folder:
            options.data_dir = folder
            return _start(options)
    return _start(options)


def _start(options: argparse.Namespace) -> int:
    app = Application(sys.argv[:1])
    app.setApplicationName("Loom Studio")
    app.setDesktopFileName(DESKTOP_ID)
    trouble = _finish_moves(options)
    settings = Settings(_data_folder(options), _home(options))
    install_language(app, language_for(options.language or settings.text("language", SYSTEM)))
    percent = settings.text("font_percent", "100")
    set_scale(int(percent) if percent.isdigit() else 100)
    apply_theme(app, options.theme or settings.text("theme", "system"), settings.text("accent"))
    if settings.flag("reduced_motion"):
        apply_motion(app, reduced=True)
    install_bus_names()
    # With the style sheet in force each widget would be styled again at every step of putting the window together.
    sheet = app.styleSheet()
    app.setStyleSheet("")
    windows = _windows(options, settings)
    app.setStyleSheet(sheet)
    if windows is None:
        return 2
    app.quit_asked.connect(windows.quit)
    windows.services.faults.install()
    windows.services.faults.is_settled = False
    try:
        for sentence in trouble:
            windows.front.panel.complain(sentence)
        return run(app, partial(_work, windows, options))
    except KeyboardInterrupt:
        return 130
    finally:
        windows.services.faults.remove()


async def _work(windows: Windows, options: argparse.Namespace) -> int:
    """Show the first window, and go on until the last one is closed; returns the exit code."""
    window = windows.front
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(windows.services.faults.on_loop_error)
    watch = LagWatch(loop)
    closed = asyncio.Event()
    windows.closed.connect(closed.set)
    _end_when_asked(loop, windows)
    painted = asyncio.Event()
    window.painted.connect(painted.set)
    window.show()
    windows.tasks.start(_settle(window, options, painted), what="read agents and sessions")
    if window.settings.flag("keys_in_keyring"):
        windows.tasks.start(_load_keys(windows), what="read the keyring")
    try:
        if options.offscreen_demo:
            return await _demo(window, Path(options.offscreen_demo))
        await closed.wait()
        return 0
    finally:
        await watch.aclose()
        await windows.aclose()


def _end_when_asked(loop: asyncio.AbstractEventLoop, windows: Windows) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(windows.end)

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, end)


async def _settle(window: MainWindow, options: argparse.Namespace, painted: asyncio.Event) -> None:
    """Read and import in threads what a first paint does not need, once there was one."""
    with suppress(TimeoutError):  # a window that starts minimised is not painted
        async with asyncio.timeout(PAINT_LIMIT_S):
            await painted.wait()
    QApplication.setWindowIcon(program_icon())
    await window.show_library()
    await _use_network(window)
    window.dialogs.ask_about_trust()
    await window.open_stored(options.session or "")
    await in_thread(importlib.import_module, "loom_studio.services.retention")
    await _prune(window)
    if window.settings.flag("keys_in_file") and await window.keys.is_locked():
        window.dialogs.open_settings("Providers")
    await load_runtime()
    gc.freeze()  # as at the start: what was imported since stays to the end, and is no garbage to look for
    window.services.faults.is_settled = True
    if options.tour:
        await window.take_tour()
    elif not (options.offscreen_demo or options.agent or window.settings.flag("welcomed")):
        await load(["loom_studio.dialogs.welcome"], ["loom.providers.probe"])
        window.dialogs.open_welcome()


async def _use_network(window: MainWindow) -> None:
    """Reach providers as the settings say, where they say something."""
    if any(window.settings.text(name) for name in ("proxy_mode", "ca_file")):
        from loom.providers.pool import use_network
        from loom_studio.services.network import network_of

        try:
            await use_network(network_of(window.settings))
        except LoomError as error:
            told = said_of(error)
            window.panel.complain(
                tr("{error}. Requests go as the environment says; Settings, Network, has the choice.", error=told)
            )


async def _prune(window: MainWindow) -> None:
    """Delete the sessions that were not used for as long as the person said, if they said so."""
    from loom_studio.services.retention import kept_days, outdated, prune

    days = kept_days(window.settings.text("keep_days", "0"))
    if days:
        here = {each.id for each in window.services.open.conversations}
        await prune(window.desk.sessions, outdated(window.desk.sessions.summaries, days, here))
        try:
            await window.waits.service.prune(days)
        except LoomError as error:
            window.panel.complain(tr("Old harness runs were not deleted: {error}", error=said_of(error)))


def _home(options: argparse.Namespace) -> Path:
    """Where the Studio's data is looked for first."""
    return Path(options.data_dir) if options.data_dir else data_folder("loom-studio")


def _data_folder(options: argparse.Namespace) -> Path:
    return located(_home(options))


def _finish_moves(options: argparse.Namespace) -> list[str]:
    """Move the folders that the person wanted elsewhere, before anything there is open; sentences about what failed."""
    homes = [_home(options), *([] if options.data_dir else [Profile.default_home()])]
    trouble: list[str] = []
    for home in homes:
        if read_pointer(home).wanted is not None:
            from loom_studio.dialogs.moving import move_with_progress

            trouble += move_with_progress(home)
    return trouble


def _refuse(sentence: str) -> None:
    """Say why there is no window, or no picture: in the terminal, or in a box where a desktop started the Studio."""
    print(f"loom-studio: {sentence}", file=sys.stderr)  # noqa: T201
    is_launched = os.environ.get(LAUNCHED) == str(os.getpid())
    if QApplication.platformName() == "offscreen":  # nobody could close the box
        return
    if sys.stderr is None or is_launched or any(name in os.environ for name in BY_DESKTOP):
        from PySide6.QtWidgets import QMessageBox

        QMessageBox.critical(None, QApplication.applicationName(), sentence)


def workspace_for(given: str | None, settings: Settings) -> Path:
    """The folder to work in: the given one, or the one in which the Studio was started.

    A desktop starts programs in a folder of its own, the person's home or the root: then the last one that was open.
    """
    if given:
        return Path(given).expanduser().resolve()
    home = Path.home()
    try:
        here = Path.cwd()
    except OSError:  # it is gone
        here = home
    if here not in (home, Path(here.anchor)):
        return here.resolve()
    known = (Path(each) for each in recent_workspaces(settings).texts())
    return next((each for each in known if each.is_dir()), home)


def _windows(options: argparse.Namespace, settings: Settings) -> Windows | None:
    """The first window with the services; None, with the reason on standard error, where the options do not fit."""
    workspace = workspace_for(options.workspace or options.folder, settings)
    if not workspace.is_dir():
        _refuse(tr("{folder} is not a folder", folder=workspace))
        return None
    data = _data_folder(options)
    try:
        library = AgentLibrary(data / "agents", Path(options.agent) if options.agent else None)
    except OSError as error:
        _refuse(tr("{folder} can't be used: {error}", folder=data, error=said_of(error)))
        return None
    if options.agent:
        library.reload()
        if library.entries[0].config is None:
            _refuse(library.entries[0].error)
            return None
    keys = Keys(file=data / "keys.json")
    for provider in ADDRESS_VARIABLES:
        keys.use_address(provider, settings.text(f"address_{provider}"))
    profile = Profile(data / "profile") if options.data_dir else Profile.default()
    profile.is_safe = options.safe_mode
    library.brought = partial(_brought_agents, profile)
    sessions = SessionsService(profile.folder / "loom.db")
    changes = ChangesService(sessions, profile.folder / "checkpoints")
    windows = Windows(StudioServices(library, settings, keys, profile, sessions, changes, data))
    windows.open(workspace)
    return windows


def _brought_agents(profile: Profile, model: ModelRef) -> list[AgentConfig]:
    from loom_studio.services.surroundings import brought_agents  # a window is shown without it

    return brought_agents(profile, model)


async def _load_keys(windows: Windows) -> None:
    await windows.services.keys.load()
    for conversation in windows.services.open.conversations:
        conversation.changed.emit()


async def _demo(window: MainWindow, picture: Path) -> int:
    """One prompt to the model, its answer awaited, the picture saved, the transcript printed."""
    from loom.types.runs import RunState

    window.setFixedSize(1240, 800)  # also where the screen is smaller, which a window would fit into
    panel = window.panel
    try:
        async with asyncio.timeout(DEMO_TIMEOUT_S):
            await panel.converse(Outgoing(DEMO_PROMPT))
    except (LoomError, TimeoutError) as error:
        panel.complain(str(error) or tr("The model did not answer within {seconds:g} s", seconds=DEMO_TIMEOUT_S))
    await asyncio.sleep(SETTLED_S)
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, on=False)
    print("\n\n".join(row.plain for row in panel.model.rows))  # noqa: T201
    finished = panel.conversation.run is not None and panel.conversation.run.state is RunState.COMPLETED
    return 0 if _save(window.grab(), picture) and finished else 1


def _save(pixels: QPixmap, picture: Path) -> bool:
    """Write the picture; False, with the reason on standard error, where that can't be done."""
    with suppress(OSError):
        picture.parent.mkdir(parents=True, exist_ok=True)
    if pixels.save(str(picture)):
        return True
    _refuse(tr("The picture can't be saved as {file}. Is its folder writable, and its name like x.png?", file=picture))
    return False
