"""Making a history smaller when the provider said that it is too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loom.context.tokens import estimate_messages
from loom.types.content import content_text
from loom.types.messages import Message

SHORT_RESULT_CHARS = 400
KEEP_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Compaction:
    """A smaller history, and what was done to get it."""

    messages: list[Message]
    tokens_before: int
    tokens_after: int
    detail: str


def compact(history: Sequence[Message], *, keep_share: float = KEEP_SHARE) -> Compaction:
    """A history of at most about `keep_share` of the tokens, the newest part whole.

    First long results of tools before the last user message are cut to their beginning and end; if that is not
    enough, the oldest turns go, and a note stands in their place. The last user message and all after it stay whole;
    a tool call and its result stay or go together.
    """
    before = estimate_messages(history)
    budget = int(before * keep_share)
    last_user = max((i for i, message in enumerate(history) if message.role == "user"), default=0)
    older = [_shortened(message) for message in history[:last_user]]
    newest = list(history[last_user:])
    cut = sum(1 for old, new in zip(history, older, strict=False) if old is not new)
    dropped = 0
    while older and estimate_messages(older) + estimate_messages(newest) > budget:
        older, gone = _without_oldest_turn(older)
        dropped += gone
    if not older and estimate_messages(newest) > budget:
        newest = [newest[0], *(_shortened(message) for message in newest[1:])]
        cut += sum(1 for old, new in zip(history[last_user:], newest, strict=False) if old is not new)
    if dropped:
        note = f"[{dropped} earlier messages of this conversation were left out: it no longer fits the model's window.]"
        older = [Message("user", note), *older]
    messages = older + newest
    detail = f"{cut} tool results cut, {dropped} oldest messages left out"
    return Compaction(messages, before, estimate_messages(messages), detail)


def _shortened(message: Message) -> Message:
    if message.role != "tool":
        return message
    text = content_text(message.content)
    if len(text) <= SHORT_RESULT_CHARS and isinstance(message.content, str):
        return message
    half = SHORT_RESULT_CHARS // 2
    left_out = max(0, len(text) - SHORT_RESULT_CHARS)
    content = (
        f"{text[:half]}\n[… {left_out} characters left out …]\n{text[-half:]}"
        if left_out
        else text or "[picture left out]"
    )
    return replace(message, content=content)


def _without_oldest_turn(messages: list[Message]) -> tuple[list[Message], int]:
    """The messages after the first turn: a turn begins with a user message."""
    following = next((i for i, message in enumerate(messages) if i > 0 and message.role == "user"), len(messages))
    return messages[following:], following
