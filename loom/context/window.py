"""One conversation's context: its history, how full the window is, what stays, and the handoffs behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from loom.config.context import CompressionPolicy
from loom.context.compression import Compression, compress, level_due
from loom.context.compression.outputs import cut_keys, is_cut
from loom.context.compression.task import CompressionTask, exchanges, is_said, message_key
from loom.context.ledger import TokenLedger
from loom.context.renewal import ContextRenewer, Surroundings
from loom.context.tokens import estimate_message
from loom.context.working import WorkingContext
from loom.types.checked import copied
from loom.types.handoff import HandoffArtifact
from loom.types.messages import Message

TARGET_SHARE = 0.6
REACTIVE_SHARE = 0.5
_USUAL_POLICY = CompressionPolicy()
"""Copied for each session that has none of its own: one that is made is also checked."""


class ContextManager:
    """Keeps one history inside a window of `max_tokens`.

    `history` is changed in place, by `apply` alone: what it is given may have been made in a thread, from `task`.
    `cut` holds the whole of outputs that were cut, by the key that stands in their place, and `has_cuts` says whether
    any ever was; `changes` counts how often the history became another.
    """

    def __init__(
        self,
        max_tokens: int = 200_000,
        compression_policy: CompressionPolicy | None = None,
        history: list[Message] | None = None,
    ) -> None:
        self.max_tokens = max_tokens
        self.policy = compression_policy or copied(_USUAL_POLICY)
        self.history: list[Message] = [] if history is None else history
        self.ledger = TokenLedger()
        self.working = WorkingContext()
        self.goal: Message | None = None
        self.pinned: set[str] = set()
        self.handoffs: list[HandoffArtifact] = []
        self.cut: dict[str, str] = {}
        self.has_cuts = False
        self.changes = 0

    @property
    def last_handoff(self) -> HandoffArtifact | None:
        """The document that the window began with; None before the first renewal."""
        return self.handoffs[-1] if self.handoffs else None

    @property
    def rho(self) -> float:
        """How full the window is: tokens / window."""
        return self.ledger.catch_up(self.history) / self.max_tokens

    def should_renew(self) -> bool:
        """Whether the window is full."""
        return self.policy.enabled and self.rho >= 1.0

    def should_compress(self) -> str | None:
        """The level that the pressure asks for; None while there is room."""
        return level_due(self.rho, self.policy)

    def newest_share(self) -> float:
        """How much of the window the last exchange takes: a message, with the results of its calls."""
        start, end = list(exchanges(self.history[-200:]))[-1] if self.history else (0, 0)
        newest = self.history[-200:][start:end]
        return sum(map(estimate_message, newest)) * self.ledger.factor / self.max_tokens

    def take_history(self) -> None:
        """Take note that the history was read anew from where it is kept."""
        self.goal, self.cut = None, {}
        self.has_cuts = any(message.role == "tool" and is_cut(message.text) for message in self.history)
        self.ledger.forget()

    def compress(self, strategy: str) -> Compression:
        """Make the history smaller by one level: snip, micro, collapse, auto or reactive."""
        made = compress(self.history, strategy, self.task(strategy))
        self.apply(made.messages)
        return made

    def renew(self, around: Surroundings | None = None) -> HandoffArtifact:
        """Begin again: the history becomes the few messages that go on, the handoff tells the rest."""
        return self.begin_anew(*self.renewal(around)())

    def renewal(self, around: Surroundings | None = None) -> Callable[[], tuple[list[Message], HandoffArtifact]]:
        """What makes the messages that go on and the handoff; it changes nothing, and may be called in a thread."""
        snapshot: dict[str, Any] = {
            "messages": len(self.history),
            "rho": round(self.rho, 3),
            "tokens": self.ledger.by_partition(),
            "window_tokens": self.max_tokens,
        }
        return partial(
            ContextRenewer().renew,
            list(self.history),
            self.task("collapse"),
            deepcopy(self.working),
            self.last_handoff,
            snapshot,
            around or Surroundings(),
        )

    def begin_anew(self, messages: Sequence[Message], handoff: HandoffArtifact) -> HandoffArtifact:
        """Go on with these messages after a handoff."""
        self.handoffs.append(handoff)
        self.apply(messages)
        return handoff

    def task(self, level: str) -> CompressionTask:
        """How the history is made smaller now; its tokens are those that rules alone estimate."""
        self.ledger.catch_up(self.history)
        parts, factor = self.ledger.by_partition(), max(0.1, self.ledger.factor)
        fixed = sum(parts.values()) - parts["history"]
        target = TARGET_SHARE * self.max_tokens - fixed
        if level == "reactive":
            target = min(target, REACTIVE_SHARE * parts["history"])
        window = int(self.max_tokens / factor)
        return CompressionTask(
            window, max(0, int(target / factor)), self.goal or self._first_goal(), frozenset(self.pinned), self.policy
        )

    def apply(self, messages: Sequence[Message]) -> None:
        """Make these the history; the whole texts of outputs that were cut can be read again by `cut`."""
        known = {id(message) for message in self.history}
        new = [message.text for message in messages if message.role == "tool" and id(message) not in known]
        wanted = {key for text in new for key in cut_keys(text)}
        if wanted:
            kept = {id(message) for message in messages}
            outputs = [message for message in self.history if message.role == "tool" and id(message) not in kept]
            self.cut.update({key: m.text for m in outputs if (key := message_key(m)) in wanted})
        self.has_cuts = self.has_cuts or bool(wanted)
        self.changes += 1
        self.history[:] = messages
        self.ledger.restart(self.history)

    def pin(self, message: Message) -> str:
        """Keep a message as it is, whatever is compressed; returns the key by which it is known."""
        self.pinned.add(message_key(message))
        return message_key(message)

    def unpin(self, message: Message) -> str:
        """Let a message be compressed again."""
        self.pinned.discard(message_key(message))
        return message_key(message)

    def is_pinned(self, message: Message) -> bool:
        """Whether a message stays as it is."""
        return bool(self.pinned) and message_key(message) in self.pinned

    def _first_goal(self) -> Message | None:
        return next((message for message in self.history if is_said(message)), None)
