"""What the windows of one process share."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from loom_studio.services.agent_files import AgentFiles, Deleted
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.changes import ChangesService
from loom_studio.services.drafts import Drafts
from loom_studio.services.faults import FaultLog
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.harness_waits import HarnessWaits
from loom_studio.services.keys import Keys
from loom_studio.services.mcp import McpService
from loom_studio.services.model_defaults import ModelDefaults
from loom_studio.services.open_sessions import OpenSessions
from loom_studio.services.permissions import PermissionsService
from loom_studio.services.run_database import RunDatabase
from loom_studio.services.run_queue import RunQueue
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.services.undo import Undo
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.safety.profile import Profile


class StudioServices(QObject):
    """Made once, by the composition root; `complained` says what went wrong where no window is nearer to it."""

    complained = Signal(str)

    def __init__(
        self,
        library: AgentLibrary,
        settings: Settings,
        keys: Keys,
        profile: Profile,
        sessions: SessionsService,
        changes: ChangesService,
        data: Path,
    ) -> None:
        super().__init__()
        self.library = library
        self.settings = settings
        self.keys = keys
        self.profile = profile
        self.sessions = sessions
        self.changes = changes
        self.data = data
        self.faults = FaultLog(self, keys.secrets)
        self.tasks = TaskOwner(self.complained.emit)
        self.drafts = Drafts(data / "drafts", self.tasks, self)
        self.undo = Undo(self.tasks, self)
        self.mcp = McpService(profile.folder, self, is_safe=profile.is_safe, undo=self.undo)
        self.permissions = PermissionsService(profile, self, self.undo)
        self.models = ModelDefaults(settings)
        place = RunDatabase(settings)
        queue = RunQueue(settings, place)
        self.harness = HarnessRuns(profile, keys, place=place, mcp=self.mcp, undo=self.undo, queue=queue)
        self.harness.judge = partial(self.models.model, "evaluator")
        self.waits = HarnessWaits(self.harness, self.complained.emit, self)
        self.agent_files = AgentFiles(library, data, self)
        self.agent_files.deletion.connect(self._on_agent_deleted)
        self.shortcuts = Shortcuts(settings, self)
        self.open = OpenSessions(self)

    def _on_agent_deleted(self, deleted: Deleted) -> None:
        words = tr("The agent “{agent}” was deleted.", agent=deleted.file.stem)
        self.undo.offer(words, partial(self.agent_files.undelete, deleted))

    async def aclose(self) -> None:
        """Write what waits, and end what runs, after the last window."""
        await self.undo.aclose()
        await self.mcp.aclose()
        await self.waits.aclose()
        await self.harness.aclose()
        await self.drafts.aclose()
        await self.tasks.aclose()
        await self.sessions.aclose()
