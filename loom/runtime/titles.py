"""A title for a session, written by its model."""

from __future__ import annotations

from collections.abc import Sequence

from loom.errors import ProviderError
from loom.memory.summary import TITLE_CHARS, first_words
from loom.providers.base import CompletionRequest
from loom.providers.retry import complete_with_retries
from loom.runtime.engine import Engine
from loom.types.messages import Message

SYSTEM = "You write titles. Answer with the title alone: at most six words, in the language of the conversation."
MOST_CHARS = 2_000
MOST_TOKENS = 40


async def written_title(engine: Engine, history: Sequence[Message]) -> str:
    """What the agent's model calls a conversation; empty if there is nothing to call. Raises ProviderError."""
    said = [f"{message.role}: {message.text}" for message in history if message.role in ("user", "assistant")]
    told = "\n\n".join(said)[:MOST_CHARS]
    if not told:
        return ""
    request = CompletionRequest(
        model=engine.config.model.name,
        messages=(Message("user", f"Write a title for this conversation:\n\n{told}"),),
        system=SYSTEM,
        max_output_tokens=MOST_TOKENS,
    )
    completion = await complete_with_retries(engine.provider(), request, engine.retries)
    if completion is None:
        raise ProviderError(f"{engine.config.model.identifier} ended its answer without saying so")
    return first_words(completion.message.text.strip().strip("\"'#*. "), TITLE_CHARS)
