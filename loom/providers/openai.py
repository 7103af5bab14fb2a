"""OpenAI, and every server that speaks its chat completions; Responses where the real endpoint is meant."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from loom.config.model import ModelRef
from loom.errors import InvalidRequestError, LoomError, ProviderError
from loom.providers.base import CompletionRequest, StreamPart, ToolSchema
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.faults import Origin, broken_off, from_event, unreadable
from loom.providers.wire import openai_chat
from loom.providers.wire.sse import EventDecoder
from loom.providers.wire.watch import AnswerReader

if TYPE_CHECKING:
    import httpx2
    import openai

log = logging.getLogger(__name__)


class OpenAIProvider:
    """Streams chat completions through the official SDK's client, below its typed transform.

    The SDK keeps authentication and headers; the body is joined from messages that were serialised once.
    """

    name = "openai"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str, base_url: str | None = None) -> None:
        self.ref = ref
        self._api_key = api_key
        self._base_url = base_url or ref.api_base
        self._origin = Origin(self.name, ref.name, key_source, self._base_url or "")
        self._clients = LoopClients(self._make_client)
        self._tools: tuple[Sequence[ToolSchema], bytes] = ((), b"")
        self._plain_only = False

    async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt. A server that refuses the temperature is asked once more without it."""
        temperature = self._temperature(request)
        try:
            async with aclosing(self._attempt(request, temperature)) as parts:
                async for part in parts:
                    yield part
        except InvalidRequestError as error:
            if temperature is None or "temperature" not in str(error):
                raise
            self._warn_dropped()
            self._plain_only = True
            async with aclosing(self._attempt(request, None)) as parts:
                async for part in parts:
                    yield part

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._clients.aclose()

    async def _attempt(self, request: CompletionRequest, temperature: float | None) -> AsyncIterator[StreamPart]:
        parser = openai_chat.AnswerParser(self.name)
        reader = AnswerReader(request, self._origin, lambda: parser.text)
        client = await self._clients.get()
        body = openai_chat.body(
            self._fields(request, temperature), request.system, request.messages, self._tool_bytes(request.tools)
        )
        response = await reader.open(self._send(client, body, request))
        decoder = EventDecoder()
        async with aclosing(reader.chunks(response)) as chunks:
            async for chunk in chunks:
                for event in decoder.feed(chunk):
                    reader.noted()
                    if event.data == b"[DONE]":
                        continue
                    for part in self._parse(parser, event.data):
                        yield part
        if not parser.is_complete:
            raise self._no_answer(response, parser)
        yield parser.completion()

    def _parse(self, parser: openai_chat.AnswerParser, data: bytes) -> list[StreamPart]:
        try:
            chunk: Any = from_json(data)
            if "error" in chunk and chunk["error"]:
                raise from_event(self._origin, chunk["error"])
            return parser.feed(chunk)
        except LoomError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise unreadable(self._origin, "an event that can't be read", data) from error

    def _no_answer(self, response: httpx2.Response, parser: openai_chat.AnswerParser) -> ProviderError:
        kind = response.headers.get("content-type", "")
        if "event-stream" not in kind and not parser.text:
            return unreadable(self._origin, f"an answer that is no event stream ({kind or 'no type'})", "")
        return broken_off(self._origin, None, parser.text)

    def _fields(self, request: CompletionRequest, temperature: float | None) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": request.model,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if request.max_output_tokens is not None:
            fields["max_completion_tokens" if self._is_openai else "max_tokens"] = request.max_output_tokens
        if temperature is not None:
            fields["temperature"] = temperature
        fields.update(self.ref.extensions.get("body", {}))
        fields.update(request.extensions.get("body", {}))
        return fields

    @property
    def _is_openai(self) -> bool:
        return self._base_url is None or "api.openai.com" in self._base_url

    def _temperature(self, request: CompletionRequest) -> float | None:
        if request.temperature is None or self._plain_only:
            return None
        if not capabilities_of(self.ref).sampling:
            self._warn_dropped()
            self._plain_only = True
            return None
        return request.temperature

    def _warn_dropped(self) -> None:
        log.warning("%s takes no temperature: it is left out", self.ref.identifier)

    def _tool_bytes(self, tools: Sequence[ToolSchema]) -> bytes:
        if self._tools[0] is not tools:
            self._tools = (tools, openai_chat.tools_bytes(tools))
        return self._tools[1]

    def _make_client(self, http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
        import openai

        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            organization=self.ref.organization,
            http_client=http,
            max_retries=0,
            timeout=http.timeout,
        )

    async def _send(self, client: openai.AsyncOpenAI, body: bytes, request: CompletionRequest) -> httpx2.Response:
        import httpx2
        import openai

        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream",
            **self.ref.extensions.get("headers", {}),
            **request.extensions.get("headers", {}),
        }
        return await client.post(
            "/chat/completions",
            content=body,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=openai.AsyncStream[Any],
            options={"headers": headers},
        )
