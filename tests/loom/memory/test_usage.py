"""The sums over all sessions: what is counted, what is not counted twice, and what is not known."""

import io
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, SessionConfig, create_agent
from loom.config import MemoryBackend, MemoryConfig
from loom.memory.jsonl import put_records
from loom.memory.records import SESSION_CREATED, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.memory.usage import UsageIndex, day_of, usage_path, write_csv
from loom.threads import in_thread
from tests.support.many_steps import fill_steps

NOON = time.mktime((2026, 3, 10, 12, 0, 0, 0, 0, -1))
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    made = SQLiteStore(tmp_path / "loom.db", fsync=False)
    yield made
    made.close()


@pytest.fixture
def index(store: SQLiteStore) -> Iterator[UsageIndex]:
    made = UsageIndex(usage_path(store.path))
    yield made
    made.close()


def refresh(index: UsageIndex, store: SQLiteStore) -> int:
    return index.refresh(store, store.sessions())


def used(model: str = "m", cost: float | None = 0.5, read: int = 100, **data: Any) -> dict[str, Any]:
    del model
    usage = {"input_tokens": read, "output_tokens": 10, "cache_read_tokens": 40, "cost_usd": cost}
    return {"step": 1, "usage": usage, "total": usage, **data}


def session(store: SQLiteStore, key: str, *records: tuple[str, dict[str, Any]], at: float = NOON) -> None:
    first = NewRecord(
        SESSION_CREATED, {"agent": "A", "workspace": "/w", "title": f"Title {key}", "metadata": {}}, at=at
    )
    begun = NewRecord("run.started", {"prompt": "p", "session_id": key, "agent": "A", "model": "x:big"}, "r", at)
    put_records(store, key, [first, begun, *(NewRecord(kind, data, "r", at) for kind, data in records)])


def test_what_was_used_is_summed_up_by_day_model_agent_session_and_workspace(
    store: SQLiteStore, index: UsageIndex
) -> None:
    fill_steps(store, "one", 10, at=NOON, agent="Mason", model="x:big", workspace="/a", cost=0.01)
    fill_steps(store, "two", 5, at=NOON - DAY, agent="Scout", model="x:small", workspace="/b", cost=0.002)
    fill_steps(store, "three", 5, at=NOON, agent="Mason", model="x:small", workspace="/a", cost=0.002)
    assert refresh(index, store) == 3
    assert [(row.key, row.calls) for row in index.rows("day")] == [(day_of(NOON - DAY), 5), (day_of(NOON), 15)]
    assert {row.key: round(row.cost, 6) for row in index.rows("model")} == {"x:big": 0.1, "x:small": 0.02}
    assert {row.key: row.calls for row in index.rows("agent")} == {"Mason": 15, "Scout": 5}
    assert {row.key: row.calls for row in index.rows("workspace")} == {"/a": 15, "/b": 5}
    first = index.rows("session")[0]
    assert (first.key, first.label) == ("one", "Lay row 1")
    assert index.total().tokens == sum(row.tokens for row in index.rows("session"))
    assert index.total(since=day_of(NOON), workspace="/b").calls == 0
    assert refresh(index, store) == 0, "nothing is read again"


def test_a_price_that_is_not_known_is_never_nothing(store: SQLiteStore, index: UsageIndex) -> None:
    session(store, "s", ("usage.updated", used(cost=None)), ("usage.updated", used(cost=0.25)))
    session(store, "t", ("usage.updated", used(cost=None)))
    session(store, "u", ("usage.updated", used(cost=0.0)))
    refresh(index, store)
    rows = {row.key: row for row in index.rows("session")}
    assert (rows["s"].cost_usd, rows["s"].unpriced, rows["s"].cost_words) == (None, 110, "$0.2500 + unknown")
    assert rows["t"].cost_words == "unknown"
    assert (rows["u"].cost_usd, rows["u"].cost_words) == (0.0, "$0.00")
    told = io.StringIO()
    write_csv(told, "session", index.rows("session"))
    assert "s,Title s,2,200,20,80,,110" in told.getvalue()


