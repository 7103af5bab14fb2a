"""One request and its streamed answer, over any wire format: what the providers that speak HTTP share."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence, Set
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic_core import from_json

from loom.config.model import DEFAULT_TEMPERATURE, ModelRef
from loom.errors import InvalidRequestError, LoomError, ProviderError, ResponseError, StreamInterruptedError
from loom.providers.base import Completion, CompletionRequest, Sending, StreamPart, ToolSchema
from loom.providers.capabilities import capabilities_of
from loom.providers.clients import LoopClients
from loom.providers.faults import Origin, broken_off, from_event, hide_key, unreadable
from loom.providers.wire.dialect import Decoder, Dialect, Parser, json_of
from loom.providers.wire.names import wire_name
from loom.providers.wire.optional import LIMITS, NEW_LIMIT, SAMPLING, allowed_limit, refused_field
from loom.providers.wire.watch import AnswerReader, parsed
from loom.providers.wire.withheld import form_without, refused_kind, without
from loom.threads import in_thread
from loom.types.messages import Message

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

LONG = 200
"""From how many messages on a conversation's first request is too much work for the loop: 200 take about 2 ms."""

DONE = b"[DONE]"
SAMPLE_BYTES = 8192
"""What is kept of a body that is no event stream, to say what it was."""
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What a parser raises of what is not as the protocol says."""
PINGS = ("ping", "keepalive")
"""Events that say nothing of the model: a server sends them while it waits."""


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
        self._real_names: dict[str, str] = {}
        self._withheld: list[str] = []
        self._most: int | None = None

    async def stream(self, request: CompletionRequest) -> AsyncGenerator[StreamPart, None]:
        """One attempt. A server that refuses an optional field, such as the temperature, is asked again without it."""
        if request.temperature is not None and "temperature" not in self._refused and not self._takes_temperature:
            self._leave_out("temperature", request)
        while True:
            fields = self._fields(request)
            try:
                async with aclosing(self._attempt(request, fields)) as parts:
                    async for part in parts:
                        yield part
            except ProviderError as error:
                if not self._gives_way(error, fields, request):
                    hide_key(self._origin, error)
                    raise
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
        try:
            response = await reader.open(sender.send(body, headers))
            told = b"".join([chunk async for chunk in reader.chunks(response)])
        except ProviderError as error:
            hide_key(self._origin, error)
            raise
        try:
            return int(from_json(told)["input_tokens"])
        except (ValueError, LookupError, TypeError) as error:
            raise unreadable(self._origin, "a count that can't be read", told) from error

    async def aclose(self) -> None:
        """Give the shared connections back."""
        await self._senders.aclose()

    def _fields(self, request: CompletionRequest) -> dict[str, Any]:
        """The format's fields, and over them those that were added, without what the server refuses."""
        added = {**self._ref.extensions.get("body", {}), **request.extensions.get("body", {})}
        fields = self.dialect.fields(request, self._refused)
        fields.update({name: value for name, value in added.items() if name not in self._refused})
        if self._most is not None:
            fields.update({name: min(self._most, fields[name]) for name in LIMITS if name in fields})
        return fields

    async def _attempt(self, request: CompletionRequest, fields: dict[str, Any]) -> AsyncGenerator[StreamPart, None]:
        parser = self.dialect.parser(self._origin.provider)
        reader = AnswerReader(request, self._origin, lambda: parser.answer.text)
        response = await reader.open(self._send(request, fields))
        decoder = self.dialect.decoder()
        is_odd = self.dialect.media_type not in response.headers.get("content-type", "")
        sample = b""
        try:
            async with aclosing(reader.chunks(response)) as chunks:
                async for chunk in chunks:
                    if is_odd:
                        sample = (sample + chunk)[:SAMPLE_BYTES]
                    for part in self._heard(parser, reader, self._events(decoder, chunk)):
                        yield part
            for part in self._last(parser, reader, decoder):
                yield part
        except StreamInterruptedError:
            # A connection that breaks after the whole answer took nothing with it but the end mark.
            if not parser.answer.is_complete:
                raise
        answer = parser.answer
        completion = self._whole(parser, request) if answer.is_complete or answer.is_done else None
        if completion is None or not (answer.is_complete or _says(completion)):
            raise self._no_answer(response, parser, sample)
        yield completion

    def _heard(self, parser: Parser, reader: AnswerReader, events: Iterable[bytes]) -> Iterator[StreamPart]:
        """What events add to the answer."""
        for data in events:
            if data == DONE:
                parser.answer.is_done = True
                continue
            parts = self._parse(parser, data)
            if parts is not None:
                yield from parts
                reader.noted(is_answered=parser.answer.is_complete, adds=bool(parts))

    def _last(self, parser: Parser, reader: AnswerReader, decoder: Decoder) -> list[StreamPart]:
        """What the last event adds where the stream ended without the event's own end; nothing if it was cut."""
        try:
            return list(self._heard(parser, reader, [data for _, data in decoder.end() if data]))
        except ResponseError:
            return []

    async def _send(self, request: CompletionRequest, fields: dict[str, Any]) -> httpx2.Response:
        sender = await self._senders.get()
        body = await self._body(request, fields)
        if request.sending is not None:
            dialect = self.dialect
            form = form_without(dialect.form, self._withheld)
            request.sending(Sending(self._origin.provider, form, dialect.path, fields))
        headers = self._headers(fields, request)
        added = {**self._ref.extensions.get("headers", {}), **request.extensions.get("headers", {})}
        return await sender.send(body, {**headers, **added})

    def _whole(self, parser: Parser, request: CompletionRequest) -> Completion:
        """The answer, with the tools' own names for those that were sent under others."""
        try:
            completion = parser.completion(request.messages)
        except UNREADABLE as error:
            raise unreadable(self._origin, "an answer that can't be read", str(error)) from error
        message, real = completion.message, self._real_names
        if not any(call.name in real for call in message.tool_calls):
            return completion
        calls = [replace(call, name=real.get(call.name, call.name)) for call in message.tool_calls]
        return replace(completion, message=replace(message, tool_calls=calls))

    def _gives_way(self, error: ProviderError, fields: dict[str, Any], request: CompletionRequest) -> bool:
        """Whether the request can go out another way, without what the server refused."""
        if not isinstance(error, InvalidRequestError):
            return self._withholds(error, request.messages)
        said = str(error)
        most = allowed_limit(said, fields)
        if most is not None:
            self._most = most
            log.info("%s gives at most %d tokens: no more are asked for", self._ref.identifier, most)
            return True
        refused = refused_field(said, fields)
        if refused is None:
            return self._withholds(error, request.messages)
        self._leave_out(refused, request)
        if refused == "max_tokens" and NEW_LIMIT in said:
            self._refused.discard(NEW_LIMIT)
        return True

    def _withholds(self, error: ProviderError, messages: Sequence[Message]) -> bool:
        """Whether the server refused blocks that the messages have and that are withheld from now on."""
        kind = refused_kind(error, messages, self._withheld)
        if kind is None:
            return False
        self._withheld.append(kind.name)
        log.warning("%s %s", self._ref.identifier, kind.told)
        return True

    async def _body(self, request: CompletionRequest, fields: dict[str, Any]) -> bytes:
        """The bytes of a request. A long conversation that was never sent is serialised in a thread."""
        messages, tools = request.messages, self._tool_bytes(request.tools)
        if self._withheld:
            messages = without(messages, self._withheld)
        if len(messages) > LONG and not messages[0].wire_cache:
            return await in_thread(self.dialect.body, fields, request.system, messages, tools)
        return self.dialect.body(fields, request.system, messages, tools)

    def _events(self, decoder: Decoder, chunk: bytes) -> list[bytes]:
        """The data of a chunk's events, without pings and what else is empty."""
        try:
            return [data for event, data in decoder.feed(chunk) if data and event not in PINGS]
        except ValueError as error:
            raise unreadable(self._origin, "a stream that can't be read", str(error)) from error

    def _parse(self, parser: Parser, data: bytes) -> list[StreamPart] | None:
        """What an event adds; None for a ping."""
        try:
            event: Any = json_of(data)
            if event.get("type") in PINGS:
                return None
            fault = self.dialect.fault_of(event)
            if fault:
                raise from_event(self._origin, fault)
            return parser.feed(event)
        except LoomError:
            raise
        except UNREADABLE as error:
            raise unreadable(self._origin, "an event that can't be read", data) from error

    def _no_answer(self, response: httpx2.Response, parser: Parser, sample: bytes) -> LoomError:
        """The error for a body that held no answer: what it says itself, where it is no event stream."""
        kind = response.headers.get("content-type", "")
        if self.dialect.media_type in kind or parser.answer.text:
            return broken_off(self._origin, None, parser.answer.text)
        said = parsed(sample)
        fault: Any = cast("dict[str, Any]", said).get("error") if isinstance(said, dict) else None
        if fault:
            return from_event(self._origin, fault)
        return unreadable(self._origin, f"an answer that is no event stream ({kind or 'no type'})", sample)

    @property
    def _takes_temperature(self) -> bool:
        return capabilities_of(self._ref).sampling

    def _leave_out(self, field: str, request: CompletionRequest) -> None:
        self._refused.add(field)
        if field in SAMPLING and (field != "temperature" or request.temperature != DEFAULT_TEMPERATURE):
            warn_of_sampling(self._ref.identifier, field)
        else:
            log.info("%s is asked without %s", self._ref.identifier, field)

    def _tool_bytes(self, tools: Sequence[ToolSchema]) -> bytes:
        if self._tools[0] is not tools:
            self._tools = (tools, self.dialect.tools(tools))
            sent = {wire_name(tool.name): tool.name for tool in tools}
            self._real_names = {name: real for name, real in sent.items() if name != real}
        return self._tools[1]


@lru_cache(maxsize=256)
def warn_of_sampling(model: str, field: str) -> None:
    """Say that a chosen temperature, or the like, has no effect: once for each model in the life of the process."""
    log.warning("%s takes no %s: it is left out", model, field)


def _says(completion: Completion) -> bool:
    return bool(completion.message.content or completion.message.tool_calls)
