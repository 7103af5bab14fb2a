"""The sessions that are open in this process: one conversation each, however many windows show it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from PySide6.QtCore import QObject

from loom_studio.services.conversations import Conversation


class Holder(Protocol):
    """What shows a conversation. The first one of several drives its runs, `take_over` makes another one do it."""

    conversation: Conversation
    leave: Callable[[], Coroutine[Any, Any, None]]
    """Shows it no longer, wherever that is."""

    def take_over(self) -> None:
        """Go on with the run and the messages that wait, from here."""
        ...

    def aclose(self) -> Coroutine[Any, Any, None]:
        """End what it does itself."""
        ...


class OpenSessions(QObject):
    """Knows who shows which conversation; the last one who does closes it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._holders: dict[Conversation, list[Holder]] = {}

    @property
    def conversations(self) -> list[Conversation]:
        """The open ones, in the order in which they were opened."""
        return list(self._holders)

    @property
    def running(self) -> list[Conversation]:
        """Those in which a run works."""
        return [each for each in self._holders if each.is_running]

    def get(self, session_id: str) -> Conversation | None:
        """The conversation of a session; None if it is not open."""
        return next((each for each in self._holders if each.id == session_id), None)

    def holders(self, conversation: Conversation) -> list[Holder]:
        """Who shows it, first the one who drives its runs."""
        return list(self._holders.get(conversation, []))

    def shows_alone(self, holder: Holder) -> bool:
        """Whether nobody else shows the same conversation."""
        return self.holders(holder.conversation) == [holder]

    def hold(self, holder: Holder) -> None:
        """Note that somebody shows a conversation."""
        self._holders.setdefault(holder.conversation, []).append(holder)

    async def let_go(self, holder: Holder) -> None:
        """End what a holder does; its conversation goes on where another one shows it, and is closed where none does.

        What runs in one that is closed is kept as interrupted.
        """
        conversation = holder.conversation
        holders = self._holders.get(conversation, [])
        was_first = holders[:1] == [holder]
        if holder in holders:
            holders.remove(holder)
        if not holders:
            self._holders.pop(conversation, None)
            await conversation.aclose()
        await holder.aclose()
        if holders and was_first:
            holders[0].take_over()
