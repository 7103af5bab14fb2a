"""What a store keeps: the records of a session's log, and what is known of a session at a glance."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from loom.types.frozen import quickly_made

SESSION_CREATED = "session.created"
SESSION_CHANGED = "session.changed"
WORK_STEPPED = "work.step"
SESSION_REWOUND = "session.rewound"
HISTORY_MESSAGE = "history.message"
HISTORY_REPLACED = "history.replaced"
TOOL_RESULT = "tool.result"
MESSAGE_STREAMED = "message.streamed"
REQUEST_PART = "request.part"
REQUEST_SENT = "request.sent"
REQUEST_WIRE = "request.wire"
BESIDE_SENT = "beside.sent"
BESIDE_ANSWERED = "beside.answered"
BELOW = "below."
HEARTBEAT_PENDING = "heartbeat.pending"
SENT_TO_MODELS = frozenset(
    {HISTORY_MESSAGE, TOOL_RESULT, HISTORY_REPLACED, REQUEST_PART, REQUEST_SENT, REQUEST_WIRE, BESIDE_SENT}
)
RUN_ENDS = frozenset({"run.completed", "run.failed", "run.cancelled"})

SessionState = Literal["idle", "running", "waiting", "done", "failed", "interrupted"]


@quickly_made
@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record before it has its place in the log; `at` is in seconds since 1970.

    `type` is that of a run event (`data` is its payload), or one of this module's: session.created, session.changed,
    work.step (`{"name", "result"}`: a step of a harness run, whose name the metadata list) and session.rewound
    (`{"to": n}`: what came after record n no longer counts), history.message and tool.result (a message as the model
    gets it), history.replaced (all of them, after a compression), message.streamed (a piece of an answer that is still
    coming: `{"text", "step"}`, kept now and then), request.part, request.sent and request.wire (what each request to a
    model was made of, as `loom.memory.requests` reads it), beside.sent and beside.answered (what a model was asked
    beside the steps: a summary, a title, for a tool server; whole), heartbeat.pending (what was noticed between two
    runs, as heartbeat.event says it in the next). `below.` and one of these is a record of a sub-agent, as
    `loom.memory.below` reads it.
    """

    type: str
    data: dict[str, Any]
    run_id: str = ""
    at: float = field(default_factory=time.time)


@quickly_made
@dataclass(frozen=True, slots=True)
class Record:
    """A record in its place: `n` counts from 1 in each session, and is never given twice."""

    session_id: str
    n: int
    type: str
    data: dict[str, Any]
    run_id: str
    at: float


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session at a glance; folded from its records, so that it can always be made again.

    `state`: idle (nothing ran yet), running, waiting (for a person), done, failed, or interrupted: its run has no end,
    and nobody works on it. `last_n` is its last record. Times are in seconds since 1970.
    """

    id: str
    title: str = ""
    agent: str = ""
    model: str = ""
    workspace: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    state: SessionState = "idle"
    is_pinned: bool = False
    is_archived: bool = False
    tags: tuple[str, ...] = ()
    messages: int = 0
    last_n: int = 0
    parent_id: str = ""
    parent_n: int = 0
    preview: str = ""
    run_id: str = ""
    is_named: bool = False
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place where a search matched: record `n` of a session, `snippet` around it, `spans` of the matches in that."""

    session_id: str
    title: str
    n: int
    role: str
    at: float
    snippet: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A record that could not be read. Its bytes stay where they are."""

    session_id: str
    n: int
    reason: str
