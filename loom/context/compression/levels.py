"""The levels by pressure, and what came of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from loom.config.context import CompressionPolicy
from loom.context.compression.middle import auto, collapse
from loom.context.compression.outputs import micro, snip
from loom.context.compression.summary import is_summary, with_lines
from loom.context.compression.task import CompressionTask
from loom.context.tokens import estimate_message, estimate_messages
from loom.types.messages import Message

LEVELS = ("snip", "micro", "collapse", "auto", "reactive")


@dataclass(frozen=True, slots=True)
class Compression:
    """A smaller history, and what was done to get it; tokens are those of the history, estimated."""

    level: str
    messages: list[Message]
    tokens_before: int
    tokens_after: int
    outputs_cut: int
    messages_gone: int

    @property
    def saved_tokens(self) -> int:
        """How much smaller the history is."""
        return self.tokens_before - self.tokens_after

    @property
    def detail(self) -> str:
        """What was cut, as people read it."""
        parts = [f"{self.outputs_cut} tool outputs cut"] if self.outputs_cut else []
        if self.messages_gone:
            parts.append(f"{self.messages_gone} messages became a summary")
        return ", ".join(parts) or "nothing could be cut"


def with_written(made: Compression, history: Sequence[Message], lines: Sequence[str]) -> Compression:
    """A compression of `history` whose new summary has further lines; the same where it has no new summary."""
    before = {id(message) for message in history}
    for at, message in enumerate(made.messages):
        if is_summary(message) and id(message) not in before:
            longer = with_lines(message, lines)
            messages = [*made.messages[:at], longer, *made.messages[at + 1 :]]
            more = estimate_message(longer) - estimate_message(message)
            return replace(made, messages=messages, tokens_after=made.tokens_after + more)
    return made


def level_due(rho: float, policy: CompressionPolicy) -> str | None:
    """The level that the pressure asks for; None while there is room."""
    if not policy.enabled or rho <= policy.snip_at:  # the levels rise
        return None
    steps = (
        (policy.auto_compact_at, "auto"),
        (policy.collapse_at, "collapse"),
        (policy.micro_at, "micro"),
        (policy.snip_at, "snip"),
    )
    return next((level for above, level in steps if rho > above), None)


def compress(history: Sequence[Message], level: str, task: CompressionTask) -> Compression:
    """The history after one level. What is valid stays valid: calls keep their results.

    The goal, what is pinned, the last user message and the last exchange are never cut; reactive alone, when the
    provider said that a request is too long, shortens the outputs of the last exchange too.
    """
    smaller = _BY_LEVEL[level](history, task)
    before, after = {id(message) for message in history}, {id(message) for message in smaller}
    shortened = sum(1 for message in smaller if message.role == "tool" and id(message) not in before)
    return Compression(
        level,
        smaller,
        estimate_messages(history),
        estimate_messages(smaller),
        shortened,
        len(before - after) - shortened,
    )


def _reactive(history: Sequence[Message], task: CompressionTask) -> list[Message]:
    hard = replace(task, policy=replace(task.policy, snip_chars=max(200, task.policy.snip_chars // 4), keep_recent=0.1))
    messages = snip(history, hard, before=len(history))
    if estimate_messages(messages) > task.target_tokens:
        messages = collapse(messages, hard)
    if estimate_messages(messages) > task.target_tokens:
        messages = auto(messages, hard)
    return messages


_BY_LEVEL: dict[str, Callable[[Sequence[Message], CompressionTask], list[Message]]] = {
    "snip": snip,
    "micro": micro,
    "collapse": collapse,
    "auto": auto,
    "reactive": _reactive,
}
