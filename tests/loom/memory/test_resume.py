"""Sessions on the disk: they go on in another process's life, and what was left undone is dealt with once."""

from pathlib import Path
from typing import Any

import pytest

from loom import RunContext, SessionConfig, create_agent, tool
from loom.agent import Agent
from loom.config import AgentConfig, MemoryBackend, MemoryConfig, ModelRef
from loom.context.pairs import is_valid
from loom.errors import LoomError, SessionInUseError, StoreError
from loom.memory.records import HISTORY_MESSAGE, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.runtime import Run
from loom.threads import in_thread
from loom.types.approvals import Decision
from loom.types.content import ImageBlock, TextBlock
from loom.types.runs import RunState
from tests.support.agents import AskedProvider, assert_catalogued, call, of_type, requests_of, types_of
from tests.support.ledger import Ledger


def agent_on(path: Path, *turns: Any, **config: Any) -> Agent:
    ref = ModelRef.scripted(list(turns))
    memory = MemoryConfig(backend=MemoryBackend.sqlite(path))
    return create_agent(AgentConfig(model=ref, memory=memory, **config), provider=AskedProvider(ref))


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "loom.db"


async def interrupted(db: Path, *records: NewRecord, calls: list[dict[str, Any]] | None = None) -> None:
    """Leave a session behind as a process that was killed leaves it: a run without an end."""
    store = await in_thread(SQLiteStore, db)
    lease = await in_thread(store.acquire, "s")
    message = {"role": "assistant", "content": "I will.", "tool_calls": calls or []}
    first = [
        NewRecord("session.created", {"agent": "", "workspace": "", "metadata": {"k": "v"}}),
        NewRecord("run.started", {"prompt": "go", "session_id": "s", "agent": "", "model": "m"}, "run-1"),
        NewRecord(HISTORY_MESSAGE, {"role": "user", "content": "go"}, "run-1"),
        NewRecord("step.started", {"step": 1}, "run-1"),
    ]
    told = [NewRecord(HISTORY_MESSAGE, message, "run-1")] if calls else []
    await in_thread(store.append(lease, [*first, *told, *records]).result)
    await in_thread(store.release, lease)
    await in_thread(store.close)


async def resumed(agent: Agent) -> Run:
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    return session.resume()


def asked(number: int, name: str = "note", **arguments: Any) -> dict[str, Any]:
    return {"id": f"c{number}", "name": name, "arguments": arguments or {"text": f"t{number}"}}


def started(number: int) -> NewRecord:
    data = {"call_id": f"c{number}", "tool": "note", "arguments": {}, "arguments_hash": "h", "allowed_by": "x"}
    return NewRecord("tool.started", data, "run-1")


async def test_a_session_goes_on_in_another_agent_with_everything_that_was_said(db: Path, tmp_path: Path) -> None:
    note = Ledger(tmp_path / "l").note(requires_permission=False)
    first = agent_on(db, call("note", text="x"), "Noted.", tools=[note])
    picture = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "QUJD"})
    await first.session(SessionConfig(id="s", metadata={"who": "me"})).run("Note x.", RunContext(attachments=[picture]))
    history = first.session(SessionConfig(id="s")).history
    await first.aclose()

    second = agent_on(db, "Still noted.", tools=[note])
    session = second.session(SessionConfig(id="s"))
    await session.load()
    assert session.metadata == {"who": "me"}
    result = await session.run("Is it?")
    assert result.state is RunState.COMPLETED
    told = requests_of(second)[0].messages
    assert list(told[:-1]) == history
    assert told[0].content == [TextBlock(text="Note x."), picture]
    assert_catalogued(result.events)
    places = [event.n for event in result.events if event.type != "text.delta"]
    assert all(places)
    assert places == sorted(places)
    await second.aclose()


async def test_an_event_is_on_the_disk_before_anybody_sees_it(db: Path, tmp_path: Path) -> None:
    note = Ledger(tmp_path / "l").note(requires_permission=False)
    agent = agent_on(db, call("note", text="x"), "Noted.", tools=[note])
    reader = await in_thread(lambda: agent.store)
    seen = 0
    async for event in agent.session(SessionConfig(id="s")).start("go").events():
        if event.n:
            (record,) = await in_thread(reader.records, "s", event.n - 1, 1)
            assert (record.n, record.type, record.data) == (event.n, event.type, event.payload)
            seen += 1
    assert seen > 8
    await agent.aclose()


