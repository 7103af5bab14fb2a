"""Trying a model out: does it answer, and which models does a server have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeGuard, cast
from urllib.parse import urlsplit

from loom.config.model import ModelRef
from loom.errors import ProviderError, ProviderUnavailableError
from loom.providers.base import Completion, CompletionRequest
from loom.providers.pool import borrow_client, return_client
from loom.providers.resolve import resolve_provider
from loom.types.messages import Message

ANSWER_LIMIT_S = 60.0
LIST_LIMIT_S = 8.0
LIST_BYTES = 4_000_000


async def ask_for_a_word(ref: ModelRef, environment: Mapping[str, str] | None = None) -> str:
    """What the model says to a greeting, at most 60 characters of it; `environment` holds the keys (the process's own).

    Costs a few tokens. Raises ProviderError, which says what to do, also after a minute without an end.
    """
    provider = resolve_provider(ref, environment)
    request = CompletionRequest(ref.name, [Message("user", "Say hello.")], max_output_tokens=16)
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            async for part in provider.stream(request):
                if isinstance(part, Completion):
                    return part.message.text[:60]
    except TimeoutError:
        text = f"{ref.identifier} did not answer within {ANSWER_LIMIT_S:g} seconds"
        raise ProviderUnavailableError(text, provider=ref.provider) from None
    finally:
        await provider.aclose()
    raise ProviderError(f"{ref.identifier} ended without an answer", provider=ref.provider)


async def served_models(address: str) -> list[ModelRef]:
    """The models that the server at `address` has, as it lists them: Ollama's, or any that lists `/v1/models`.

    The scheme may be left out, and the path of the API may be there or not. Raises ProviderUnavailableError when
    nothing there answers so.
    """
    base = _base_of(address)
    http = await borrow_client()
    try:
        tags = await _fetch(http, f"{base}/api/tags")
        if names := _names(tags, "models", "name"):
            return [ModelRef.ollama(name, api_base=base) for name in names]
        listed = await _fetch(http, f"{base}/v1/models")
        if names := _names(listed, "data", "id"):
            # Not ours to say that this server may see the key of another.
            return [ModelRef.openai(name, api_base=f"{base}/v1", api_key_env="") for name in names]
    except ConnectionError as error:
        raise ProviderUnavailableError(f"No server answers at {base}: {error}. Is it started?") from None
    finally:
        await return_client()
    if isinstance(tags, dict) or isinstance(listed, dict):
        raise ProviderUnavailableError(f"The server at {base} has no model yet; load or pull one there first")
    raise ProviderUnavailableError(
        f"What answers at {base} lists no models: neither /api/tags (Ollama) nor /v1/models (vLLM, LM Studio, others)"
    )


def _base_of(address: str) -> str:
    given = address.strip()
    given = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(given)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or " " in given:
        raise ProviderUnavailableError(f"{address!r} is no server's address; write it like http://localhost:11434")
    return given.rstrip("/").removesuffix("/v1").removesuffix("/api").rstrip("/")


async def _fetch(http: Any, url: str) -> Any:
    """The JSON at `url`, or None where there is none. Raises ConnectionError when nothing answers."""
    import httpx2
    from pydantic_core import from_json

    try:
        async with asyncio.timeout(LIST_LIMIT_S), http.stream("GET", url) as response:
            if response.status_code != 200:
                return None
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LIST_BYTES:
                    return None
    except TimeoutError:
        raise ConnectionError(f"no answer within {LIST_LIMIT_S:g} seconds") from None
    except httpx2.HTTPError as error:
        raise ConnectionError(str(error) or type(error).__name__) from None
    try:
        return from_json(body)
    except ValueError:
        return None


def _names(answer: Any, key: str, name: str) -> list[str]:
    """The texts at `name` of the objects in the list at `key`; nothing where the answer has another shape."""
    entries = _items(answer.get(key)) if _is_object(answer) else []
    found = [entry.get(name) for entry in entries if _is_object(entry)]
    return [each for each in found if isinstance(each, str) and each]


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _items(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
