"""What a run does with what its agent's watches see."""

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, RunContext, SessionConfig, create_agent, tool
from loom.agent import Agent
from loom.config import (
    HeartbeatConfig,
    PolicyConfig,
    RuntimeConfig,
    RuntimeLimits,
    ToolAccessPolicy,
    ToolPolicy,
    ToolSpec,
    UrgencyRule,
    WatchConfig,
)
from loom.errors import LoomError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.heartbeat import Heartbeat
from loom.memory.in_memory import InMemoryStore
from loom.types.messages import Message
from loom.types.runs import RunState
from tests.support.agents import AskedProvider, assert_catalogued, call, of_type, requests_of, types_of
from tests.support.waiting import timed, until

WRITE = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('changed by another program')"


def watchful(
    tmp_path: Path, *turns: Any, rules: list[UrgencyRule] | None = None, store: Any = None, **config: Any
) -> Agent:
    ref = ModelRef.scripted(list(turns))
    heartbeat = HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])], urgency_rules=rules or [])
    return create_agent(
        AgentConfig(model=ref, heartbeat=heartbeat, **config),
        workspace=tmp_path,
        provider=AskedProvider(ref),
        store=store,
    )


def beat_of(agent: Agent) -> Heartbeat:
    assert agent.heartbeat is not None
    return agent.heartbeat


def texts_of(agent: Agent, request: int) -> list[str]:
    return [message.text for message in requests_of(agent)[request].messages]


def seen(summary: str = "something", urgency: str = "low") -> HeartbeatEvent:
    return HeartbeatEvent("test", summary, summary, urgency)


async def until_pending(agent: Agent, count: int = 1) -> None:
    await until(lambda: len(beat_of(agent).pending()) >= count)


def outsider(agent: Agent, file: Path) -> ToolSpec:
    """A tool during which another program changes a file."""

    @tool(read_only=True)
    async def wait_for_it() -> str:
        """Wait."""
        await beat_of(agent).ready()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITE, str(file))
        await process.wait()
        await until_pending(agent)
        return "waited"

    return wait_for_it


async def test_a_file_that_another_program_changed_is_told_with_the_next_request_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("before")
    agent = watchful(tmp_path, call("wait_for_it"), "Noted.")
    waiting = outsider(agent, file)
    agent.engine.gate.tools[waiting.name] = waiting
    session = agent.session()
    try:
        result = await session.run("go")
    finally:
        await agent.aclose()

    assert result.state is RunState.COMPLETED
    assert_catalogued(result.events)
    last = requests_of(agent)[1].messages[-1]
    assert last.role == "user"
    assert "settings.toml was modified" in last.text
    (event,) = of_type(result, "heartbeat.event")
    assert event["paths"] == [str(file)]
    assert event["action"] == "queue"
    (told,) = of_type(result, "heartbeat.told")
    assert told == {"event_ids": [event["id"]], "step": 2, "text": last.text}
    assert last in session.history, "what the model was told is part of its history"


async def test_what_the_model_was_told_is_in_the_log(tmp_path: Path) -> None:
    store = InMemoryStore()
    agent = watchful(tmp_path, "Noted.", "Again.", store=store)
    beat_of(agent).take(seen("the sky fell"))
    try:
        session = agent.session(SessionConfig(id="s"))
        await session.run("go")
        told = list(session.history)
        await session.reload()
        assert session.history == told
        assert any("the sky fell" in message.text for message in session.history)
        assert texts_of(agent, 0)[-1] == told[-2].text
        await session.run("more")
        assert sum("the sky fell" in text for text in texts_of(agent, 1)) == 1, "told once"
    finally:
        await agent.aclose()


async def test_what_happens_between_two_runs_is_told_in_the_next(tmp_path: Path) -> None:
    agent = watchful(tmp_path, "One.", "Two.")
    session = agent.session()
    try:
        await session.run("first")
        await beat_of(agent).ready()
        (tmp_path / "between.txt").write_text("x")
        await until_pending(agent)
        result = await session.run("second")
    finally:
        await agent.aclose()
    assert "between.txt was created" in texts_of(agent, 1)[-1]
    assert len(of_type(result, "heartbeat.event")) == 1


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_forcing_event_cancels_a_sleeping_tool_within_a_second(tmp_path: Path, is_async: bool) -> None:
    goes_on = threading.Event()

    @tool(read_only=True)
    async def sleeping() -> str:
        """Sleep."""
        beat_of(agent).report(seen("the house burns", "critical"))
        await asyncio.sleep(30)
        return "slept"

    @tool(read_only=True)
    def sleeping_thread() -> str:
        """Sleep."""
        beat_of(agent).report(seen("the house burns", "critical"))
        goes_on.wait(20)
        return "slept"

    name = "sleeping" if is_async else "sleeping_thread"
    agent = watchful(tmp_path, call(name), "I stop.", tools=[sleeping, sleeping_thread])
    try:
        async with timed() as took:
            result = await agent.run("go")
    finally:
        await agent.aclose()
        goes_on.set()

    assert took.seconds < 1
    assert result.output == "I stop."
    assert_catalogued(result.events)
    assert len(of_type(result, "tool.unknown")) == 1
    (interrupt,) = of_type(result, "heartbeat.interrupt")
    assert interrupt["action"] == "force"
    assert interrupt["call_ids"] == ["call_0_0"]
    messages = requests_of(agent)[1].messages
    assert messages[-2].is_error
    assert "Interrupted by something urgent" in messages[-2].text
    assert "the house burns" in messages[-1].text
    await until(_is_quiet)


