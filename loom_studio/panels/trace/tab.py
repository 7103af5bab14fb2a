"""The Trace tab before it is first looked at: its parts are made then, so that the window's start does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from loom_studio.services.conversations import Conversation
from loom_studio.services.sessions import SessionsService

if TYPE_CHECKING:
    from loom_studio.panels.trace.panel import TracePanel


class TraceTab(QWidget):
    """Holds the panel; `panel` is None until the tab was shown."""

    fork_wanted = Signal(str, int)
    """A session, and the record up to which it is to be copied."""

    def __init__(self, sessions: SessionsService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel: TracePanel | None = None
        self._sessions = sessions
        self._conversation: Conversation | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show a conversation's trace, now or once the tab is looked at."""
        self._conversation = conversation
        if self.panel is not None:
            self.panel.show_conversation(conversation)

    async def aclose(self) -> None:
        """End what runs."""
        if self.panel is not None:
            await self.panel.aclose()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.panel is None:
            from loom_studio.panels.trace.panel import TracePanel

            self.panel = TracePanel(self._sessions, self)
            self.panel.fork_wanted.connect(self.fork_wanted)
            self._layout.addWidget(self.panel)
            if self._conversation is not None:
                self.panel.show_conversation(self._conversation)
