"""Runs: what they emit, how they end, how they are stopped and steered."""

import asyncio
import gc
import json
import threading
import weakref
from contextlib import suppress
from typing import Any

import pytest

from loom import RunContext, SessionConfig, create_agent, tool
from loom.agent import Agent
from loom.config import (
    AgentConfig,
    ModelRef,
    RuntimeConfig,
    RuntimeFallback,
    RuntimeFallbackMode,
    RuntimeFeatures,
    RuntimeLimits,
    ToolSpec,
)
from loom.errors import ConfigError, LoomError, ProviderUnavailableError, RateLimitError
from loom.runtime import Run
from loom.tools.caller import IN_TOOL
from loom.types.runs import RunResult, RunState, Usage
from tests.support.agents import assert_catalogued, call, of_type, requests_of, scripted_agent, types_of
from tests.support.waiting import until

LIMIT_S = 20.0


@tool(read_only=True)
async def look(thing: str) -> str:
    """Look at a thing."""
    return f"saw {thing}"


def limited(**limits: object) -> RuntimeConfig:
    return RuntimeConfig(limits=RuntimeLimits(**limits))  # type: ignore[arg-type]


async def test_a_run_answers_and_its_events_are_those_of_the_catalogue() -> None:
    agent = scripted_agent(
        {"thinking": "hm, well", "text": "Let me look.", **call("look", thing="sea")}, "It is blue.", tools=[look]
    )

    result = await agent.run("What colour is the sea?")

    assert result.state is RunState.COMPLETED
    assert result.output == "It is blue."
    assert result.reason == "end_turn"
    assert result.iterations == 2
    assert_catalogued(result.events)
    assert types_of(result.events)[0] == "run.started"
    assert types_of(result.events)[-1] == "run.completed"
    assert "".join(payload["text"] for payload in of_type(result, "text.delta")) == "Let me look.It is blue."
    assert of_type(result, "tool.completed")[0]["content"] == "saw sea"


async def test_events_arrive_while_the_run_works() -> None:
    agent = scripted_agent({"text": "one two three", "pace_s": 0.02})
    run = agent.session().start("count")

    states_at_delta = [run.state async for event in run.events() if event.type == "text.delta"]

    assert states_at_delta == [RunState.RUNNING] * 3
    await run.wait()


async def test_early_and_late_readers_see_the_same_sequence() -> None:
    agent = scripted_agent({"text": "a b c", "pace_s": 0.005})
    run = agent.session().start("go")

    async def read() -> list[str]:
        return [event.id async for event in run.events()]

    first, second = await asyncio.gather(read(), read())
    late = await read()

    assert first == second == late
    (await run.wait()).events.clear()
    assert await read() == first, "a result's list is a reader's own"
    assert len(first) > 5


@pytest.mark.parametrize("at", ["text.delta", "message.completed", "usage.updated", "step.completed"])
async def test_who_reads_along_can_steer_by_all_that_the_last_step_says(at: str) -> None:
    agent = scripted_agent({"text": "done", "usage": {"input_tokens": 3, "output_tokens": 1}}, "and more")
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == at and event.payload["step"] == 1:
            run.steer("wait, more")
    assert (await run.wait()).output == "and more"
    assert [message.text for message in requests_of(agent)[1].messages] == ["go", "done", "wait, more"]


async def test_whatever_is_given_as_a_reason_is_told_as_a_text() -> None:
    agent = scripted_agent({"text": "a", "delay_s": 30})
    run = agent.session().start("go")
    await asyncio.sleep(0)
    result = await run.cancel(ValueError("enough"))  # pyright: ignore[reportArgumentType]
    assert result.events[-1].payload["reason"] == "enough"
    assert_catalogued(result.events)


async def test_a_run_started_without_a_loop_begins_when_it_is_waited_for() -> None:
    agent = scripted_agent("hello")
    run = await asyncio.to_thread(lambda: agent.session().start("hi"))

    assert run.state is RunState.QUEUED
    assert (await run.wait()).output == "hello"


