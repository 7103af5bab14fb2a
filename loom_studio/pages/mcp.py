"""Settings: the tool servers of the profile, the workspace and the agent in view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom_studio.pages.mcp_consent import ServerConsentDialog
from loom_studio.pages.mcp_form import ServerForm
from loom_studio.pages.mcp_tools import ServerTools
from loom_studio.pages.page import Page, PageContext
from loom_studio.plain_text import escape_invisible
from loom_studio.services.mcp import SCOPES, STATES, Consent, ServerRow
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label

SUBJECT = marked(
    "Servers that give agents more tools (Model Context Protocol). Nothing of one is started before you agreed to it, "
    "and each call still needs your permission. They are named in your profile, in a workspace's .mcp.json, or by an "
    "agent."
)
EMPTY = marked("There are no servers yet. Add one, or put a .mcp.json into the workspace.")
MARKS = {"ready": "●", "connecting": "◌", "degraded": "◐", "failed": "✗", "wrong": "✗", "suspended": "⏸"}


class McpPage(Page):
    """A list of servers; below it the chosen one's tools and log, and what can be done with it."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("MCP servers"), SUBJECT, parent)
        self.service = context.mcp
        self.rows: list[ServerRow] = []
        self.servers = follow_selection(named(QListWidget(), "MCP servers"))
        self.empty = text_label(tr(EMPTY), "Muted")
        self.fault = text_label(look="Danger")
        self.detail = text_label()
        self.agree = _button(marked("Agree…"))
        self.test = _button(marked("Test"))
        self.restart = _button(marked("Restart"))
        self.switch = _button(marked("Disable"))
        self.withdraw = _button(marked("Withdraw"))
        self.remove = _button(marked("Remove"))
        self.add = _button(marked("Add server…"))
        self.tools = ServerTools(self._agree_to_tools)
        self.log = named(QPlainTextEdit(), "Server log")
        self.log.setReadOnly(True)
        self.log.setPlaceholderText(tr("What the server writes to its error output is kept here."))
        self.parts = named(QTabWidget(), "Server details")
        self._lay_out()
        self._connect()
        self._show_row()

    def _lay_out(self) -> None:
        acts = QHBoxLayout()
        self._of_one = (self.agree, self.test, self.restart, self.switch, self.withdraw, self.remove)
        for button in self._of_one:
            acts.addWidget(button)
        acts.addStretch(1)
        acts.addWidget(self.add)
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.detail)
        inner.addLayout(acts)
        self.parts.addTab(self.tools, tr("Tools"))
        self.parts.addTab(self.log, tr("Log"))
        inner.addWidget(self.parts, 1)
        inner.addStretch()  # keeps the buttons at the top where there is no server to show
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.servers)
        split.addWidget(below)
        split.setStretchFactor(1, 2)
        split.setSizes([150, 330])
        split.setChildrenCollapsible(False)
        self.body.addWidget(self.fault)
        self.body.addWidget(self.empty)
        self.body.addWidget(split, 1)
        self.fault.hide()

    def _connect(self) -> None:
        self.servers.currentItemChanged.connect(self._show_row)
        self.service.changed.connect(self._on_changed)
        self.agree.clicked.connect(lambda: self.tasks.start(self._ask(), what="show what is started"))
        self.test.clicked.connect(lambda: self.tasks.start(self._test(), what="test the server"))
        self.restart.clicked.connect(self._on_restart)
        self.switch.clicked.connect(lambda: self.tasks.start(self._switch(), what="change the server"))
        self.withdraw.clicked.connect(lambda: self.tasks.start(self._withdraw(), what="withdraw the agreement"))
        self.remove.clicked.connect(lambda: self.tasks.start(self._remove(), what="remove the server"))
        self.add.clicked.connect(lambda: ServerForm(self.service, self._on_added, self).open())

    @property
    def row(self) -> ServerRow | None:
        """The chosen server."""
        number = self.servers.currentRow()
        return self.rows[number] if 0 <= number < len(self.rows) else None

    @override
    async def refresh(self) -> None:
        conversations = self.context.conversations()
        config = conversations[0].config if conversations and conversations[0].has_config else None
        rows, problem = await self.service.rows(self.context.workspace(), config)
        chosen = self.row.name if self.row is not None else ""
        self.fault.setText(problem)
        self.fault.setVisible(bool(problem))
        self.empty.setVisible(not rows and not problem)
        for widget in (self.servers, self.parts, self.detail, *self._of_one):
            widget.setVisible(bool(rows))
        self.servers.blockSignals(True)
        self.rows = rows
        while self.servers.count() > len(rows):
            self.servers.takeItem(self.servers.count() - 1)
        for number, row in enumerate(rows):
            item = self.servers.item(number) or QListWidgetItem(self.servers)
            item.setText(_line(row))
            item.setToolTip(escape_invisible(row.detail))
        at = next((number for number, row in enumerate(rows) if row.name == chosen), 0 if rows else -1)
        self.servers.setCurrentRow(at)
        self.servers.blockSignals(False)
        self._show_row()

    def _show_row(self) -> None:
        row = self.row
        is_own = row is not None and row.entry.scope == "profile"
        state = row.state if row is not None else ""
        self.agree.setEnabled(state in ("suspended", "not agreed to"))
        self.test.setEnabled(row is not None and state not in ("wrong", "disabled", "suspended", "not agreed to"))
        self.restart.setEnabled(row is not None and row.server is not None and state != "suspended")
        self.switch.setEnabled(is_own and state != "wrong")
        self.switch.setText(tr("Enable") if state == "disabled" else tr("Disable"))
        self.withdraw.setEnabled(
            row is not None and state not in ("", "wrong", "disabled", "suspended", "not agreed to")
        )
        self.remove.setEnabled(is_own)
        self.detail.setText(_told(row) if row is not None else "")
        server = row.server if row is not None else None
        self.tools.show_tools(server.parts() if server is not None else [], state)
        text = server.log.text() if server is not None else ""
        if text != self.log.toPlainText():
            self.log.setPlainText(text)
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _on_changed(self) -> None:
        if self.isVisible():
            self.tasks.start(self.refresh(), what="read the servers")

    def _on_restart(self) -> None:
        if self.row is not None and self.row.server is not None:
            self.row.server.restart()

    async def _on_added(self, names: list[str]) -> None:
        await self.refresh()
        at = next((number for number, row in enumerate(self.rows) if row.name in names), -1)
        if at >= 0:
            self.servers.setCurrentRow(at)
        self.say(tr("Added {servers}. Agree… shows what is started.", servers=", ".join(names)))

    async def _ask(self) -> None:
        row = self.row
        if row is None:
            return
        consent = await self.service.consent(row.entry)

        def agreed() -> None:
            self.tasks.start(self._agree(row, consent), what="keep what you agreed to")

        ServerConsentDialog(row, consent, agreed, self).open()

    async def _agree(self, row: ServerRow, consent: Consent) -> None:
        await self.service.agree(row.entry, consent)
        self.say(tr("You agreed to {server}.", server=row.name))
        await self._try(row)

    async def _test(self) -> None:
        if self.row is not None:
            await self._try(self.row)

    async def _try(self, row: ServerRow) -> None:
        self.say(tr("Connecting {server} …", server=row.name))
        self.say(await self.service.test(row.entry))
        await self.refresh()

    async def _switch(self) -> None:
        row = self.row
        if row is not None:
            await self.service.switch(row.entry, on=row.state == "disabled")
            is_on = row.state == "disabled"
            self.say(tr("{server} is used from the next run on.", server=row.name) if is_on else "")
            await self.refresh()

    async def _withdraw(self) -> None:
        if self.row is not None:
            await self.service.withdraw(self.row.entry)
            await self.refresh()

    async def _remove(self) -> None:
        row = self.row
        if row is not None:
            await self.service.remove(row.entry)
            await self.refresh()

    def _agree_to_tools(self, names: list[str]) -> None:
        row = self.row
        if row is not None and row.server is not None:
            self.tasks.start(self._approve(row, names), what="keep what you agreed to")

    async def _approve(self, row: ServerRow, names: list[str]) -> None:
        server = row.server
        if server is None:
            raise LoomError(tr("{server} is not connected any more", server=row.name))
        await server.approve_tools(*names)
        self.say(tr("You agreed to {tools} as it is now.", tools=", ".join(names)))
        await self.refresh()


def _line(row: ServerRow) -> str:
    waiting = len(row.server.waiting_tools()) if row.server is not None else 0
    count = len(row.server.tools) if row.server is not None else 0
    parts = [
        f"{MARKS.get(row.state, '○')} {row.name}",
        tr(STATES.get(row.state, row.state)),
        tr(SCOPES.get(row.entry.scope, row.entry.scope)),
    ]
    if count:
        parts.append(plural("{n} tool", "{n} tools", count))
    if waiting:
        parts.append(tr("{count} wait for you", count=waiting))
    return escape_invisible(" · ".join(parts))


def _told(row: ServerRow) -> str:
    about = row.server.about if row.server is not None and row.server.about else ""
    parts = [row.detail, about, tr("from {source}", source=row.entry.source)]
    return escape_invisible(" · ".join(part for part in parts if part))


def _button(name: str) -> QPushButton:
    button = named(QPushButton(tr(name)), name)
    button.setAutoDefault(False)
    return button
