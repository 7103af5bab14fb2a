"""Gemini models, over Google's Gemini API (extra `gemini`)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from loom.config.model import ModelRef
from loom.errors import LoomError, ProviderUnavailableError, RateLimitError
from loom.providers.base import CompletionRequest, StreamPart
from loom.providers.capabilities import capabilities_of
from loom.providers.exchange import Exchange
from loom.providers.faults import MESSAGE_CHARS, Origin, from_status
from loom.providers.wire import gemini_content
from loom.providers.wire.watch import parsed

if TYPE_CHECKING:
    import httpx2

_TOO_LONG = re.compile(r"token count .*exceeds", re.IGNORECASE)
_KEY = re.compile(r"API[ _]key", re.IGNORECASE)


class GeminiProvider:
    """Streams content through what the official SDK makes of key, address and API version, below its typed transform.

    That transform costs 0.2 ms a message and the SDK's typed events 0.5 ms each, so the body is joined from messages
    that were serialised once, and the event stream is read here. Signatures of thoughts go back verbatim.

    Extensions of the model: `thinking` (a `thinkingConfig`, such as `{"thinkingLevel": "low"}`), `api_version`; `body`
    and `headers` are added to what is sent.
    """

    name = "gemini"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str) -> None:
        self.ref = ref
        self._api_key = api_key
        shown = {"includeThoughts": True} if capabilities_of(ref).thinking else {}
        self._dialect = gemini_content.dialect(ref.name, {**shown, **ref.extensions.get("thinking", {})})
        self._origin = Origin(self.name, ref.name, key_source, ref.api_base or "", api_key)
        self._exchange = Exchange(
            ref, self._origin, self._dialect, self._make_sender, headers=lambda _fields, _request: {}
        )

    def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt."""
        return self._exchange.stream(request)

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._exchange.aclose()

    def _make_sender(self, http: httpx2.AsyncClient) -> _Sender:
        try:
            from google import genai
            from google.genai.types import HttpOptions
        except ImportError as error:
            raise ProviderUnavailableError(
                f"{self.ref.identifier} needs the extra 'gemini': pip install 'loom-studio[gemini]'", provider=self.name
            ) from error
        options = HttpOptions(base_url=self.ref.api_base, api_version=self._api_version, httpx_async_client=http)
        sdk = genai.Client(vertexai=False, api_key=self._api_key, http_options=options)
        return _Sender(http, sdk, self._dialect.path, self._origin)

    @property
    def _api_version(self) -> str | None:
        # Names such as gemini-flash-latest are there in the beta of the API alone.
        beta = "v1beta" if self.ref.name.endswith("-latest") else None
        return self.ref.extensions.get("api_version", beta)


class _Sender:
    """Sends bytes to where the SDK would, with its headers."""

    def __init__(self, http: httpx2.AsyncClient, sdk: Any, path: str, origin: Origin) -> None:
        self._http = http
        self._sdk = sdk
        self._path = path
        self._origin = origin

    async def send(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """The answer, once its head is here; a refusal is raised, classified."""
        built = self._sdk._api_client._build_request("post", self._path, {})  # noqa: SLF001  no public way is below
        request = self._http.build_request("POST", built.url, content=body, headers={**built.headers, **headers})
        response = await self._http.send(request, stream=True)
        if response.status_code < 400:
            return response
        try:
            raise refusal(self._origin, response.status_code, await response.aread(), response.headers)
        finally:
            await response.aclose()


def refusal(origin: Origin, status: int, body: bytes, headers: Mapping[str, str]) -> LoomError:
    """The error for an answer that is no success.

    Gemini tells a wrong key by 400, how long to wait in the body, and a limit per minute in the words of a spent quota.
    """
    fault = _fault(body)
    if not fault:
        return from_status(origin, status, parsed(body), headers)
    message = str(fault.get("message") or "")
    if status == 400 and _KEY.search(message):
        return from_status(origin, 401, {"error": fault}, headers)
    if status == 400 and _TOO_LONG.search(message):
        return from_status(origin, 413, {"error": fault}, headers, "request_too_large")
    wait = _retry_delay(fault)
    if status == 429 and wait is not None and "PerDay" not in str(fault):
        return RateLimitError(
            f"{origin.provider} ({origin.model}) says that there were too many requests: {message[:MESSAGE_CHARS]}",
            provider=origin.provider,
            status=status,
            retry_after_s=wait,
        )
    return from_status(origin, status, {"error": fault}, headers)


def _fault(body: bytes) -> dict[str, Any]:
    """The `error` of a body, which is an object or a list with one; empty for any other body."""
    try:
        data: Any = from_json(body)
        first: Any = cast("list[Any]", data)[0] if isinstance(data, list) else data
        fault: Any = first.get("error")
        return cast("dict[str, Any]", fault) if isinstance(fault, dict) else {}
    except (ValueError, LookupError, AttributeError):
        return {}


def _retry_delay(fault: dict[str, Any]) -> float | None:
    """Seconds to wait, from a fault's details, such as `"retryDelay": "17s"`."""
    try:
        told = next(str(detail["retryDelay"]) for detail in fault.get("details") or () if "retryDelay" in detail)
        return float(told.removesuffix("s"))
    except (StopIteration, ValueError, TypeError):
        return None
