"""What every model provider offers the loop, and nothing more: one attempt, streamed.

Retries are not a provider's business (`loom.providers.retry`), nor is running tools. A provider turns a
`CompletionRequest` into its wire format, streams `StreamPart`s as they arrive, and ends with exactly one `Completion`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from loom.errors import ProviderError
from loom.types.frozen import quickly_made
from loom.types.messages import Message
from loom.types.runs import Usage

SERVER_CONTEXT = "server_context"
"""In a request's extensions: what the provider is to do itself, edit or compact, and from how many tokens on."""


class StopReason(StrEnum):
    """Why the model stopped."""

    END_TURN = "end_turn"
    TOOL_USE = "tool_use"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    PAUSE_TURN = "pause_turn"
    REFUSAL = "refusal"
    CONTEXT_EXCEEDED = "context_exceeded"


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool as the model is told of it. `input_schema` is a JSON Schema of an object."""

    name: str
    description: str
    input_schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sending:
    """How a request goes out: the `form` of its body (`loom.providers.wire.rebuilding`), with which `fields`, where to.

    `path` is that of the address; no header is told, since keys are headers.
    """

    provider: str
    form: str
    path: str
    fields: dict[str, Any]


@quickly_made
@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request to a model.

    `messages` have the roles user, assistant and tool; every tool call in them has exactly one result after it.
    `system` is the stable prefix. `temperature` None means the model's own default. Timeouts are in seconds:
    `first_event_timeout_s` until the first event of the stream, `idle_timeout_s` between events (events, not bytes).
    `sending`, where there is one, is told each time the request goes out over a wire.
    """

    model: str
    messages: Sequence[Message]
    system: str = ""
    tools: Sequence[ToolSchema] = ()
    max_output_tokens: int | None = None
    temperature: float | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    first_event_timeout_s: float = 120.0
    idle_timeout_s: float = 90.0
    sending: Callable[[Sending], None] | None = None

    def watched(self, sending: Callable[[Sending], None]) -> CompletionRequest:
        """The same request, of which `sending` is told when it goes out; `replace` takes six times as long."""
        return CompletionRequest(
            self.model,
            self.messages,
            self.system,
            self.tools,
            self.max_output_tokens,
            self.temperature,
            self.extensions,
            self.first_event_timeout_s,
            self.idle_timeout_s,
            sending,
        )


@quickly_made
@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, never empty."""

    text: str


@quickly_made
@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the model's readable reasoning, never empty."""

    text: str


@quickly_made
@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call as it is written; for showing progress only, never for running it."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """The attempt failed with `error` and another starts after `delay_s`; parts of the failed one are void."""

    attempt: int
    delay_s: float
    error: ProviderError


@quickly_made
@dataclass(frozen=True, slots=True)
class Completion:
    """The whole answer, once the provider said that it is complete.

    `message` has role assistant; its content is a str, or blocks when there is thinking. Tool calls have unique,
    non-empty ids. `usage` is None when the provider sent none. `context_edits` is what the provider itself took out of
    the context before it answered, as it says it; `extra_usage` what that used, beside `usage`.
    """

    message: Message
    stop_reason: StopReason
    usage: Usage | None = None
    model: str = ""
    response_id: str = ""
    context_edits: Sequence[dict[str, Any]] = ()
    extra_usage: Usage | None = None


StreamPart = TextDelta | ThinkingDelta | ToolCallDelta | Retrying | Completion


class Provider(Protocol):
    """A model provider: the only seam between loom and a model."""

    @property
    def name(self) -> str:
        """The provider's name in a ModelRef, such as anthropic."""
        ...

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt at `request`: deltas as they arrive, then one Completion.

        Cancelling the consumer closes the connection. Raises ProviderError subclasses (classified, with `retryable`
        set) and ContextOverflowError; never returns without a Completion.
        """
        ...

    async def aclose(self) -> None:
        """Release what this provider alone holds; shared connections stay."""
        ...


@runtime_checkable
class CountsTokens(Protocol):
    """A provider that can say what a request has before it is sent."""

    async def count_tokens(self, request: CompletionRequest) -> int:
        """The tokens of `request` as the model counts them. Raises ProviderError."""
        ...
