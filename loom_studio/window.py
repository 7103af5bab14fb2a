"""The main window: sidebar, header, the chat in view, status bar."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.config import AgentConfig, ModelRef
from loom.errors import ConfigError
from loom.providers.capabilities import KNOWN_MODELS
from loom_studio.dialogs.welcome import WelcomeDialog
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.agents import AgentEntry, AgentLibrary
from loom_studio.services.conversations import Conversation
from loom_studio.services.keys import Keys
from loom_studio.services.settings import Settings
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named


class MainWindow(QMainWindow):
    """Places the parts and passes their wishes on; it knows no runtime."""

    closed = Signal()

    def __init__(self, library: AgentLibrary, workspace: Path, settings: Settings, keys: Keys) -> None:
        super().__init__()
        self.library = library
        self.workspace = workspace
        self.settings = settings
        self.keys = keys
        self.welcome: WelcomeDialog | None = None
        self.panels: list[ChatPanel] = []
        self.setWindowTitle(f"Loom Studio – {workspace.name or workspace}")
        self.setAccessibleName(self.windowTitle())
        self.sidebar = Sidebar()
        self.title = named(QLineEdit(), "Session title", "SessionTitle")
        self.agent = choice("Agent")
        self.model = choice("Model")
        # A long name must not push the session's title out of the header.
        self.agent.setMaximumWidth(220)
        self.model.setMaximumWidth(260)
        self.title.setMinimumWidth(160)
        self.sidebar.setMinimumWidth(200)
        self.model.setEditable(True)
        self.model.setMinimumWidth(220)
        self.pressure = named(QProgressBar(), "Context pressure")
        self.pressure.setRange(0, 100)
        self.pressure.setFixedWidth(110)
        self.pressure.setFormat("ρ %p %")
        self.stack = QStackedWidget()
        self.status = QLabel()
        self.statusBar().addWidget(self.status)
        self._lay_out()
        self._connect()
        self.resize(1240, 800)
        self.restoreGeometry(settings.layout("window"))
        self.splitter.restoreState(settings.layout("splitter"))
        self.sidebar.setVisible(settings.flag("sidebar", default=True))
        self._show_library()
        self.new_session(self._first_agent())

    @property
    def panel(self) -> ChatPanel:
        """The chat in view."""
        return self.panels[self.stack.currentIndex()]

    def new_session(self, entry: AgentEntry) -> None:
        """Open a session with an agent and show it."""
        if entry.config is None:
            self.panel.complain(entry.error)
            return
        panel = ChatPanel(Conversation(entry.config, self.workspace, self.keys, self))
        panel.setup_wanted.connect(self.open_welcome)
        panel.conversation.changed.connect(self._refresh)
        self.panels.append(panel)
        self.stack.addWidget(panel)
        self.show_session(len(self.panels) - 1)

    def show_session(self, number: int) -> None:
        """Show a session; the others go on."""
        self.stack.setCurrentIndex(number)
        self.panel.composer.show_mode(self.panel.conversation.mode)
        self._refresh()
        self.panel.composer.message.setFocus()

    def open_welcome(self) -> None:
        """Ask which model shall answer."""
        if self.welcome is None:
            self.welcome = WelcomeDialog(self.keys, self)
            self.welcome.model_chosen.connect(self._on_model_chosen)
            self.welcome.key_stored.connect(lambda: self.settings.keep("keys_in_keyring", True))
            self.welcome.destroyed.connect(self._on_welcome_gone)
        self.welcome.show()
        self.welcome.raise_()

    async def aclose(self) -> None:
        """End every session."""
        if self.welcome is not None:
            await self.welcome.aclose()
        for panel in self.panels:
            await panel.aclose()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.settings.keep("window", self.saveGeometry())
        self.settings.keep("splitter", self.splitter.saveState())
        self.settings.keep("sidebar", self.sidebar.isVisible())
        self.settings.save()
        self.closed.emit()

    @property
    def entries(self) -> list[AgentEntry]:
        """The agents to choose from."""
        return self.library.entries

    def _first_agent(self) -> AgentEntry:
        """The agent file that was named at the start, else the one used last, else the first that can be read."""
        usable = [entry for entry in self.entries if entry.config is not None]
        if not usable:
            return AgentEntry("Assistant", AgentConfig(ModelRef.local(), name="Assistant"))
        last = self.settings.text("agent")
        return usable[0] if self.library.is_named else next((e for e in usable if e.name == last), usable[0])

    def _show_library(self) -> None:
        self.agent.clear()
        self.agent.addItems([entry.name for entry in self.entries])
        self.sidebar.show_agents(self.entries)
        self.sidebar.show_workspace(self.workspace)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setContentsMargins(12, 8, 12, 4)
        header.setSpacing(8)
        header.addWidget(self.title, 1)
        for widget in (self.agent, self.model, self.pressure):
            header.addWidget(widget)
        for provider, names in KNOWN_MODELS.items():
            self.model.addItems([f"{provider}:{name}" for name in names])
        centre = QWidget()
        centre.setObjectName("Central")
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addWidget(self.stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.sidebar)
        self.splitter.addWidget(centre)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(0, False)
        self.splitter.setSizes([240, 1000])
        self.setCentralWidget(self.splitter)

    def _connect(self) -> None:
        self.sidebar.new_wanted.connect(self._on_new)
        self.sidebar.session_chosen.connect(self.show_session)
        self.sidebar.agent_chosen.connect(self._on_library)
        self.sidebar.setup_wanted.connect(self.open_welcome)
        self.sidebar.workspace_wanted.connect(self._on_workspace)
        self.title.editingFinished.connect(self._on_title)
        self.agent.activated.connect(self._on_agent)
        self.model.textActivated.connect(self._on_model)
        for keys, slot in (
            ("Ctrl+N", self._on_new),
            ("Ctrl+B", lambda: self.sidebar.setVisible(not self.sidebar.isVisible())),
            ("Ctrl+L", self._on_compose),
            ("Ctrl+F", self._on_find),
            ("F8", self._on_next),
            ("Ctrl+Q", self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _on_new(self) -> None:
        entry = self.entries[max(0, self.agent.currentIndex())]
        self.new_session(entry if entry.config is not None else self._first_agent())

    def _on_library(self, number: int) -> None:
        self.new_session(self.entries[number])

    def _on_title(self) -> None:
        self.panel.conversation.title = self.title.text().strip() or "New session"
        self._refresh()

    def _on_agent(self, number: int) -> None:
        entry = self.entries[number]
        if entry.config is None:
            self.panel.complain(entry.error)
        else:
            self.settings.keep("agent", entry.name)
            self.panel.tasks.start(self.panel.conversation.use(entry.config), what="change the agent")

    def _on_model(self, text: str) -> None:
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
        self.setWindowTitle(f"Loom Studio – {self.workspace.name or self.workspace}")
        self.setAccessibleName(self.windowTitle())
        self.sidebar.show_workspace(self.workspace)
        if not self.panel.model.rows:
            self.panel.conversation.workspace = self.workspace
            self._refresh()
        else:
            self._on_new()

    def _on_compose(self) -> None:
        self.panel.composer.message.setFocus()

    def _on_find(self) -> None:
        self.panel.open_find()

    def _on_next(self) -> None:
        """Go to the next thing that waits for the person."""
        waiting = [n for n, panel in enumerate(self.panels) if panel.conversation.pending]
        if waiting:
            self.show_session(next((n for n in waiting if n > self.stack.currentIndex()), waiting[0]))
            self.panel.card.setFocus()

    def _refresh(self) -> None:
        conversation = self.panel.conversation
        if not self.title.hasFocus():
            self.title.setText(conversation.title)
        name = conversation.config.name
        self.agent.setCurrentIndex(max(0, next((i for i, e in enumerate(self.entries) if e.name == name), 0)))
        identifier = conversation.config.model.identifier
        self.model.setCurrentText(identifier)
        self.pressure.setValue(min(100, round(conversation.rho * 100)))
        cost = f" · ${conversation.cost_usd:.4f}" if conversation.cost_usd is not None else ""
        running = sum(panel.conversation.is_running for panel in self.panels)
        runs = f" · {running} running" if running else ""
        self.status.setText(f"{identifier} · {conversation.tokens:,} tokens{cost}{runs} · {conversation.state}")
        self.sidebar.show_sessions([panel.conversation for panel in self.panels], self.stack.currentIndex())
