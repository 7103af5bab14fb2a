"""The messages that wait for a run's end: told to it at once, edited, moved, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loom_studio.services.conversations import Outgoing
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.runtime import Run
    from loom_studio.panels.chat.panel import ChatPanel


class Waiting:
    """What is done with the queue of a chat, by the place of a message in it; nothing for one that is gone."""

    def __init__(self, panel: ChatPanel) -> None:
        self._panel = panel
        self._told: list[tuple[Run, Outgoing]] = []
        """What was told to a run, until the model read it."""
        panel.conversation.changed.connect(self._look_at_told)
        composer = panel.composer
        composer.send_now.connect(self.tell)
        composer.queue_edited.connect(self.edit)
        composer.queue_moved.connect(self.move_up)
        composer.queue_removed.connect(self.delete)

    def tell(self, number: int) -> None:
        """Put a message before the model at its next step."""
        run, queue = self._panel.conversation.run, self._panel.conversation.queued
        if number >= len(queue) or run is None or run.state.is_final:
            return
        if queue[number].attachments:
            sentence = tr("A message with attachments can't be told to a run that works; it is sent after it.")
            self._panel.complain(sentence)
            return
        run.steer(queue[number].text)
        self._told.append((run, queue[number]))
        self._take(number)

    def edit(self, number: int) -> None:
        """Put a message back into the message box."""
        if number < len(self._panel.conversation.queued):
            self._panel.composer.give_back([self._take(number)])
            self._panel.composer.message.setFocus()

    def move_up(self, number: int) -> None:
        """Have a message sent before the one that stands before it."""
        if 0 < number < len(self._panel.conversation.queued):
            queue = self._panel.conversation.queued
            queue[number - 1], queue[number] = queue[number], queue[number - 1]
            self._panel.conversation.changed.emit()

    def delete(self, number: int) -> None:
        """Send a message no more."""
        if number < len(self._panel.conversation.queued):
            self._panel.queue_deleted.emit(self._take(number), number)

    async def put_back(self, message: Outgoing, number: int) -> None:
        """Put a message back into the queue, or into the message box where nothing runs any more."""
        if self._panel.conversation.is_running:
            self._panel.conversation.queued.insert(number, message)
            self._panel.conversation.changed.emit()
        else:
            self._panel.composer.give_back([message])

    def _look_at_told(self) -> None:
        """Say what the model has not read yet; what it never will comes back into the message box."""
        if not self._told:
            return
        unheard = [(run, message) for run, message in self._told if message.text in run.unheard]
        self._told = [(run, message) for run, message in unheard if not run.state.is_final]
        lost = [message for run, message in unheard if run.state.is_final]
        if lost:
            self._panel.composer.give_back(lost)
        texts = [message.text for _, message in self._told]
        self._panel.composer.show_sending(
            "\n".join([*texts, tr("It reaches the model at its next step.")]) if texts else ""
        )

    def _take(self, number: int) -> Outgoing:
        message = self._panel.conversation.queued[number]
        del self._panel.conversation.queued[number]
        self._panel.conversation.changed.emit()
        return message
