"""A settings page on the Studio's loop, over a profile folder of its own."""

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom.safety.profile import Profile
from loom_studio.dialogs.settings import SettingsDialog
from loom_studio.loop import run
from loom_studio.pages.page import PageContext
from loom_studio.services.agent_files import AgentFiles
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.conversations import Conversation
from loom_studio.services.keys import Keys
from loom_studio.services.mcp import McpService
from loom_studio.services.model_defaults import ModelDefaults
from loom_studio.services.permissions import PermissionsService
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.services.undo import Undo
from loom_studio.tasks import TaskOwner


def page_context(folder: Path, conversations: Sequence[Conversation] = ()) -> PageContext:
    """What pages are given, over `folder`, which is the workspace and has the profile in it."""
    library = AgentLibrary(folder / "agents", None)
    settings = Settings(folder)
    undo = Undo(TaskOwner(print))
    files = AgentFiles(library, folder)
    files.deletion.connect(lambda deleted: undo.offer("An agent was deleted.", lambda: files.undelete(deleted)))
    acted: list[tuple[str, str]] = []
    return PageContext(
        settings,
        Keys(file=folder / "keys.json"),
        library,
        SessionsService(folder / "profile" / "loom.db"),
        PermissionsService(Profile(folder / "profile", folder / "home"), undo=undo),
        lambda: folder,
        lambda: list(conversations),
        McpService(folder / "profile", undo=undo),
        files,
        lambda action, entry: acted.append((action, entry.name if entry is not None else "")),
        ModelDefaults(settings),
        Shortcuts(settings),
        undo,
    )


def with_settings(
    qapp: QApplication,
    context: PageContext,
    use: Callable[[SettingsDialog], Coroutine[Any, Any, None]],
) -> None:
    """Open the settings window, and close it after `use`."""

    async def main() -> int:
        dialog = SettingsDialog(context)
        try:
            await use(dialog)
        finally:
            await dialog.aclose()
            await context.sessions.aclose()
            await context.mcp.aclose()
            dialog.deleteLater()
        return 0

    assert run(qapp, main) == 0