async def test_cancel_stops_the_stream_and_keeps_what_was_said() -> None:
    agent = scripted_agent({"text": "a b c d e f g", "pace_s": 0.05}, "next answer")
    session = agent.session()
    run = session.start("go")
    async for event in run.events():
        if event.type == "text.delta" and event.payload["text"] == "c ":
            break

    result = await run.cancel("enough")

    assert result.state is RunState.CANCELLED
    assert result.output == "a b c "
    assert of_type(result, "run.cancelled")[0]["reason"] == "enough"
    assert of_type(result, "message.completed")[-1]["partial"] is True
    assert_catalogued(result.events)
    assert (await session.run("and now?")).output == "next answer"


async def test_cancel_in_a_tool_leaves_one_result_for_each_call() -> None:
    began = asyncio.Event()

    @tool(read_only=True)
    async def slow() -> str:
        began.set()
        await asyncio.sleep(60)
        return "never"

    two = {"tool_calls": [{"name": "slow", "arguments": {}}, {"name": "slow", "arguments": {}}]}
    session = scripted_agent(two, "fine", tools=[slow]).session()
    run = session.start("go")
    await began.wait()

    result = await run.cancel()

    assert result.state is RunState.CANCELLED
    assert types_of(result.events).count("tool.unknown") == 2
    assert [message.role for message in session.history] == ["user", "assistant", "tool", "tool"]
    assert all(message.is_error for message in session.history[2:])
    assert_catalogued(result.events)


async def test_cancelling_a_queued_run_never_asks_the_model() -> None:
    agent = scripted_agent({"text": "slow", "delay_s": 0.05}, "second")
    session = agent.session()
    first, second = session.start("one"), session.start("two")

    result = await second.cancel()
    await first.wait()

    assert result.state is RunState.CANCELLED
    assert len(requests_of(agent)) == 1


async def _ended(run: Run) -> RunResult:
    return await run.cancel()


async def test_a_tool_that_takes_no_notice_of_cancelling_holds_up_nobody() -> None:
    never = asyncio.Event()
    refused: list[str] = []

    @tool(read_only=True)
    async def stubborn() -> str:
        while len(refused) < 3:
            try:
                await never.wait()
                break
            except asyncio.CancelledError:
                refused.append("no")
        return "as if nothing had been"

    @tool(read_only=True)
    async def forgetful() -> str:
        try:
            await never.wait()
        except asyncio.CancelledError:
            return "as if nothing had been"
        return "never"

    for each in (stubborn, forgetful):
        agent = scripted_agent(call(each.name), "went on", tools=[each])
        session = agent.session()
        run = session.start("go")
        while "tool.started" not in types_of(run.feed.events):
            await asyncio.sleep(0.001)
        result = await asyncio.wait_for(_ended(run), LIMIT_S)
        assert result.state is RunState.CANCELLED
        assert len(requests_of(agent)) == 1
        assert [message.role for message in session.history] == ["user", "assistant", "tool"]
        await asyncio.wait_for(agent.aclose(), LIMIT_S)
    assert len(refused) == 2
    never.set()
    await asyncio.sleep(0.01)


async def test_a_hook_that_takes_no_notice_of_cancelling_holds_up_nobody() -> None:
    never, told = asyncio.Event(), list[str]()

    async def stubborn(_context: dict[str, Any]) -> None:
        while not never.is_set():
            with suppress(asyncio.CancelledError):
                await never.wait()

    async def ends(context: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        told.append(context["state"])

    agent = scripted_agent(call("look", thing="sea"), tools=[look])
    agent.hooks.register("PreToolUse", stubborn)
    agent.hooks.register("RunEnd", ends)
    run = agent.session().start("go")
    while "tool.requested" not in types_of(run.feed.events):
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    assert (await asyncio.wait_for(_ended(run), LIMIT_S)).state is RunState.CANCELLED
    await agent.aclose()
    assert told == ["cancelled"]
    never.set()
    await asyncio.sleep(0.01)


async def test_a_stubborn_tool_is_over_when_its_time_is() -> None:
    never = asyncio.Event()

    @tool(read_only=True, timeout_s=0.05)
    async def stubborn() -> None:
        while True:
            try:
                return await never.wait() and None
            except asyncio.CancelledError:
                continue

    agent = scripted_agent(call("stubborn"), "moved on", tools=[stubborn])
    result = await asyncio.wait_for(agent.run("go"), LIMIT_S)
    assert result.output == "moved on"
    assert "did not finish within 0.05 s" in of_type(result, "tool.failed")[0]["content"]
    never.set()
    await asyncio.sleep(0.01)


async def test_cancelling_the_waiter_leaves_the_run_running() -> None:
    run = scripted_agent({"text": "done", "delay_s": 0.1}).session().start("go")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run.wait(), 0.01)

    assert (await run.wait()).output == "done"


