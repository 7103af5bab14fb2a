"""What servers ask of a person: to fill in a form, to open an address, to lend them the agent's model, to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from loom.errors import ApprovalError
from loom.safety.odd_text import escaped
from loom.types.ids import generate_id

PERSON_LIMIT_S = 600.0
MOST_WAITING = 20
LONGEST_CHARS = 20_000

Action = Literal["accept", "decline", "cancel"]
Kind = Literal["form", "url", "sampling", "sign_in"]


@dataclass(frozen=True, slots=True)
class ServerAsk:
    """One question of a server's, for a person. Its texts come from the server; nothing in them is invisible.

    `schema` is a form's (top-level properties only), `url` what is to be opened. For sampling, `prompt` is all that the
    model would be asked, and `max_tokens` what it may answer.
    """

    server: str
    kind: Kind
    message: str
    schema: dict[str, Any] = field(default_factory=dict[str, Any])
    url: str = ""
    prompt: str = ""
    max_tokens: int = 0
    id: str = field(default_factory=generate_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person said; `content` is what was filled in."""

    action: Action
    content: dict[str, Any] = field(default_factory=dict[str, Any])


class AskDesk:
    """Where servers' questions wait. With nobody attached each is declined at once."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[ServerAsk, asyncio.Future[Answer]]] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_attended(self) -> bool:
        """Whether somebody answers."""
        return bool(self._listeners)

    @property
    def pending(self) -> list[ServerAsk]:
        """What waits, oldest first."""
        return [ask for ask, _ in self._waiting.values()]

    def attach(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Say that somebody answers; `on_change` is called when what waits is another. Returns what detaches."""
        self._listeners.append(on_change)

        def detach() -> None:
            if on_change in self._listeners:
                self._listeners.remove(on_change)
            if not self._listeners:
                for _, future in list(self._waiting.values()):
                    if not future.done():
                        future.set_result(Answer("cancel"))

        return detach

    async def ask(self, ask: ServerAsk) -> Answer:
        """The person's answer; cancelled after ten minutes, declined with nobody there or twenty waiting already."""
        if not self._listeners or len(self._waiting) >= MOST_WAITING:
            return Answer("decline")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[ask.id] = (ask, future)
        self._tell()
        try:
            async with asyncio.timeout(PERSON_LIMIT_S):
                return await future
        except TimeoutError:
            return Answer("cancel")
        finally:
            del self._waiting[ask.id]
            self._tell()

    def answer(self, ask_id: str, answer: Answer) -> None:
        """Answer a question. Raises ApprovalError if it no longer waits."""
        held = self._waiting.get(ask_id)
        if held is None or held[1].done():
            raise ApprovalError("This question of a server no longer waits for an answer")
        held[1].set_result(answer)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def visible(text: str) -> str:
    """A server's text as a person may read it: bounded, what is invisible in it shown as escapes."""
    shown = escaped(text[:LONGEST_CHARS], "\n\t")
    return shown if len(text) <= LONGEST_CHARS else f"{shown}\n[… {len(text) - LONGEST_CHARS:,} characters left out …]"
