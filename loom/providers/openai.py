"""OpenAI, and every server that speaks its chat completions; Responses where the real endpoint is meant."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from loom.config.model import ModelRef
from loom.errors import InvalidRequestError, LoomError, ProviderError, StreamInterruptedError
from loom.providers.base import CompletionRequest, StreamPart, ToolSchema
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.faults import Origin, broken_off, from_event, unreadable
from loom.providers.wire import openai_chat, openai_responses
from loom.providers.wire.dialect import Decoder, Dialect, Parser
from loom.providers.wire.watch import AnswerReader

if TYPE_CHECKING:
    import httpx2
    import openai

log = logging.getLogger(__name__)

# Fields that a server may refuse although the API has them, with the words by which it names them.
_OPTIONAL = {
    "temperature": re.compile("temperature"),
    "max_tokens": re.compile("max_tokens"),
    "max_completion_tokens": re.compile("max_completion_tokens"),
    "stream_options": re.compile("stream_options"),
    "include": re.compile("ncrypted content|include"),
}
_REFUSED = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not (allowed|permitted)|deprecated|extra (inputs|fields)",
    re.IGNORECASE,
)


class OpenAIProvider:
    """Streams answers through the official SDK's client, below its typed transform.

    The SDK keeps authentication and headers; the body is joined from messages that were serialised once. A field that
    the server refuses is left out from then on.

    Extensions of the model: `api` ("chat" or "responses") chooses the format, `send_reasoning` (true) sends a model
    its own reasoning back over chat completions. Of the model and of the request: `body` and `headers` are added to
    what is sent.
    """

    name = "openai"

    def __init__(self, ref: ModelRef, api_key: str, key_source: str, base_url: str | None = None) -> None:
        self.ref = ref
        self._api_key = api_key
        self._base_url = base_url or ref.api_base
        self._origin = Origin(self.name, ref.name, key_source, self._base_url or "")
        self._dialect = self._choose_dialect()
        self._clients = LoopClients(self._make_client)
        self._tools: tuple[Sequence[ToolSchema], bytes] = ((), b"")
        self._refused: set[str] = set() if self._is_openai else {"max_completion_tokens"}
        if self._is_openai and not capabilities_of(ref).thinking:
            self._refused.add("include")

    async def stream(self, request: CompletionRequest) -> AsyncIterator[StreamPart]:
        """One attempt. A server that refuses an optional field, such as the temperature, is asked again without it."""
        if request.temperature is not None and "temperature" not in self._refused and not self._takes_temperature:
            self._leave_out("temperature")
        while True:
            fields = self._dialect.fields(request, self._refused)
            try:
                async with aclosing(self._attempt(request, fields)) as parts:
                    async for part in parts:
                        yield part
            except InvalidRequestError as error:
                refused = refused_field(str(error), fields)
                if refused is None:
                    raise
                self._leave_out(refused)
            else:
                return

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._clients.aclose()

    async def _attempt(self, request: CompletionRequest, fields: dict[str, Any]) -> AsyncGenerator[StreamPart, None]:
        parser = self._dialect.parser(self.name)
        reader = AnswerReader(request, self._origin, lambda: parser.text)
        client = await self._clients.get()
        added = {**self.ref.extensions.get("body", {}), **request.extensions.get("body", {})}
        body = self._dialect.body(
            {**fields, **added}, request.system, request.messages, self._tool_bytes(request.tools)
        )
        response = await reader.open(self._send(client, body, request))
        decoder = self._dialect.decoder()
        try:
            async with aclosing(reader.chunks(response)) as chunks:
                async for chunk in chunks:
                    for data in self._events(decoder, chunk):
                        for part in self._parse(parser, data):
                            yield part
                        reader.noted(is_answered=parser.is_complete)
        except StreamInterruptedError:
            # A connection that breaks after the whole answer took nothing with it but the end mark.
            if not parser.is_complete:
                raise
        if not parser.is_complete:
            raise self._no_answer(response, parser)
        yield parser.completion()

    def _events(self, decoder: Decoder, chunk: bytes) -> list[bytes]:
        try:
            return [event.data for event in decoder.feed(chunk) if event.data != b"[DONE]"]
        except ValueError as error:
            raise unreadable(self._origin, "a stream that can't be read", str(error)) from error

    def _parse(self, parser: Parser, data: bytes) -> list[StreamPart]:
        try:
            event: Any = from_json(data)
            fault = self._dialect.fault_of(event)
            if fault:
                raise from_event(self._origin, fault)
            return parser.feed(event)
        except LoomError:
            raise
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise unreadable(self._origin, "an event that can't be read", data) from error

    def _no_answer(self, response: httpx2.Response, parser: Parser) -> ProviderError:
        kind = response.headers.get("content-type", "")
        if self._dialect.media_type not in kind and not parser.text:
            return unreadable(self._origin, f"an answer that is no event stream ({kind or 'no type'})", "")
        return broken_off(self._origin, None, parser.text)

    @property
    def _is_openai(self) -> bool:
        return self._base_url is None or "://api.openai.com" in self._base_url

    @property
    def _takes_temperature(self) -> bool:
        return capabilities_of(self.ref).sampling

    def _choose_dialect(self) -> Dialect:
        api = self.ref.extensions.get("api", "responses" if self._is_openai else "chat")
        if api == "responses":
            return openai_responses.dialect()
        return openai_chat.dialect(self.name if self.ref.extensions.get("send_reasoning") else "")

    def _leave_out(self, field: str) -> None:
        self._refused.add(field)
        said = "takes no temperature: it is left out" if field == "temperature" else f"is asked without {field}"
        log.log(logging.WARNING if field == "temperature" else logging.INFO, "%s %s", self.ref.identifier, said)

    def _tool_bytes(self, tools: Sequence[ToolSchema]) -> bytes:
        if self._tools[0] is not tools:
            self._tools = (tools, self._dialect.tools(tools))
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
        response: Any = await client.post(
            self._dialect.path,
            content=body,
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=openai.AsyncStream[Any],
            options={"headers": headers},
        )
        return response  # as it is, since it was cast to itself


def refused_field(message: str, sent: dict[str, Any]) -> str | None:
    """The optional field among those sent that a server's refusal names, if it says that it does not know it."""
    if not _REFUSED.search(message):
        return None
    return next((name for name, words in _OPTIONAL.items() if name in sent and words.search(message)), None)
