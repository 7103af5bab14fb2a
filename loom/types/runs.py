"""Values about runs: states, results, usage, artifacts, and what a caller hands to one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from loom.types.content import ContentBlock
from loom.types.frozen import quickly_made
from loom.types.ids import generate_id

if TYPE_CHECKING:
    from loom.types.events import RunEvent
    from loom.types.knowledge import KnowledgeBundle


def utc_now() -> datetime:
    """The time now, with its zone (UTC)."""
    return datetime.now(UTC)


class RunState(Enum):
    """Where a run is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True for completed, failed and cancelled."""
        return self in (RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED)


@quickly_made
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls, and what they cost.

    `input_tokens` counts everything the model read, cached or not; `cache_read_tokens` and
    `cache_write_tokens` are the parts of it read from and written to the provider's prompt cache.
    `thinking_tokens` is a part of `output_tokens`. `cost_usd` is None when the price is not known; of a sum,
    when that of any part that has tokens is not.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    thinking_tokens: int = 0
    cost_usd: float | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        used = [each.cost_usd for each in (self, other) if each.cost_usd is not None or each.total_tokens]
        known = [cost for cost in used if cost is not None]
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.thinking_tokens + other.thinking_tokens,
            sum(known) if known and len(known) == len(used) else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields, as events and files carry them."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "thinking_tokens": self.thinking_tokens,
            "cost_usd": self.cost_usd,
        }


def _no_interrupt() -> bool:
    return False


@dataclass
class RunContext:
    """What a caller hands to one run, and what a tool gets that asks for it.

    A tool with a parameter annotated `RunContext` gets the run's own, with `run_id`, `session_id` and
    `call_id` set. `inputs` and `attachments` (pictures, documents) are told to the model; `extensions` is not.
    `interrupt_requested()` is True while an urgent event waits for the model: a tool that can stop early may.
    """

    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    knowledge: KnowledgeBundle | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    run_id: str = ""
    session_id: str = ""
    call_id: str = ""
    attachments: list[ContentBlock] = field(default_factory=list[ContentBlock])
    interrupt_requested: Callable[[], bool] = field(default=_no_interrupt, repr=False, compare=False)

    @property
    def idempotency_key(self) -> str:
        """What tells one tool call from all others; the same when an interrupted call is made again."""
        return f"{self.run_id}:{self.call_id}"

    def to_payload(self) -> dict[str, Any]:
        """The caller's part as plain data: inputs, then knowledge and extensions where there are any."""
        payload: dict[str, Any] = dict(self.inputs)
        if self.knowledge is not None:
            payload["knowledge"] = self.knowledge.to_context_payload()
        payload.update(self.extensions)
        return payload


@dataclass
class Artifact:
    """Something that a run left behind: its answer, a long tool output, a file."""

    id: str = field(default_factory=generate_id)
    run_id: str = ""
    kind: str = ""
    title: str = ""
    uri: str = ""
    created_at: datetime = field(default_factory=utc_now)
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class RunResult:
    """How a run ended, and all that it did.

    `error` is None or `{type, message, retryable}`. `reason` names the state more closely: `end_turn`,
    `max_tokens`, `refusal`, `max_iterations`, `time_limit`, `token_limit`, `cost_limit`, `error`, `cancelled`.
    """

    run_id: str = ""
    state: RunState = RunState.COMPLETED
    output: str = ""
    artifacts: list[Artifact] = field(default_factory=list[Artifact])
    events: list[RunEvent] = field(default_factory=list["RunEvent"])
    error: dict[str, Any] | None = None
    duration_ms: int = 0
    usage: Usage = field(default_factory=Usage)
    reason: str = ""
    iterations: int = 0