async def test_cancelling_the_caller_of_agent_run_cancels_the_run() -> None:
    agent = scripted_agent({"text": "never", "delay_s": 60})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(agent.run("go"), 0.05)
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("run ")] == []


async def test_steering_reaches_the_model_at_its_next_step() -> None:
    agent = scripted_agent(call("look", thing="a"), "changed course", tools=[look])
    run = agent.session().start("go")
    run.steer("look at b instead")

    result = await run.wait()

    told = requests_of(agent)[1].messages
    assert told[-1].role == "user"
    assert told[-1].text == "look at b instead"
    assert next(p for p in of_type(result, "message.completed") if p.get("steered"))["text"] == "look at b instead"
    assert run.unheard == ()
    assert_catalogued(result.events)


async def test_steering_after_the_last_answer_makes_one_more_step() -> None:
    agent = scripted_agent({"text": "first", "delay_s": 0.02}, "second")
    run = agent.session().start("go")
    await run.steer("wait, one more thing")
    assert (await run.wait()).output == "second"
    with pytest.raises(LoomError, match="has ended"):
        run.steer("too late")


@pytest.mark.parametrize("said", [5, None, "", " \n"])
async def test_what_says_nothing_steers_nobody(said: Any) -> None:
    run = scripted_agent("done").session().start("go")
    with pytest.raises(ConfigError, match="must be a str that says something"):
        run.steer(said)
    assert (await run.wait()).output == "done"


async def test_iterations_are_limited_and_what_was_done_is_kept() -> None:
    agent = scripted_agent(
        {"text": "first look", **call("look", thing="1")},
        call("look", thing="2"),
        "never",
        tools=[look],
        runtime=limited(max_iterations=2),
    )
    result = await agent.run("go")
    assert result.state is RunState.FAILED
    assert result.reason == "max_iterations"
    assert result.output == "first look"
    assert result.error is not None
    assert result.error["type"] == "RunLimitError"
    assert "max_iterations" in result.error["message"]
    assert_catalogued(result.events)


async def test_wall_time_is_limited_also_inside_a_model_call() -> None:
    agent = scripted_agent({"text": "one two", "pace_s": 5}, runtime=limited(max_wall_time_s=0.1))
    result = await agent.run("go")
    assert (result.state, result.reason) == (RunState.FAILED, "time_limit")


async def test_tokens_and_cost_are_limited() -> None:
    usage = {"input_tokens": 900, "output_tokens": 200, "cost_usd": 0.5}
    turns = [{**call("look", thing="1"), "usage": usage}, "never"]
    by_tokens = await scripted_agent(*turns, tools=[look], runtime=limited(max_total_tokens=1000)).run("go")
    by_cost = await scripted_agent(*turns, tools=[look], runtime=limited(max_cost_usd=0.4)).run("go")
    assert by_tokens.reason == "token_limit"
    assert by_cost.reason == "cost_limit"
    assert by_tokens.usage.total_tokens == 1100


