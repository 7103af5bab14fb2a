"""The header over a chat: its title, its agent, its model, and how full its context is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from loom_studio.services.agents import AgentEntry
from loom_studio.services.conversations import Conversation
from loom_studio.texts import tr
from loom_studio.theme import px, set_icon, theme_watch
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named
from loom_studio.widgets.pressure_meter import PressureMeter

LEAST_PX = 90
LARGEST = 1.3
"""How far the least widths grow with the text: a window must fit on a screen at 200 % too."""
MOST_AGENT_PX = 200
MOST_MODEL_PX = 240
AROUND_PX = 56
"""What a box has around its text: its edges and the arrow."""


class Header(QWidget):
    """Shows the conversation in view, and says what the person chooses for it."""

    title_changed = Signal(str)
    agent_chosen = Signal(int)
    model_chosen = Signal(str)
    edit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = named(QLineEdit(), "Session title", "SessionTitle")
        self.agent = choice("Agent")
        self.model = choice("Model")
        self.model.setEditable(True)
        # A long name must not push the session's title out of the header.
        for part in (self.title, self.agent, self.model):
            part.setMinimumWidth(min(px(LEAST_PX), round(LARGEST * LEAST_PX)))
        for box in (self.agent, self.model):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fit()
        self.edit = named(QPushButton(), "Edit this agent…")
        set_icon(self.edit, "edit")
        self.edit.setToolTip(tr("Edit this session's agent (Ctrl+E)"))
        self.pressure = PressureMeter()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 4)
        layout.setSpacing(8)
        layout.addWidget(self.title, 1)
        for widget in (self.agent, self.edit, self.model, self.pressure):
            layout.addWidget(widget)
        self.title.editingFinished.connect(self._on_title)
        self.agent.activated.connect(self.agent_chosen)
        self.edit.clicked.connect(self.edit_wanted)
        self.model.textActivated.connect(self.model_chosen)
        theme_watch().changed.connect(self._fit)

    def show_agents(self, entries: list[AgentEntry]) -> None:
        """Offer the library, and with it the models that are known."""
        from loom.providers.capabilities import KNOWN_MODELS  # not needed to start

        if not self.model.count():
            for provider, names in KNOWN_MODELS.items():
                self.model.addItems([f"{provider}:{name}" for name in names])
        self.agent.clear()
        self.agent.addItems([entry.name for entry in entries])

    def show_conversation(self, conversation: Conversation, entries: list[AgentEntry]) -> None:
        """Show whose title, agent, model and context are in view."""
        if not self.title.hasFocus():
            self.title.setText(conversation.title)
            self.title.setCursorPosition(0)
            self.title.setToolTip(conversation.title)
        self.pressure.show_rho(conversation.context.state.rho)
        if not conversation.has_config:
            return
        name = conversation.config.name
        self.agent.setPlaceholderText(name)  # what is shown of an agent that is not in the library
        self.agent.setCurrentIndex(next((n for n, entry in enumerate(entries) if entry.name == name), -1))
        self.agent.setToolTip(name)
        identifier = conversation.config.model.identifier
        if self.model.currentText() != identifier:
            self.model.setCurrentText(identifier)
            self.model.setToolTip(identifier)
            line = self.model.lineEdit()
            if line is not None:
                line.setCursorPosition(0)
        self._fit()

    def _fit(self) -> None:
        """Give the names of agent and model the room that they take, within bounds, and the title what is left."""
        for box, most in ((self.agent, MOST_AGENT_PX), (self.model, MOST_MODEL_PX)):
            name = box.currentText() or box.placeholderText()
            room = box.fontMetrics().horizontalAdvance(name) + px(AROUND_PX)
            box.setMaximumWidth(min(px(most), max(px(LEAST_PX), room)))
            # What is offered may be longer than what is chosen.
            box.view().setMinimumWidth(box.view().sizeHintForColumn(0) + px(AROUND_PX) // 2)

    def _on_title(self) -> None:
        self.title_changed.emit(self.title.text())
