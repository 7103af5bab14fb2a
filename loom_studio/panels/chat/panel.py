"""The chat of one session: what was said and done, what waits for the person, and where they write."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from loom.errors import ApprovalError
from loom.safety.permissions import PermissionMode
from loom.types.approvals import Decision
from loom_studio.panels.chat.approval_card import ApprovalCard
from loom_studio.panels.chat.composer import Composer
from loom_studio.panels.chat.find_bar import FindBar
from loom_studio.panels.chat.link_question import ask_about_link
from loom_studio.services.conversations import Conversation
from loom_studio.tasks import TaskOwner
from loom_studio.transcript_row import TranscriptRow
from loom_studio.viewmodels.feed import EventFeed
from loom_studio.viewmodels.transcript import TranscriptModel
from loom_studio.widgets.named import named
from loom_studio.widgets.transcript_view import TranscriptView


class ChatPanel(QWidget):
    """Shows a conversation and lets the person take part in it. Several panels run at once; one is in view."""

    def __init__(self, conversation: Conversation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.conversation = conversation
        self.model = TranscriptModel(self)
        self.feed = EventFeed(self)
        self.feed.batch_ready.connect(self.model.apply)
        self.tasks = TaskOwner(self.complain)
        self.transcript = TranscriptView()
        self.transcript.setModel(self.model)
        self.transcript.row_activated.connect(self.model.toggle)
        self.new_messages = named(QPushButton("New messages ↓"), "New messages")
        self.new_messages.hide()
        self.find_bar = FindBar()
        self.find_bar.wanted.connect(self._on_find)
        self.transcript.link_activated.connect(self._on_link)
        self.card = ApprovalCard()
        self.composer = Composer()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.find_bar)
        layout.addWidget(self.transcript, 1)
        layout.addWidget(self.new_messages, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.card)
        layout.addWidget(self.composer)
        self.transcript.new_below.connect(self.new_messages.show)
        self.transcript.reached_end.connect(self.new_messages.hide)
        self.new_messages.clicked.connect(self._on_new_messages)
        self.card.allowed.connect(self._on_allowed)
        self.card.denied.connect(self._on_denied)
        self.composer.submitted.connect(self.submit)
        self.composer.stopped.connect(self._on_stop)
        self.composer.mode_chosen.connect(self._on_mode)
        self.composer.send_now.connect(self._on_send_now)
        self.composer.queue_removed.connect(self._on_queue_removed)
        conversation.changed.connect(self._refresh)

    def submit(self, text: str) -> None:
        """Send a message, or queue it while a run works."""
        if self.conversation.is_running:
            self.conversation.queued.append(text)
            self._refresh()
        else:
            self.tasks.start(self.converse(text), what="send the message")

    async def converse(self, text: str) -> None:
        """Run a message, and after it the ones that were queued meanwhile."""
        following: str | None = text
        while following is not None:
            run = self.conversation.start(following)
            await self.feed.pump(self.conversation.watch(run))
            queue = self.conversation.queued
            following = queue.popleft() if queue else None
        self._refresh()

    def complain(self, sentence: str) -> None:
        """Show an error where the person looks."""
        self.model.add(TranscriptRow(f"error {len(self.model.rows)}", "error", sentence))

    def open_find(self) -> None:
        """Show the line to find text with."""
        self.find_bar.open_bar()

    async def aclose(self) -> None:
        """End what runs."""
        await self.conversation.aclose()
        await self.tasks.aclose()

    def _on_find(self, text: str, forward: bool) -> None:
        self.find_bar.show_result(found=self.transcript.find_text(text, forward=forward))

    def _on_link(self, address: str) -> None:
        ask_about_link(address, self)

    def _on_allowed(self, request_id: str) -> None:
        self._decide(request_id, Decision.allow_once())

    def _on_denied(self, request_id: str, reason: str) -> None:
        self._decide(request_id, Decision.deny(reason))

    def _decide(self, request_id: str, decision: Decision) -> None:
        try:
            self.conversation.decide(request_id, decision)
        except ApprovalError as error:
            self.complain(str(error))
        self.card.clear()
        self.composer.message.setFocus()

    def _on_stop(self) -> None:
        if self.conversation.is_running:
            self.composer.give_back(self.conversation.stop())

    def _on_mode(self, mode: PermissionMode) -> None:
        self.conversation.set_mode(mode)

    def _on_send_now(self, number: int) -> None:
        queue = self.conversation.queued
        if number < len(queue) and self.conversation.run is not None and self.conversation.is_running:
            text = queue[number]
            del queue[number]
            self.conversation.run.steer(text)
            self._refresh()

    def _on_queue_removed(self, number: int) -> None:
        if number < len(self.conversation.queued):
            del self.conversation.queued[number]
            self._refresh()

    def _on_new_messages(self) -> None:
        self.new_messages.hide()
        self.transcript.go_to_end()

    def _refresh(self) -> None:
        self.composer.show_state(running=self.conversation.is_running, queued=list(self.conversation.queued))
        pending = self.conversation.pending
        if pending:
            self.card.show_request(pending[0].payload, self.conversation.config.name or "The agent")
        else:
            self.card.clear()
