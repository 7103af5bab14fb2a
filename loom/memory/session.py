"""The first tier: the last messages of one session."""

from __future__ import annotations

from dataclasses import dataclass, field

from loom.types.messages import Message


@dataclass
class SessionMemory:
    """The last `max_size` messages, oldest first. A session of an agent keeps its own history; this is for code."""

    messages: list[Message] = field(default_factory=list[Message])
    max_size: int = 100

    def add(self, message: Message) -> None:
        """Keep a message; of more than `max_size` the oldest go."""
        self.messages.append(message)
        del self.messages[: max(0, len(self.messages) - max(0, self.max_size))]

    def get_recent(self, n: int = 10) -> list[Message]:
        """The last `n` messages, oldest first; none for an `n` of 0 or less."""
        return self.messages[-n:] if n > 0 else []

    def clear(self) -> None:
        """Forget them all."""
        self.messages.clear()
