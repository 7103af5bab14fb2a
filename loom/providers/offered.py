"""Which models a provider offers to a key: the cheapest way to find out whether it can be reached and takes the key."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, cast

from loom.config.model import ModelRef
from loom.errors import AuthenticationError, ProviderUnavailableError
from loom.providers.keys import ADDRESS_VARIABLES
from loom.providers.pool import borrow_client, return_client
from loom.providers.resolve import find_key

LIMIT_S = 20.0
MOST_BYTES = 4_000_000
SAID_CHARS = 300

_ADDRESSES = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com",
    "qwen": "https://dashscope.aliyuncs.com/compatible-mode/v1",
}
_PATHS = {"anthropic": "/v1/models?limit=1000", "openai": "/models", "gemini": "/v1beta/models", "qwen": "/models"}


async def offered_models(provider: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """The names of the models that a provider offers, in its order; costs nothing.

    Raises AuthenticationError where it refuses the key, and ProviderUnavailableError, with what it said, where it can't
    be reached or answers something else.
    """
    env = os.environ if environment is None else environment
    address = env.get(ADDRESS_VARIABLES[provider], "") or _ADDRESSES[provider]
    key, source = find_key(ModelRef(provider, "models"), env, address)
    url = f"{address.rstrip('/')}{_PATHS[provider]}"
    status, body = await _get(provider, url, _headers(provider, key))
    if status in (401, 403):
        where = f"the key of {source}" if source else "having no key"
        said = f"{url} refused {where} (status {status}). {_said(body)}"
        raise AuthenticationError(said, provider=provider, status=status)
    if status != 200:
        raise ProviderUnavailableError(f"{url} answered with status {status}. {_said(body)}", provider=provider)
    return _names(body, url, provider)


def _headers(provider: str, key: str) -> dict[str, str]:
    if provider == "anthropic":
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return {"x-goog-api-key": key} if provider == "gemini" else {"authorization": f"Bearer {key}"}


async def _get(provider: str, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
    import httpx2

    http = await borrow_client()
    try:
        async with asyncio.timeout(LIMIT_S), http.stream("GET", url, headers=headers) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
            return response.status_code, body
    except TimeoutError:
        text = f"{url} did not answer within {LIMIT_S:g} seconds"
        raise ProviderUnavailableError(text, provider=provider) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        text = f"{url} can't be reached: {error or type(error).__name__}"
        raise ProviderUnavailableError(text, provider=provider) from None
    finally:
        await return_client()


def _names(body: bytes, url: str, provider: str) -> list[str]:
    from pydantic_core import from_json

    try:
        answer: Any = from_json(body)
        entries: Any = answer.get("data", answer.get("models"))
        found = [str(entry.get("id") or entry["name"]) for entry in entries]
    except (ValueError, AttributeError, TypeError, KeyError):
        raise ProviderUnavailableError(f"{url} answers, but lists no models: is it the right address?") from None
    del provider
    return [name.removeprefix("models/") for name in found]


def _said(body: bytes) -> str:
    """What an answer says of its refusal, in a line."""
    from pydantic_core import from_json

    try:
        answer: Any = from_json(body)
    except ValueError:
        return ""
    error: Any = cast("dict[str, Any]", answer).get("error", answer) if isinstance(answer, dict) else answer
    said: Any = cast("dict[str, Any]", error).get("message", "") if isinstance(error, dict) else error
    return f"It said: {str(said)[:SAID_CHARS]}" if said else ""
