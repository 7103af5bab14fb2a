"""What every wire format tells of an answer as it comes: its words, why it ended, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loom.providers.base import Completion, StopReason
from loom.types.content import ContentBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage


@dataclass(slots=True)
class Answer:
    """One answer while it is read. `stop` is set once the model said why it stopped: then the answer is whole.

    `is_done` is set where the server said that nothing more comes.
    """

    said: list[str] = field(default_factory=list[str])
    stop: StopReason | None = None
    usage: Usage | None = None
    model: str = ""
    id: str = ""
    context_edits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    extra_usage: Usage | None = None
    is_done: bool = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.said)

    @property
    def is_complete(self) -> bool:
        """True once the model said why it stopped."""
        return self.stop is not None

    def after_thoughts(self, thoughts: list[ThinkingBlock]) -> str | list[ContentBlock]:
        """The content of a message: its text alone, or after the thoughts where there were any."""
        if not thoughts:
            return self.text
        return [*thoughts, TextBlock(text=self.text)] if self.said else [*thoughts]

    def completion(self, content: str | list[ContentBlock], calls: list[ToolCall]) -> Completion:
        """The whole answer. Some servers say of an answer with calls that it just ended."""
        stop = self.stop or StopReason.END_TURN
        if calls and stop is StopReason.END_TURN:
            stop = StopReason.TOOL_USE
        message = Message("assistant", content, calls)
        used = (self.usage, _name(self.model), _name(self.id))
        return Completion(message, stop, *used, self.context_edits, self.extra_usage)


def _name(told: Any) -> str:
    """A name that a server tells and nothing depends on; empty where it is no text."""
    return told if isinstance(told, str) else ""
