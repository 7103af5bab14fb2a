"""A title for a session, written by its model."""

from __future__ import annotations

from collections.abc import Sequence

from loom.config.model import ModelRef
from loom.memory.summary import TITLE_CHARS, first_words
from loom.providers.base import CompletionRequest, Provider
from loom.providers.resolve import resolve_provider
from loom.runtime.beside import asked_beside
from loom.runtime.engine import Engine
from loom.runtime.session_log import SessionLog
from loom.types.messages import Message

SYSTEM = "You write titles. Answer with the title alone: at most six words, in the language of the conversation."
MOST_CHARS = 2_000
MOST_TOKENS = 40


async def written_title(engine: Engine, history: Sequence[Message], log: SessionLog | None = None) -> str:
    """What a model calls a conversation: `context.title_model`, or the agent's own. Raises ProviderError.

    Empty if there is nothing to call. The request stands in `log`.
    """
    said = [f"{message.role}: {message.text}" for message in history if message.role in ("user", "assistant")]
    told = "\n\n".join(said)[:MOST_CHARS]
    if not told:
        return ""
    context = engine.config.context
    ref = context.title_model if context is not None else None
    if ref is None:
        return await _asked(engine, engine.config.model, engine.provider(), told, log)
    provider = resolve_provider(ref, engine.environment)
    try:
        return await _asked(engine, ref, provider, told, log)
    finally:
        await provider.aclose()


async def _asked(engine: Engine, ref: ModelRef, provider: Provider, told: str, log: SessionLog | None) -> str:
    request = CompletionRequest(
        model=ref.name,
        messages=(Message("user", f"Write a title for this conversation:\n\n{told}"),),
        system=SYSTEM,
        max_output_tokens=MOST_TOKENS,
    )
    completion = await asked_beside(provider, request, engine.retries, "title", log)
    return first_words(completion.message.text.strip().strip("\"'#*. "), TITLE_CHARS)
