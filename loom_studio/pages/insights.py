"""Settings: how reliable an agent's tools are, and what its calls suggest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.threads import in_thread
from loom_studio.pages.page import Page, PageContext
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.services.insights import InsightsService, ProposalView
from loom_studio.texts import marked, tr
from loom_studio.theme import current, px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.wrapped_rows import wrap_rows

if TYPE_CHECKING:
    from loom.evolution.ledger import Cleared
    from loom.evolution.reliability import Reliability

COLUMNS = (
    marked("Tool"),
    marked("Succeeds"),
    marked("Calls"),
    marked("Refused"),
    marked("Median"),
    marked("Most frequent trouble"),
)
UNRELIABLE = 0.6
MOST_EVIDENCE = 20
SUBJECT = marked(
    "How often tools succeed, kept in your profile and nowhere else. What your agents' calls suggest is proposed here; "
    "nothing changes until you accept it."
)
NOTHING = marked(
    "Nothing is known yet: the calls of agents' tools are counted from their next runs on. `insights = false` below "
    "[runtime.features] in an agent's file keeps it from that."
)
NO_PROPOSAL = marked("There is nothing to propose: too few calls failed or were refused to say anything.")
STATES = {"open": "", "accepted": marked("accepted"), "dismissed": marked("dismissed"), "undone": marked("undone")}


DECISIONS = {
    "accept": marked("accept the proposal"),
    "dismiss": marked("dismiss the proposal"),
    "undo": marked("undo the proposal"),
}


class InsightsPage(Page):
    """Tools in a table; below it the proposals, and on the right what one rests on."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(context, marked("Insights"), SUBJECT, parent)
        self.insights = InsightsService(context.permissions.profile.folder)
        self.agent = choice("Agent of the insights")
        self.clear = named(QPushButton(tr("Delete all")), "Delete what was counted")
        self.empty = text_label(look="Muted")
        self.tools = named(QTreeWidget(), "Tool reliability")
        self.tools.setHeaderLabels([tr(each) for each in COLUMNS])
        self.tools.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # tools of one server differ in their ends
        self.proposals = follow_selection(named(QListWidget(), "Proposals"))
        self.detail = named(QPlainTextEdit(), "Evidence")
        self.detail.setReadOnly(True)
        self.accept = named(QPushButton(tr("Accept")), "Accept proposal")
        self.dismiss = named(QPushButton(tr("Dismiss")), "Dismiss proposal")
        self.undo = named(QPushButton(tr("Undo")), "Undo proposal")
        self._shown: list[ProposalView] = []
        self._rows: list[Reliability] = []
        self._lay_out()
        self._connect()

    @override
    async def refresh(self) -> None:
        agents = await self.insights.agents()
        chosen = self.agent.currentText()
        if [self.agent.itemText(n) for n in range(self.agent.count())] != agents:
            self.agent.blockSignals(True)
            self.agent.clear()
            self.agent.addItems(agents)
            self.agent.setCurrentIndex(max(0, agents.index(chosen) if chosen in agents else 0) if agents else -1)
            self.agent.blockSignals(False)
        self.empty.setText("" if agents else tr(NOTHING))
        self.empty.setVisible(not agents)
        for widget in (self.split, self.agent, self.clear):
            widget.setVisible(bool(agents))
        if agents:
            await self._look()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._rows:
            self._show_tools(self._rows)  # in the colours of the theme

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.agent, 1)
        top.addWidget(self.clear)
        self.tools.setSelectionMode(QTreeWidget.SelectionMode.SingleSelection)
        self.tools.setUniformRowHeights(True)
        self.tools.setFrameShape(QTreeWidget.Shape.NoFrame)
        header = self.tools.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((220, 92, 56, 64, 72)):
            self.tools.setColumnWidth(column, px(width))
        header.setStretchLastSection(True)
        below = QWidget()
        columns = QHBoxLayout(below)
        columns.setContentsMargins(0, 4, 0, 0)
        left = QVBoxLayout()
        left.addWidget(text_label(tr("Proposals"), "Strong"))
        left.addWidget(self.proposals, 1)
        right = QVBoxLayout()
        right.addWidget(self.detail, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.undo, self.dismiss, self.accept):
            row.addWidget(button)
        right.addLayout(row)
        columns.addLayout(left, 2)
        columns.addLayout(right, 3)
        self.split = named(QSplitter(Qt.Orientation.Vertical), "Insights rows")
        self.split.addWidget(self.tools)
        self.split.addWidget(below)
        self.split.setChildrenCollapsible(False)
        self.split.setSizes([220, 260])
        wrap_rows(self.proposals)
        self.body.addLayout(top)
        self.body.addWidget(self.empty)
        self.body.addWidget(self.split, 1)
        self.body.addStretch(0)

    def _connect(self) -> None:
        self.agent.activated.connect(lambda: self.tasks.start(self._look(), what="read the insights"))
        self.proposals.currentRowChanged.connect(self._on_proposal)
        self.accept.clicked.connect(lambda: self._decide("accept"))
        self.dismiss.clicked.connect(lambda: self._decide("dismiss"))
        self.undo.clicked.connect(lambda: self._decide("undo"))
        self.clear.clicked.connect(self._on_clear)

    async def _look(self) -> None:
        agent = self.agent.currentText()
        if not agent:
            return
        found = await self.insights.look(agent, self._file(agent))
        if agent != self.agent.currentText():
            return
        self._show_tools(found.tools)
        chosen = self._current()
        self._shown = found.proposals
        self.proposals.blockSignals(True)
        self.proposals.clear()
        for view in found.proposals:
            proposal = view.proposal
            words = " · ".join(each for each in (tr(STATES[proposal.state]), said(proposal.title)) if each)
            self.proposals.addItem(QListWidgetItem(escape_invisible(words)))
        ids = [view.proposal.id for view in found.proposals]
        self.proposals.setCurrentRow(ids.index(chosen.proposal.id) if chosen and chosen.proposal.id in ids else 0)
        self.proposals.blockSignals(False)
        self._on_proposal(self.proposals.currentRow())

    def _show_tools(self, tools: list[Reliability]) -> None:
        from loom.evolution.observations import labels_of

        self._rows = tools
        listed = [self.tools.topLevelItem(n) for n in range(self.tools.topLevelItemCount())]
        opened = {item.text(0) for item in listed if item is not None and item.isExpanded()}
        self.tools.clear()
        for row in tools:
            item = _tool_item(row, row.tool)
            labels = labels_of([shape.shape for shape in row.shapes])
            for shape in row.shapes if len(row.shapes) > 1 else ():
                item.addChild(_tool_item(shape, labels[shape.shape]))
            self.tools.addTopLevelItem(item)
            item.setExpanded(row.tool in opened)

    def _current(self) -> ProposalView | None:
        row = self.proposals.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def _on_proposal(self, _row: int) -> None:
        view = self._current()
        self.detail.setPlainText(escape_invisible(_told(view)) if view is not None else tr(NO_PROPOSAL))
        state = view.proposal.state if view is not None else ""
        self.accept.setVisible(state in ("", "open"))
        self.dismiss.setVisible(state in ("", "open"))
        self.accept.setEnabled(state == "open")
        self.dismiss.setEnabled(state == "open")
        self.undo.setVisible(state in ("accepted", "dismissed"))

    def _decide(self, what: str) -> None:
        view = self._current()
        if view is not None:
            for button in (self.accept, self.dismiss, self.undo):
                button.setEnabled(False)
            self.tasks.start(self._decided(view, what), what=DECISIONS[what])

    async def _decided(self, view: ProposalView, what: str) -> None:
        identity = view.proposal.id
        try:
            if what == "accept":
                told = await self.insights.accept(identity, self._file(view.proposal.agent))
            elif what == "dismiss":
                told = await self.insights.dismiss(identity)
            else:
                told = await self.insights.undo(identity)
            await in_thread(self.context.library.reload)
            await self._look()
            self.say(told)
        finally:
            self.undo.setEnabled(True)
            self._on_proposal(self.proposals.currentRow())

    def _on_clear(self) -> None:
        self.clear.setEnabled(False)
        self.tasks.start(self._clear(), what="delete what was counted")

    async def _clear(self) -> None:
        try:
            cleared = await self.insights.clear()
        finally:
            self.clear.setEnabled(True)
        told = tr("What was kept of tool calls was deleted. Accepted proposals stay.")
        self.context.undo.offer(told, lambda: self._restore(cleared))
        await self.refresh()

    async def _restore(self, cleared: Cleared) -> None:
        await self.insights.restore(cleared)
        await self.refresh()

    def _file(self, agent: str) -> Path | None:
        """The agent's file in the library; None if it has none."""
        entries = self.context.library.entries
        return next((each.file for each in entries if each.name == agent and each.config is not None), None)


