"""The two levels that take messages out: the inactive middle, and whatever matters least; a summary stands for them."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set

from loom.context.compression.summary import extract, summary_message
from loom.context.compression.task import SUMMARY_BEGINS, CompressionTask, exchanges, words_of
from loom.context.tokens import estimate_message
from loom.types.messages import Message

DECAY = 0.03
"""How fast an exchange loses its worth with each one that follows (λ)."""
LEAST_RELEVANCE = 0.2
READ_CHARS = 600
WORTH = {"user": 0.9, "assistant": 0.6, "tool": 0.4}
"""How much a message is worth by itself (K); 1 is for what never goes."""


def collapse(history: Sequence[Message], task: CompressionTask) -> list[Message]:
    """The history with its middle as a summary: the goal, what is pinned, the last user message and the end stay."""
    recent, last_user = task.recent_from(history), task.last_user(history)
    gone: set[int] = set()
    for start, end in exchanges(history):
        if end <= recent and not _stays(history, start, end, task, last_user):
            gone.update(range(start, end))
    return _folded(history, gone, task)


def auto(history: Sequence[Message], task: CompressionTask) -> list[Message]:
    """The history without what scores least, until it has `target_tokens`: K · relevance · e^(−λ·age)."""
    parts, last_user = list(exchanges(history)), task.last_user(history)
    over = sum(map(estimate_message, history)) - task.target_tokens
    over += int(task.policy.summary_share * task.window_tokens)
    scored = [
        (_score(history[start:end], len(parts) - number, task), start, end)
        for number, (start, end) in enumerate(parts[:-1])
        if not _stays(history, start, end, task, last_user)
    ]
    gone: set[int] = set()
    for _, start, end in sorted(scored):
        if over <= 0:
            break
        over -= sum(map(estimate_message, history[start:end]))
        gone.update(range(start, end))
    return _folded(history, gone, task)


def _stays(history: Sequence[Message], start: int, end: int, task: CompressionTask, last_user: int) -> bool:
    return start == last_user or any(task.is_kept(message) for message in history[start:end])


def _score(exchange: Sequence[Message], age: int, task: CompressionTask) -> float:
    text = " ".join(message.text[:READ_CHARS] for message in exchange)
    shared = len(task.goal_words & words_of(text)) / max(1, len(task.goal_words))
    relevance = LEAST_RELEVANCE + (1 - LEAST_RELEVANCE) * shared
    worth = 1.0 if text.startswith(SUMMARY_BEGINS) else max(WORTH.get(message.role, 0.9) for message in exchange)
    return worth * relevance * math.exp(-DECAY * age)


def _folded(history: Sequence[Message], gone: Set[int], task: CompressionTask) -> list[Message]:
    """The history without the messages at `gone`; a summary stands where the first of them was."""
    if not gone:
        return list(history)
    room = int(task.policy.summary_share * task.window_tokens)
    lines = extract([history[at] for at in sorted(gone)], room, task.goal_words)
    place = min(gone)
    kept = [message for at, message in enumerate(history) if at not in gone]
    return [*kept[:place], summary_message(lines, len(gone)), *kept[place:]]
