"""The Context tab: what the model sees, how full its window is, what is cut next, and what it was handed over."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom_studio.plain_text import escape_invisible
from loom_studio.services.context import LEVELS, PARTITIONS, ContextState, detail_of, shown_request, summary_of
from loom_studio.services.conversations import Conversation
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.pressure_chart import PartitionBar, PressureChart, part_colours

MEANINGS = {
    "system": marked("instructions, tools and workspace: never cut"),
    "working": marked("evidence, risks, plan, notes, budgets: made anew each step"),
    "memory": marked("AGENTS.md, the list of what is remembered, the last handoff"),
    "skill": marked("skills that are active"),
    "history": marked("what was said and done: cut when the window fills"),
}
PARTITIONS_PX = 136
SWATCH_PX = 12
MOST_SHOWN_CHARS = 400_000


class ContextPanel(QWidget):
    """Shows the context of one conversation."""

    def __init__(self, diff_choice: DiffChoice | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._conversation: Conversation | None = None
        self._seen: tuple[object, ...] = ()
        self.tasks = TaskOwner(self.say)
        self.summary = text_label(tr("No step yet"), look="Muted")
        self.bar = PartitionBar()
        self.partitions = named(QListWidget(), "Partitions")
        self.partitions.setFixedHeight(px(PARTITIONS_PX))
        self.chart = PressureChart()
        self.preview = text_label(look="Muted")
        self.compress = named(QPushButton(tr("Compress now")), "Compress now")
        self.renew = named(QPushButton(tr("Renew now")), "Renew now")
        self.compress.setToolTip(
            tr("Make the history smaller by the next level. What was said stays in the transcript.")
        )
        self.renew.setToolTip(tr("Begin with an empty window that starts from a handoff. The transcript stays."))
        self.budgets: dict[str, QProgressBar] = {}
        self._budget_rows = QVBoxLayout()
        self.handoffs = choice("Handoffs")
        self.handoff = named(QPlainTextEdit(), "Handoff")
        self.handoff.setReadOnly(True)
        self.changes = DiffView(
            marked("Changes of the handoff"), diff_choice, switch_name=marked("Handoffs side by side")
        )
        self.request = DiffView(marked("Request"), switch_name=marked("Request side by side"))
        self.pinned = named(QListWidget(), "Pinned messages")
        unpin = tr("Unpin{message}", message="")  # no session, which may be pinned too
        self.unpin = named(QPushButton(unpin), unpin, "Unpin")
        self.pages = named(QTabWidget(), "Context pages")
        self.status = text_label(look="Muted")
        self._lay_out()
        self._connect()

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show a conversation's context, if it changed since it was last shown."""
        state, is_other = conversation.context.state, conversation is not self._conversation
        seen = (conversation.id, state.version, conversation.tokens, conversation.is_running)
        if seen == self._seen:
            return
        self._conversation, self._seen = conversation, seen
        if is_other:
            self.status.clear()
        self._show_pressure(state)
        self._show_budgets(conversation)
        self._show_handoffs(state, is_other=is_other)
        self._show_pinned(state)
        self.refresh()

    def refresh(self) -> None:
        """Read again what comes next and what was sent, if the tab is in view."""
        if self._conversation is not None and self.isVisible():
            self.tasks.start(self._read(self._conversation), what="read the context")

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.summary)
        layout.addWidget(self.bar)
        layout.addWidget(self.partitions)
        layout.addWidget(self.chart)
        layout.addLayout(self._budget_rows)
        layout.addWidget(self.preview)
        row = QHBoxLayout()
        row.addWidget(self.compress)
        row.addWidget(self.renew)
        row.addStretch(1)
        layout.addLayout(row)
        handed = QWidget()
        inner = QVBoxLayout(handed)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(self.handoffs)
        inner.addWidget(self.handoff, 1)
        kept = QWidget()
        inner = QVBoxLayout(kept)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(self.pinned, 1)
        inner.addWidget(self.unpin)
        self.pages.addTab(self.request, tr("Request"))
        self.pages.addTab(handed, tr("Handoff"))
        self.pages.addTab(self.changes, tr("Diff"))
        self.pages.addTab(kept, tr("Pinned{messages}", messages=""))
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.status)

    def _connect(self) -> None:
        self.compress.clicked.connect(self._on_compress)
        self.renew.clicked.connect(self._on_renew)
        self.unpin.clicked.connect(self._on_unpin)
        self.handoffs.currentIndexChanged.connect(self._on_handoff)

    def _show_pressure(self, state: ContextState) -> None:
        self.summary.setText(_used(state))
        parts = [(name, state.partitions.get(name, 0)) for name in PARTITIONS] if state.partitions else []
        self.bar.show_parts([(tr(name), tokens) for name, tokens in parts], state.window)
        self.partitions.clear()
        for (name, tokens), colour in zip(parts, part_colours()[: len(parts)], strict=True):
            share = tokens / state.window if state.window else 0.0
            swatch = QPixmap(px(SWATCH_PX), px(SWATCH_PX))
            swatch.fill(colour)
            words = tr("{part}  {tokens:,} tokens  {share:.0%}", part=tr(name), tokens=tokens, share=share)
            item = QListWidgetItem(QIcon(swatch), words)
            item.setToolTip(tr(MEANINGS[name]))
            self.partitions.addItem(item)
        marks = [(mark.at, mark.kind) for mark in state.shown_marks()]
        self.chart.show_history(list(state.points), marks, summary_of(state))

    def _show_budgets(self, conversation: Conversation) -> None:
        wanted = conversation.budgets()
        if list(self.budgets) != [budget.name for budget in wanted]:
            for bar in self.budgets.values():
                self._budget_rows.removeWidget(bar)
                bar.deleteLater()
            self.budgets = {each.name: _budget_bar(each.name) for each in wanted}
            for bar in self.budgets.values():
                self._budget_rows.addWidget(bar)
        for budget in wanted:
            bar = self.budgets[budget.name]
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * budget.share))
            bar.setFormat(budget.words)

    def _show_handoffs(self, state: ContextState, *, is_other: bool) -> None:
        if not is_other and self.handoffs.count() == len(state.handoffs) and state.handoffs:
            return
        self.handoffs.blockSignals(True)
        self.handoffs.clear()
        for each in state.handoffs:
            at = each["handoff_ts"][:19].replace("T", " ")
            self.handoffs.addItem(tr("Handoff {number}, {at}", number=each["sprint"], at=at))
        self.handoffs.setCurrentIndex(len(state.handoffs) - 1)
        self.handoffs.blockSignals(False)
        self.handoffs.setVisible(bool(state.handoffs))
        self._on_handoff(len(state.handoffs) - 1)

    def _on_handoff(self, number: int) -> None:
        chain = self._conversation.context.state.handoffs if self._conversation is not None else []
        if not 0 <= number < len(chain):
            self.handoff.setPlainText(
                tr("No renewal yet. A handoff is written when the window is full, or on Renew now.")
            )
            self.changes.show_text(tr("There is nothing to compare yet."), as_diff=False)
            return
        texts = [_document(each) for each in chain[max(0, number - 1) : number + 1]]
        self.handoff.setPlainText(escape_invisible(texts[-1])[:MOST_SHOWN_CHARS])
        compared = _compared(texts) if len(texts) == 2 else tr("This is the first handoff.")
        self.changes.show_text(compared, as_diff=len(texts) == 2)

    def _show_pinned(self, state: ContextState) -> None:
        self.pinned.clear()
        for key, text in state.pinned.items():
            item = QListWidgetItem(escape_invisible(text.split("\n")[0][:120]))
            item.setData(Qt.ItemDataRole.UserRole, key)
            self.pinned.addItem(item)
        self.unpin.setEnabled(bool(state.pinned))

    async def _read(self, conversation: Conversation) -> None:
        made = await conversation.context.preview()
        request = await shown_request(conversation.run.last_request if conversation.run is not None else None)
        if conversation is not self._conversation:
            return
        if request != self.request.text:
            self.request.show_text(request, as_diff=False)
        if made is None or made.saved_tokens <= 0:
            self.preview.setText(tr("There is nothing to cut now."))
        else:
            self.preview.setText(
                tr(
                    "Next: {level} {does}, about {tokens:,} tokens ({detail}).",
                    level=tr(made.level),
                    does=tr(LEVELS.get(made.level, made.level)),
                    tokens=made.saved_tokens,
                    detail=detail_of(made),
                )
            )

    async def _compress(self, conversation: Conversation) -> None:
        self.say(await conversation.context.compress())
        self.refresh()

    async def _renew(self, conversation: Conversation) -> None:
        self.say(await conversation.context.renew())
        self.refresh()

    def _on_compress(self) -> None:
        if self._conversation is not None:
            self.tasks.start(self._compress(self._conversation), what="compress the context")

    def _on_renew(self) -> None:
        if self._conversation is not None:
            self.tasks.start(self._renew(self._conversation), what="renew the context")

    def _on_unpin(self) -> None:
        if self.pinned.count() and self._conversation is not None:
            item = self.pinned.item(max(0, self.pinned.currentRow()))
            self.tasks.start(
                self._conversation.context.unpin(item.data(Qt.ItemDataRole.UserRole)), what="unpin the message"
            )


