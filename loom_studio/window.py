"""The main window: sidebar, header, the chat in view, status bar."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import ConfigError, LoomError
from loom_studio.agent_desk import AgentDesk
from loom_studio.alert_desk import AlertDesk
from loom_studio.attention import Attention
from loom_studio.inspector import Inspector
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.header import Header
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.agent_files import AgentFiles
from loom_studio.services.agents import AgentEntry, AgentLibrary
from loom_studio.services.changes import ChangesService
from loom_studio.services.conversations import Outgoing
from loom_studio.services.drafts import Drafts
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.keys import Keys
from loom_studio.services.mcp import McpService
from loom_studio.services.model_defaults import ModelDefaults
from loom_studio.services.permissions import PermissionsService, first_mode
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner
from loom_studio.theme import px, theme_watch
from loom_studio.widgets.beside import Beside
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named

# What a first paint does not need is imported after it.
if TYPE_CHECKING:
    from loom.config import AgentConfig, ModelRef
    from loom.safety.profile import Profile
    from loom_studio.dialogs.server_asks import ServerAsks
    from loom_studio.dialogs.settings import SettingsDialog
    from loom_studio.dialogs.welcome import WelcomeDialog
    from loom_studio.services.tour import Tour

REFRESH_MS = 60
STATUS_MS = 3000
COLUMNS_PX = [230, 610, 400]
WIDE_PX = 1100
"""From this width on the inspector has a column of its own."""


class MainWindow(QMainWindow):
    """Places the parts and passes their wishes on; it knows no runtime."""

    closed = Signal()
    painted = Signal()
    """The window is on the screen for the first time, and takes input."""

    def __init__(
        self,
        library: AgentLibrary,
        workspace: Path,
        settings: Settings,
        keys: Keys,
        profile: Profile,
        sessions: SessionsService,
        changes: ChangesService,
        data: Path,
    ) -> None:
        super().__init__()
        self.library = library
        self.workspace = workspace
        self.settings = settings
        self.keys = keys
        self.profile = profile
        self.welcome: WelcomeDialog | None = None
        self.settings_dialog: SettingsDialog | None = None
        self._server_asks: ServerAsks | None = None
        self.attention = Attention(self, settings)
        self._may_close = False
        self._is_painted = False
        self._tours: list[tuple[str, Tour]] = []
        self._show_title()
        self.sidebar = Sidebar()
        self.sidebar.setMinimumWidth(px(200))
        self.header = Header()
        self.tasks = TaskOwner(self._complain)
        self.drafts = Drafts(data / "drafts", self.tasks, self)
        self.diff_choice = DiffChoice(side_by_side=settings.flag("side_by_side"), parent=self)
        self.diff_choice.changed.connect(partial(settings.keep, "side_by_side"))
        self.mcp = McpService(profile.folder, self)
        self.desk = SessionDesk(
            sessions, changes, self.drafts, keys, profile, self._agent_for, self, self.diff_choice, self.mcp
        )
        self.permissions = PermissionsService(profile, self)
        self.models = ModelDefaults(settings)
        harness = HarnessRuns(profile, keys, mcp=self.mcp)
        files = AgentFiles(library, data, self)
        self.agents = AgentDesk(files, keys, profile, self, self._complain, self.models.chat_model)
        self._use_defaults(harness)
        self.inspector = Inspector(self.permissions, changes, harness, workspace, self.diff_choice)
        self.status = QLabel()
        self.alerts = AlertDesk(self.desk, self.inspector, library, self.tasks)
        self._lay_out()
        self._connect()
        self.resize(1240, 800)
        self.restoreGeometry(settings.layout("window"))
        self.splitter.restoreState(settings.layout("splitter"))
        self.sidebar.setVisible(settings.flag("sidebar", default=True))
        self.sidebar.show_workspace(workspace)
        self.desk.new(None, workspace)

    def _use_defaults(self, harness: HarnessRuns) -> None:
        """Have sessions and harness runs begin with what the person set."""
        self.desk.shape = self.models.applied
        self.desk.first_mode = partial(first_mode, self.settings)
        harness.judge = partial(self.models.model, "evaluator")

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
        self._show_library()
        self.desk.give_agent(self._first_agent()[1])
        self.inspector.fill()

    def new_session(self, entry: AgentEntry) -> None:
        """Open a session with an agent and show it."""
        if entry.config is None:
            self.panel.complain(entry.error)
            return
        self.desk.new(entry.config, self.workspace)

    async def take_tour(self) -> None:
        """Show the tour in a session of its own, which goes with its folder when the window does."""
        from loom_studio.services.tour import PROMPT, Tour

        tour = await Tour.make()
        panel = self.desk.new(tour.agent(), tour.folder)
        self._tours.append((panel.conversation.id, tour))
        panel.submit(Outgoing(PROMPT))

    async def open_stored(self, session_id: str) -> None:
        """Read the stored sessions and what was not sent; show `session_id`, or what was being written."""
        drafts = await self.drafts.load()
        try:
            for notice in await self.desk.sessions.open():
                self.panel.complain(notice)
        except LoomError as error:
            self.panel.complain(str(error))
            return
        known = self.desk.sessions.summaries
        here = {each.id for each in self.desk.conversations}
        unsent = next((key for key, text in drafts.items() if text and key not in known and key not in here), "")
        if session_id:
            found = [key for key in known if key.startswith(session_id)]
            if len(found) == 1:
                await self.desk.open(found[0])
            else:
                self.panel.complain(f"There is no session {session_id!r}, or more than one begins so.")
        elif unsent and self.panel.is_untouched:
            first = self.panel
            self.desk.new(first.conversation.config, self.workspace, unsent)
            await self.desk.delete(first.conversation.id)

    def open_welcome(self) -> None:
        """Ask which model shall answer."""
        if self.welcome is None:
            from loom_studio.dialogs.welcome import WelcomeDialog

            self.welcome = WelcomeDialog(self.keys, self)
            self.welcome.model_chosen.connect(self._on_model_chosen)
            self.welcome.tour_wanted.connect(lambda: self.tasks.start(self.take_tour(), what="begin the tour"))
            self.welcome.key_stored.connect(lambda: self.settings.keep("keys_in_keyring", True))
            self.welcome.destroyed.connect(self._on_welcome_gone)
        self.welcome.show()
        self.welcome.raise_()

    def _on_server_asks(self) -> None:
        """Show what tool servers ask of the person."""
        if self._server_asks is None:
            from loom_studio.dialogs.server_asks import ServerAsks

            self._server_asks = ServerAsks(self.mcp, self)
            self.sidebar.question_chosen.connect(self._server_asks.bring_up)
        self._server_asks.refresh()
        waiting = self._server_asks.waiting()
        self.sidebar.show_questions(waiting)
        self.attention.look_at_questions(waiting)

    def open_settings(self, page: str = "") -> None:
        """Show the settings window, with a page by its title."""
        if self.settings_dialog is None:
            from loom_studio.dialogs.settings import SettingsDialog
            from loom_studio.pages.page import PageContext

            context = PageContext(
                self.settings,
                self.keys,
                self.library,
                self.desk.sessions,
                self.permissions,
                lambda: self.workspace,
                lambda: sorted(self.desk.conversations, key=lambda each: each is not self.panel.conversation),
                self.mcp,
                self.agents.files,
                self.agents.act,
                self.models,
            )
            self.settings_dialog = SettingsDialog(context, self)
        self.settings_dialog.show_page(page)

    async def aclose(self) -> None:
        """End every session."""
        if self.welcome is not None:
            await self.welcome.aclose()
        if self.settings_dialog is not None:
            await self.settings_dialog.aclose()
        await self.agents.aclose()
        await self.inspector.aclose()
        for session_id, tour in self._tours:
            await self.desk.delete(session_id)
            await tour.aclose()
        await self.desk.aclose()
        await self.mcp.aclose()
        await self.drafts.aclose()
        await self.tasks.aclose()
        await self.desk.sessions.aclose()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the chat the room of the inspector where the window is narrow."""
        super().resizeEvent(event)
        self.beside.fit()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        running = sum(each.is_running for each in self.desk.conversations)
        if running and not self._may_close:
            event.ignore()
            from loom_studio.dialogs.sessions import ask_to_close

            ask_to_close(running, self, self._close_anyway)
            return
        super().closeEvent(event)
        self.settings.keep("window", self.saveGeometry())
        self.settings.keep("splitter", self.beside.columns)
        self.settings.keep("sidebar", self.sidebar.isVisible())
        self.settings.keep("inspector", self.beside.is_wanted)
        self.settings.save()
        self.closed.emit()

    def _close_anyway(self) -> None:
        self._may_close = True
        self.close()

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
        self.setWindowTitle(f"Loom Studio – {self.workspace.name or self.workspace}")
        self.setAccessibleName(self.windowTitle())

    def _lay_out(self) -> None:
        self.statusBar().addWidget(self.status)
        centre = QWidget()
        centre.setObjectName("Central")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.desk, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.sidebar)
        self.splitter.addWidget(centre)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(0, False)
        self.beside = Beside(
            self.splitter, self.inspector, WIDE_PX, is_wanted=self.settings.flag("inspector", default=True)
        )
        self.splitter.setSizes(COLUMNS_PX)
        self.setCentralWidget(self.splitter)

    def _connect(self) -> None:
        theme_watch().changed.connect(self.beside.fit)
        self.sidebar.new_wanted.connect(self._on_new)
        self.sidebar.session_chosen.connect(self._on_session)
        self.sidebar.hit_chosen.connect(self._on_session)
        self.sidebar.search_wanted.connect(self._on_search)
        self.sidebar.action_wanted.connect(self.desk.act)
        self.sidebar.import_wanted.connect(self.desk.ask_to_import)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REFRESH_MS)
        self._soon.timeout.connect(self._refresh)
        self.desk.changed.connect(self._refresh_soon)
        self.desk.review_wanted.connect(self._on_review)
        self.desk.command_wanted.connect(self._on_command)
        self.desk.names = self._names
        self.desk.changes_read.connect(self.inspector.show_changes)
        self.inspector.comments_sent.connect(self._on_comments)
        self.inspector.restore_wanted.connect(self.desk.ask_to_restore_files)
        self.inspector.files_changed.connect(self.desk.read_changes)
        self.inspector.harness_wanted.connect(self._on_harness_wanted)
        self.desk.alerted.connect(self._on_alerted)
        self.desk.setup_wanted.connect(self.open_welcome)
        self.sidebar.agent_chosen.connect(self._on_library)
        self.sidebar.agent_action_wanted.connect(self.agents.act_on)
        self.sidebar.deleted.undo_wanted.connect(self.agents.undelete)
        self.agents.files.deletion.connect(self.sidebar.show_deleted)
        self.agents.changed.connect(self._on_agents_changed)
        self.header.edit_wanted.connect(self._on_edit_agent)
        self.sidebar.setup_wanted.connect(self.open_welcome)
        self.sidebar.settings_wanted.connect(self.open_settings)
        self.mcp.asked.connect(self._on_server_asks)
        self.sidebar.workspace_wanted.connect(self._on_workspace)
        self.header.title_changed.connect(self._on_title)
        self.header.agent_chosen.connect(self._on_agent)
        self.header.model_chosen.connect(self._on_model)
        for keys, slot in (
            ("Ctrl+N", self._on_new),
            ("Ctrl+B", lambda: self.sidebar.setVisible(not self.sidebar.isVisible())),
            ("Ctrl+J", self.beside.toggle),
            ("Ctrl+L", self._on_compose),
            ("Ctrl+F", self._on_find),
            ("F8", self._on_next),
            ("Shift+F8", self._on_trouble),
            ("Ctrl+O", self._on_density),
            ("Ctrl+,", self.open_settings),
            ("Ctrl+E", self._on_edit_agent),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _on_new(self) -> None:
        if not self.entries:
            self.desk.new(None, self.workspace)
            return
        entry = self.entries[max(0, self.header.agent.currentIndex())]
        self.new_session(entry if entry.config is not None else self._first_agent()[0])

    def _on_library(self, number: int) -> None:
        self.new_session(self.entries[number])

    def _on_edit_agent(self) -> None:
        if self.panel.conversation.has_config:
            self.agents.edit_named(self.panel.conversation.config.name)

    def _on_agents_changed(self, before: dict[str, AgentConfig]) -> None:
        """Show the library, and let open sessions go on with their agent as its file has it now."""
        self._show_library()
        self.desk.renew(before, {entry.name: entry.config for entry in self.entries if entry.config is not None})

    def _on_session(self, session_id: str, n: int = 0) -> None:
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

    def _on_model(self, text: str) -> None:
        from loom.config import ModelRef

        provider, _, name = text.partition(":")
        if not name:
            self.panel.complain(
                str(ConfigError(f"{text!r} is no model; write PROVIDER:NAME, such as local:smollm2-135m"))
            )
            return
        self.panel.tasks.start(self.panel.conversation.use_model(ModelRef(provider, name)), what="change the model")

    def _on_model_chosen(self, agent_name: str, model: ModelRef) -> None:
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

    def _on_welcome_gone(self) -> None:
        self.welcome = None
        self.settings.keep("welcomed", True)

    def _on_workspace(self) -> None:
        dialog = named(QFileDialog(self, "Choose a workspace", str(self.workspace)), "Choose a workspace")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.use_workspace)
        dialog.open()

    def use_workspace(self, folder: str) -> None:
        """New sessions work in `folder`; the one in view too, if nothing was said in it yet."""
        self.workspace = Path(folder).resolve()
        self._show_title()
        self.sidebar.show_workspace(self.workspace)
        self.inspector.use_workspace(self.workspace)
        self.ask_about_trust()
        if not self.panel.model.rows:
            self.panel.conversation.workspace = self.workspace
            self._refresh()
        else:
            self._on_new()

    def _on_compose(self) -> None:
        self.panel.composer.message.setFocus()

    def _on_find(self) -> None:
        self.panel.open_find()

    def _on_trouble(self) -> None:
        self.panel.go_to_trouble()

    def _on_density(self) -> None:
        self.statusBar().showMessage(f"{self.panel.next_density()} view", STATUS_MS)

    def _on_next(self) -> None:
        """Go to the next thing that waits for the person."""
        waiting = [panel for panel in self.panels if panel.conversation.pending]
        if waiting:
            here = self.panels.index(self.panel)
            self.desk.show_panel(next((each for each in waiting if self.panels.index(each) > here), waiting[0]))
            self.panel.card.setFocus()
        elif self._server_asks is not None and (questions := self._server_asks.waiting()):
            self._server_asks.bring_up(questions[0][0])

    def _refresh_soon(self) -> None:
        """Show what changed with the next frames: a run that works says so many times a second."""
        if not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        conversation = self.panel.conversation
        self.header.show_conversation(conversation, self.entries)
        identifier = conversation.config.model.identifier if conversation.has_config else "Reading the agents"
        cost = f" · ${conversation.cost_usd:.4f}" if conversation.cost_usd is not None else ""
        running = sum(panel.conversation.is_running for panel in self.panels)
        runs = f" · {running} running" if running else ""
        rho = f"ρ {conversation.context.state.rho:.0%}"
        self.status.setText(f"{identifier} · {rho} · {conversation.tokens:,} tokens{cost}{runs} · {conversation.state}")
        conversations = self.desk.conversations
        self.sidebar.show_sessions(self.desk.items(), conversation.id)
        self.inspector.show_sessions(conversations, conversation)
        self.attention.look_at(conversations)

    def _on_command(self, name: str, rest: str) -> None:
        """Do a command that was typed in the chat in view."""
        if name == "harness":
            self._on_harness_wanted()
        elif name == "model":
            self._on_model(rest)
        else:
            number = next((n for n, each in enumerate(self.entries) if each.name.casefold() == rest.casefold()), -1)
            if number >= 0:
                self._on_agent(number)
            else:
                self.panel.complain(f"There is no agent {rest!r}; there are {', '.join(self._names('agent'))}")

    def _names(self, command: str) -> list[str]:
        """What may follow a command: names of agents, models, or modes."""
        if command == "agent":
            return [entry.name for entry in self.entries]
        box = self.header.model if command == "model" else self.panel.composer.mode
        return [box.itemText(row) for row in range(box.count())]

    def _on_review(self) -> None:
        self.beside.show()
        self.inspector.review_changes()

    def _on_comments(self, text: str) -> None:
        self.panel.submit(Outgoing(text))

    def _complain(self, sentence: str) -> None:
        self.panel.complain(sentence)

    def _on_harness_wanted(self) -> None:
        from loom_studio.dialogs.new_harness import NewHarnessDialog

        if self.inspector.sprints is not None:
            NewHarnessDialog(self.entries, self.workspace, self.inspector.sprints.start, self).open()

    def _on_alerted(self, summary: str) -> None:
        if not self.inspector.is_quiet:
            self.attention.tell("alerts", summary)

    def ask_about_trust(self) -> None:
        """Ask whether the workspace is trusted, if it brings rules that would relax something."""
        self.tasks.start(self._ask_about_trust(self.workspace), what="read the workspace's rules")

    async def _ask_about_trust(self, workspace: Path) -> None:
        wishes = await self.permissions.wishes(workspace)
        if wishes:
            from loom_studio.dialogs.trust import TrustDialog

            dialog = TrustDialog(workspace, wishes, self)
            dialog.trusted.connect(lambda: self.tasks.start(self.permissions.trust(workspace), what="trust the folder"))
            dialog.show()
