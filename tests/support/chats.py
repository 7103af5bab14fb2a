"""The chat of one conversation, on the Studio's loop."""

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtWidgets import QApplication

from loom_studio.loop import run
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Conversation


def with_chat(
    app: QApplication, make: Callable[[], Conversation], use: Callable[[ChatPanel], Coroutine[Any, Any, None]]
) -> None:
    """Show the chat of the conversation that `make` makes, and close it after `use`."""

    async def main() -> int:
        panel = ChatPanel(make())
        panel.resize(700, 500)
        panel.show()
        try:
            await use(panel)
        finally:
            await panel.aclose()
            panel.deleteLater()
        return 0

    assert run(app, main) == 0
