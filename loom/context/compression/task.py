"""What every level is given, and what none of them touches."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from loom.config.context import CompressionPolicy
from loom.context.tokens import estimate_message
from loom.memory.codec import message_to_data
from loom.types.messages import Message

SUMMARY_BEGINS, SUMMARY_ENDS = "<summary>", "</summary>"
READ_ARTIFACT = "read_artifact"
_KEY = "key"
_WORD = re.compile(r"[^\W\d_]{4,}|\w*\d\w*|[\u2e80-\U0003ffff]{2}")


def message_key(message: Message) -> str:
    """What names a message by its content: 16 hexadecimal digits, the same in every process; made once."""
    known = message.wire_cache.get(_KEY)
    if known is None:
        data = json.dumps(message_to_data(message), sort_keys=True, default=str).encode("utf-8", "backslashreplace")
        known = message.wire_cache[_KEY] = hashlib.blake2b(data, digest_size=8).hexdigest()
    return known


def words_of(text: str) -> frozenset[str]:
    """The words by which texts are compared, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


@dataclass(frozen=True)
class CompressionTask:
    """How to make one history smaller. Tokens are estimates by rules alone, as `estimate_message` gives them.

    `goal` is what the run works for; `pinned` are keys of messages that stay as they are. `target_tokens` is how many
    the history may have when a level takes messages out.
    """

    window_tokens: int
    target_tokens: int
    goal: Message | None = None
    pinned: frozenset[str] = field(default_factory=frozenset[str])
    policy: CompressionPolicy = field(default_factory=CompressionPolicy)

    @cached_property
    def goal_words(self) -> frozenset[str]:
        """The words of the goal."""
        return words_of(self.goal.text) if self.goal is not None else frozenset()

    def is_kept(self, message: Message) -> bool:
        """Whether a message stays as it is wherever it stands: the goal, and what a person pinned."""
        return message == self.goal or (bool(self.pinned) and message_key(message) in self.pinned)

    def recent_from(self, history: Sequence[Message]) -> int:
        """Where the end begins that stays: whole exchanges of at most the policy's share, at least the last one."""
        room = self.policy.keep_recent * self.window_tokens
        begins = len(history)
        for start, end in reversed(list(exchanges(history))):
            room -= sum(map(estimate_message, history[start:end]))
            if room < 0 and begins < len(history):
                break
            begins = start
        return begins

    def last_user(self, history: Sequence[Message]) -> int:
        """Where the last message of a person stands, -1 if there is none."""
        return next((at for at in range(len(history) - 1, -1, -1) if is_said(history[at])), -1)


def is_said(message: Message) -> bool:
    """Whether a person said it: neither a model nor a tool, nor a summary of ours."""
    return message.role == "user" and not (
        isinstance(message.content, str) and message.content.startswith(SUMMARY_BEGINS)
    )


def exchanges(history: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """The parts of a history that stay or go together: a message, with the results of its calls."""
    start = 0
    for at in range(1, len(history) + 1):
        if at == len(history) or history[at].role != "tool":
            yield start, at
            start = at