def _is_quiet() -> bool:
    """True once no thread of a tool call is left."""
    return not any(thread.name.startswith("loom-call-sleeping") for thread in threading.enumerate())


async def test_a_forcing_event_stops_every_call_of_the_message_and_each_has_one_result(tmp_path: Path) -> None:
    @tool(read_only=True)
    async def sleeping() -> str:
        """Sleep."""
        beat_of(agent).report(seen("the house burns", "critical"))
        await asyncio.sleep(30)
        return "slept"

    @tool(requires_permission=False)
    async def change() -> str:
        """Change something."""
        raise AssertionError("it must not run")

    calls = {"tool_calls": [{"name": name, "arguments": {}} for name in ("sleeping", "sleeping", "change")]}
    agent = watchful(tmp_path, calls, "I stop.", tools=[sleeping, change])
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert types_of(result.events).count("tool.unknown") == 2
    assert [veto["kind"] for veto in of_type(result, "tool.vetoed")] == ["interrupted"]
    assert [message.role for message in requests_of(agent)[1].messages][-4:] == ["tool", "tool", "tool", "user"]


async def test_a_forcing_event_does_not_wait_for_a_person(tmp_path: Path) -> None:
    @tool
    async def deploy() -> str:
        """Deploy."""
        return "deployed"

    agent = watchful(tmp_path, call("deploy"), "I wait.", tools=[deploy])
    agent.attach_approver()
    run = agent.session().start("go")
    try:
        async for event in run.events():
            if event.type == "tool.approval_requested":
                beat_of(agent).report(seen("the house burns", "critical"))
        result = await run.wait()
    finally:
        await agent.aclose()
    assert result.output == "I wait."
    assert "tool.unknown" not in types_of(result.events)
    assert of_type(result, "tool.vetoed")[0]["kind"] == "interrupted"
    assert agent.pending_approvals == []


async def test_cancelling_the_run_ends_a_watched_tool_as_any_other(tmp_path: Path) -> None:
    began = asyncio.Event()

    @tool(read_only=True)
    async def sleeping() -> str:
        """Sleep."""
        began.set()
        await asyncio.sleep(30)
        return "slept"

    agent = watchful(tmp_path, call("sleeping"), tools=[sleeping])
    run = agent.session().start("go")
    await began.wait()
    result = await run.cancel("enough")
    await agent.aclose()
    assert result.state is RunState.CANCELLED
    assert types_of(result.events).count("tool.unknown") == 1


async def test_a_requesting_event_is_told_to_tools_that_ask(tmp_path: Path) -> None:
    @tool(read_only=True)
    async def patient(context: RunContext) -> str:
        """Work until something is urgent."""
        assert not context.interrupt_requested()
        beat_of(agent).report(seen("disk nearly full", "high"))
        while not context.interrupt_requested():
            await asyncio.sleep(0.005)
        return "stopped early"

    agent = watchful(tmp_path, call("patient"), "Done.", tools=[patient])
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert of_type(result, "tool.completed")[0]["content"] == "stopped early"
    assert of_type(result, "heartbeat.interrupt")[0]["action"] == "request"
    assert "disk nearly full" in texts_of(agent, 1)[-1]


async def test_a_run_does_not_end_before_an_urgent_event_was_told(tmp_path: Path) -> None:
    def says(_: object) -> str:
        beat_of(agent).take(seen("disk full", "high"))
        return "All is well."

    agent = watchful(tmp_path, says, "It is not.")
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert result.output == "It is not."
    assert "disk full" in texts_of(agent, 1)[-1]


