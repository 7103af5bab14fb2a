"""The sessions that are open, one in view, and what people do with sessions in the sidebar."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.plain_text import escape_invisible
from loom_studio.services.agents import renewed
from loom_studio.services.changes import ChangesService, SessionChanges
from loom_studio.services.conversations import NEW_TITLE, TITLE_CHARS, Conversation, Outgoing
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.mcp import McpService
from loom_studio.services.open_sessions import OpenSessions
from loom_studio.services.sessions import SessionsService
from loom_studio.services.undo import Undo
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.viewmodels.session_list import SessionItem
from loom_studio.widgets.diff_choice import DiffChoice

if TYPE_CHECKING:
    from loom.config import AgentConfig, TriggerConfig
    from loom.heartbeat.events import HeartbeatEvent
    from loom.memory.records import SessionSummary
    from loom.safety.profile import Profile

BY_HAND = marked("By hand")
"""What names the sessions that a person started on something noticed."""
MOST_OPEN = 8
"""How many chats are kept ready; one that runs, waits or holds a draft is kept in any case."""


class SessionDesk(QStackedWidget):
    """Makes a chat for each session that is opened, and lets go of those that were not looked at for long.

    `changed` says that a session did, or that another came into view.
    """

    changed = Signal()
    setup_wanted = Signal()
    review_wanted = Signal()
    command_wanted = Signal(str, str)
    """A command that a person typed, which the window does: its name, and what followed it."""
    alerted = Signal(str)
    """Something urgent was noticed, in a sentence."""
    folder_given = Signal(str)
    """A folder was dropped on a chat, or pasted into it."""
    changes_read = Signal(object, object)
    """A conversation, and what it changed in files."""

    def __init__(
        self,
        sessions: SessionsService,
        changes: ChangesService,
        drafts: Drafts,
        keys: Keys,
        profile: Profile,
        agent_for: Callable[[str], AgentConfig],
        parent: QWidget | None = None,
        diff_choice: DiffChoice | None = None,
        mcp: McpService | None = None,
        open_sessions: OpenSessions | None = None,
    ) -> None:
        super().__init__(parent)
        self.open_sessions = open_sessions or OpenSessions(self)
        self._mcp = mcp
        self.sessions = sessions
        self.panels: list[ChatPanel] = []
        self.tasks = TaskOwner(self.complain)
        self._file_changes = changes
        self._drafts = drafts
        self._keys = keys
        self._profile = profile
        self._agent_for = agent_for
        self._diff_choice = diff_choice
        self.names: Callable[[str], Sequence[str]] = lambda _command: ()
        self._looked_at: dict[str, float] = {}
        self.shape: Callable[[AgentConfig], AgentConfig] | None = None
        self.undo: Undo | None = None
        """Where deletions can be taken back, if anywhere."""
        self.may_run: Callable[[Conversation], Awaitable[bool]] | None = None
        """Asked before each run; where it says no, the message goes back to the message box."""
        self.first_mode: Callable[[], PermissionMode] = lambda: PermissionMode.DEFAULT
        """The mode of a new session."""
        self.keeps_focus: Callable[[], bool] = lambda: False
        """Whether the keyboard stays where it is while another chat comes into view."""
        self._items: dict[str, tuple[SessionSummary, SessionItem]] = {}
        sessions.changed.connect(self.changed)

    @property
    def panel(self) -> ChatPanel:
        """The chat in view."""
        return self.panels[self.currentIndex()]

    @property
    def conversations(self) -> list[Conversation]:
        """The sessions that are open."""
        return [panel.conversation for panel in self.panels]

    def complain(self, sentence: str) -> None:
        """Show an error in the chat in view."""
        if self.panels:
            self.panel.complain(sentence)

    def items(self) -> list[SessionItem]:
        """Every session, stored or new, as it is now."""
        stored = self.sessions.summaries
        live = {each.id: each for each in self.open_sessions.conversations}
        own = self.conversations
        items: list[SessionItem] = []
        for key, each in live.items():
            # One that another window has just begun is not there for anybody else yet.
            if key not in stored and (each.is_stored or each in own):
                at = self._looked_at.get(key, 0.0)
                items.append(SessionItem(key, each.title, each.state, at, is_stored=each.is_stored, is_live=True))
        for key, summary in stored.items():
            if key in self.sessions.put_aside:
                continue
            conversation = live.get(key)
            known = self._items.get(key)
            if conversation is None and known is not None and known[0] is summary:
                items.append(known[1])
                continue
            state = {"waiting": "needs you"}.get(summary.state, str(summary.state))
            items.append(
                SessionItem(
                    key,
                    summary.title or tr(NEW_TITLE),
                    conversation.state if conversation is not None and not conversation.owner else state,
                    summary.updated_at,
                    summary.is_pinned,
                    summary.is_archived,
                    is_live=conversation is not None,
                    tags=summary.tags,
                )
            )
            if conversation is None:
                self._items[key] = summary, items[-1]
            else:
                self._items.pop(key, None)
        return items

    def new(self, config: AgentConfig | None, workspace: Path, session_id: str = "") -> ChatPanel:
        """Open a new session and show it; `session_id` is one that was begun before and never sent.

        Without `config` it waits to be given one.
        """
        conversation = self._conversation(config, workspace)
        conversation.id = session_id or conversation.id
        conversation.set_mode(self.first_mode())
        panel = self._add(conversation)
        if config is not None:
            self._begin_to_watch(panel)
        return panel

    def _conversation(
        self, config: AgentConfig | None, workspace: Path, stored: SessionSummary | None = None
    ) -> Conversation:
        parts = self._keys, self._profile, self.open_sessions, self.sessions
        return Conversation(config, workspace, *parts, stored, self._mcp)

    def give_agent(self, config: AgentConfig) -> None:
        """Give the sessions that wait for an agent this one."""
        for panel in self.panels:
            if not panel.conversation.has_config:
                panel.conversation.give(config)
                self._begin_to_watch(panel)

    def renew(self, before: Mapping[str, AgentConfig], now: Mapping[str, AgentConfig]) -> None:
        """Have open sessions go on with their agents as the files have them now; before and now are by name."""
        for panel in self.panels:
            conversation = panel.conversation
            name = conversation.config.name if conversation.has_config else ""
            if name in before and name in now:
                config = renewed(conversation.config, before[name], now[name])
                if config is not None:
                    panel.tasks.start(conversation.use_when_idle(config), what="take the agent as it is now")
        self.changed.emit()

    async def open(self, session_id: str, n: int = 0) -> None:
        """Show a session, and in it what record `n` began."""
        panel = next((each for each in self.panels if each.conversation.id == session_id), None)
        if panel is None:
            conversation = self.open_sessions.get(session_id) or await self._stored(session_id)
            if conversation is not None:
                panel = self._add(conversation)
                panel.tasks.start(self._load(panel, n), what="open the session")
            return
        self.show_panel(panel)
        panel.show_record(n)

    async def _stored(self, session_id: str) -> Conversation | None:
        """A conversation for a stored session; None, with a complaint, where there is none any more."""
        summary = self.sessions.summaries.get(session_id)
        if summary is None:
            self.complain(tr("There is no session {session_id!r} any more.", session_id=session_id))
            return None
        folder = Path(summary.workspace) if summary.workspace else self.panel.conversation.workspace
        if not await in_thread(folder.is_dir):
            folder = self.panel.conversation.workspace
        return self._conversation(self._agent_for(summary.agent), folder, summary)

    def adopt(self, conversation: Conversation) -> None:
        """Show a session of another window too, beside the one in view."""
        before = self.panel
        panel = self._add(conversation)
        self.show_panel(before)
        panel.tasks.start(self._load(panel, 0), what="open the session")

    def show_panel(self, panel: ChatPanel) -> None:
        """Bring a chat into view; the others go on."""
        self._looked_at[panel.conversation.id] = time.time()
        self.setCurrentWidget(panel)
        panel.composer.show_mode(panel.conversation.mode)
        self.changed.emit()
        if not self.keeps_focus():
            panel.composer.message.setFocus()

    def act(self, action: str, item: SessionItem) -> None:
        """Do with a session what its menu offers."""
        _ACTIONS[action](self, item)

    def ask_to_import(self) -> None:
        """Ask for a file with a session, and open that."""
        _questions().ask_what_to_import(Path.home(), self, self.bring_in)

    def bring_in(self, file: Path) -> None:
        """Import a session from a file, and open it."""
        self._start(self._import, marked("import the session"), file)

    async def rename(self, session_id: str, title: str) -> None:
        """Give a session a title."""
        conversation = next((each for each in self.conversations if each.id == session_id), None)
        if conversation is not None:
            await conversation.rename(title)
        else:
            await self.sessions.change(session_id, title=title.strip() or tr(NEW_TITLE), is_named=True)

    async def fork(self, session_id: str, at: int | None) -> None:
        """Copy a session up to a record, and open the copy with the message that was being edited."""
        source = next((each for each in self.panels if each.conversation.id == session_id), None)
        message = source.composer.take() if source is not None else Outgoing("")
        made = await self.sessions.fork(session_id, at)
        await self.open(made)
        if message.text or message.attachments:
            self.panel.composer.give_back([message])

    async def delete(self, session_id: str) -> None:
        """Delete a session for good, in every window; its run is stopped first."""
        conversation = self.open_sessions.get(session_id)
        await self._close(session_id)
        if conversation is not None and conversation.is_stored:
            await self.sessions.refresh()  # what was stored a moment ago is not in the list yet
        self.sessions.put_aside.discard(session_id)
        self._drafts.keep(session_id, "")
        if session_id in self.sessions.summaries:
            folder = Path(self.sessions.summaries[session_id].workspace or ".")
            await self.sessions.delete(session_id)
            await self._file_changes.release(session_id, folder)
        self.changed.emit()

    async def _close(self, session_id: str) -> None:
        """Let go of a session in every window."""
        conversation = self.open_sessions.get(session_id)
        for panel in self.open_sessions.holders(conversation) if conversation is not None else ():
            await panel.leave()

    async def put_aside(self, item: SessionItem, undo: Undo) -> None:
        """Delete a session so that it can be taken back: until that is final it is only not shown.

        What is killed meanwhile has deleted nothing.
        """
        await self._close(item.id)
        self.sessions.set_aside([item.id])
        undo.offer(
            tr(
                "“{title}” was deleted. It is removed from the disk when this notice goes; the audit stays.",
                title=item.title,
            ),
            partial(self.sessions.bring_back, [item.id]),
            partial(self._delete_at_last, item.id),
        )

    async def _delete_at_last(self, session_id: str) -> None:
        await self.sessions.refresh()  # it may have been written to a moment before it was put aside
        await self.delete(session_id)

    async def aclose(self) -> None:
        """Let go of every session; what runs, and no other window shows, is kept as interrupted."""
        await self.tasks.aclose()
        for panel in self.panels:
            await self.open_sessions.let_go(panel)

    async def _load(self, panel: ChatPanel, n: int) -> None:
        await panel.load()
        self.read_changes(panel.conversation)
        if n:
            panel.show_record(n)
        self._begin_to_watch(panel)

    def _begin_to_watch(self, panel: ChatPanel) -> None:
        panel.tasks.start(panel.conversation.begin_to_watch(), what="begin to watch")

    def read_changes(self, conversation: Conversation) -> None:
        """Look at what a conversation changed in files, and say so."""
        self._start(self._read_changes, marked("look at the changed files"), conversation)

    async def _read_changes(self, conversation: Conversation) -> None:
        changes = await self._file_changes.changes(conversation.id, conversation.workspace)
        conversation.changed_files = changes.summary
        conversation.changed.emit()
        self.changes_read.emit(conversation, changes)

    def _on_restore_wanted(self, panel: ChatPanel, n: int) -> None:
        self._start(self._ask_to_restore, marked("look at what would be restored"), panel, n)

    async def _ask_to_restore(self, panel: ChatPanel, n: int) -> None:
        conversation = panel.conversation
        changes = await self._file_changes.changes(conversation.id, conversation.workspace, n)
        await self._show_restore(panel, changes, None, n)

    def ask_to_restore_files(self, changes: SessionChanges, paths: list[str] | None) -> None:
        """Show what taking files of the session in view back would do, and do it if that is wanted."""
        self._start(self._show_restore, marked("look at what would be restored"), self.panel, changes, paths, 0)

    async def _show_restore(self, panel: ChatPanel, changes: SessionChanges, paths: list[str] | None, n: int) -> None:
        """Ask about files, and with `n` about the conversation before that record too."""
        preview = await self._file_changes.preview(changes, paths)
        from loom_studio.dialogs.restore import RestoreDialog  # a window is shown without it

        dialog = RestoreDialog(preview, with_conversation=n > 0, parent=self)

        async def restore(*, files: bool, conversation: bool, conflicts: bool) -> None:
            if files:
                for left in await self._file_changes.restore(changes, preview.plan, with_conflicts=conflicts):
                    panel.complain(left)
            if conversation:
                await panel.rewind(n)
            self.read_changes(panel.conversation)

        dialog.then = partial(self._start, restore, marked("restore"))
        dialog.open()

    async def _change(self, session_id: str, **changes: Any) -> None:
        await self.sessions.change(session_id, **changes)

    async def _write_title(self, session_id: str) -> None:
        await self.open(session_id)
        await self.panel.conversation.write_title()
        await self.sessions.refresh()

    async def _tag(self, session_id: str, text: str) -> None:
        tags = list(dict.fromkeys(word.lstrip("#") for word in text.replace(",", " ").split()))
        await self.sessions.change(session_id, tags=[tag for tag in tags if tag])

    async def _import(self, file: Path) -> None:
        session_id, left_out = await self.sessions.import_file(file)
        await self.open(session_id)
        for sentence in left_out[:5]:
            self.complain(sentence)

    def _start(self, func: Callable[..., Any], what: str, *args: Any, **kwargs: Any) -> None:
        self.tasks.start(func(*args, **kwargs), what=what)

    def _add(self, conversation: Conversation) -> ChatPanel:
        conversation.shape = self.shape
        panel = ChatPanel(conversation, self._diff_choice)
        panel.may_run = self._may_run
        panel.setup_wanted.connect(self.setup_wanted)
        panel.attaching.folder_given.connect(self.folder_given)
        panel.command_wanted.connect(partial(self._on_command, panel))
        panel.command_arguments = partial(self._names, conversation)
        panel.review_wanted.connect(self.review_wanted)
        panel.run_wanted.connect(partial(self.ask_to_run, conversation))
        panel.restore_wanted.connect(partial(self._on_restore_wanted, panel))
        conversation.files_changed.connect(partial(self.read_changes, conversation))
        panel.queue_deleted.connect(partial(self._on_queue_deleted, panel))
        panel.fork_wanted.connect(partial(self.ask_to_fork, conversation.id))
        message = panel.composer.message
        message.setPlainText(self._drafts.text(conversation.id))
        message.textChanged.connect(lambda: self._drafts.keep(conversation.id, message.toPlainText()))
        conversation.changed.connect(self.changed)
        conversation.alerted.connect(self.alerted)
        conversation.triggers.run = partial(self.run_triggered, conversation)
        conversation.triggers.is_in_charge = partial(self._is_in_charge, conversation)
        self.panels.append(panel)
        self.addWidget(panel)
        panel.leave = partial(self._let_go, panel)
        self.open_sessions.hold(panel)
        self.show_panel(panel)
        self._make_room()
        return panel

    def _on_queue_deleted(self, panel: ChatPanel, message: Outgoing, number: int) -> None:
        if self.undo is not None:
            self.undo.offer(tr("The queued message was deleted."), partial(panel.waiting.put_back, message, number))

    async def _may_run(self, conversation: Conversation) -> bool:
        return self.may_run is None or await self.may_run(conversation)

    def _names(self, conversation: Conversation, command: str) -> Sequence[str]:
        """What may follow a command in the chat of a conversation."""
        return conversation.tool_names if command == "tool" else self.names(command)

    def _on_command(self, panel: ChatPanel, name: str, rest: str) -> None:
        if name == "export":
            self._with_item(panel.conversation.id, self.on_export)
        else:
            self.command_wanted.emit(name, rest)

    def _with_item(self, session_id: str, do: Callable[[SessionItem], None]) -> None:
        item = next((each for each in self.items() if each.id == session_id), None)
        if item is None or not item.is_stored:
            self.complain(tr("There is nothing to export yet: the session begins with its first message"))
        else:
            do(item)

    async def run_triggered(
        self, watcher: Conversation, trigger: TriggerConfig, prompt: str, event: HeartbeatEvent
    ) -> None:
        """Run a trigger's agent in a session of its own, beside the one in view. Raises LoomError."""
        from loom.config import load_agent
        from loom.heartbeat.triggers import cause_of

        file = watcher.workspace / trigger.agent
        config = await in_thread(load_agent, file) if trigger.agent else watcher.config
        before = self.panel
        panel = self.new(replace(config, heartbeat=None), watcher.workspace)
        self.show_panel(before)
        panel.conversation.triggers.cause = cause_of(trigger, event)
        panel.conversation.triggers.watched_by = watcher.heartbeat
        title = tr("{trigger}: {summary}", trigger=tr(trigger.name), summary=event.summary)
        panel.conversation.title = title[:TITLE_CHARS]
        await panel.converse(Outgoing(prompt))

    def _is_in_charge(self, conversation: Conversation) -> bool:
        """Whether a session acts on what is noticed, where several of one agent watch one folder: it ran last.

        So one change starts an agent once, and what an agent writes itself is judged by the session that it ran in.
        """
        alike = [
            each
            for each in self.conversations
            if each.heartbeat is not None
            and each.workspace == conversation.workspace
            and each.config.name == conversation.config.name
        ]
        return not alike or max(alike, key=lambda each: (each.is_running, each.ran_at)) is conversation

    def ask_to_run(self, watcher: Conversation, event_id: str) -> None:
        """Ask which agent is to work on what a session's agent noticed, and start it beside the one in view."""
        event = watcher.noticed_event(event_id)
        if event is None:
            return
        from loom.config import TriggerConfig
        from loom.heartbeat.triggers import prompt_of
        from loom_studio.dialogs.run_agent import RunAgentDialog

        def start(agent: str, prompt: str) -> None:
            trigger = TriggerConfig(BY_HAND, prompt, agent)
            self._start(self.run_triggered, marked("run the agent"), watcher, trigger, prompt_of(trigger, event), event)

        RunAgentDialog(escape_invisible(event.summary), str(watcher.workspace), start, self).open()

    def ask_to_fork(self, session_id: str, at: int) -> None:
        """Copy a session up to a record (0: all of it), and show the copy."""
        self._start(self.fork, marked("fork the session"), session_id, at or None)

    def _make_room(self) -> None:
        """Let go of the chat that was not looked at for longest, when there are many."""
        if len(self.panels) <= MOST_OPEN:
            return
        idle = [
            each
            for each in self.panels
            if each is not self.panel and each.conversation.is_stored and not each.conversation.is_running
        ]
        if idle:
            oldest = min(idle, key=lambda each: self._looked_at.get(each.conversation.id, 0.0))
            self._start(self._let_go, marked("close a session"), oldest)

    async def _let_go(self, panel: ChatPanel) -> None:
        self.panels.remove(panel)
        self.removeWidget(panel)
        if not self.panels:
            self.new(panel.conversation.config, panel.conversation.workspace)
        if self.open_sessions.shows_alone(panel):
            panel.conversation.stop()
        await self.open_sessions.let_go(panel)
        panel.deleteLater()

    # -- what the menu of a session offers

    def on_rename(self, item: SessionItem) -> None:
        """Ask for another title."""
        rename = partial(self._start, self.rename, marked("rename the session"), item.id)
        _questions().ask_title(item.title, self, rename)

    def on_title(self, item: SessionItem) -> None:
        """Have the model write a title."""
        self._start(self._write_title, marked("write a title"), item.id)

    def on_tags(self, item: SessionItem) -> None:
        """Ask for tags."""
        _questions().ask_tags(item.tags, self, partial(self._start, self._tag, marked("keep the tags"), item.id))

    def on_pin(self, item: SessionItem) -> None:
        """Pin or unpin."""
        self._start(self._change, marked("pin the session"), item.id, is_pinned=not item.is_pinned)

    def on_archive(self, item: SessionItem) -> None:
        """Put into the archive, or take out of it."""
        self._start(self._change, marked("archive the session"), item.id, is_archived=not item.is_archived)

    def on_fork(self, item: SessionItem) -> None:
        """Copy all of it."""
        self._start(self.fork, marked("fork the session"), item.id, None)

    def on_export(self, item: SessionItem) -> None:
        """Ask where to export it."""
        export = partial(self._start, self.sessions.export, marked("export the session"), item.id)
        _questions().ask_where_to_export(item.title, Path.home(), self, export)

    def on_delete(self, item: SessionItem) -> None:
        """Delete it: at once where that can be taken back, else after a question."""
        if self.undo is not None and item.is_stored and item.state not in ("running", "needs you"):
            self._start(self.put_aside, marked("delete the session"), item, self.undo)
            return
        delete = partial(self._start, self.delete, marked("delete the session"), item.id)
        is_running = item.state in ("running", "needs you")
        _questions().ask_to_delete(item.title, is_running=is_running, parent=self, then=delete)


def _questions() -> ModuleType:
    """What is asked about sessions; a window is shown without it."""
    from loom_studio.dialogs import sessions

    return sessions


_ACTIONS: dict[str, Callable[[SessionDesk, SessionItem], None]] = {
    "rename": SessionDesk.on_rename,
    "title": SessionDesk.on_title,
    "tags": SessionDesk.on_tags,
    "pin": SessionDesk.on_pin,
    "archive": SessionDesk.on_archive,
    "fork": SessionDesk.on_fork,
    "export": SessionDesk.on_export,
    "delete": SessionDesk.on_delete,
}