async def test_a_started_call_is_unknown_one_that_never_started_is_made_one_that_ended_is_reused(
    db: Path, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "l")
    ended = NewRecord("tool.completed", {"call_id": "c1", "tool": "note", "content": "noted t1"}, "run-1")
    await interrupted(db, started(1), ended, started(2), calls=[asked(1), asked(2), asked(3)])
    agent = agent_on(db, "All clear.", tools=[ledger.note(requires_permission=False)])
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    assert session.open_run is not None
    result = await session.resume().wait()
    assert result.run_id == "run-1"
    assert result.output == "All clear."
    assert [e["text"] for e in ledger.entries()] == ["t3"]
    assert [e["call_id"] for e in of_type(result, "tool.unknown")] == ["c2"]
    told = requests_of(agent)[0].messages
    assert [m.role for m in told] == ["user", "assistant", "tool", "tool", "tool"]
    assert [(m.tool_call_id, m.is_error) for m in told[2:]] == [("c1", False), ("c2", True), ("c3", False)]
    assert "may have happened" in told[3].text
    assert_catalogued(result.events)
    await agent.aclose()
    again = agent_on(db)
    reread = again.session(SessionConfig(id="s"))
    await reread.load()
    assert reread.open_run is None
    assert is_valid(reread.history)
    with pytest.raises(LoomError, match="no interrupted run"):
        reread.resume()
    await again.aclose()


async def test_an_idempotent_tool_is_called_again_with_the_same_key(db: Path) -> None:
    keys: list[str] = []

    @tool(requires_permission=False, idempotent=True)
    def note(text: str, context: RunContext) -> str:
        """Write a note."""
        keys.append(context.idempotency_key)
        return f"noted {text}"

    await interrupted(db, started(1), calls=[asked(1)])
    agent = agent_on(db, "Done.", tools=[note])
    result = await (await resumed(agent)).wait()
    assert keys == ["run-1:c1"]
    assert not of_type(result, "tool.unknown")
    await agent.aclose()