@pytest.mark.parametrize("said", [{}, {"usage": {"input_tokens": 0, "output_tokens": 0}}], ids=["nothing", "zeros"])
async def test_where_the_provider_counts_nothing_the_limits_go_by_our_own_count(said: dict[str, Any]) -> None:
    long = {"text": "word " * 2000, **call("look", thing="1"), **said}
    by_tokens = await scripted_agent(long, "never", tools=[look], runtime=limited(max_total_tokens=1000)).run("go")
    assert by_tokens.reason == "token_limit"
    assert by_tokens.usage.total_tokens > 1000
    told = [event.payload for event in by_tokens.events if event.type == "usage.updated"]
    assert [each["estimated"] for each in told] == [True]
    assert_catalogued(by_tokens.events)
    by_cost = await scripted_agent(long, "never", tools=[look], runtime=limited(max_cost_usd=0.4)).run("go")
    assert by_cost.reason == "cost_unknown"
    freely = await scripted_agent(long, "done", tools=[look]).run("go")
    assert freely.usage.total_tokens == 0, "without a limit nothing is said that the provider did not say"


async def test_a_limit_of_cost_is_not_passed_over_where_the_price_is_unknown() -> None:
    usage = {"input_tokens": 900, "output_tokens": 200}
    turns = [{**call("look", thing="1"), "usage": usage}, "never"]
    result = await scripted_agent(*turns, tools=[look], runtime=limited(max_cost_usd=0.4)).run("go")
    assert (result.state, result.reason) == (RunState.FAILED, "cost_unknown")
    assert result.error is not None
    assert "[model.extensions.price]" in result.error["message"]


def test_a_sum_with_an_unknown_cost_is_unknown() -> None:
    priced, unpriced = Usage(1, 1, cost_usd=0.5), Usage(1, 1)
    assert (priced + unpriced).cost_usd is None
    assert (unpriced + priced).cost_usd is None
    assert (unpriced + unpriced).cost_usd is None
    assert (Usage() + priced + priced + Usage()).cost_usd == 1.0


async def test_a_price_of_ones_own_counts() -> None:
    usage = {"input_tokens": 100_000, "output_tokens": 200_000}
    turns = [{**call("look", thing="1"), "usage": usage}, "never"]
    ref = ModelRef("scripted", "script", extensions={"turns": turns, "price": {"input": 1.0, "output": 2.0}})
    config = AgentConfig(ref, tools=[look], runtime=limited(max_cost_usd=0.4))
    result = await create_agent(config).run("go")
    assert (result.reason, result.usage.cost_usd) == ("cost_limit", 0.5)


async def test_no_provider_means_failure_not_a_made_up_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    result = await create_agent(AgentConfig(model=ModelRef.anthropic("claude-sonnet-4"))).run("Delete all staging data")
    assert result.state is RunState.FAILED
    assert result.output == ""
    assert result.error is not None
    assert result.error["type"] == "ProviderUnavailableError"
    assert "ANTHROPIC_API_KEY" in result.error["message"]


async def test_the_local_summary_exists_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    fallback = RuntimeFeatures(fallback=RuntimeFallback(mode=RuntimeFallbackMode.LOCAL_SUMMARY))
    config = AgentConfig(model=ModelRef.anthropic("x"), runtime=RuntimeConfig(features=fallback))
    result = await create_agent(config).run("Do it", context=RunContext(inputs={"b": 1, "a": 2}))
    assert result.state is RunState.COMPLETED
    assert result.reason == "local_summary"
    assert result.output == "Completed goal: Do it with context keys ['a', 'b']"
    assert_catalogued(result.events)


async def test_the_error_says_type_message_and_whether_retrying_makes_sense() -> None:
    result = await scripted_agent(ProviderUnavailableError("The server is down")).run("go")
    assert result.error == {"type": "ProviderUnavailableError", "message": "The server is down", "retryable": False}
    limited_result = await scripted_agent(*[RateLimitError("slow down", retry_after_s=9999)]).run("go")
    assert limited_result.error is not None
    assert limited_result.error["type"] == "RateLimitError"


async def test_a_transcript_is_json_whatever_the_run_was_given() -> None:
    agent = scripted_agent(call("look", thing="sea"), "blue", tools=[look])
    given = RunContext(inputs={"who": object, "rate": float("nan")})
    run = agent.session(SessionConfig(id="s")).start("go", given)
    transcript = json.loads(json.dumps(await run.transcript(), allow_nan=False))
    assert transcript["context"] == {"who": "<class 'object'>", "rate": "NaN"}
    assert transcript["session_id"] == "s"
    assert transcript["output"] == "blue"
    assert [artifact.kind for artifact in await run.artifacts()] == ["text"]


