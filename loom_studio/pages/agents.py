"""Settings: the library of agents, as cards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom.providers.prices import PRICES_FILE
from loom.threads import in_thread
from loom_studio.pages.page import Page, PageContext
from loom_studio.services.agents import AgentEntry
from loom_studio.texts import marked, tr
from loom_studio.widgets.column import Column
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named, text_label

ACTIONS = {
    "edit": (marked("Edit…"), marked("Edit {agent}")),
    "duplicate": (marked("Duplicate"), marked("Duplicate {agent}")),
    "export": (marked("Export…"), marked("Export {agent}")),
    "delete": (marked("Delete"), marked("Delete {agent}")),
}
"""What can be done with an agent: what the button says, and its name."""


class AgentCard(QFrame):
    """One agent: what it is, which model it has, what it can do at most; or what is wrong with its file."""

    def __init__(self, entry: AgentEntry, facts: str, page: AgentsPage) -> None:
        super().__init__()
        named(self, tr("Agent {agent}", agent=entry.name), "Card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(2)
        layout.addWidget(text_label(entry.name, "Strong"))
        config = entry.config
        if config is not None and config.description:
            layout.addWidget(text_label(tr(config.description)))
        layout.addWidget(text_label(facts, "Muted" if config is not None else "Danger"))
        row = FlowLayout()
        self.buttons: dict[str, QPushButton] = {}
        for action, (words, name) in ACTIONS.items():
            button = named(QPushButton(tr(words)), tr(name, agent=entry.name), f"{action.capitalize()}Agent")
            button.setAutoDefault(False)
            button.setEnabled(entry.file is not None)
            button.clicked.connect(lambda _checked=False, action=action: page.context.act_on_agent(action, entry))
            self.buttons[action] = button
            row.addWidget(button)
        layout.addLayout(row)


class AgentsPage(Page):
    """A card for each agent; what is changed in the folder shows by itself."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        subject = marked("Each is a file of the library; what another program changes there shows here by itself.")
        super().__init__(context, marked("Agents"), subject, parent)
        self.new = named(QPushButton(tr("New agent…")), "Make a new agent")
        self.bring_in = named(QPushButton(tr("Import…")), "Import an agent file")
        self.cards: list[AgentCard] = []
        row = QHBoxLayout()
        for button, action in ((self.new, "new"), (self.bring_in, "import")):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, action=action: context.act_on_agent(action, None))
            row.addWidget(button)
        row.addStretch(1)
        self._column = Column(keeps_width=True)
        self._column.lines.setContentsMargins(0, 0, 8, 0)
        self._column.lines.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self._column, 1)
        context.agent_files.changed.connect(self._on_changed)

    @override
    async def refresh(self) -> None:
        """Show the library as it was read last."""
        entries = list(self.context.library.entries)
        prices = self.context.permissions.profile.folder / PRICES_FILE
        facts = await in_thread(lambda: [_facts(entry, prices) for entry in entries])
        for card in self.cards:
            self._column.lines.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [AgentCard(entry, said, self) for entry, said in zip(entries, facts, strict=True)]
        for number, card in enumerate(self.cards):
            self._column.lines.insertWidget(number, card)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.tasks.start(self._read_again(), what="read the agents")

    async def _read_again(self) -> None:
        await self.context.library.load()
        await self.refresh()


def _facts(entry: AgentEntry, prices: Path) -> str:
    """Model, capabilities and risk in a line, or the error; blocks."""
    from loom_studio.services.agent_facts import price_words, risk_words

    if entry.config is None:
        return entry.error
    can = ", ".join(entry.config.capabilities) or tr("no capabilities")
    model = entry.config.model
    return f"{model.identifier} ({price_words(model, prices)}) · {can} · {risk_words(entry.config)}"
