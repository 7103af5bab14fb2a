"""What waits in all sessions and harness runs, the standing grants, a rule tried on past calls, and the ledger."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import ApprovalError, ConfigError
from loom.types.approvals import Decision
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said, said_of
from loom_studio.services.conversations import Conversation
from loom_studio.services.harness_waits import HarnessCall, HarnessGrant, HarnessWaits
from loom_studio.services.permissions import PermissionsService
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.viewmodels.ledger import LedgerModel
from loom_studio.widgets.choice import choice
from loom_studio.widgets.empty_text import EmptyText
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.safety.grants import Grant

LEDGER_ROWS = 500
EFFECTS = (marked("deny"), marked("ask"), marked("allow"))
PERSON = marked("person")
Asker: TypeAlias = "Conversation | HarnessCall"


@dataclass(frozen=True, slots=True)
class _Waits:
    """A call that waits, as a row."""

    request_id: str
    asker: Asker
    words: str


class ApprovalsPanel(QWidget):
    """A tab of the inspector. It reads the profile when it is shown, and after every decision while it is."""

    session_wanted = Signal(object)
    harness_wanted = Signal(object)
    """A HarnessCall, whose card is to be shown."""

    def __init__(
        self,
        permissions: PermissionsService,
        workspace: Path,
        waits: HarnessWaits | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.permissions = permissions
        self._waits = waits
        self.workspace = workspace
        self.tasks = TaskOwner(self.say)
        self._conversations: list[Conversation] = []
        self._seen: tuple[str, ...] = ()
        self.pending = named(QListWidget(), "Pending approvals")
        self.deny_all = named(QPushButton(tr("Deny all")), "Deny all")
        self.grants = named(QListWidget(), "Grants")
        self.revoke = named(QPushButton(tr("Revoke")), "Revoke")
        self.effect = choice("Effect")
        for effect in EFFECTS:
            self.effect.addItem(tr(effect), effect)
        self.rule = named(QLineEdit(), "Rule to test")
        self.rule.setPlaceholderText("run_command(rm *)")
        self.test = named(QPushButton(tr("Test")), "Test rule")
        self.result = text_label(look="Muted")
        self.search = named(QLineEdit(), "Search ledger")
        self.search.setPlaceholderText(tr("Search the ledger"))
        self.search.setClearButtonEnabled(True)
        self.export = named(QPushButton(tr("Export…")), "Export ledger")
        self.ledger = LedgerModel(self)
        self.table = named(QTableView(), "Ledger")
        self.table.setModel(self.ledger)
        self.status = text_label(look="Muted")
        EmptyText(self.pending, tr("No call waits for you."))
        EmptyText(self.grants, tr("Nothing is allowed for longer. “Always allow…” on a card does that."))
        self._lay_out()
        self._connect()

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def show_sessions(self, conversations: list[Conversation]) -> None:
        """Show what waits in these sessions, oldest first, and then in harness runs."""
        self._conversations = conversations
        waiting = [_of_session(each, event.payload) for each in conversations for event in each.pending]
        waiting += [_of_harness(call) for call in self._harness_calls]
        seen = tuple(each.request_id for each in waiting)
        if seen != self._seen:
            self._list_pending(waiting, seen)
            self._seen = seen
            self.deny_all.setEnabled(bool(waiting))
            self.refresh()

    @property
    def _harness_calls(self) -> tuple[HarnessCall, ...]:
        return self._waits.calls if self._waits is not None else ()

    def _list_pending(self, waiting: list[_Waits], seen: tuple[str, ...]) -> None:
        """Take out what no longer waits and put in what does, so that what stays keeps its place and selection."""
        still = set(seen)
        for row in reversed(range(len(self._seen))):
            if self._seen[row] not in still:
                self.pending.takeItem(row)
        listed = [request_id for request_id in self._seen if request_id in still]
        for row, each in enumerate(waiting):
            if row < len(listed) and listed[row] == seen[row]:
                continue
            listed.insert(row, seen[row])
            item = QListWidgetItem(escape_invisible(each.words))
            item.setData(Qt.ItemDataRole.UserRole, each.asker)
            self.pending.insertItem(row, item)
        for row in reversed(range(len(waiting), self.pending.count())):
            self.pending.takeItem(row)

    def refresh(self) -> None:
        """Read grants and ledger again, if the tab is in view."""
        if self.isVisible():
            self.tasks.start(self._read(), what="read the ledger")

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        self._head(layout, tr("Waiting"), tr("Waiting heading"), self.deny_all)
        layout.addWidget(self.pending, 2)
        self._head(layout, tr("Standing grants"), tr("Standing grants heading"), self.revoke)
        layout.addWidget(self.grants, 2)
        self._head(layout, tr("Test a rule on the last 200 calls"), tr("Test a rule on the last 200 calls heading"))
        row = QHBoxLayout()
        row.addWidget(self.effect)
        row.addWidget(self.rule, 1)
        row.addWidget(self.test)
        layout.addLayout(row)
        layout.addWidget(self.result)
        self._head(layout, tr("Decisions"), tr("Decisions heading"), self.export)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 5)
        layout.addWidget(self.status)
        for listed in (self.pending, self.grants):
            listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            listed.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.verticalHeader().hide()
        for column, width in enumerate((66, 84, 96, 120)):
            self.table.setColumnWidth(column, px(width))
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.deny_all.setEnabled(False)

    def _head(self, layout: QVBoxLayout, text: str, name: str, button: QPushButton | None = None) -> None:
        row = QHBoxLayout()
        row.addWidget(named(text_label(text, "Heading"), name, "Heading"), 1)
        if button is not None:
            row.addWidget(button)
        layout.addLayout(row)

    def _connect(self) -> None:
        self.pending.itemActivated.connect(self._on_pending)
        self.pending.itemClicked.connect(self._on_pending)
        self.deny_all.clicked.connect(self._on_deny_all)
        self.revoke.clicked.connect(self._on_revoke)
        self.test.clicked.connect(self._on_test)
        self.rule.returnPressed.connect(self._on_test)
        self.search.textChanged.connect(self.refresh)
        self.export.clicked.connect(self._on_export)
        self.permissions.changed.connect(self.refresh)
        if self._waits is not None:
            self._waits.changed.connect(self._on_harness_changed)

    async def _read(self) -> None:
        search = self.search.text()
        grants = await self.permissions.grants()
        chosen = self.grants.currentRow()
        self.grants.clear()
        for grant in grants:
            until = (
                tr("for this session")
                if grant.session_id
                else tr("until revoked")
                if grant.expires_at is None
                else tr("expires")
            )
            item = QListWidgetItem(escape_invisible(f"{_covered(grant)}  ·  {until}"))
            item.setToolTip(
                tr("In {workspace}, by {by}", workspace=grant.workspace, by=_who(grant.by))
                if grant.workspace
                else tr("In no workspace, by {by}", by=_who(grant.by))
            )
            item.setData(Qt.ItemDataRole.UserRole, grant.id)
            self.grants.addItem(item)
        held = self._waits.grants if self._waits is not None else ()
        for each in held:
            words = tr("{grant}  ·  for the harness run “{run}”", grant=_covered(each.grant), run=each.run.title)
            item = QListWidgetItem(escape_invisible(words))
            item.setToolTip(tr("By {by}, until the run ends", by=_who(each.grant.by)))
            item.setData(Qt.ItemDataRole.UserRole, each)
            self.grants.addItem(item)
        self.grants.setCurrentRow(min(max(chosen, 0), self.grants.count() - 1))
        self.revoke.setEnabled(bool(grants) or bool(held))
        entries = await self.permissions.ledger(search, LEDGER_ROWS)
        if search == self.search.text():
            self.ledger.show_entries(entries)
        self.say(said(self.permissions.profile.problem or self.permissions.profile.grants.problem))

    def _on_pending(self, item: QListWidgetItem) -> None:
        asker = item.data(Qt.ItemDataRole.UserRole)
        (self.harness_wanted if isinstance(asker, HarnessCall) else self.session_wanted).emit(asker)

    def _on_harness_changed(self) -> None:
        self.show_sessions(self._conversations)
        self.refresh()

    def _on_deny_all(self) -> None:
        self.deny_all.setEnabled(False)
        waiting = [(each, event.payload["request_id"]) for each in self._conversations for event in each.pending]
        self.tasks.start(self._deny(waiting, self._harness_calls), what="deny all")

    async def _deny(self, waiting: list[tuple[Conversation, str]], calls: tuple[HarnessCall, ...]) -> None:
        """Deny these, with turns of the loop between them: each lets a run go on."""
        decision = Decision.deny("the person denied all that waited")
        for conversation, request_id in waiting:
            with suppress(ApprovalError):  # it was answered in the meantime
                conversation.decide(request_id, decision)
            await asyncio.sleep(0)
        if self._waits is not None:
            for call in calls:
                await self._waits.deny(call, decision)

    def _on_revoke(self) -> None:
        item = self.grants.currentItem()
        if item is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self.tasks.start(self._revoke(item.data(Qt.ItemDataRole.UserRole)), what="revoke the grant")

    async def _revoke(self, held: str | HarnessGrant) -> None:
        if isinstance(held, str):
            await self.permissions.revoke(held)
        elif self._waits is not None:
            await self._waits.revoke(held)

    def _on_test(self) -> None:
        self.tasks.start(self._try(), what="test the rule")

    async def _try(self) -> None:
        effect = self.effect.currentData()
        try:
            trial = await self.permissions.try_rule(self.rule.text(), effect, self.workspace)
        except ConfigError as error:
            self.result.setText(said_of(error))
            return
        examples = "; ".join(f"{e.record.tool} {e.record.arguments[:60]}" for e in trial.about[:3])
        found = {"found": len(trial.about), "tried": trial.tried}
        about = (
            tr("About {found} of the last {tried} calls, and perhaps {more} more.", more=len(trial.perhaps), **found)
            if trial.perhaps
            else tr("About {found} of the last {tried} calls.", **found)
        )
        self.result.setText(escape_invisible(f"{about} {examples}".strip()))

    def _on_export(self) -> None:
        dialog = named(QFileDialog(self, tr("Export the ledger"), "ledger.jsonl"), "Export the ledger")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._on_file)
        dialog.open()

    def _on_file(self, name: str) -> None:
        self.tasks.start(self._export(Path(name)), what="export the ledger")

    async def _export(self, file: Path) -> None:
        try:
            count = await self.permissions.export(file)
        except OSError as error:
            self.say(tr("{file} can't be written: {why}", file=file, why=said_of(error)))
            return
        self.say(tr("{count:,} records written to {file}", count=count, file=file))


def _covered(grant: Grant) -> str:
    """What a grant covers, as `str(grant)` says it in English."""
    digest = grant.arguments_hash[:8]
    return grant.rule or tr("{tool} with exactly the arguments {hash}", tool=grant.tool, hash=digest)


def _who(by: str) -> str:
    return tr(PERSON) if by == PERSON else by


def _of_session(conversation: Conversation, payload: dict[str, Any]) -> _Waits:
    return _waits(payload["request_id"], conversation, payload["tool"], payload["preview"], conversation.title)


def _of_harness(call: HarnessCall) -> _Waits:
    return _waits(call.request.id, call, call.request.tool, call.request.preview, call.title)


def _waits(request_id: str, asker: Asker, tool: str, preview: dict[str, str], title: str) -> _Waits:
    lines = preview.get("text", "")[:400].splitlines() or [""]
    file = next((line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/")), "")
    shown = (file if preview.get("kind") == "diff" and file else lines[0])[:80]
    return _Waits(request_id, asker, f"{tool}  {shown}\n{title}")