async def test_the_model_settles_an_event(tmp_path: Path) -> None:
    def settle(request: Any) -> dict[str, Any]:
        event_id = beat_of(agent).pending()[0].event.id
        assert event_id in request.messages[-1].text
        return call("dispose_event", event_id=event_id, decision="nothing to do")

    narrow = PolicyConfig(tools=ToolPolicy(access=ToolAccessPolicy(allow=["read_file"])))
    agent = watchful(tmp_path, settle, "Done.", policy=narrow)
    beat_of(agent).take(seen("a leaf fell"))
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    (disposed,) = of_type(result, "heartbeat.disposed")
    assert (disposed["decision"], disposed["by"]) == ("nothing to do", "model")
    assert beat_of(agent).pending() == []
    assert_catalogued(result.events)


async def test_the_tool_for_settling_is_there_only_with_a_heartbeat(tmp_path: Path) -> None:
    with_one, without = watchful(tmp_path), create_agent(AgentConfig(model=ModelRef.scripted([])))
    assert "dispose_event" in {each.name for each in with_one.tools}
    assert "dispose_event" not in {each.name for each in without.tools}
    assert without.heartbeat is None
    with pytest.raises(LoomError):
        beat_of(with_one).dispose("evt_unknown", "x")


async def test_what_the_agent_writes_with_its_tools_is_no_news_to_it(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("before")

    @tool(read_only=True)
    async def outside() -> str:
        """Wait for the last change."""
        await asyncio.to_thread((tmp_path / "theirs.txt").write_text, "x")
        await until_pending(agent)
        return ""

    @tool(read_only=True)
    async def ready() -> str:
        """Wait for the watches."""
        await beat_of(agent).ready()
        return ""

    allowed = ToolAccessPolicy(allow=["write_file", "edit_file", "ready", "outside"], allow_destructive=True)
    agent = watchful(
        tmp_path,
        call("ready"),
        call("write_file", path="deep/new.txt", content="mine"),
        call("edit_file", path="old.txt", old_text="before", new_text="after"),
        call("outside"),
        "Done.",
        tools=[outside, ready],
        capabilities=["edit"],
        policy=PolicyConfig(tools=ToolPolicy(access=allowed)),
    )
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert (tmp_path / "old.txt").read_text() == "after"
    assert [event["summary"] for event in of_type(result, "heartbeat.event")] == ["theirs.txt was created"]


async def test_an_event_that_a_smaller_history_lost_is_told_again(tmp_path: Path) -> None:
    agent = watchful(tmp_path, "One.", "Two.", runtime=RuntimeConfig(limits=RuntimeLimits(max_context_tokens=4000)))
    session = agent.session()
    beat_of(agent).take(seen("never forget"))
    try:
        await session.run("go")
        for number in range(60):
            session.history.append(Message("user", f"{number} " + "words " * 60))
            session.history.append(Message("assistant", f"{number} " + "words " * 60))
        result = await session.run("more")
    finally:
        await agent.aclose()
    assert "context.renewed" in types_of(result.events)
    told = any("never forget" in message.text for message in session.history)
    assert told or beat_of(agent).untold(session.id), "it is in the history, or told with the next request"


async def test_what_was_told_and_then_gone_back_from_is_told_again(tmp_path: Path) -> None:
    agent = watchful(tmp_path, "One.", "Two.", "Three.", store=InMemoryStore())
    try:
        session = agent.session(SessionConfig(id="s"))
        await session.run("first")
        assert session.log is not None
        before = session.log.read().last_n
        beat_of(agent).take(seen("a leaf fell"))
        await session.run("second")
        await session.rewind(before)
        await session.run("second, again")
    finally:
        await agent.aclose()
    assert "a leaf fell" in texts_of(agent, 1)[-1]
    assert "a leaf fell" in texts_of(agent, 2)[-1]


async def test_a_person_settles_what_a_run_was_told(tmp_path: Path) -> None:
    agent = watchful(tmp_path, call("settled"), "Done.")
    pending = beat_of(agent).take(seen("a leaf fell"))
    assert pending is not None

    @tool(read_only=True)
    async def settled() -> str:
        """Have the person settle it."""
        beat_of(agent).dispose(pending.event.id, "seen")
        return ""

    agent.engine.gate.tools[settled.name] = settled
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert of_type(result, "heartbeat.disposed")[0]["by"] == "person"


async def test_an_odd_file_name_can_be_told_and_stored(tmp_path: Path) -> None:
    agent = watchful(tmp_path, "Done.", store=InMemoryStore())
    heartbeat = beat_of(agent)
    heartbeat.start()
    await heartbeat.ready()
    (tmp_path / "two\nlines\u202e").write_text("x")
    await until_pending(agent)
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert result.state is RunState.COMPLETED
    assert r"two\nlines\u202e was created" in texts_of(agent, 0)[-1]
