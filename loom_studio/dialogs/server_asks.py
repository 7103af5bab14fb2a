"""The questions of tool servers, each in a window of its own while it waits."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from loom.ecosystem.mcp.asks import Answer
from loom.errors import ApprovalError
from loom_studio.dialogs.server_ask import ServerAskDialog
from loom_studio.plain_text import escape_invisible
from loom_studio.services.mcp import McpService


class ServerAsks(QObject):
    """Opens a window for each question of `service` and closes those that no longer wait."""

    def __init__(self, service: McpService, parent: QWidget) -> None:
        super().__init__(parent)
        self._service = service
        self._window = parent
        self.open: dict[str, ServerAskDialog] = {}

    def refresh(self) -> None:
        """Show what waits now."""
        pending = {ask.id: ask for ask in self._service.pending()}
        for ask_id in self.open.keys() - pending.keys():
            self.open.pop(ask_id).close()
        for ask_id, ask in pending.items():
            if ask_id not in self.open:
                dialog = self.open[ask_id] = ServerAskDialog(ask, self._on_answer, self._window)
                # Beside the window, not before it: what the question is about stays in view, and so does the focus.
                dialog.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
                dialog.show()

    def waiting(self) -> list[tuple[str, str]]:
        """Each question that waits: its id, and in a line who asks what."""
        return [(ask_id, escape_invisible(dialog.windowTitle())) for ask_id, dialog in self.open.items()]

    def bring_up(self, ask_id: str) -> None:
        """Have the person see a question."""
        dialog = self.open.get(ask_id)
        if dialog is not None:
            dialog.raise_()
            dialog.activateWindow()

    def _on_answer(self, ask_id: str, answer: Answer) -> None:
        self.open.pop(ask_id, None)
        try:
            self._service.answer(ask_id, answer)
        except ApprovalError:
            return  # it was cancelled meanwhile: there is nobody left to tell