def _tool_item(row: Reliability, name: str) -> QTreeWidgetItem:
    rate = tr("never ran")
    if row.rate is not None:
        rate = tr("{share:.0%} of {count}", share=row.rate, count=row.ok + row.failed)
    took = tr("{ms:,.0f} ms", ms=row.median_ms) if row.ok else ""
    reason = row.reasons[0] if row.reasons else ""
    texts = [name, rate, f"{row.calls:,}", f"{row.refused:,}" if row.refused else "", took, reason]
    item = QTreeWidgetItem([escape_invisible(text) for text in texts])
    for column in (1, 2, 3, 4):
        item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(0, escape_invisible(row.shape or row.tool))
    item.setToolTip(5, escape_invisible("\n".join(row.reasons)))
    if row.rate is not None and row.rate < UNRELIABLE:
        item.setForeground(1, QColor(current().danger))
    return item


def _told(view: ProposalView) -> str:
    proposal = view.proposal
    lines = [said(proposal.change.told), "", tr("Why: {why}.", why=said(proposal.why))]
    if view.effect:
        lines += ["", said(view.effect)]
    if proposal.file:
        lines += ["", tr("File: {file}", file=proposal.file)]
    lines += ["", tr("The calls that it rests on ({count} of the last):", count=len(view.evidence))]
    for each in reversed(view.evidence[-MOST_EVIDENCE:]):
        lines.append(tr("- {told}  (session {id})", told=each.told, id=each.session_id[:8]))
    if not view.evidence:
        lines.append(tr("- they are no longer kept"))
    return "\n".join(lines)
