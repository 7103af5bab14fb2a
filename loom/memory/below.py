"""What sub-agents did, in the log of the session that gave them work: their records among its own, and apart again.

A record of a sub-agent stands there as `below.` and its type; its data have what it had, and under `below` whose it is:
`session` and `run` of the sub-agent, its `agent`, and the `call_id` that gave it work in the session `above` it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from loom.memory.in_memory import InMemoryStore
from loom.memory.records import BELOW, MESSAGE_STREAMED, NewRecord, Record
from loom.memory.store import Store

WHOSE = "below"


def record_below(record: NewRecord, whose: dict[str, Any], run_id: str) -> NewRecord | None:
    """A sub-agent's record as the log of run `run_id` above it has it; None for one that need not be told twice."""
    if record.type == MESSAGE_STREAMED:
        return None
    if record.type.startswith(BELOW):  # of one still deeper: it says itself whose it is
        return replace(record, run_id=run_id)
    return NewRecord(BELOW + record.type, {**record.data, WHOSE: {**whose, "run": record.run_id}}, run_id, record.at)


def whose(record: Record) -> dict[str, Any]:
    """Whose a record is; empty for one of the session's own."""
    return record.data.get(WHOSE, {}) if record.type.startswith(BELOW) else {}


def as_own(record: Record) -> Record:
    """A sub-agent's record as it was in its own log, but for its place."""
    run = whose(record).get("run", record.run_id)
    return Record(record.session_id, record.n, record.type.removeprefix(BELOW), record.data, run, record.at)


@dataclass(frozen=True, slots=True)
class SubAgentLog:
    """The log of one sub-agent: a store that has it under `session_id`, and where it has which record of the other."""

    store: InMemoryStore
    session_id: str
    places: dict[int, int]


def sub_agent_log(store: Store, session_id: str, child: str, kinds: Iterable[str], upto: int) -> SubAgentLog:
    """The records of some kinds of one sub-agent, from the log of the session above it. Blocks. Raises StoreError."""
    found = store.excerpt(session_id, [BELOW + each for each in kinds], upto=upto)
    return _apart([each for each in found if whose(each).get("session") == child], child)


def sub_agent_logs(records: Iterable[Record]) -> dict[str, SubAgentLog]:
    """The logs of all sub-agents whose records are among these, by their session."""
    by_child: dict[str, list[Record]] = {}
    for record in records:
        if child := whose(record).get("session"):
            by_child.setdefault(child, []).append(record)
    return {child: _apart(found, child) for child, found in by_child.items()}


def _apart(found: list[Record], child: str) -> SubAgentLog:
    store = InMemoryStore()
    own = [as_own(each) for each in found]
    store.append(store.acquire(child), [NewRecord(each.type, each.data, each.run_id, each.at) for each in own]).result()
    return SubAgentLog(store, child, {each.n: place for place, each in enumerate(found, 1)})