def test_a_fork_counts_what_it_used_itself_alone(store: SQLiteStore, index: UsageIndex) -> None:
    session(store, "s", ("usage.updated", used()), ("usage.updated", used()))
    store.fork("s", None, "copy")
    refresh(index, store)
    assert {row.key: row.calls for row in index.rows("session")} == {"s": 2}
    lease = store.acquire("copy")
    store.append(lease, [NewRecord("usage.updated", used(), "r", NOON)]).result()
    refresh(index, store)
    assert {row.key: row.calls for row in index.rows("session")} == {"s": 2, "copy": 1}


def test_a_summary_counts_for_the_model_that_wrote_it_and_only_once(store: SQLiteStore, index: UsageIndex) -> None:
    summary = used(read=700, cost=0.1, purpose="summary")
    cut = {"strategy": "collapse", "summary_by": "x:small", "summary_usage": summary["usage"]}
    session(store, "s", ("usage.updated", used(read=100)), ("usage.updated", summary), ("context.compressed", cut))
    refresh(index, store)
    assert {row.key: (row.calls, row.input_tokens) for row in index.rows("model")} == {
        "x:big": (1, 100),
        "x:small": (1, 700),
    }
    assert index.total().input_tokens == 800


def test_what_a_deleted_session_used_stays_counted_without_its_title(store: SQLiteStore, index: UsageIndex) -> None:
    session(store, "s", ("usage.updated", used()))
    refresh(index, store)
    store.delete("s")
    refresh(index, store)
    (row,) = index.rows("session")
    assert (row.label, row.calls) == ("(deleted)", 1)


def test_a_damaged_index_is_begun_anew_and_two_at_a_time_count_once(store: SQLiteStore, tmp_path: Path) -> None:
    session(store, "s", ("usage.updated", used()))
    path = usage_path(store.path)
    path.write_bytes(b"this is no database" * 100)
    one, other = UsageIndex(path), UsageIndex(path)
    try:
        summaries = store.sessions()
        one.refresh(store, summaries)
        other.refresh(store, summaries)
        assert one.total().calls == other.total().calls == 1
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        one.close()
        other.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 77")
    connection.close()
    later = UsageIndex(path)
    later.refresh(store, store.sessions())
    assert later.total().calls == 1
    later.close()


def test_a_thousand_sessions_are_summed_up_quickly_once_they_are_known(store: SQLiteStore, index: UsageIndex) -> None:
    for number in range(1_000):
        session(store, f"s{number}", *[("usage.updated", used(cost=0.01))] * 3, at=NOON - number * DAY / 10)
    refresh(index, store)
    lease = store.acquire("s7")
    store.append(lease, [NewRecord("usage.updated", used(), "r", NOON)]).result()
    summaries = store.sessions()
    began = time.thread_time()
    assert index.refresh(store, summaries) == 1
    assert len(index.rows("session")) == 1_000
    assert index.total().calls == 3_001
    assert time.thread_time() - began < 0.5


async def test_what_an_agent_really_used_is_counted(tmp_path: Path) -> None:
    ref = ModelRef.scripted([{"text": "Yes.", "usage": {"input_tokens": 120, "output_tokens": 7}}])
    memory = MemoryConfig(backend=MemoryBackend.sqlite(tmp_path / "loom.db"))
    agent = create_agent(AgentConfig(ref, name="Mason", memory=memory))
    await agent.session(SessionConfig(id="s")).run("Is it?")
    await agent.aclose()

    def look() -> None:
        store = SQLiteStore(tmp_path / "loom.db")
        index = UsageIndex(usage_path(store.path))
        refresh(index, store)
        (row,) = index.rows("agent")
        index.close()
        store.close()
        assert (row.key, row.calls, row.input_tokens, row.output_tokens) == ("Mason", 1, 120, 7)
        assert row.cost_usd is None

    await in_thread(look)
