"""From a session's records back to its conversation: what the model gets, what people see, what was left undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from loom.memory.alerts import AlertFold, StoredAlert
from loom.memory.codec import message_from_data
from loom.memory.records import (
    HISTORY_MESSAGE,
    HISTORY_REPLACED,
    MESSAGE_STREAMED,
    REQUEST_PART,
    RUN_ENDS,
    SESSION_CREATED,
    SESSION_REWOUND,
    TOOL_RESULT,
    Record,
)
from loom.types.events import PAYLOADS, RunEvent
from loom.types.messages import Message

_ABILITIES = frozenset({"skill.activated", "tools.found"})
_CONTEXT = frozenset({"context.renewed", "context.pinned", "context.working"}) | _ABILITIES
_OWN = frozenset({SESSION_CREATED, REQUEST_PART})
_CALL_ENDS = frozenset({"tool.completed", "tool.failed", "tool.vetoed", "tool.unknown"})


@dataclass(slots=True)
class CallState:
    """How far a tool call came: `result` is what the model is told of it, None while that is not known.

    `request_id` and `arguments_hash` are those of the approval that was asked for it.
    """

    is_started: bool = False
    result: Message | None = None
    told: str = ""
    failed: bool = False
    is_unknown: bool = False
    request_id: str = ""
    arguments_hash: str = ""


@dataclass(slots=True)
class OpenRun:
    """A run without an end: its prompt, its steps, events and messages so far, first record, last step's calls."""

    run_id: str
    prompt: str
    step: int = 0
    events: int = 0
    messages: int = 0
    streamed: str = ""
    began_n: int = 0
    calls: dict[str, CallState] = field(default_factory=dict[str, CallState])


@dataclass(slots=True)
class StoredSession:
    """A session as its records tell it.

    `history` is what the model gets next. `open_run` is a run that has no end. `faults` are sentences about records
    that say nothing that can be understood. `handoffs` are those of its renewals, `pinned` the keys of messages that
    stay, `working` what the model wrote down last; each as the event says it. `cited` is the highest number that a
    piece of knowledge had, also in what was taken back. `alerts` is what its agent noticed. `abilities` are its active
    skills and the tools it found, as kind and payload of each event. `request_parts` are the keys of the system texts
    and tools that stand in it.
    """

    history: list[Message] = field(default_factory=list[Message])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    open_run: OpenRun | None = None
    faults: list[str] = field(default_factory=list[str])
    last_n: int = 0
    handoffs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pinned: set[str] = field(default_factory=set[str])
    working: dict[str, Any] | None = None
    cited: int = 0
    alerts: list[StoredAlert] = field(default_factory=list[StoredAlert])
    abilities: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    request_parts: set[str] = field(default_factory=set[str])


def replay(records: Iterable[Record]) -> StoredSession:
    """The session that records tell of."""
    session = StoredSession()
    said = _Said()
    for record in records:
        session.last_n = record.n
        try:
            _take(record, session, said)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            session.faults.append(f"Record {record.n} ({record.type}) can't be understood: {error!r}")
    session.history = [message for _, message in said.entries]
    session.alerts = list(said.alerts.kept().values())
    for _, kind, data in said.context:
        _take_context(kind, data, session)
    return session


def kept(records: Iterable[Record], rewinds: Iterable[Record] | None = None) -> list[Record]:
    """The records that still count: those that no rewinding took back.

    `rewinds` are all of the session's, where `records` are only some of its records.
    """
    held = list(records)
    gone = [
        (each.data["to"], each.n) for each in (held if rewinds is None else rewinds) if each.type == SESSION_REWOUND
    ]
    return [each for each in held if not any(to < each.n <= n for to, n in gone)] if gone else held


def run_events(records: Iterable[Record]) -> list[RunEvent]:
    """The run events among records, for those who show them; what was kept of a stream comes as text.delta."""
    return [
        RunEvent(
            f"{record.session_id}.{record.n}",
            record.run_id,
            kind,
            datetime.fromtimestamp(record.at, UTC),
            payload=record.data,
            n=record.n,
        )
        for record in records
        if (kind := "text.delta" if record.type == MESSAGE_STREAMED else record.type) in PAYLOADS
    ]


