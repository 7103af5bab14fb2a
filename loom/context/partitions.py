"""The five parts of what a model sees, and the one place that makes a request of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from loom.config.model import GenerationConfig
from loom.context.tokens import MESSAGE_OVERHEAD, estimate_text
from loom.providers.base import CompletionRequest, ToolSchema
from loom.types.frozen import quickly_made
from loom.types.messages import WORKING_CONTEXT, Message
from loom.types.runs import Usage

PARTITIONS = ("system", "working", "memory", "skill", "history")
"""By how well they are protected, the best first."""

_known = lru_cache(maxsize=64)(estimate_text)


@lru_cache(maxsize=64)
def joined(*parts: str) -> str:
    """What there is of some parts of the stable prefix, as one text."""
    return "\n\n".join(part for part in parts if part)


@quickly_made
@dataclass(frozen=True, slots=True)
class ContextPartitions:
    """What a model sees: `system` (with the tools), `working`, `memory`, `skill` and `history`.

    All but the history are texts; empty ones are not sent. `tools_tokens` is what the tools are estimated at.
    """

    system: str = ""
    working: str = ""
    memory: str = ""
    skill: str = ""
    history: Sequence[Message] = ()
    tools: Sequence[ToolSchema] = ()
    tools_tokens: int = 0

    def estimates(self) -> dict[str, int]:
        """Tokens of the parts besides the history, by rules alone; what stays is counted once."""
        return {
            "system": _known(self.system) + self.tools_tokens,
            "working": estimate_text(self.working) + MESSAGE_OVERHEAD if self.working else 0,
            "memory": _known(self.memory),
            "skill": _known(self.skill),
        }


@quickly_made
@dataclass(frozen=True, slots=True)
class SentRequest:
    """What a model was sent in one step: nothing is shown that was not, nothing sent that is not shown.

    `tokens` are those of each partition; `cached_tokens` is how many the provider read from its cache, None until it
    answered or where it does not say. `is_estimated` is False once the provider counted the request.
    """

    step: int
    system: str
    messages: Sequence[Message]
    tools: Sequence[ToolSchema]
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    cached_tokens: int | None = None
    is_estimated: bool = True

    def counted(self, usage: Usage) -> SentRequest:
        """The same request, once the provider said what it read; the parts keep their proportion."""
        total, estimated = usage.input_tokens, max(1, sum(self.tokens.values()))
        tokens = {name: count * total // estimated for name, count in self.tokens.items()}
        tokens["history"] = total - sum(count for name, count in tokens.items() if name != "history")
        return replace(self, tokens=tokens, cached_tokens=usage.cache_read_tokens, is_estimated=False)


def compile_request(partitions: ContextPartitions, model: str, generation: GenerationConfig) -> CompletionRequest:
    """The request: tools, system, memory and skills as a prefix that stays, then the history, the working part last.

    The working part is made anew each step and joins no history, so all before it can stay in a provider's cache.
    """
    messages = tuple(partitions.history)
    if partitions.working:
        messages = (*messages, Message("user", partitions.working, name=WORKING_CONTEXT))
    return CompletionRequest(
        model,
        messages,
        joined(partitions.system, partitions.memory, partitions.skill),
        partitions.tools,
        generation.max_output_tokens,
        generation.temperature,
        generation.extensions,
    )
