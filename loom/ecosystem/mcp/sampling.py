"""The agent's model, lent to a server for one answer: through the agent's own provider, counted in the run's usage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, cast

from loom.errors import ContextOverflowError, ProviderError, ToolServerError
from loom.providers.base import CompletionRequest, StopReason
from loom.runtime.beside import asked_beside
from loom.runtime.engine import Engine
from loom.tools.caller import Caller
from loom.types.messages import Message

MOST_TOKENS = 4_096
MOST_CHARS = 100_000
LIMIT_S = 120.0
_STOPS = {StopReason.MAX_TOKENS: "maxTokens", StopReason.STOP_SEQUENCE: "stopSequence"}


def sampler_for(engine: Engine, caller: Caller) -> Callable[[dict[str, Any]], Coroutine[Any, Any, dict[str, Any]]]:
    """What answers a server's `CreateMessageRequestParams` in the name of a run. It raises ToolServerError."""

    async def sample(params: dict[str, Any]) -> dict[str, Any]:
        request = _request(engine.config.model.name, params)
        keeper = engine.keepers.get(caller.session_id)
        log = keeper.log if keeper is not None else None
        try:
            async with asyncio.timeout(LIMIT_S):
                asked = asked_beside(engine.provider(), request, engine.retries, "sampling", log, caller.run_id)
                completion = await asked
        except (ProviderError, ContextOverflowError) as error:
            raise ToolServerError(f"The model did not answer: {error}") from None
        except TimeoutError:
            raise ToolServerError(f"The model did not answer within {LIMIT_S:g} s") from None
        if keeper is not None and completion.usage is not None:
            usage = completion.usage
            if usage.cost_usd is None and (price := await engine.price(engine.config.model)) is not None:
                usage = replace(usage, cost_usd=price.cost_usd(usage))
            keeper.spend(usage, "sampling")
        return {
            "role": "assistant",
            "content": {"type": "text", "text": completion.message.text},
            "model": completion.model or engine.config.model.name,
            "stopReason": _STOPS.get(completion.stop_reason, "endTurn"),
        }

    return sample


def _request(model: str, params: dict[str, Any]) -> CompletionRequest:
    messages = [_message(each) for each in cast("list[dict[str, Any]]", params.get("messages") or [])]
    if not messages or sum(len(message.text) for message in messages) > MOST_CHARS:
        raise ToolServerError("A server may ask the model with some text, of at most 100,000 characters")
    wanted: Any = params.get("maxTokens")
    most = min(wanted, MOST_TOKENS) if isinstance(wanted, int) and wanted > 0 else MOST_TOKENS
    system: Any = params.get("systemPrompt")
    return CompletionRequest(
        model=model,
        messages=tuple(messages),
        system=system[:MOST_CHARS] if isinstance(system, str) else "",
        max_output_tokens=most,
    )


def _message(raw: dict[str, Any]) -> Message:
    content: Any = raw.get("content")
    blocks: list[Any] = cast("list[Any]", content) if isinstance(content, list) else [content]
    texts: list[str] = []
    for block in blocks:
        if not isinstance(block, dict) or cast("dict[str, Any]", block).get("type") != "text":
            raise ToolServerError("A server may ask the model with text alone")
        texts.append(str(cast("dict[str, Any]", block).get("text", "")))
    return Message("assistant" if raw.get("role") == "assistant" else "user", "\n".join(texts))
