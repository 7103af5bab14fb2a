"""How a model's answer may end: cut off, refused, paused, with the window full, or with a turn that can't be played."""

from typing import Any

import pytest

from loom import tool
from loom.errors import ContextOverflowError
from loom.types.runs import RunState
from tests.support.agents import call, of_type, requests_of, scripted_agent


async def test_calls_cut_off_at_the_output_limit_never_run() -> None:
    ran: list[str] = []

    @tool(read_only=True)
    def act(x: str = "default") -> str:
        ran.append(x)
        return "ran"

    agent = scripted_agent({**call("act"), "stop_reason": "max_tokens"}, "gave up", tools=[act])
    result = await agent.run("go")
    assert ran == []
    assert "cut off" in requests_of(agent)[1].messages[-1].text
    assert result.output == "gave up"


@pytest.mark.parametrize("stop", ["refusal", "context_exceeded"])
async def test_calls_of_an_answer_that_was_ended_for_the_model_never_run(stop: str) -> None:
    ran: list[str] = []

    @tool(read_only=True)
    def act(x: str = "default") -> str:
        ran.append(x)
        return "ran"

    agent = scripted_agent({**call("act"), "stop_reason": stop}, "never asked", tools=[act])
    session = agent.session()
    result = await session.run("go")
    assert ran == []
    assert [each["rule"] for each in of_type(result, "tool.vetoed")] == [stop]
    assert len(requests_of(agent)) == 1
    if stop == "refusal":
        assert (result.state, result.reason) == (RunState.COMPLETED, "refusal")
    else:
        assert result.error is not None
        assert result.error["type"] == "ContextOverflowError"
    await session.run("and now")
    calls, results = requests_of(agent)[1].messages[1:3]
    assert results.tool_call_id == calls.tool_calls[0].id


async def test_an_answer_that_filled_the_window_is_paid_for_although_another_takes_its_place() -> None:
    long = "a line of an output that is cut when room is made\n" * 400

    @tool(read_only=True)
    def big() -> str:
        return long

    used = {"input_tokens": 100, "output_tokens": 10}
    turns: list[Any] = [{**call("big"), "usage": used} for _ in range(8)]
    agent = scripted_agent(
        *turns,
        {"text": "cut", "stop_reason": "context_exceeded", "usage": used},
        {"text": "whole", "usage": used},
        tools=[big],
    )
    result = await agent.run("go")
    assert (result.state, result.output) == (RunState.COMPLETED, "whole")
    assert result.usage.input_tokens == 1000
    assert of_type(result, "usage.updated")[-1]["total"]["input_tokens"] == 1000


async def test_what_was_said_of_a_second_answer_after_an_overflow_is_kept_when_it_is_stopped() -> None:
    @tool(read_only=True)
    def big() -> str:
        return "a line of an output that is cut when room is made\n" * 400

    turns: list[Any] = [call("big") for _ in range(8)]
    agent = scripted_agent(
        *turns, ContextOverflowError("full"), {"text": "half of the answer", "pace_s": 0.2}, tools=[big]
    )
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "text.delta":
            await run.cancel()
            break
    result = await run.wait()
    assert (result.state, result.output) == (RunState.CANCELLED, "half ")


@pytest.mark.parametrize(
    ("stop", "reason"), [("max_tokens", "max_tokens"), ("refusal", "refusal"), ("stop_sequence", "stop_sequence")]
)
async def test_a_stop_reason_becomes_the_runs_reason(stop: str, reason: str) -> None:
    result = await scripted_agent({"text": "so far", "stop_reason": stop}).run("go")
    assert (result.state, result.reason, result.output) == (RunState.COMPLETED, reason, "so far")


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        (5, "text or a table"),
        ({"txet": "a"}, "'txet' is not one of text"),
        ({"text": 5}, "text can't be 5"),
        ({"stop_reason": "bogus"}, "bogus"),
        ({"usage": {"bogus": 1}}, "bogus"),
        ({"tool_calls": [{"arguments": {}}]}, "name"),
        (lambda _request: None, "not NoneType"),
    ],
)
async def test_a_turn_of_a_script_that_can_t_be_played_is_told(turn: Any, why: str) -> None:
    agent = scripted_agent("first", turn)
    assert (await agent.run("one")).output == "first"
    failed = await agent.run("two")
    assert failed.error is not None
    assert failed.error["type"] == "ConfigError"
    assert failed.error["message"].startswith("Turn 2 of the script can't be played: ")
    assert why in failed.error["message"]


async def test_a_paused_turn_is_continued() -> None:
    agent = scripted_agent({"text": "part one", "stop_reason": "pause_turn"}, "part two")
    result = await agent.run("go")
    assert result.output == "part two"
    assert requests_of(agent)[1].messages[-1].text == "part one"
