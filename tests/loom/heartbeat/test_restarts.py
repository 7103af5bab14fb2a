"""What was noticed stays until somebody disposed of it, also when the program ends in between."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, SessionConfig, create_agent
from loom.agent import Agent
from loom.config import HeartbeatConfig
from loom.heartbeat.events import HeartbeatEvent, event_from
from loom.heartbeat.heartbeat import MOST_PENDING, Heartbeat, PendingEvent
from loom.memory.alerts import KEPT_SETTLED, alerts_of
from loom.memory.records import HEARTBEAT_PENDING, NewRecord, Record
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from tests.support.agents import AskedProvider, requests_of, types_of


def agent_of(tmp_path: Path, store: SQLiteStore, *turns: Any) -> Agent:
    ref = ModelRef.scripted(list(turns))
    config = AgentConfig(model=ref, heartbeat=HeartbeatConfig())
    return create_agent(config, workspace=tmp_path, provider=AskedProvider(ref), store=store)


def beat_of(agent: Agent) -> Heartbeat:
    assert agent.heartbeat is not None
    return agent.heartbeat


def noticed(agent: Agent, summary: str) -> PendingEvent:
    taken = beat_of(agent).take(HeartbeatEvent("test", summary, summary, payload={"about": summary, "n": 1}))
    assert taken is not None
    return taken


def summaries(agent: Agent) -> list[str]:
    return [pending.event.summary for pending in beat_of(agent).pending()]


async def test_what_nobody_disposed_of_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    before = agent_of(tmp_path, store, "One.")
    session = before.session(SessionConfig(id="s"))
    noticed(before, "a branch fell")
    await session.run("go")
    between, settled = noticed(before, "a leaf fell"), noticed(before, "a twig fell")
    await asyncio.sleep(0)
    beat_of(before).dispose(settled.event.id, "swept up")
    await before.aclose()

    after = agent_of(tmp_path, store, "Two.")
    again = after.session(SessionConfig(id="s"))
    await again.load()
    assert summaries(after) == ["a branch fell", "a leaf fell"]
    assert beat_of(after).pending()[1].event == between.event, "it is the same event"
    assert [each.decision for each in beat_of(after).disposed] == ["swept up"]
    result = await again.run("more")
    told = next(each.text for each in reversed(requests_of(after)[0].messages) if "<heartbeat>" in each.text)
    assert "a leaf fell" in told
    assert "a branch fell" not in told, "the history says that already"
    assert types_of(result.events).count("heartbeat.event") == 1
    beat_of(after).dispose(between.event.id, "dismissed")
    await after.aclose()

    last = agent_of(tmp_path, store)
    await last.session(SessionConfig(id="s")).load()
    assert summaries(last) == ["a branch fell"]
    await last.aclose()
    await in_thread(store.close)


async def test_what_an_interrupted_run_was_not_told_yet_is_told_when_it_is_resumed(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    before = agent_of(tmp_path, store, {"delay_s": 30, "text": "late"})
    session = before.session(SessionConfig(id="s"))
    run = session.start("go")
    async for event in run.events():
        if event.type == "step.started":
            break
    noticed(before, "the roof leaks")
    assert session.log is not None
    await session.log.barrier()
    await session.suspend()
    await before.aclose()
    assert run.state.is_final

    after = agent_of(tmp_path, store, "Done.")
    again = after.session(SessionConfig(id="s"))
    await again.load()
    assert summaries(after) == ["the roof leaks"]
    await again.resume().wait()
    assert "the roof leaks" in requests_of(after)[0].messages[-1].text
    await after.aclose()
    await in_thread(store.close)


async def test_the_alerts_of_a_session_are_read_while_somebody_else_writes_to_it(tmp_path: Path) -> None:
    writing = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    reading = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    owner = agent_of(tmp_path, writing, "One.")
    session = owner.session(SessionConfig(id="s"))
    seen = noticed(owner, "a branch fell")
    await session.run("go")

    reader = agent_of(tmp_path, reading)
    other = reader.session(SessionConfig(id="s"))
    stored = await other.load_alerts()
    assert stored[seen.event.id].told_step == 1
    assert summaries(reader) == ["a branch fell"]
    assert other.log is not None
    assert not other.log.is_open
    await reader.aclose()
    await owner.aclose()
    await in_thread(writing.close)
    await in_thread(reading.close)


async def test_an_event_survives_the_log_as_it_was() -> None:
    event = HeartbeatEvent("filesystem", "changed", "two files", "high", ("/a", "/b"), 2, {"kinds": {"created": 2}})
    assert event_from(json.loads(json.dumps(event.to_payload()))) == event


async def test_what_a_log_says_without_sense_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    lease = await in_thread(store.acquire, "s")
    odd = {"id": "evt_1", "summary": "no source"}
    records = [NewRecord(HEARTBEAT_PENDING, odd), NewRecord(HEARTBEAT_PENDING, {})]
    await asyncio.wrap_future(store.append(lease, records))
    await in_thread(store.release, lease)
    agent = agent_of(tmp_path, store)
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    assert summaries(agent) == []
    assert "can't be understood" in session.notices[0]
    assert "can't be understood" in caplog.text
    await agent.aclose()
    await in_thread(store.close)


def test_what_is_taken_up_stays_bounded_and_keeps_its_order() -> None:
    heartbeat = Heartbeat(HeartbeatConfig())
    heartbeat.take(HeartbeatEvent("test", "new", "new"))
    old = [
        PendingEvent(HeartbeatEvent("test", str(n), str(n), at=float(n)), "queue", told={"s"})
        for n in range(MOST_PENDING + 5)
    ]
    heartbeat.take_up(old)
    heartbeat.take_up(old[-3:])
    kept = [pending.event.summary for pending in heartbeat.pending()]
    assert len(kept) == MOST_PENDING
    assert kept[0] == "6"
    assert kept[-1] == "new"


def test_of_what_was_settled_the_last_is_read_back() -> None:
    records: list[Record] = []
    for n in range(KEPT_SETTLED + 10):
        event = HeartbeatEvent("test", str(n), str(n), id=f"evt_{n}")
        records.append(Record("s", 2 * n + 1, HEARTBEAT_PENDING, event.to_payload(), "", 0.0))
        if n != 3:
            payload = {"event_id": event.id, "decision": "done", "by": "person"}
            records.append(Record("s", 2 * n + 2, "heartbeat.disposed", payload, "", 1.0))
    kept = alerts_of(records)
    assert len(kept) == KEPT_SETTLED + 1
    assert [event_id for event_id, alert in kept.items() if not alert.decision] == ["evt_3"]
    assert "evt_4" not in kept
