"""One request and its streamed answer, over any wire format: what the providers that speak HTTP share."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence, Set
from contextlib import aclosing
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from pydantic_core import from_json

from loom.config.model import DEFAULT_TEMPERATURE, ModelRef
from loom.errors import InvalidRequestError, LoomError, ProviderError, StreamInterruptedError
from loom.providers.base import CompletionRequest, Sending, StreamPart, ToolSchema
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.faults import Origin, broken_off, from_event, unreadable
from loom.providers.wire.dialect import Decoder, Dialect, Parser
from loom.providers.wire.watch import AnswerReader
from loom.threads import in_thread

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

LONG = 200
"""From how many messages on a conversation's first request is too much work for the loop: 200 take about 2 ms."""

# Fields that a server may refuse although the API has them, with the words by which it names them.
_OPTIONAL = {
    "temperature": re.compile("temperature"),
    "max_tokens": re.compile("max_tokens"),
    "max_completion_tokens": re.compile("max_completion_tokens"),
    "stream_options": re.compile("stream_options"),
    "context_management": re.compile("context_management"),
    "include": re.compile("ncrypted content|include"),
}
_REFUSED = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not (allowed|permitted)|deprecated|extra (inputs|fields)",
    re.IGNORECASE,
)


class Sender(Protocol):
    """Sends the bytes of a request to where a model answers."""

    async def send(self, body: bytes, headers: dict[str, str]) -> httpx2.Response:
        """The answer, once its head is here; its body is still to be read. `headers` are added to the sender's own."""
        ...


def plain_headers(fields: dict[str, Any], request: CompletionRequest) -> dict[str, str]:  # noqa: ARG001  same for all
    """The headers of a request whose answer is an event stream."""
    return {"content-type": "application/json", "accept": "text/event-stream"}


