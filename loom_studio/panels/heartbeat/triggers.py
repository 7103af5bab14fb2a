"""The triggers of the agent in view, in the Heartbeat tab: a list, a form, a dry run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QPushButton, QVBoxLayout, QWidget

from loom_studio.services.conversations import Conversation
from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.widgets.current_row import follow_selection
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named

if TYPE_CHECKING:
    from loom.config import TriggerConfig

LIST_PX, FRAME_PX = 120, 8


class TriggersSection(QWidget):
    """`changed` asks for a change: the conversation, the name of a trigger (empty: none), and what takes its place.

    `said` is a sentence for the person.
    """

    changed = Signal(object, str, object)
    said = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._conversation: Conversation | None = None
        self.listed = follow_selection(named(QListWidget(), "Triggers"))
        self.listed.setWordWrap(True)
        self.listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.new = named(QPushButton(tr("New trigger…")), "New trigger…")
        self.new.setToolTip(tr("Start an agent on what is noticed."))
        self.edit = named(QPushButton(tr("Edit trigger…")), "Edit trigger…")
        self.remove = named(QPushButton(tr("Remove trigger")), "Remove trigger")
        self.dry_run = named(QPushButton(tr("Dry run")), "Dry run")
        self.dry_run.setToolTip(tr("Say which of the alerts above would have started an agent; nothing is started."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.listed)
        buttons = FlowLayout()
        for button in (self.new, self.edit, self.remove, self.dry_run):
            buttons.addWidget(button)
        layout.addLayout(buttons)
        self.new.clicked.connect(lambda: self._open(None))
        self.edit.clicked.connect(lambda: self._open(self._chosen()))
        self.remove.clicked.connect(self._on_remove)
        self.dry_run.clicked.connect(self._on_dry_run)
        self.listed.currentRowChanged.connect(self._show_buttons)
        self.listed.itemDoubleClicked.connect(lambda: self._open(self._chosen()))

    def show_conversation(self, conversation: Conversation | None) -> None:
        """Show the triggers as they are now; a list that is as it was is left alone."""
        self._conversation = conversation
        lines = conversation.triggers.lines() if conversation is not None else []
        if lines != [self.listed.item(row).text() for row in range(self.listed.count())]:
            chosen = self.listed.currentRow()
            self.listed.clear()
            self.listed.addItems(lines)
            self.listed.setCurrentRow(min(chosen, len(lines) - 1))
        self.listed.setVisible(bool(lines))
        height = sum(self.listed.sizeHintForRow(row) for row in range(len(lines))) + 2 * FRAME_PX
        self.listed.setFixedHeight(min(px(LIST_PX), height))
        self._show_buttons()

    def _show_buttons(self) -> None:
        has_heartbeat = self._conversation is not None and self._conversation.heartbeat is not None
        has_lines = self.listed.count() > 0
        self.new.setEnabled(has_heartbeat)
        for button in (self.edit, self.remove):
            button.setVisible(has_lines)
            button.setEnabled(self._chosen() is not None)
        self.dry_run.setVisible(has_lines)

    def _chosen(self) -> TriggerConfig | None:
        row, conversation = self.listed.currentRow(), self._conversation
        configs = conversation.triggers.configs if conversation is not None else []
        return configs[row] if 0 <= row < len(configs) else None

    def _open(self, before: TriggerConfig | None) -> None:
        from loom_studio.panels.heartbeat.trigger_form import TriggerForm

        conversation = self._conversation
        if conversation is not None:
            then = partial(self.changed.emit, conversation)
            TriggerForm(conversation.triggers, before, str(conversation.workspace), then, self).open()

    def _on_remove(self) -> None:
        trigger = self._chosen()
        if trigger is not None:
            self.changed.emit(self._conversation, trigger.name, None)

    def _on_dry_run(self) -> None:
        if self._conversation is not None:
            self.said.emit(self._conversation.triggers.dry_run())
