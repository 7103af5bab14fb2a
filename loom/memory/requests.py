"""The requests of a session, made again from its log: what a model was sent at a step, message for message.

`request.sent` says what came since the request before (`loom.runtime.request_log` writes it), `request.part` holds a
system text or tools, and `request.wire` how requests go out from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from loom.memory.codec import message_from_data
from loom.memory.records import (
    BESIDE_ANSWERED,
    BESIDE_SENT,
    HISTORY_MESSAGE,
    HISTORY_REPLACED,
    REQUEST_PART,
    REQUEST_SENT,
    REQUEST_WIRE,
    TOOL_RESULT,
    Record,
)
from loom.memory.store import Store
from loom.providers.base import ToolSchema
from loom.providers.wire.rebuilding import rebuilt_body
from loom.types.messages import WORKING_CONTEXT, Message

REQUESTS = (REQUEST_PART, REQUEST_SENT, REQUEST_WIRE)
READ_FOR_REQUESTS = (*REQUESTS, HISTORY_MESSAGE, TOOL_RESULT, HISTORY_REPLACED)
"""The records that requests are made again of."""
WIRES_LOOKED_AT = 4
READ_TOGETHER = 400
"""Messages whose records are no further apart are read together."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as the log tells it: record `n`, of a run's step.

    `wire` says how it went out (`provider`, `form`, `path`, `fields`); it is empty where it went over no wire, or where
    the program ended before that was known. `missing` are sentences on what can't be read any more.
    """

    n: int
    at: float
    run_id: str
    step: int
    model: str
    messages: tuple[Message, ...]
    system: str
    tools: tuple[ToolSchema, ...]
    wire: dict[str, Any]
    missing: tuple[str, ...] = ()

    def body(self) -> bytes:
        """The bytes that were sent; empty where nothing went over a wire, or where something is missing."""
        form = self.wire.get("form", "")
        if not form or self.missing:
            return b""
        return rebuilt_body(form, self.wire["fields"], self.system, self.messages, self.tools)


@dataclass(slots=True)
class _Made:
    """What requests are made of so far: messages by id, in order, or whole where no other record tells them."""

    id: str = ""
    messages: list[str] = field(default_factory=list[str])
    working: str = ""
    whole: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    parts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    wire: dict[str, Any] = field(default_factory=dict[str, Any])
    is_whole: bool = True

    def take(self, record: Record) -> None:
        data = record.data
        if record.type == REQUEST_PART:
            self.parts[data["key"]] = data
        elif record.type == REQUEST_WIRE:
            self.wire = data
        else:
            self._take_request(data)

    def take_wires(self, later: Iterable[Record]) -> None:
        """Take how this request went out, where that is another way than before; the last is that of its answer."""
        for record in later:
            if record.type != REQUEST_WIRE or record.data["request"] != self.id:
                return
            self.wire = record.data

    def _take_request(self, data: dict[str, Any]) -> None:
        # A request that leans on one that can't be read is itself not known.
        self.is_whole = not data["kept"] or (self.is_whole and data["after"] == self.id)
        self.id = data["id"]
        del self.messages[data["kept"] :]
        for each in data["messages"]:
            if not isinstance(each, str):
                self.whole[each["id"]] = each
                each = each["id"]  # noqa: PLW2901
            self.messages.append(each)
        told = data.get("working", {"text": ""})
        end = told.get("end", 0)
        before = self.working
        self.working = before[: told.get("begin", 0)] + told["text"] + (before[len(before) - end :] if end else "")


def stored_request(store: Store, session_id: str, n: int) -> StoredRequest | None:
    """The request whose record is `n`; None if there is no such record. Blocks. Raises StoreError."""
    made = _Made()
    record: Record | None = None
    for record in store.excerpt(session_id, REQUESTS, upto=n):
        made.take(record)
    if record is None or record.n != n or record.type != REQUEST_SENT:
        return None
    made.take_wires(store.excerpt(session_id, REQUESTS, after=n, limit=WIRES_LOOKED_AT))
    return _made(record, made, _messages(store, session_id, n, made))


def stored_requests(store: Store, session_id: str) -> Iterator[StoredRequest]:
    """All requests of a session, oldest first; each message is read once. Blocks. Raises StoreError."""
    known: dict[str, Message] = {}
    for record in store.excerpt(session_id, (HISTORY_MESSAGE, TOOL_RESULT, HISTORY_REPLACED)):
        for data in record.data["messages"] if record.type == HISTORY_REPLACED else (record.data,):
            if "id" in data:
                known.setdefault(data["id"], message_from_data(data))
    records = store.excerpt(session_id, REQUESTS)
    made = _Made()
    for place, record in enumerate(records):
        made.take(record)
        if record.type == REQUEST_SENT:
            made.take_wires(records[place + 1 : place + 1 + WIRES_LOOKED_AT])
            known.update({key: message_from_data(data) for key, data in made.whole.items() if key not in known})
            yield _made(record, made, [known[key] for key in made.messages if key in known])


def beside_request(sent: Record, answered: Record | None) -> StoredRequest:
    """What a model was asked beside the steps, of its `beside.sent` and, once there is one, its `beside.answered`."""
    data = sent.data
    messages = tuple(message_from_data(each) for each in data["messages"])
    wire: dict[str, Any] = answered.data.get("wire", {}) if answered is not None else {}
    return StoredRequest(sent.n, sent.at, sent.run_id, 0, data["model"], messages, data["system"], (), wire)


def answer_beside(store: Store, session_id: str, sent: Record) -> Record | None:
    """What came back of a request beside the steps; None where nothing did yet. Blocks. Raises StoreError."""
    later = store.excerpt(session_id, (BESIDE_ANSWERED,), after=sent.n)
    return next((each for each in later if each.data.get("id") == sent.data["id"]), None)


def sent_beside(store: Store, session_id: str, n: int) -> Record | None:
    """The record `n`, if it is one of a request beside the steps. Blocks. Raises StoreError."""
    return next(iter(store.excerpt(session_id, (BESIDE_SENT,), after=n - 1, upto=n)), None)


def _made(record: Record, made: _Made, found: list[Message]) -> StoredRequest:
    """The request of a record, of the messages that were found."""
    missing = [f"{len(made.messages) - len(found):,} of its messages"] if len(found) < len(made.messages) else []
    if not made.is_whole:
        missing.append("the request before it")
    data = record.data
    system = _part(made, data["system"], "text", "its system text", missing) or ""
    tools = _part(made, data["tools"], "tools", "its tools", missing) or ()
    if made.working:
        found.append(Message("user", made.working, name=WORKING_CONTEXT))
    return StoredRequest(
        record.n,
        record.at,
        record.run_id,
        data["step"],
        data["model"],
        tuple(found),
        system,
        tuple(ToolSchema(each["name"], each["description"], each["input_schema"]) for each in tools),
        {key: made.wire[key] for key in ("provider", "form", "path", "fields") if key in made.wire},
        tuple(f"{each} can't be read any more" for each in missing),
    )


def _part(made: _Made, key: str, name: str, what: str, missing: list[str]) -> Any:
    if not key:
        return None
    if key not in made.parts:
        missing.append(what)
        return None
    return made.parts[key][name]


def _messages(store: Store, session_id: str, n: int, made: _Made) -> list[Message]:
    """The messages of a request, in their order, without those that can't be found."""
    wanted = set(made.messages)
    data = {key: each for key, each in made.whole.items() if key in wanted}
    told = store.excerpt(session_id, (HISTORY_MESSAGE, TOOL_RESULT), upto=n, is_brief=True)
    places = [record.n for record in told if record.data.get("id") in wanted]
    for first, last in _together(places):
        for record in store.excerpt(session_id, (HISTORY_MESSAGE, TOOL_RESULT), after=first - 1, upto=last):
            data[record.data.get("id", "")] = record.data
    if any(key not in data for key in made.messages):
        for record in store.excerpt(session_id, (HISTORY_REPLACED,), upto=n):
            data.update({each["id"]: each for each in record.data["messages"] if each.get("id") in wanted})
    return [message_from_data(data[key]) for key in made.messages if key in data]


def _together(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Places as stretches from first to last, of those that are near each other."""
    first = last = 0
    for place in places:
        if last and place - last > READ_TOGETHER:
            yield first, last
            first = 0
        first, last = first or place, place
    if last:
        yield first, last
