"""Making a history smaller when the provider said that it is too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loom.context.tokens import estimate_message
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
    sizes = [estimate_message(message) for message in history]
    before = sum(sizes)
    budget = int(before * keep_share)
    last_user = max((i for i, message in enumerate(history) if message.role == "user"), default=0)
    older, older_sizes = _all_shortened(history[:last_user], sizes[:last_user])
    newest, newest_sizes = list(history[last_user:]), sizes[last_user:]
    dropped, after = 0, sum(older_sizes) + sum(newest_sizes)
    while dropped < len(older) and after > budget:
        following = next((i for i in range(dropped + 1, len(older)) if older[i].role == "user"), len(older))
        after -= sum(older_sizes[dropped:following])
        dropped = following
    older, older_sizes = older[dropped:], older_sizes[dropped:]
    if not older and sum(newest_sizes) > budget:
        rest, rest_sizes = _all_shortened(newest[1:], newest_sizes[1:])
        newest, newest_sizes = [newest[0], *rest], [newest_sizes[0], *rest_sizes]
    if dropped:
        note = f"[{dropped} earlier messages of this conversation were left out: it no longer fits the model's window.]"
        older = [Message("user", note), *older]
        older_sizes = [estimate_message(older[0]), *older_sizes]
    messages = older + newest
    kept = {id(message) for message in messages}
    cut = sum(1 for message in history[dropped:] if id(message) not in kept)
    detail = f"{cut} tool results cut, {dropped} oldest messages left out"
    return Compaction(messages, before, sum(older_sizes) + sum(newest_sizes), detail)


def _all_shortened(messages: Sequence[Message], sizes: Sequence[int]) -> tuple[list[Message], list[int]]:
    """The messages with long results cut, and the tokens of each."""
    short = [_shortened(message) for message in messages]
    tokens = [
        size if new is old else estimate_message(new) for old, new, size in zip(messages, short, sizes, strict=True)
    ]
    return short, tokens


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