def _left(steps: int) -> str:
    if steps < 1:
        return tr("the next step may fill it")
    return plural("about {n} step left", "about {n} steps left", steps)


def _used(state: ContextState) -> str:
    """How full the window is, in a line."""
    if not state.window:
        return tr("No step yet")
    known = {"rho": state.rho, "used": state.used, "window": state.window}
    used = (
        tr("ρ {rho:.2f} · {used:,} of {window:,} tokens, estimated", **known)
        if state.is_estimated
        else tr("ρ {rho:.2f} · {used:,} of {window:,} tokens, counted by the provider", **known)
    )
    return f"{used} · {_left(state.turns_left)}" if state.turns_left is not None else used


def _budget_bar(name: str) -> QProgressBar:
    words = {"steps": tr("steps"), "tokens": tr("tokens"), "cost": tr("cost"), "time": tr("time")}
    return named(QProgressBar(), tr("Budget: {name}", name=words.get(name, name)), f"Budget:{name}")


def _document(handoff: dict[str, Any]) -> str:
    from loom.types.handoff import HandoffArtifact

    return HandoffArtifact(**handoff).to_system_prompt()


def _compared(texts: list[str]) -> str:
    import difflib

    before, now = (escape_invisible(text).splitlines() for text in texts)
    return "\n".join(difflib.unified_diff(before, now, tr("the one before"), tr("this one"), lineterm=""))[
        :MOST_SHOWN_CHARS
    ]
