"""The inspector beside the chat: its tabs, and what each is shown of the session in view."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QStackedWidget, QTabWidget, QWidget

from loom_studio.services.changes import ChangesService, SessionChanges
from loom_studio.services.conversations import Conversation
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.harness_waits import HarnessWaits
from loom_studio.services.loading import load
from loom_studio.services.permissions import PermissionsService
from loom_studio.services.sessions import SessionsService
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named

# The tabs are made after the window's first paint.
if TYPE_CHECKING:
    from loom_studio.panels.approvals.panel import ApprovalsPanel
    from loom_studio.panels.changes.panel import ChangesPanel
    from loom_studio.panels.context.panel import ContextPanel
    from loom_studio.panels.heartbeat.panel import HeartbeatPanel
    from loom_studio.panels.sprints.panel import SprintsPanel
    from loom_studio.panels.trace.tab import TraceTab

PANELS = (
    *("approvals.panel", "changes.panel", "context.panel", "heartbeat.panel", "trace.tab"),
    *("sprints.placed_text", "sprints.lanes", "sprints.timeline", "sprints.matrix", "sprints.questions"),
    *("sprints.run_dialogs", "sprints.run_list", "sprints.sprint_pages", "sprints.panel"),
)
"""What the tabs are made of; that of the sprints in pieces, since its timeline alone takes as long as three others."""
NEEDED = (
    *("html", "difflib", "loom.config", "loom.types.approvals", "loom.heartbeat.events"),
    *("loom.orchestration.record", "loom.orchestration.findings"),
)
"""What they import that has nothing of Qt's."""


