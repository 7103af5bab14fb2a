"""The main window: sidebar, header, the chat in view, status bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.agent_desk import AgentDesk
from loom_studio.alert_desk import AlertDesk
from loom_studio.attention import Attention
from loom_studio.drops import Drops
from loom_studio.harness_desk import HarnessDesk
from loom_studio.inspector import Inspector
from loom_studio.overriding import override
from loom_studio.panels.chat.composer import MODES
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.header import Header
from loom_studio.panels.sidebar import Sidebar
from loom_studio.panels.undo_bar import UndoBar
from loom_studio.runtime_words import said_of
from loom_studio.services.agents import AgentEntry
from loom_studio.services.conversations import Outgoing
from loom_studio.services.loading import load
from loom_studio.services.permissions import first_mode
from loom_studio.services.recent import recent_workspaces
from loom_studio.services.studio import StudioServices
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px, theme_watch
from loom_studio.widgets.beside import Beside
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.on_screen import OnScreen
from loom_studio.widgets.sized import grown
from loom_studio.window_dialogs import WindowDialogs

# What a first paint does not need is imported after it.
if TYPE_CHECKING:
    from loom.config import AgentConfig, ModelRef
    from loom_studio.budget_watch import BudgetWatch
    from loom_studio.services.tour import Tour
    from loom_studio.window_actions import WindowActions

REFRESH_MS = 60
SAFE_MODE = marked(
    "Safe mode: nothing of plugins, hooks and tool servers runs. You are asked about each call that a hook would have "
    "judged; hooks on your own messages are not asked. Close the Studio and start it without --safe-mode to have them."
)
COLUMNS_PX = [220, 618, 402]
WIDE_PX = 1100
"""From this width on the inspector has a column of its own."""


class MainWindow(QMainWindow):
    """Places the parts and passes their wishes on; it knows no runtime."""

    closed = Signal()
    window_wanted = Signal(str)
    """Another window is wanted, with a session (its id) or a new one (empty)."""
    quit_wanted = Signal()
    painted = Signal()
    """The window is on the screen for the first time, and takes input."""

    def __init__(self, services: StudioServices, agents: AgentDesk, workspace: Path) -> None:
        super().__init__()
        self.services = services
        self.library = services.library
        self.workspace = workspace
        self.settings = settings = services.settings
        self.keys = services.keys
        self.permissions = services.permissions
        self.mcp = services.mcp
        self.models = services.models
        self.waits = services.waits
        self.agents = agents
        self.dialogs = WindowDialogs(self)
        self.budgets: BudgetWatch | None = None
        self.attention = Attention(self, settings)
        self.may_close: Callable[[], bool] = lambda: True
        """Asked when the window is to close; after a no it stays."""
        self._is_painted = False
        self._tours: list[tuple[str, Tour]] = []
        self.workspaces = recent_workspaces(settings)
        self._show_title()
        self.sidebar = Sidebar()
        self.header = Header()
        self.tasks = TaskOwner(self._complain)
        self.diff_choice = DiffChoice(side_by_side=settings.flag("side_by_side"), parent=self)
        self.diff_choice.changed.connect(partial(settings.keep, "side_by_side"))
        self.desk = SessionDesk(
            *(services.sessions, services.changes, services.drafts, services.keys, services.profile, self._agent_for),
            *(self, self.diff_choice, services.mcp, services.open),
        )
        self._use_services()
        self.inspector = Inspector(
            *(self.permissions, services.changes, services.harness, services.sessions, services.waits, workspace),
            self.diff_choice,
        )
        self.status = QLabel()
        self.alerts = AlertDesk(self.desk, self.inspector, self.library, self.tasks)
        self._lay_out()
        self._connect()
        self._restore_layout()
        self.sidebar.show_workspace(workspace)
        self.workspaces.add(str(workspace))
        self.desk.new(None, workspace)

    def _use_services(self) -> None:
        """Have sessions begin with what the person set, and deletions taken back where all others are."""
        self.desk.shape, self.desk.first_mode = self.models.applied, partial(first_mode, self.settings)
        self.desk.undo = self.services.undo
        self.desk.folder_given.connect(self.use_workspace)
        Drops(
            *(self, self.tasks),
            folder=self.use_workspace,
            agent=self.agents.bring_in,
            session=self.desk.bring_in,
            attach=self._attach,
            words=self._write,
        )

    def _attach(self, paths: list[Path]) -> None:
        self.panel.attaching.files(paths)

    def _write(self, words: str) -> None:
        """Add words to the message that is being written."""
        self.beside.leave_centre()
        message = self.panel.composer.message
        before = message.toPlainText()
        message.insertPlainText(words if not before or before[-1].isspace() else f" {words}")
        message.setFocus()

    def _compose(self) -> None:
        self.panel.composer.message.setFocus()

    def _restore_layout(self) -> None:
        """Have the window as it was closed."""
        self.resize(grown(self, 1240, 800))
        self.restoreGeometry(self.settings.layout("window"))
        OnScreen(self).bring_back()
        self.splitter.restoreState(self.settings.layout("splitter"))
        self.beside.fit()  # a column that there is no room for would make the window wider when it is shown
        self.sidebar.setVisible(self.settings.flag("sidebar", default=True))

    @cached_property
    def actions_of_window(self) -> WindowActions:
        """What keys, menus and the palette do; made right after the first paint, which needs none of it."""
        from loom_studio.window_actions import WindowActions

        return WindowActions(self)

    @property
    def panel(self) -> ChatPanel:
        """The chat in view."""
        return self.desk.panel

    @property
    def panels(self) -> list[ChatPanel]:
        """The chats that are open."""
        return self.desk.panels

    async def show_library(self) -> None:
        """Read the agents, and give the first one to the sessions that wait for one."""
        await self.library.load()
        self.agents.files.watch()
        await self.inspector.load()
        await load(["loom_studio.budget_watch"])
        await self.settle()

    async def settle(self) -> None:
        """Show the library that was read, and make what a first paint does not need."""
        self._show_library()
        self.desk.give_agent(self._first_agent()[1])
        if self.budgets is None:
            from loom_studio.budget_watch import BudgetWatch

            self.budgets = BudgetWatch(self.services.sessions, self.settings, lambda: self.workspace, self)
            self.budgets.warned.connect(self._on_budget)
            self.desk.may_run = self.budgets.may_run
        if not await self.inspector.fill_in_steps():
            return
        self.actions_of_window.fill_menu_bar()
        self.waits.look()

    def new_session(self, entry: AgentEntry) -> None:
        """Open a session with an agent and show it."""
        if entry.config is None:
            self.panel.complain(entry.error)
            return
        self.desk.new(entry.config, self.workspace)

    async def take_tour(self) -> None:
        """Show the tour in a session of its own, which goes with its folder when the window does."""
        from loom_studio.services.tour import Tour, prompts

        tour = await Tour.make()
        panel = self.desk.new(tour.agent(), tour.folder)
        self._tours.append((panel.conversation.id, tour))
        for number, prompt in enumerate(prompts()):
            await panel.converse(Outgoing(prompt))
            if panel.conversation.state != "done":
                return  # it was stopped
            if number == 0:
                await panel.conversation.context.renew()
        self.beside.show()
        self.inspector.show_tab("Sprints")
        await panel.converse(Outgoing(await tour.sprints(self.services.harness)))

    async def open_stored(self, session_id: str) -> None:
        """Read the stored sessions and what was not sent; show `session_id`, or what was being written."""
        drafts = await self.services.drafts.load()
        try:
            for notice in await self.desk.sessions.open():
                self.panel.complain(notice)
        except LoomError as error:
            self.panel.complain(said_of(error))
            return
        known = self.desk.sessions.summaries
        here = {each.id for each in self.services.open.conversations}
        unsent = next((key for key, text in drafts.items() if text and key not in known and key not in here), "")
        if session_id:
            found = [key for key in known if key.startswith(session_id)]
            if len(found) == 1:
                await self.desk.open(found[0])
            else:
                self.panel.complain(
                    tr("There is no session {session_id!r}, or more than one begins so.", session_id=session_id)
                )
        elif unsent and self.panel.is_untouched:
            first = self.panel
            self.desk.new(first.conversation.config, self.workspace, unsent)
            await self.desk.delete(first.conversation.id)

    async def show_alone(self, session_id: str) -> None:
        """Show a session in place of the new one that a window begins with."""
        first = self.panel
        await self.desk.open(session_id)
        if first.is_untouched and first is not self.panel:
            await self.desk.delete(first.conversation.id)

    async def aclose(self) -> None:
        """End what the window does, and every session that no other one shows."""
        await self.dialogs.aclose()
        await self.actions_of_window.aclose()
        await self.tasks.aclose()
        if self.budgets is not None:
            await self.budgets.aclose()
        await self.inspector.aclose()
        for session_id, tour in self._tours:
            await self.desk.delete(session_id)
            await tour.aclose(self.services.harness)
        await self.desk.aclose()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_painted and self._soon.isActive():  # the first paint may be sooner
            self._soon.stop()
            self._refresh()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self._on_painted)

    def _on_painted(self) -> None:
        _ = self.actions_of_window  # what is typed from now on is taken; keys for actions begin to hold here
        self.painted.emit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the chat the room of the inspector where the window is narrow."""
        super().resizeEvent(event)
        self.beside.fit()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        super().closeEvent(event)
        self.settings.keep("window", self.saveGeometry())
        self.settings.keep("splitter", self.beside.columns)
        self.settings.keep("sidebar", not self.sidebar.isHidden())  # the window may be away, and it with it
        self.settings.keep("inspector", self.beside.is_wanted)
        self.settings.save()
        self.closed.emit()

    def _agent_for(self, name: str) -> AgentConfig:
        """The agent of a stored session, or the first one where its own is gone."""
        own = next((entry.config for entry in self.entries if entry.name == name and entry.config is not None), None)
        return own or self._first_agent()[1]

    @property
    def entries(self) -> list[AgentEntry]:
        """The agents to choose from."""
        return self.library.entries

    def _first_agent(self) -> tuple[AgentEntry, AgentConfig]:
        return self.library.first(self.settings.text("agent"), self.models.chat_model())

    def _show_library(self) -> None:
        self.header.show_agents(self.entries)
        self.sidebar.show_agents(self.entries)

    def _show_title(self) -> None:
        name = self.workspace.name or self.workspace
        safe = tr("Loom Studio (safe mode) – {workspace}", workspace=name)
        self.setWindowTitle(safe if self.services.profile.is_safe else tr("Loom Studio – {workspace}", workspace=name))
        self.setAccessibleName(self.windowTitle())

    def _lay_out(self) -> None:
        self.statusBar().addWidget(self.status)
        centre = QWidget()
        centre.setObjectName("Central")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        if self.services.profile.is_safe:
            banner = named(text_label(tr(SAFE_MODE)), "Safe mode", "Warning")
            banner.setAccessibleDescription(banner.text())
            layout.addWidget(banner)
        layout.addWidget(self.desk, 1)
        self._centre = layout
        self.notices = QVBoxLayout()
        self.notices.setContentsMargins(12, 0, 12, 4)
        self.notices.setSpacing(6)
        self.notices.addWidget(UndoBar(self.services.undo))
        layout.addLayout(self.notices)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.sidebar)
        self.splitter.addWidget(centre)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(0, False)
        self.beside = Beside(
            self.splitter, self.inspector, WIDE_PX, is_wanted=self.settings.flag("inspector", default=True)
        )
        self.beside.centred.connect(self.inspector.way_back.setVisible)
        self.harness = HarnessDesk(self.waits, self.sidebar, self.inspector, self.beside, self.tasks)
        self.sidebar.setMinimumWidth(px(212))
        self.splitter.setSizes(COLUMNS_PX)
        self.setCentralWidget(self.splitter)

    def _connect(self) -> None:
        theme_watch().changed.connect(self._on_theme)
        self.sidebar.new_wanted.connect(self.new_like_this)
        self.sidebar.session_chosen.connect(self.beside.leave_centre)
        self.sidebar.compose_wanted.connect(self._compose)
        self.desk.keeps_focus = self.sidebar.is_walked_by_keys
        self.sidebar.hit_chosen.connect(self.beside.leave_centre)
        self.sidebar.session_chosen.connect(self.open_session)
        self.sidebar.hit_chosen.connect(self.open_session)
        self.sidebar.search_wanted.connect(self._on_search)
        self.sidebar.action_wanted.connect(self.desk.act)
        self.sidebar.import_wanted.connect(self.desk.ask_to_import)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REFRESH_MS)
        self._soon.timeout.connect(self._refresh)
        self.desk.changed.connect(self._refresh_soon)
        self.waits.changed.connect(self._refresh_soon)
        self.desk.review_wanted.connect(self.review_changes)
        self.desk.command_wanted.connect(self._on_command)
        self.desk.names = self.names
        self.desk.changes_read.connect(self.inspector.show_changes)
        self.inspector.comments_sent.connect(self._on_comments)
        self.inspector.restore_wanted.connect(self.desk.ask_to_restore_files)
        self.inspector.files_changed.connect(self.desk.read_changes)
        self.inspector.fork_wanted.connect(self.desk.ask_to_fork)
        self.inspector.harness_wanted.connect(self.dialogs.ask_for_harness)
        self.desk.alerted.connect(self._on_alerted)
        self.desk.setup_wanted.connect(self.dialogs.open_welcome)
        self.sidebar.agent_chosen.connect(self._on_library)
        self.sidebar.agent_action_wanted.connect(self.agents.act_on)
        self.agents.changed.connect(self._on_agents_changed)
        self.sidebar.setup_wanted.connect(self.dialogs.open_welcome)
        self.sidebar.settings_wanted.connect(self.dialogs.open_settings)
        self.sidebar.workspace_wanted.connect(self.choose_workspace)
        self.header.title_changed.connect(self._on_title)
        self.header.agent_chosen.connect(self._on_agent)
        self.header.model_chosen.connect(self.use_model)

    def _on_theme(self) -> None:
        self.beside.fit()

    def show_in_centre(self) -> None:
        """Give the tab in view the place of the chat, until the chat is wanted again."""
        self.beside.take_centre(self.desk, self._centre)
        self.inspector.tabBar().setFocus()

    def new_like_this(self) -> None:
        """Open a session with the agent that the header shows."""
        self.beside.leave_centre()
        if not self.entries:
            self.desk.new(None, self.workspace)
            return
        entry = self.entries[max(0, self.header.agent.currentIndex())]
        self.new_session(entry if entry.config is not None else self._first_agent()[0])

    def _on_library(self, number: int) -> None:
        self.new_session(self.entries[number])

    def _on_agents_changed(self, before: dict[str, AgentConfig]) -> None:
        """Show the library, and let open sessions go on with their agent as its file has it now."""
        self._show_library()
        self.desk.renew(before, {entry.name: entry.config for entry in self.entries if entry.config is not None})

    def open_session(self, session_id: str, n: int = 0) -> None:
        """Show a session, and in it what record `n` began."""
        self.tasks.start(self.desk.open(session_id, n), what="open the session")

    def _on_search(self, text: str) -> None:
        self.tasks.start(self._search(text), what="search the sessions")

    async def _search(self, text: str) -> None:
        self.sidebar.show_hits(text, await self.desk.sessions.search(text))

    def _on_title(self, title: str) -> None:
        conversation = self.panel.conversation
        if title.strip() != conversation.title:
            self.tasks.start(conversation.rename(title), what="rename the session")

    def _on_agent(self, number: int) -> None:
        entry = self.entries[number]
        if entry.config is None:
            self.panel.complain(entry.error)
        else:
            self.settings.keep("agent", entry.name)
            self.panel.tasks.start(self.panel.conversation.use(entry.config), what="change the agent")

    def use_model(self, text: str) -> None:
        """Have the chat in view go on with a model, named PROVIDER:NAME."""
        from loom.config import ModelRef

        provider, _, name = text.partition(":")
        if not name:
            self.panel.complain(
                tr("{model!r} is no model; write PROVIDER:NAME, such as local:smollm2-135m", model=text)
            )
            return
        self.panel.tasks.start(self.panel.conversation.use_model(ModelRef(provider, name)), what="change the model")

    def use_chosen_model(self, agent_name: str, model: ModelRef) -> None:
        """The Welcome dialog's answer: an agent of its own for a key or a server, else the chat in view gets it."""
        self.settings.keep("welcomed", True)
        panel = self.panel
        if agent_name:
            panel.tasks.start(self._add_agent(panel, agent_name, model), what="add the agent")
        else:
            panel.tasks.start(panel.conversation.use_model(model), what="change the model")

    async def _add_agent(self, panel: ChatPanel, name: str, model: ModelRef) -> None:
        entry = await self.library.add_for(name, model)
        self._show_library()
        self.settings.keep("agent", entry.name)
        if entry.config is not None and not panel.model.rows:
            await panel.conversation.use(entry.config)
        else:
            self.new_session(entry)

    def choose_workspace(self) -> None:
        """Ask for the folder that new sessions work in."""
        from PySide6.QtWidgets import QFileDialog  # a window is shown without it

        dialog = named(QFileDialog(self, tr("Choose a workspace"), str(self.workspace)), "Choose a workspace")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.use_workspace)
        dialog.open()

    def use_workspace(self, folder: str) -> None:
        """New sessions work in `folder`; the one in view too, if nothing was said in it yet."""
        self.tasks.start(self._use_workspace(Path(folder)), what="open the workspace")

    async def _use_workspace(self, folder: Path) -> None:
        if not await in_thread(folder.is_dir):
            self.panel.complain(tr("There is no folder {folder} any more: choose another workspace.", folder=folder))
            return
        self.workspace = await in_thread(folder.resolve)
        self.workspaces.add(str(self.workspace))
        self._show_title()
        self.sidebar.show_workspace(self.workspace)
        self.inspector.use_workspace(self.workspace)
        self.dialogs.ask_about_trust()
        if not self.panel.model.rows:
            self.panel.conversation.workspace = self.workspace
            self._refresh()
        else:
            self.new_like_this()

    def _refresh_soon(self) -> None:
        """Show what changed with the next frames: a run that works says so many times a second."""
        if not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        conversation = self.panel.conversation
        self.header.show_conversation(conversation, self.entries)
        self.sidebar.agent_in_view = self.header.agent.currentIndex()
        self.status.setText(" · ".join(self._status()))
        conversations = self.services.open.conversations
        self.sidebar.show_sessions(self.desk.items(), conversation.id)
        self.inspector.show_sessions(conversations, conversation)
        self.attention.count(self.sidebar.needs_you.count())
        self.attention.look_at([each.conversation for each in self.panels if self._drives(each)], self.waits)
        if self.budgets is not None:
            self.budgets.look_at(conversations)

    def _status(self) -> Iterator[str]:
        """What the status bar says of the session in view, and of all that run."""
        conversation = self.panel.conversation
        yield conversation.config.model.identifier if conversation.has_config else tr("Reading the agents")
        yield f"ρ {conversation.context.state.rho:.0%}"
        yield tr("{tokens:,} tokens", tokens=conversation.tokens)
        if conversation.cost_usd is not None:
            yield f"${conversation.cost_usd:.4f}"
        if conversation.heartbeat is not None:
            yield tr("heartbeat paused") if conversation.heartbeat.is_paused else tr("heartbeat on")
        if running := len(self.services.open.running):
            yield tr("{count} running", count=running)
        yield tr(conversation.state)

    def _drives(self, panel: ChatPanel) -> bool:
        """Whether it is this window that tells of a session which several show."""
        return self.services.open.holders(panel.conversation)[:1] == [panel]

    def _on_command(self, name: str, rest: str) -> None:
        """Do a command that was typed in the chat in view."""
        if name == "harness":
            self.dialogs.ask_for_harness()
        elif name == "model":
            self.use_model(rest)
        else:
            number = next((n for n, each in enumerate(self.entries) if each.name.casefold() == rest.casefold()), -1)
            if number >= 0:
                self._on_agent(number)
            else:
                names = tr(", ").join(self.names("agent"))
                self.panel.complain(tr("There is no agent {agent!r}; there are {names}", agent=rest, names=names))

    def names(self, command: str) -> list[str]:
        """What may follow a command: names of agents, models, or modes."""
        if command == "agent":
            return [entry.name for entry in self.entries]
        if command == "mode":
            return list(MODES)
        return [self.header.model.itemText(row) for row in range(self.header.model.count())]

    def review_changes(self) -> None:
        """Show what the session in view changed in files."""
        self.beside.show()
        self.inspector.review_changes()

    def _on_comments(self, text: str) -> None:
        self.panel.submit(Outgoing(text))

    def _complain(self, sentence: str) -> None:
        self.panel.complain(sentence)

    def _on_budget(self, warning: str) -> None:
        self.panel.tell(warning)
        self.attention.tell("budgets", warning)

    def _on_alerted(self, summary: str) -> None:
        if not self.inspector.is_quiet:
            self.attention.tell("alerts", summary)
