"""The sidebar: what needs the person, the sessions, the agents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from loom_studio.overriding import override
from loom_studio.plain_text import escape_invisible
from loom_studio.services.agents import AgentEntry
from loom_studio.texts import marked, tr
from loom_studio.theme import px, set_icon
from loom_studio.viewmodels.session_list import MARKS, Heading, SessionItem, SessionListModel, found, grouped
from loom_studio.widgets.empty_text import EmptyText
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent

    from loom.memory.records import SearchHit

SEARCH_AFTER_MS = 150
OPEN_AFTER_MS = 120
MOST_WAITING = 50
MOST_WAITING_SHOWN, MOST_AGENTS_SHOWN = 8, 6
"""How many rows a list shows before it scrolls; what it does not need, the sessions have."""
ROW_PADDING_PX, NAME_MARGIN_PX = 8, 26
SESSIONS_PX = 40
"""What the list of sessions keeps where there is little room."""
AGENT_ACTIONS = {
    "edit": marked("Edit…"),
    "duplicate": marked("Duplicate"),
    "export": marked("Export…"),
    "delete": marked("Delete"),
}
"""What can be done with one agent that has a file."""


class SessionsView(QListView):
    """The list of sessions, which knows whether keys or the mouse moved it last."""

    by_keys = False

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.by_keys = True
        super().keyPressEvent(event)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.by_keys = False
        super().mousePressEvent(event)


class Sidebar(QWidget):
    """Lists that say which session is in which state; state is a mark and a word, never colour alone."""

    new_wanted = Signal()
    session_chosen = Signal(str)
    question_chosen = Signal(str)
    """A question of a tool server is to be looked at: its id."""
    hit_chosen = Signal(str, int)
    harness_chosen = Signal(str, str)
    """A harness run that needs the person, and the request of it that waits (empty: a contract does)."""
    search_wanted = Signal(str)
    agent_chosen = Signal(int)
    setup_wanted = Signal()
    settings_wanted = Signal()
    workspace_wanted = Signal()
    menu_wanted = Signal()
    import_wanted = Signal()
    agent_action_wanted = Signal(str, int)
    """What is to be done with which agent (its number): edit, duplicate, export, delete; new and import with none."""
    compose_wanted = Signal()
    """A session was chosen with Enter: the person wants to write to it."""
    agent_in_view = -1
    """The row of the agent of the session in view; -1 where it is none of the library."""
    action_wanted = Signal(str, object)
    """What is to be done (rename, title, tags, pin, archive, fork, export, delete), and with which SessionItem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items: list[SessionItem] = []
        self._questions: list[tuple[str, str]] = []
        self._chosen = self._workspace_name = ""
        self._harness: list[tuple[str, str, str]] = []
        self.new = named(QPushButton(tr("New session")), "New session")
        self.workspace = named(QPushButton(), "Workspace")
        self.menu = named(QPushButton(), "Menu")
        set_icon(self.menu, "menu")
        self.menu.setToolTip(tr("Everything that can be done"))
        self.set_up = named(QPushButton(tr("Add a model…")), "Add a model…")
        self.open_settings = named(QPushButton(tr("Settings")), "Open settings")
        self.open_settings.setToolTip(tr("Settings (Ctrl+,)"))
        self.search = named(QLineEdit(), "Search sessions")
        self.search.setPlaceholderText(tr("Search sessions"))
        self.search.setClearButtonEnabled(True)
        self.needs_you = named(QListWidget(), "Needs you")
        self.model = SessionListModel(self)
        self.sessions = named(SessionsView(), "Sessions")
        self.sessions.setModel(self.model)
        self.sessions.setUniformItemSizes(True)
        self.sessions.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.agents = named(QListWidget(), "Agents")
        self.agents.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.new_agent = named(QPushButton(tr("New agent…")), "New agent…")
        self.edit_agent = named(QPushButton(tr("Edit…")), "Edit agent…")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_AFTER_MS)
        self._choosing = QTimer(self)
        self._choosing.setSingleShot(True)
        self._choosing.setInterval(OPEN_AFTER_MS)
        self._is_showing = False
        for listed in (self.needs_you, self.sessions, self.agents):
            listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            listed.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.sessions.setMinimumHeight(px(SESSIONS_PX))
        EmptyText(self.needs_you, tr("Nothing waits for you."))
        _hug(self.needs_you, MOST_WAITING_SHOWN)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        top = QHBoxLayout()
        top.addWidget(self.workspace, 1)
        top.addWidget(self.menu)
        layout.addLayout(top)
        layout.addWidget(self.new)
        layout.addWidget(self.search)
        for heading, name, widget, stretch in (
            (tr("Needs you"), marked("Needs you heading"), self.needs_you, 0),
            (tr("Sessions"), marked("Sessions heading"), self.sessions, 1),
            (tr("Agents"), marked("Agents heading"), self.agents, 0),
        ):
            # Not the list's own name, by which scripts and screen readers find the list.
            label = named(QLabel(heading), name, "Heading")
            layout.addWidget(label)
            layout.addWidget(widget, stretch)
        agents = QHBoxLayout()
        agents.setSpacing(4)
        agents.addWidget(self.new_agent, 1)
        agents.addWidget(self.edit_agent)
        layout.addLayout(agents)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.set_up, 1)
        below.addWidget(self.open_settings)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.workspace.clicked.connect(self.workspace_wanted)
        self.menu.clicked.connect(self.menu_wanted.emit)
        self.set_up.clicked.connect(self.setup_wanted)
        self.open_settings.clicked.connect(self.settings_wanted.emit)
        self.new.clicked.connect(self.new_wanted)
        self.search.textChanged.connect(self._on_search)
        self._pause.timeout.connect(lambda: self.search_wanted.emit(self.search.text()))
        # A row that is selected is opened: by mouse, keys, or a screen reader.
        self.sessions.selectionModel().selectionChanged.connect(self._on_selected)
        self.sessions.activated.connect(self._on_activated)
        self._choosing.timeout.connect(self._on_chosen)
        self.sessions.customContextMenuRequested.connect(self._on_menu)
        self.needs_you.itemActivated.connect(self._on_waiting)
        self.needs_you.itemClicked.connect(self._on_waiting)
        self.needs_you.itemSelectionChanged.connect(self._on_waiting_selected)
        self.agents.itemActivated.connect(self._on_agent)
        self.agents.customContextMenuRequested.connect(self._on_agent_menu)
        self.new_agent.clicked.connect(lambda: self.agent_action_wanted.emit("new", -1))
        self.edit_agent.clicked.connect(lambda: self.act_on_agent("edit"))

    def is_walked_by_keys(self) -> bool:
        """Whether the person goes through the sessions with keys, from one to the next."""
        return self.sessions.hasFocus() and self.sessions.by_keys

    def show_workspace(self, folder: Path) -> None:
        """Name the folder that new sessions work in."""
        self._workspace_name = folder.name or str(folder)
        self._fit_workspace()
        self.workspace.setToolTip(tr("New sessions work in {folder}. Press to choose another folder.", folder=folder))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the name of the workspace to the room that it has."""
        super().resizeEvent(event)
        self._fit_workspace()

    def _fit_workspace(self) -> None:
        room = self.workspace.width() - px(NAME_MARGIN_PX)
        metrics = self.workspace.fontMetrics()
        self.workspace.setText(metrics.elidedText(self._workspace_name, Qt.TextElideMode.ElideMiddle, room))

    def show_sessions(self, items: list[SessionItem], chosen: str) -> None:
        """Show the sessions, those in view marked, and those that wait for the person."""
        changed = items != self.items
        if not changed and chosen == self._chosen:
            return
        self.items, self._chosen = items, chosen
        # The row that the keys have just come to is opened in a moment, whatever else is news.
        row = self.sessions.currentIndex().data(Qt.ItemDataRole.UserRole) if self._choosing.isActive() else None
        self._is_showing = True
        if not self.search.text():
            self.model.show_rows(grouped(items))
        number = self.model.number_of(row.id if isinstance(row, SessionItem) else chosen)
        if number >= 0:
            self.sessions.setCurrentIndex(self.model.index(number, 0))
        if changed:
            self._show_waiting()
        self._is_showing = False

    def show_harness(self, waiting: list[tuple[str, str, str]]) -> None:
        """Show what harness runs wait for: run, request (empty for a contract), and words, each."""
        if waiting != self._harness:
            self._harness = waiting
            self._show_waiting()

    def show_questions(self, questions: list[tuple[str, str]]) -> None:
        """Show what tool servers ask of the person, by id and in a line, among what needs them."""
        if questions != self._questions:
            self._questions = questions
            self._is_showing = True
            self._show_waiting()
            self._is_showing = False

    def show_hits(self, text: str, hits: list[SearchHit]) -> None:
        """Show what was found, if that is still what is looked for."""
        if text and text == self.search.text():
            self.sessions.setUniformItemSizes(False)
            self.model.show_rows(found(self.items, hits, text))

    def show_agents(self, entries: list[AgentEntry]) -> None:
        """Show the library; a broken file shows its error."""
        row = self.agents.currentRow()
        self.agents.clear()
        for number, entry in enumerate(entries):
            broken = tr("✗  {name} · can't be read", name=entry.name)
            item = QListWidgetItem(entry.name if entry.config is not None else broken)
            item.setData(Qt.ItemDataRole.UserRole, number)
            item.setToolTip(entry.error or (tr(entry.config.description) if entry.config else ""))
            self.agents.addItem(item)
        self.agents.setCurrentRow(min(row, self.agents.count() - 1))
        _hug(self.agents, MOST_AGENTS_SHOWN)

    def menu_for(self, item: SessionItem | None) -> QMenu:
        """What can be done with a session; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if item is not None:
            for action, text in (
                ("rename", tr("Rename…")),
                ("title", tr("Let the model write a title")),
                ("tags", tr("Tags…")),
                ("pin", tr("Unpin") if item.is_pinned else tr("Pin")),
                ("archive", tr("Take out of the archive") if item.is_archived else tr("Archive")),
                ("fork", tr("Fork session")),
                ("export", tr("Export…")),
                ("delete", tr("Delete")),
            ):
                entry = menu.addAction(text, lambda action=action: self._act(action, item))
                entry.setEnabled(item.is_stored or action in ("rename", "delete"))
            menu.addSeparator()
        menu.addAction(tr("Import a session…"), self.import_wanted.emit)
        return menu

    def agent_menu(self) -> QMenu:
        """What can be done with the chosen agent; it deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.agents.currentRow() >= 0:
            menu.addAction(tr("New session"), lambda: self._on_agent(self.agents.currentItem()))
            for action, text in AGENT_ACTIONS.items():
                menu.addAction(tr(text), lambda action=action: self.act_on_agent(action))
            menu.addSeparator()
        menu.addAction(tr("New agent…"), lambda: self.agent_action_wanted.emit("new", -1))
        menu.addAction(tr("Import an agent…"), lambda: self.agent_action_wanted.emit("import", -1))
        return menu

    def _on_agent_menu(self, point: QPoint) -> None:
        item = self.agents.itemAt(point)
        if item is not None:
            self.agents.setCurrentItem(item)
        self.agent_menu().popup(self.agents.viewport().mapToGlobal(point))

    def act_on_agent(self, action: str) -> None:
        """Wish for something to be done with the chosen agent, or that of the session in view."""
        if self.agents.count():
            row = self.agents.currentRow()
            item = self.agents.item(row if row >= 0 else max(0, self.agent_in_view))
            self.agent_action_wanted.emit(action, item.data(Qt.ItemDataRole.UserRole))

    def _show_waiting(self) -> None:
        self._list_waiting()
        _hug(self.needs_you, MOST_WAITING_SHOWN)

    def _list_waiting(self) -> None:
        self.needs_you.clear()
        for run_id, request_id, words in self._harness[:MOST_WAITING]:
            row = QListWidgetItem(escape_invisible(f"{MARKS['needs you']}  {words}"))
            row.setData(Qt.ItemDataRole.UserRole, (run_id, request_id))
            self.needs_you.addItem(row)
        for ask_id, text in self._questions:
            row = QListWidgetItem(f"{MARKS['needs you']}  {text}")
            row.setData(Qt.ItemDataRole.UserRole, ask_id)
            self.needs_you.addItem(row)
        waiting = [item for item in self.items if item.state in ("needs you", "failed", "interrupted")]
        for item in sorted(waiting, key=lambda each: (each.state != "needs you", -each.at))[:MOST_WAITING]:
            if item.is_archived or (item.state == "failed" and not item.is_live):
                continue
            row = QListWidgetItem(f"{MARKS[item.state]}  {item.title} · {tr(item.state)}")
            row.setData(Qt.ItemDataRole.UserRole, item.id)
            self.needs_you.addItem(row)

    def act_on_session(self, action: str) -> None:
        """Wish for something to be done with the chosen session."""
        row = self.sessions.currentIndex().data(Qt.ItemDataRole.UserRole)
        self._act(action, row if isinstance(row, SessionItem) else None)

    def _act(self, action: str, item: SessionItem | None) -> None:
        if item is not None:
            self.action_wanted.emit(action, item)

    def _on_search(self, text: str) -> None:
        if text:
            self._pause.start()
        else:
            self._pause.stop()
            self.sessions.setUniformItemSizes(True)
            self.model.show_rows(grouped(self.items))

    def _on_selected(self) -> None:
        if not self._is_showing:
            self._choosing.start()

    def _on_chosen(self) -> None:
        chosen = self.sessions.selectedIndexes()
        if chosen:
            self._on_row(chosen[0])

    def _on_waiting_selected(self) -> None:
        chosen = self.needs_you.selectedItems()
        if chosen:
            self._on_waiting(chosen[0])

    def _on_row(self, index: QModelIndex) -> None:
        self._choosing.stop()
        row = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(row, SessionItem):
            if row.id != self._chosen:
                self.session_chosen.emit(row.id)
        elif row is not None and not isinstance(row, Heading):
            self.hit_chosen.emit(row.session_id, row.n)

    def _on_activated(self, index: QModelIndex) -> None:
        self.sessions.by_keys = False
        self._on_row(index)
        self.compose_wanted.emit()

    def _on_menu(self, point: QPoint) -> None:
        row = self.sessions.indexAt(point).data(Qt.ItemDataRole.UserRole)
        menu = self.menu_for(row if isinstance(row, SessionItem) else None)
        menu.popup(self.sessions.viewport().mapToGlobal(point))

    def _on_waiting(self, item: QListWidgetItem) -> None:
        if self._is_showing:
            return
        chosen = item.data(Qt.ItemDataRole.UserRole)
        if not isinstance(chosen, str):
            self.harness_chosen.emit(*chosen)
            return
        is_question = any(ask_id == chosen for ask_id, _ in self._questions)
        (self.question_chosen if is_question else self.session_chosen).emit(chosen)

    def _on_agent(self, item: QListWidgetItem) -> None:
        self.agent_chosen.emit(item.data(Qt.ItemDataRole.UserRole))


def _hug(listed: QListWidget, most_rows: int) -> None:
    """Give a list the height of its rows, as far as it is to have so many, and one row where there is less room."""
    row = listed.fontMetrics().height() + px(ROW_PADDING_PX)
    rows = max(1, min(most_rows, listed.count()))
    around = 2 * listed.frameWidth() + px(ROW_PADDING_PX)
    listed.setMaximumHeight(rows * row + around)
    listed.setMinimumHeight(row + around)