class Inspector(QTabWidget):
    """Holds the tabs. It is empty until `fill`, and then shows what it was given before."""

    session_wanted = Signal(object)
    """A conversation whose card is to be shown."""
    place_wanted = Signal(str, str, int)
    """A workspace, a file in it, and a line of that, which a harness run's evaluator named."""
    call_wanted = Signal(object)
    """A HarnessCall whose card is to be shown."""
    comments_sent = Signal(str)
    """A message for the session in view."""
    restore_wanted = Signal(object, object)
    """The changes, and the paths of those that are to be taken back (None: all)."""
    files_changed = Signal(object)
    """Files of a conversation were changed from here."""

    trigger_wanted = Signal(object, str, object)
    """A conversation, the name of a trigger of its agent (empty: none), and what is to take its place."""
    act_wanted = Signal(object, str, str)
    """A conversation, what is to be done about an alert of it (tell, run), and the event's id."""
    harness_wanted = Signal()
    """The person wants to say what a new harness run is to do."""
    fork_wanted = Signal(str, int)
    """A session, and the record up to which it is to be copied."""
    alert_wanted = Signal(object, str)
    """A conversation, and an alert as its transcript says it."""

    def __init__(
        self,
        permissions: PermissionsService,
        changes: ChangesService,
        harness: HarnessRuns,
        sessions: SessionsService,
        waits: HarnessWaits,
        workspace: Path,
        diff_choice: DiffChoice,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, "Inspector")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.setMinimumWidth(px(260))
        self._permissions = permissions
        self._changes_service = changes
        self._harness = harness
        self._sessions = sessions
        self._waits = waits
        self._workspace = workspace
        self._diff_choice = diff_choice
        self.approvals: ApprovalsPanel | None = None
        self.context: ContextPanel | None = None
        self.heartbeat: HeartbeatPanel | None = None
        self.sprints: SprintsPanel | None = None
        self.changes: ChangesPanel | None = None
        self.trace: TraceTab | None = None
        self._conversations: list[Conversation] = []
        self._shown: Conversation | None = None
        self._file_changes: dict[str, SessionChanges] = {}
        self._titles: list[str] = []
        self._making = self._made_tabs()
        self.way_back = named(QPushButton(tr("Back to the chat")), "Back to the chat")
        self.way_back.hide()
        self.setCornerWidget(self.way_back)

    @staticmethod
    async def load() -> None:
        """Import what the tabs are made of."""
        await load([f"loom_studio.panels.{name}" for name in PANELS], NEEDED)

    def fill(self) -> None:
        """Make the tabs that are not there yet, at once."""
        for _ in self._making:
            pass

    async def fill_in_steps(self) -> bool:
        """Make what is in the tabs one after the other: what a person does meanwhile comes between.

        False where that was to close the window.
        """
        for _ in self._making:
            await asyncio.sleep(0)
            if not shiboken6.isValid(self):
                return False
        return True

    def _made_tabs(self) -> Generator[None]:
        """Make the tabs where they will be, or Qt would style them again there; it yields after what takes its time."""
        from loom_studio.panels.approvals.panel import ApprovalsPanel
        from loom_studio.panels.changes.panel import ChangesPanel
        from loom_studio.panels.context.panel import ContextPanel
        from loom_studio.panels.heartbeat.panel import HeartbeatPanel
        from loom_studio.panels.sprints.panel import SprintsPanel
        from loom_studio.panels.trace.tab import TraceTab

        stack = self.findChild(QStackedWidget)
        self.approvals = ApprovalsPanel(self._permissions, self._workspace, self._waits, stack)
        self.approvals.session_wanted.connect(self.session_wanted)
        self.approvals.harness_wanted.connect(self.call_wanted)
        yield
        self.changes = ChangesPanel(self._changes_service, self._diff_choice, stack)
        self.changes.comments_sent.connect(self.comments_sent)
        self.changes.restore_wanted.connect(self.restore_wanted)
        self.changes.changed.connect(self.files_changed)
        yield
        self.context = ContextPanel(self._diff_choice, stack)
        yield
        self.heartbeat = HeartbeatPanel(stack)
        self.heartbeat.alert_wanted.connect(self.alert_wanted)
        self.heartbeat.act_wanted.connect(self.act_wanted)
        self.heartbeat.trigger_wanted.connect(self.trigger_wanted)
        yield
        self.sprints = SprintsPanel(self._harness, self._diff_choice, stack)
        self.sprints.new_wanted.connect(self.harness_wanted)
        self.sprints.answered.connect(self._waits.look)
        self.sprints.answered.connect(self.approvals.refresh)
        self.sprints.place_wanted.connect(self.place_wanted)
        yield
        self.trace = TraceTab(self._sessions, stack)
        self.trace.fork_wanted.connect(self.fork_wanted)
        yield
        self._show_tabs()
        shown, self._shown = self._shown, None
        if shown is not None:
            self.show_sessions(self._conversations, shown)

    def _show_tabs(self) -> None:
        """Add what was made, all at once: who looks at the tabs from outside finds all or none."""
        for tab, title in (
            (self.approvals, marked("Approvals")),
            (self.context, marked("Context")),
            (self.heartbeat, marked("Heartbeat")),
            (self.sprints, marked("Sprints")),
            (self.trace, marked("Trace")),
            (self.changes, marked("Changes")),
        ):
            if tab is not None:
                self._titles.append(title)
                self.addTab(tab, tr(title))

    def show_sessions(self, conversations: list[Conversation], in_view: Conversation) -> None:
        """Show what waits in the sessions, and the session in view."""
        self._conversations = conversations
        is_other, self._shown = in_view is not self._shown, in_view
        if self.approvals is None or self.context is None or self.heartbeat is None or self.changes is None:
            return
        self.approvals.show_sessions(conversations)
        waiting = sum(len(each.pending) for each in conversations) + len(self._waits.calls)
        self.setTabToolTip(self.indexOf(self.approvals), tr("{n} waiting", n=waiting) if waiting else "")
        self.context.show_conversation(in_view)
        if self.trace is not None:
            self.trace.show_conversation(in_view)
        if is_other:
            self.heartbeat.show_conversation(in_view)
            self.changes.show_conversation(in_view, self._file_changes.get(in_view.id))

    def show_changes(self, conversation: Conversation, changes: SessionChanges) -> None:
        """Show what was read of a session's changes in files."""
        self._file_changes[conversation.id] = changes
        if self.changes is not None and conversation is self._shown:
            self.changes.show_conversation(conversation, changes)

    def review_changes(self) -> None:
        """Bring the changes to the front."""
        self.fill()
        if self.changes is not None:
            self.setCurrentWidget(self.changes)

    def show_harness(self, run_id: str, request_id: str = "") -> None:
        """Bring a harness run to the front, and the call of it that waits."""
        self.fill()
        if self.sprints is not None:
            self.setCurrentWidget(self.sprints)
            self.sprints.show_run(run_id, request_id)

    @property
    def titles(self) -> list[str]:
        """The tabs that there are, as they are called in English."""
        return list(self._titles)

    @property
    def title(self) -> str:
        """What the tab in view is called in English; empty where there is none yet."""
        return self._titles[self.currentIndex()] if self._titles else ""

    def show_tab(self, title: str) -> None:
        """Bring a tab to the front by what it is called in English, if it is there."""
        if title in self._titles:
            self.setCurrentIndex(self._titles.index(title))

    @property
    def is_quiet(self) -> bool:
        """True while the person wants no notifications of what is noticed."""
        return self.heartbeat is not None and self.heartbeat.quiet.isChecked()

    def use_workspace(self, workspace: Path) -> None:
        """New grants and rules are for another folder."""
        self._workspace = workspace
        if self.approvals is not None:
            self.approvals.workspace = workspace

    async def aclose(self) -> None:
        """End what the tabs do."""
        for panel in (self.approvals, self.context, self.heartbeat, self.sprints, self.trace, self.changes):
            if panel is not None:
                await panel.aclose()