class Exchange:
    """Asks one model in its wire format, and reads its answers.

    The body is joined from messages that were serialised once. A field that the server refuses is left out from then
    on; `refused` are those known from the start. `headers` gives a request's own headers from its fields; those of the
    model's and of the request's extensions are laid over them, as their `body` is over the fields.
    """

    def __init__(
        self,
        ref: ModelRef,
        origin: Origin,
        dialect: Dialect,
        make_sender: Callable[[httpx2.AsyncClient], Sender],
        *,
        headers: Callable[[dict[str, Any], CompletionRequest], dict[str, str]] = plain_headers,
        refused: Iterable[str] = (),
    ) -> None:
        self.dialect = dialect
        self._ref = ref
        self._origin = origin
        self._headers = headers
        self._refused = set(refused)
        self._senders = LoopClients(make_sender)
        self._tools: tuple[Sequence[ToolSchema], bytes] = ((), b"")

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[StreamPart, None]:
        """One attempt. A server that refuses an optional field, such as the temperature, is asked again without it."""
        if request.temperature is not None and "temperature" not in self._refused and not self._takes_temperature:
            self._leave_out("temperature", request)
        while True:
            fields = self.dialect.fields(request, self._refused)
            try:
                async with aclosing(self._attempt(request, fields)) as parts:
                    async for part in parts:
                        yield part
            except InvalidRequestError as error:
                refused = refused_field(str(error), fields)
                if refused is None:
                    raise
                self._leave_out(refused, request)
            else:
                return

    async def count(self, request: CompletionRequest, counting: LoopClients[Sender], keep: Set[str]) -> int:
        """What the server counts of a request, in tokens. Raises ProviderError.

        `counting` sends to where it counts, and `keep` are the fields that it takes there.
        """
        fields = {name: value for name, value in self.dialect.fields(request, self._refused).items() if name in keep}
        reader = AnswerReader(request, self._origin, str)
        sender, body = await counting.get(), await self._body(request, fields)
        headers = {
            **self._headers(fields, request),
            **self._ref.extensions.get("headers", {}),
            "accept": "application/json",
        }
        response = await reader.open(sender.send(body, headers))
        told = b"".join([chunk async for chunk in reader.chunks(response)])
        try:
            return int(from_json(told)["input_tokens"])
        except (ValueError, LookupError, TypeError) as error:
            raise unreadable(self._origin, "a count that can't be read", told) from error

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._senders.aclose()

    async def _attempt(self, request: CompletionRequest, fields: dict[str, Any]) -> AsyncGenerator[StreamPart, None]:
        parser = self.dialect.parser(self._origin.provider)
        reader = AnswerReader(request, self._origin, lambda: parser.answer.text)
        sender = await self._senders.get()
        given, asked = self._ref.extensions, request.extensions
        added = {**given.get("body", {}), **asked.get("body", {})}
        fields = {**fields, **added}
        body = await self._body(request, fields)
        if request.sending is not None:
            dialect = self.dialect
            request.sending(Sending(self._origin.provider, dialect.form, dialect.path, fields))
        headers = {**self._headers(fields, request), **given.get("headers", {}), **asked.get("headers", {})}
        response = await reader.open(sender.send(body, headers))
        decoder = self.dialect.decoder()
        try:
            async with aclosing(reader.chunks(response)) as chunks:
                async for chunk in chunks:
                    for data in self._events(decoder, chunk):
                        for part in self._parse(parser, data):
                            yield part
                        reader.noted(is_answered=parser.answer.is_complete)
        except StreamInterruptedError:
            # A connection that breaks after the whole answer took nothing with it but the end mark.
            if not parser.answer.is_complete:
                raise
        if not parser.answer.is_complete:
            raise self._no_answer(response, parser)
        yield parser.completion()

    async def _body(self, request: CompletionRequest, fields: dict[str, Any]) -> bytes:
        """The bytes of a request. A long conversation that was never sent is serialised in a thread."""
        messages, tools = request.messages, self._tool_bytes(request.tools)
        if len(messages) > LONG and not messages[0].wire_cache:
            return await in_thread(self.dialect.body, fields, request.system, messages, tools)
        return self.dialect.body(fields, request.system, messages, tools)

    def _events(self, decoder: Decoder, chunk: bytes) -> list[bytes]:
        """The data of a chunk's events, without end marks, and without pings: those say nothing of the model."""
        try:
            return [data for event, data in decoder.feed(chunk) if data != b"[DONE]" and event != "ping"]
        except ValueError as error:
            raise unreadable(self._origin, "a stream that can't be read", str(error)) from error

    def _parse(self, parser: Parser, data: bytes) -> list[StreamPart]:
        try:
            event: Any = from_json(data)
            fault = self.dialect.fault_of(event)
            if fault:
                raise from_event(self._origin, fault)
            return parser.feed(event)
        except LoomError:
            raise
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise unreadable(self._origin, "an event that can't be read", data) from error

    def _no_answer(self, response: httpx2.Response, parser: Parser) -> ProviderError:
        kind = response.headers.get("content-type", "")
        if self.dialect.media_type not in kind and not parser.answer.text:
            return unreadable(self._origin, f"an answer that is no event stream ({kind or 'no type'})", "")
        return broken_off(self._origin, None, parser.answer.text)

    @property
    def _takes_temperature(self) -> bool:
        return capabilities_of(self._ref).sampling

    def _leave_out(self, field: str, request: CompletionRequest) -> None:
        self._refused.add(field)
        if field == "temperature" and request.temperature != DEFAULT_TEMPERATURE:
            warn_of_temperature(self._ref.identifier)
        else:
            log.info("%s is asked without %s", self._ref.identifier, field)

    def _tool_bytes(self, tools: Sequence[ToolSchema]) -> bytes:
        if self._tools[0] is not tools:
            self._tools = (tools, self.dialect.tools(tools))
        return self._tools[1]


@lru_cache(maxsize=256)
def warn_of_temperature(model: str) -> None:
    """Say that a chosen temperature has no effect: once for each model in the life of the process."""
    log.warning("%s takes no temperature: it is left out", model)


def refused_field(message: str, sent: dict[str, Any]) -> str | None:
    """The optional field among those sent that a server's refusal names, if it says that it does not know it."""
    if not _REFUSED.search(message):
        return None
    return next((name for name, words in _OPTIONAL.items() if name in sent and words.search(message)), None)
