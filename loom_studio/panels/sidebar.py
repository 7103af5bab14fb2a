"""The sidebar: what needs the person, the sessions of this start, the agents."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from loom_studio.services.agents import AgentEntry
from loom_studio.services.conversations import Conversation
from loom_studio.widgets.named import named

MARKS = {"running": "●", "needs you": "◆", "failed": "✗", "done": "✓", "idle": "○"}


class Sidebar(QWidget):
    """Lists that say which session is in which state; state is a mark and a word, never colour alone."""

    new_wanted = Signal()
    session_chosen = Signal(int)
    agent_chosen = Signal(int)
    setup_wanted = Signal()
    workspace_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.new = named(QPushButton("New session"), "New session")
        self.workspace = named(QPushButton(), "Workspace")
        self.set_up = named(QPushButton("Add a model…"), "Add a model…")
        self.search = named(QLineEdit(), "Search sessions")
        self.search.setPlaceholderText("Search sessions")
        self.search.setClearButtonEnabled(True)
        self.needs_you = named(QListWidget(), "Needs you")
        self.sessions = named(QListWidget(), "Sessions")
        self.agents = named(QListWidget(), "Agents")
        for listed in (self.needs_you, self.sessions, self.agents):
            listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            listed.setTextElideMode(Qt.TextElideMode.ElideRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.workspace)
        layout.addWidget(self.new)
        layout.addWidget(self.search)
        for heading, widget, stretch in (
            ("Needs you", self.needs_you, 1),
            ("Sessions", self.sessions, 4),
            ("Agents", self.agents, 2),
        ):
            label = QLabel(heading)
            # Not the list's own name, by which scripts and screen readers find the list.
            named(label, f"{heading} heading", "Heading")
            layout.addWidget(label)
            layout.addWidget(widget, stretch)
        layout.addWidget(self.set_up)
        self.workspace.clicked.connect(self.workspace_wanted)
        self.set_up.clicked.connect(self.setup_wanted)
        self.new.clicked.connect(self.new_wanted)
        self.search.textChanged.connect(self._filter)
        self.sessions.itemActivated.connect(self._on_session)
        self.sessions.itemClicked.connect(self._on_session)
        self.needs_you.itemActivated.connect(self._on_session)
        self.needs_you.itemClicked.connect(self._on_session)
        self.agents.itemActivated.connect(self._on_agent)

    def show_workspace(self, folder: Path) -> None:
        """Name the folder that new sessions work in."""
        self.workspace.setText(folder.name or str(folder))
        self.workspace.setToolTip(f"New sessions work in {folder}. Press to choose another folder.")

    def show_sessions(self, conversations: list[Conversation], chosen: int) -> None:
        """Show the sessions, newest first, and those that wait for the person."""
        self.sessions.clear()
        self.needs_you.clear()
        for number in range(len(conversations) - 1, -1, -1):
            conversation = conversations[number]
            item = QListWidgetItem(f"{MARKS[conversation.state]}  {conversation.title}")
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, conversation.title)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, conversation.state)
            item.setToolTip(f"{conversation.title}: {conversation.state}")
            self.sessions.addItem(item)
            if number == chosen:
                self.sessions.setCurrentItem(item)
            if conversation.state in ("needs you", "failed"):
                waiting = QListWidgetItem(f"{MARKS[conversation.state]}  {conversation.title} · {conversation.state}")
                waiting.setData(Qt.ItemDataRole.UserRole, number)
                self.needs_you.addItem(waiting)
        self._filter(self.search.text())

    def show_agents(self, entries: list[AgentEntry]) -> None:
        """Show the library; a broken file shows its error."""
        self.agents.clear()
        for number, entry in enumerate(entries):
            item = QListWidgetItem(entry.name if entry.config is not None else f"✗  {entry.name} · can't be read")
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setToolTip(entry.error or (entry.config.description if entry.config else ""))
            self.agents.addItem(item)

    def _on_agent(self, item: QListWidgetItem) -> None:
        self.agent_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _on_session(self, item: QListWidgetItem) -> None:
        self.session_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _filter(self, text: str) -> None:
        for row in range(self.sessions.count()):
            item = self.sessions.item(row)
            item.setHidden(text.casefold() not in item.text().casefold())