async def test_a_pending_approval_survives_a_restart_byte_for_byte(db: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    first = agent_on(db, call("deploy", env="prod"), tools=[ledger.deploy()])
    first.attach_approver()
    session = first.session(SessionConfig(id="s"))
    async for event in session.start("Deploy.").events():
        if event.type == "tool.approval_requested":
            break
    (before,) = first.pending_approvals
    await session.suspend()
    await first.aclose()
    assert ledger.entries() == []

    second = agent_on(db, "Deployed.", tools=[ledger.deploy()])
    second.attach_approver()
    run = await resumed(second)
    async for event in run.events():
        if event.type == "tool.approval_requested":
            (after,) = second.pending_approvals
            assert after == before
            run.decide(before.id, Decision.allow_once())
    assert (await run.wait()).output == "Deployed."
    assert [e["env"] for e in ledger.entries()] == ["prod"]
    await second.aclose()


async def test_a_new_message_ends_what_was_interrupted_and_tells_the_model_once(db: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l")
    await interrupted(db, started(1), calls=[asked(1), asked(2)])
    agent = agent_on(db, "I see.", tools=[ledger.note(requires_permission=False)])
    await agent.session(SessionConfig(id="s")).run("What happened?")
    told = requests_of(agent)[0].messages
    assert [m.role for m in told] == ["user", "assistant", "tool", "tool", "user"]
    assert "may have happened" in told[2].text
    assert "did not happen" in told[3].text
    records = await in_thread(agent.store.records, "s")
    assert [r.type for r in records if r.type in ("tool.unknown", "run.cancelled")] == ["tool.unknown", "run.cancelled"]
    assert ledger.entries() == []
    await agent.aclose()


async def test_a_run_that_died_before_the_model_answered_asks_again(db: Path) -> None:
    await interrupted(db)
    agent = agent_on(db, "Here I am.")
    result = await (await resumed(agent)).wait()
    assert result.output == "Here I am."
    assert [m.text for m in requests_of(agent)[0].messages] == ["go"]
    await agent.aclose()


async def test_a_run_that_died_after_its_last_word_only_ends(db: Path) -> None:
    answer = NewRecord(HISTORY_MESSAGE, {"role": "assistant", "content": "That is all."}, "run-1")
    await interrupted(db, answer)
    agent = agent_on(db)
    result = await (await resumed(agent)).wait()
    assert (result.state, result.output) == (RunState.COMPLETED, "That is all.")
    assert requests_of(agent) == []
    await agent.aclose()


async def test_rewind_and_fork_and_go_on(db: Path) -> None:
    agent = agent_on(db, "one", "two", "other two", "in place")
    session = agent.session(SessionConfig(id="s"))
    await session.run("first")
    result = await session.run("second")
    begin = result.events[0].n
    assert types_of(result.events)[0] == "run.started"
    branch = await session.fork(begin - 1)
    await branch.run("second, differently")
    assert [m.text for m in branch.history] == ["first", "one", "second, differently", "other two"]
    await session.rewind(begin - 1)
    assert [m.text for m in session.history] == ["first", "one"]
    await session.run("second, again")
    assert [m.text for m in requests_of(agent)[-1].messages] == ["first", "one", "second, again"]
    await agent.aclose()


async def test_the_default_stays_in_memory_and_can_fork_there_too() -> None:
    ref = ModelRef.scripted(["one", "two"])
    agent = create_agent(AgentConfig(model=ref), provider=AskedProvider(ref))
    session = agent.session(SessionConfig(id="s"))
    await session.run("first")
    forked = await session.fork()
    assert [m.text for m in forked.history] == ["first", "one"]
    unnamed = agent.session()
    with pytest.raises(StoreError, match="no store"):
        await unnamed.fork()
    await agent.aclose()


async def test_a_session_that_another_run_owns_is_read_only(db: Path) -> None:
    one = agent_on(db, {"text": "slow", "delay_s": 0.4})
    busy = one.session(SessionConfig(id="s")).start("go")
    async for event in busy.events():
        if event.type == "step.started":
            break
    two = agent_on(db, "mine")
    session = two.session(SessionConfig(id="s"))
    await session.load()
    assert session.is_read_only
    assert [m.text for m in session.history] == ["go"]
    result = await session.run("let me")
    assert result.state is RunState.FAILED
    assert result.error is not None
    assert result.error["type"] == SessionInUseError.__name__
    await busy.wait()
    assert (await session.run("and now?")).output == "mine"
    assert [m.text for m in requests_of(two)[0].messages] == ["go", "slow", "and now?"]
    await one.aclose()
    await two.aclose()


async def test_a_session_without_a_name_that_is_not_in_use_is_given_back_and_can_still_go_on(db: Path) -> None:
    agent = agent_on(db, "one", "two")
    unnamed = agent.session()
    await unnamed.run("first")
    agent.session()
    owner = await in_thread(agent.store.owner_of, unnamed.id)
    assert owner == ""
    assert (await unnamed.run("second")).output == "two"
    assert [m.text for m in unnamed.history] == ["first", "one", "second", "two"]
    await agent.aclose()


async def test_of_an_answer_that_was_still_coming_what_was_kept_is_there(db: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("loom.runtime.loop.KEEP_STREAM_EVERY_S", 0.0)
    first = agent_on(db, {"text": "one two three four five six", "pace_s": 0.1})
    session = first.session(SessionConfig(id="s"))
    pieces = 0
    async for event in session.start("Count.").events():
        pieces += event.type == "text.delta"
        if pieces == 3:
            break
    await session.suspend()
    await first.aclose()

    second = agent_on(db, "Seven.")
    again = second.session(SessionConfig(id="s"))
    await again.load()
    assert again.open_run is not None
    assert again.open_run.streamed.startswith("one two three")
    await again.settle()
    assert [m.role for m in again.history] == ["user", "assistant"]
    assert again.history[1].text.startswith("one two three")
    await again.run("Go on.")
    assert requests_of(second)[0].messages[1].text.startswith("one two three")
    await second.aclose()