@dataclass(slots=True)
class _Said:
    """The history with each message's record, what it was before each compression; what context and heartbeat say."""

    entries: list[tuple[int, Message]] = field(default_factory=list[tuple[int, Message]])
    before: list[tuple[int, list[tuple[int, Message]]]] = field(
        default_factory=list[tuple[int, list[tuple[int, Message]]]]
    )

    context: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list[tuple[int, str, dict[str, Any]]])
    alerts: AlertFold = field(default_factory=AlertFold)

    def replace(self, n: int, messages: list[Message]) -> None:
        self.before.append((n, self.entries))
        self.entries = [(n, message) for message in messages]

    def rewind(self, to: int) -> None:
        while self.before and self.before[-1][0] > to:
            self.entries = self.before.pop()[1]
        while self.entries and self.entries[-1][0] > to:
            self.entries.pop()
        self.context = [each for each in self.context if each[0] <= to]


def _take_context(kind: str, data: dict[str, Any], session: StoredSession) -> None:
    if kind == "context.renewed":
        session.handoffs.append(data["handoff"])
    elif kind in _ABILITIES:
        session.abilities.append((kind, data))
    elif kind == "context.working":
        session.working = data
    elif data["is_pinned"]:
        session.pinned.add(data["key"])
    else:
        session.pinned.discard(data["key"])


def _take(record: Record, session: StoredSession, said: _Said) -> None:
    data, kind, run = record.data, record.type, session.open_run
    said.alerts.take(record)
    if kind in _CONTEXT:
        said.context.append((record.n, kind, data))
    session.cited = max(session.cited, _cited(kind, data))
    if kind in (HISTORY_MESSAGE, TOOL_RESULT):
        _take_message(record, said, run)
    elif kind == HISTORY_REPLACED:
        said.replace(record.n, [message_from_data(each) for each in data["messages"]])
    elif kind == SESSION_REWOUND:
        said.rewind(data["to"])
        session.open_run = None
    elif kind in _OWN:
        _take_own(kind, data, session)
    elif kind == "run.started":
        if run is None or run.run_id != record.run_id:
            session.open_run = OpenRun(record.run_id, data["prompt"], began_n=record.n)
    elif kind in RUN_ENDS:
        session.open_run = None
    elif run is not None:
        _take_part(record, run)


def _take_own(kind: str, data: dict[str, Any], session: StoredSession) -> None:
    if kind == REQUEST_PART:
        session.request_parts.add(data["key"])
    else:
        session.metadata = dict(data.get("metadata", {}))


def _cited(kind: str, data: dict[str, Any]) -> int:
    """The highest number of what was found, also where that is taken back later: no other piece gets it."""
    return max((int(piece["number"]) for piece in data["pieces"]), default=0) if kind == "knowledge.found" else 0


def _take_message(record: Record, said: _Said, run: OpenRun | None) -> None:
    message = message_from_data(record.data)
    said.entries.append((record.n, message))
    if run is None or run.run_id != record.run_id:
        return
    run.messages += 1
    run.streamed = ""
    if record.type == TOOL_RESULT and message.tool_call_id is not None:
        run.calls.setdefault(message.tool_call_id, CallState()).result = message


def _take_part(record: Record, run: OpenRun) -> None:
    data = record.data
    if record.type in PAYLOADS:
        run.events += 1
    if record.type == MESSAGE_STREAMED:
        run.streamed += data["text"]
    if record.type in ("step.started", "step.retried"):
        run.step, run.streamed = data["step"], ""
        run.calls.clear()  # ids are unique in one message only
        return
    if not record.type.startswith("tool."):
        return
    call = run.calls.setdefault(data["call_id"], CallState())
    if record.type == "tool.started":
        call.is_started = True
    elif record.type == "tool.approval_requested":
        call.request_id, call.arguments_hash = data["request_id"], data["arguments_hash"]
    elif record.type in _CALL_ENDS:
        call.is_started = record.type != "tool.vetoed"
        call.is_unknown = record.type == "tool.unknown"
        call.failed = record.type != "tool.completed"
        call.told = data.get("content") or data.get("message") or ""