async def test_the_loop_stays_free_while_a_blocking_tool_works() -> None:
    all_work, loop_is_free = threading.Event(), threading.Event()
    side_by_side = threading.Barrier(10, all_work.set, LIMIT_S)

    @tool(read_only=True)
    def block(n: int) -> str:
        side_by_side.wait()
        return str(n) if loop_is_free.wait(LIMIT_S) else "the loop is not free"

    ten = {"tool_calls": [{"name": "block", "arguments": {"n": n}} for n in range(10)]}
    agent = scripted_agent(ten, "done", tools=[block])
    run = agent.session().start("go")
    await until(all_work.is_set)
    loop_is_free.set()
    result = await run.wait()

    assert result.output == "done"
    assert [m.text for m in requests_of(agent)[1].messages if m.role == "tool"] == [str(n) for n in range(10)]


async def test_unsafe_calls_of_one_message_run_in_order() -> None:
    order: list[str] = []

    def make(name: str, *, safe: bool) -> ToolSpec:
        async def body() -> str:
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            order.append(f"{name} ends")
            return name

        return tool(name=name, requires_permission=False, concurrency_safe=safe)(body)

    turn = {"tool_calls": [{"name": name, "arguments": {}} for name in ("w1", "w2", "r1", "r2")]}
    agent = scripted_agent(
        turn, "ok", tools=[make("w1", safe=False), make("w2", safe=False), make("r1", safe=True), make("r2", safe=True)]
    )
    await agent.run("go")
    assert order[:4] == ["w1 begins", "w1 ends", "w2 begins", "w2 ends"]
    assert order[4:6] == ["r1 begins", "r2 begins"]


async def test_a_hanging_tool_is_stopped_and_the_run_goes_on() -> None:
    @tool(read_only=True, timeout_s=0.05)
    async def hang() -> str:
        await asyncio.sleep(60)
        return "never"

    agent = scripted_agent(call("hang"), "moved on", tools=[hang])
    result = await agent.run("go")
    assert result.output == "moved on"
    assert "did not finish within 0.05 s" in of_type(result, "tool.failed")[0]["content"]


async def test_a_tool_gets_the_runs_context() -> None:
    seen: list[RunContext] = []

    @tool(read_only=True)
    def who(ctx: RunContext, name: str) -> str:
        seen.append(ctx)
        return name

    agent: Agent = scripted_agent(call("who", name="x"), "ok", tools=[who])
    assert "ctx" not in who.to_input_schema()["properties"]
    run = agent.session(SessionConfig(id="mine")).start("go", RunContext(inputs={"user": "ada"}))
    await run.wait()
    assert (seen[0].inputs, seen[0].run_id, seen[0].session_id) == ({"user": "ada"}, run.id, "mine")
    assert seen[0].call_id


async def test_what_a_run_of_its_own_session_worked_with_is_freed_at_once() -> None:
    agent = create_agent(AgentConfig(model=ModelRef.scripted([call("look", thing="sea"), "done"]), tools=[look]))
    gone = weakref.ref(agent)
    gc.disable()  # what holds itself in a circle would stay until it runs
    try:
        result = await agent.run("go")
        assert result.state is RunState.COMPLETED
        assert not agent.engine.keepers
        del agent
        assert gone() is None
    finally:
        gc.enable()


async def test_a_sub_agent_of_a_run_that_has_ended_gets_what_was_left_of_it() -> None:
    held: list[Any] = []

    @tool(read_only=True)
    def grab() -> str:
        """Grab."""
        held.append(IN_TOOL.get())
        return "got it"

    agent = scripted_agent(call("grab"), "done", tools=[grab], runtime=limited(max_iterations=10))
    run = agent.session().start("go")
    assert (await run.wait()).iterations == 2
    assert held[0].caller.left().steps == 8
    held[0].caller.spend(Usage(5, 5), 1)
    assert run.elapsed_s > 0
