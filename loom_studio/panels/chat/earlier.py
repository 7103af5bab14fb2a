"""What can be done with what was said before: edit it, ask for an answer again, go back, fork, pin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from loom_studio.services.conversations import Outgoing
from loom_studio.texts import tr
from loom_studio.transcript_row import TranscriptRow

if TYPE_CHECKING:
    from loom_studio.panels.chat.panel import ChatPanel


class Earlier:
    """The earlier messages of a chat."""

    def __init__(self, panel: ChatPanel) -> None:
        self._panel = panel

    @property
    def last(self) -> TranscriptRow | None:
        """The message that began the last run; None where it can't be changed, or there is none."""
        conversation = self._panel.conversation
        if conversation.is_running or conversation.sessions is None or conversation.owner:
            return None
        return next((row for row in reversed(self._panel.model.rows) if _began_a_run(row)), None)

    def add_actions(self, menu: QMenu, row: TranscriptRow) -> None:
        """Add to the menu of a row what can be done with it."""
        panel, conversation = self._panel, self._panel.conversation
        if not row.n or conversation.sessions is None or conversation.owner:
            return
        is_idle, last = not conversation.is_running, self.last
        if _began_a_run(row):
            menu.addAction(tr("Edit message…"), lambda: self.edit(row)).setEnabled(is_idle)
        if last is not None and row.kind in ("assistant", "error") and row.n > last.n:
            menu.addAction(tr("Regenerate"), self.regenerate)
        if row.kind == "user":
            restore = menu.addAction(tr("Restore to before this…"), lambda: panel.restore_wanted.emit(row.n))
            restore.setEnabled(is_idle)
        if row.kind in ("user", "assistant"):
            menu.addAction(tr("Pin in the context"), lambda: self._pin(row))
        menu.addAction(tr("Fork session from here"), lambda: panel.fork_wanted.emit(row.n))

    def edit(self, row: TranscriptRow) -> None:
        """Put a message back into the composer: sent, it takes the old one's place or forks."""
        self._panel.tasks.start(self._edit(row), what="read the message")

    def edit_last(self) -> None:
        """Edit what was written last: the last message that waits, or the one that began the last run."""
        panel = self._panel
        if panel.conversation.queued:
            panel.waiting.edit(len(panel.conversation.queued) - 1)
        elif self.last is not None:
            self.edit(self.last)

    def regenerate(self) -> None:
        """Take back the last answer, with all that led to it, and ask for it again."""
        if self.last is not None:
            self._panel.tasks.start(self._regenerate(self.last), what="ask for the answer again")

    async def _edit(self, row: TranscriptRow) -> None:
        message = await self._read(row)
        if not self._panel.conversation.is_running:
            self._panel.composer.edit(message)

    async def _regenerate(self, row: TranscriptRow) -> None:
        message = await self._read(row)
        if not self._panel.conversation.is_running:
            await self._panel.converse(message)

    async def _read(self, row: TranscriptRow) -> Outgoing:
        conversation = self._panel.conversation
        if conversation.sessions is None:
            return Outgoing(row.text, before=row.n)
        from loom_studio.services.sent import sent_message  # a window is shown without it

        return await sent_message(conversation.sessions, conversation.id, row.n, row.text)

    def _pin(self, row: TranscriptRow) -> None:
        work = self._panel.conversation.context.pin(row.kind, row.text)
        self._panel.tasks.start(work, what="pin the message")


def _began_a_run(row: TranscriptRow) -> bool:
    return row.kind == "user" and not row.state and row.n > 0
