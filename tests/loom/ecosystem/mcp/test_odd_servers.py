"""Servers that misbehave: the run goes on, the others go on, and the person is told what happened."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from loom.config import MCPServerConfig
from loom.ecosystem.mcp import server as server_module
from loom.ecosystem.mcp import stdio
from loom.ecosystem.mcp.server import ServerState
from loom.types.runs import RunState
from tests.support.agents import assert_catalogued, call, of_type
from tests.support.mcp_servers import agent_with, connected, odd, servers_of, session_that_runs_all
from tests.support.waiting import timed, until


@pytest.mark.parametrize(
    ("tool", "text", "says"),
    [
        ("echo", "hello", "hello"),
        ("twice", "x", "first x"),
        ("not_utf8", "x", "after that: x"),
        ("errors", "", "complained"),
        ("flood", "5000", "flooded"),
        ("numbers", "", 'see\n\n{"sum": 3}'),
        ("bad_notices", "", "noticed"),
    ],
)
async def test_what_can_be_understood_is_and_the_server_stays(tool: str, text: str, says: str) -> None:
    agent = agent_with({"odd": odd()}, call(f"odd__{tool}", text=text), call("odd__echo", text="still here"), "done")
    result = await session_that_runs_all(agent).run("go")
    assert [each["content"] for each in of_type(result, "tool.completed")] == [says, "still here"]
    assert result.state is RunState.COMPLETED
    assert_catalogued(result.events)
    await agent.aclose()


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("die", "ended while 'die' worked (it ended with code -9)"),
        ("nonsense", "it sent 200 lines that are no messages"),
        ("not_a_result", "not what the protocol says"),
    ],
)
async def test_a_call_that_a_server_breaks_fails_with_the_reason_and_others_go_on(tool: str, why: str) -> None:
    agent = agent_with(
        {"odd": odd(), "good": odd()}, call(f"odd__{tool}", text="x"), call("good__echo", text="unharmed"), "done"
    )
    result = await session_that_runs_all(agent).run("go")
    (failed,) = of_type(result, "tool.failed")
    assert why in failed["content"]
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["unharmed"]
    await agent.aclose()


async def test_a_line_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "LONGEST_LINE_BYTES", 2 * 2**20)
    agent = agent_with({"odd": odd()}, call("odd__endless_line"), "done")
    before = psutil.Process().memory_info().rss
    result = await session_that_runs_all(agent).run("go")
    (failed,) = of_type(result, "tool.failed")
    assert "it sent a line of more than 2 MB" in failed["content"]
    assert psutil.Process().memory_info().rss - before < 100 * 2**20
    await agent.aclose()


async def test_an_answer_of_brackets_is_not_read_and_holds_nothing_up() -> None:
    """What a megabyte of them costs is paid on the event loop, wherever it is read."""
    agent = agent_with({"odd": odd()}, call("odd__values", text="100"), call("odd__values", text="500000"), "done")
    result = await session_that_runs_all(agent).run("go")
    (failed,), (completed,) = of_type(result, "tool.failed"), of_type(result, "tool.completed")
    assert completed["content"].count("{}") == 100
    assert "it sent an answer of more than 100,000 values, which was not read" in failed["content"]
    await agent.aclose()


async def test_a_server_that_asks_without_end_is_shown_to_nobody_after_a_while() -> None:
    agent = agent_with({"odd": odd()}, call("odd__asks"), "done")
    result = await session_that_runs_all(agent).run("go")
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["asked"]
    assert len(of_type(result, "mcp.asked")) == len(of_type(result, "mcp.answered")) == 20
    assert servers_of(agent).server("odd").log.text().count("the rest is declined unseen") == 1
    await agent.aclose()


async def test_a_server_with_more_tools_than_are_used_says_so() -> None:
    agent = agent_with({"odd": odd("--tools", "1200")}, "done")
    async with connected(agent) as servers:
        server = servers.server("odd")
        assert server.state is ServerState.READY
        assert server.detail == "it has more than 1,000 tools; only these are used"
    agent = agent_with({"odd": odd("--tools", "500")}, "done")
    async with connected(agent) as servers:
        assert servers.server("odd").detail == ""


DOUBLING = {
    **{f"a{n}": {"anyOf": [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]} for n in range(40)},
    "a40": {"type": "string"},
}


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"properties": {"a": {"type": "integer"}}}, "a: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' is not of type"),
        ({"properties": {"a": {"type": "number", "$ref": "#/$defs/a0"}}, "$defs": DOUBLING}, "schema can't be used"),
        ({"properties": {"a": {"$ref": "#/$defs/nowhere"}}}, "its schema can't be used"),
        ({"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}, ""),
        ({"type": "array"}, ""),
    ],
)
async def test_a_structured_result_is_checked_against_its_schema_in_a_bounded_time(
    schema: dict[str, Any], says: str
) -> None:
    server = odd("--output", json.dumps({"type": "object", **schema}))
    given = json.dumps({"a": 7 if "$defs" in schema else "a" * 40 + "!"})
    agent = agent_with({"odd": server}, call("odd__numbers", text=given), "done")
    async with timed() as took:
        result = await session_that_runs_all(agent).run("go")
    assert took.seconds < 10
    failed = of_type(result, "tool.failed")
    assert bool(failed) == bool(says)
    assert not says or says in failed[0]["content"]
    await agent.aclose()


async def test_a_server_that_dies_is_connected_again_and_its_tools_stay() -> None:
    agent = agent_with({"odd": odd()}, call("odd__die"), call("odd__echo", text="back"), "done")
    result = await session_that_runs_all(agent).run("go")
    assert [each["content"] for each in of_type(result, "tool.completed")] == ["back"]
    assert "odd__echo" in {tool.name for tool in agent.tools}
    await agent.aclose()


async def test_a_run_is_told_of_a_server_that_is_away_and_that_it_is_back() -> None:
    agent = agent_with({"odd": odd()}, call("odd__die"), call("odd__echo", text="x"), "done")
    result = await session_that_runs_all(agent).run("go")
    states = [each["state"] for each in of_type(result, "mcp.server")]
    assert states[0] == "degraded"
    assert states[-1] == "ready" or len(states) == 1
    await agent.aclose()


async def test_a_server_that_is_killed_in_a_call_ends_the_call_alone() -> None:
    agent = agent_with({"odd": odd()}, call("odd__hang"), "done")
    session = session_that_runs_all(agent)
    run = session.start("go")
    pids: list[int] = []
    async for event in run.events():
        if event.type == "tool.started":
            pids = [
                each.pid for each in psutil.Process().children(recursive=True) if "odd_server" in str(each.cmdline())
            ]
            os.kill(pids[0], 9)
            break
    result = await run.wait()
    assert result.state is RunState.COMPLETED
    (failed,) = of_type(result, "tool.failed")
    assert "ended while 'hang' worked" in failed["content"]
    assert "what it had done by then is not known" in failed["content"]
    await agent.aclose()


async def test_a_server_that_never_answers_holds_a_run_up_for_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    from loom.ecosystem.mcp import agent_servers

    monkeypatch.setattr(agent_servers, "START_WAIT_S", 0.5)
    agent = agent_with({"mute": odd("--mute", start_timeout_s=1.0), "good": odd()}, "done", "done")
    session = session_that_runs_all(agent)
    async with timed() as took:
        result = await session.run("go")
    assert took.seconds < 5
    assert result.state is RunState.COMPLETED
    mute = servers_of(agent).server("mute")
    await until(lambda: mute.state is ServerState.FAILED)
    assert mute.detail == "it did not answer within 1 s"
    result = await session.run("again")
    told = {each["server"]: each["detail"] for each in of_type(result, "mcp.server")}
    assert "did not answer" in told["mute"] or told["mute"] == ""
    await agent.aclose()


async def test_a_call_takes_no_longer_than_its_server_may() -> None:
    agent = agent_with({"odd": odd(timeout_s=0.3)}, call("odd__hang"), "done")
    result = await session_that_runs_all(agent).run("go")
    (failed,) = of_type(result, "tool.failed")
    assert "did not finish within 0.3 s" in failed["content"]
    await agent.aclose()


async def test_a_call_can_be_cancelled_and_the_server_goes_on() -> None:
    agent = agent_with({"odd": odd()}, call("odd__slow", text="0.5"), call("odd__echo", text="x"), "done")
    session = session_that_runs_all(agent)
    run = session.start("go")
    async for event in run.events():
        if event.type == "tool.started":
            run.cancel("enough")
            break
    assert (await run.wait()).state is RunState.CANCELLED
    assert servers_of(agent).server("odd").state is ServerState.READY
    await agent.aclose()


async def test_nothing_that_a_server_started_outlives_its_agent() -> None:
    agent = agent_with({"odd": odd()}, call("odd__child"), "done")
    result = await session_that_runs_all(agent).run("go")
    (completed,) = of_type(result, "tool.completed")
    pid = int(completed["content"])
    assert psutil.pid_exists(pid)
    started = [*psutil.Process().children(recursive=True), psutil.Process(pid)]
    await agent.aclose()
    assert not [each for each in started if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


async def test_a_server_gets_none_of_our_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("GIVEN", "value")
    agent = agent_with({"odd": odd(env={"MINE": "${GIVEN}"})}, call("odd__environment"), "done")
    result = await session_that_runs_all(agent).run("go")
    (completed,) = of_type(result, "tool.completed")
    seen = json.loads(completed["content"])
    assert "OPENAI_API_KEY" not in seen
    assert seen["MINE"] == "value"
    await agent.aclose()


async def test_what_a_server_complains_of_is_kept_and_bounded() -> None:
    agent = agent_with({"odd": odd()}, call("odd__errors"), "done")
    await session_that_runs_all(agent).run("go")
    log = servers_of(agent).server("odd").log
    await until(lambda: log.lines and "complaint 49999" in log.lines[-1][1])
    assert len(log.lines) <= 500
    await agent.aclose()


async def test_a_program_that_is_not_there_and_one_that_ends_at_once_are_said_to_be_that() -> None:
    servers = {
        "missing": MCPServerConfig(command="no-such-program"),
        "dead": MCPServerConfig(command="sh", args=["-c", "echo I need a key >&2; exit 3"]),
        "unset": MCPServerConfig(command="sh", args=["${NOT_SET_ANYWHERE}"]),
    }
    async with connected(agent_with(servers)) as used:
        told = {each.server: each.detail for each in used.standing()}
    assert "there is no program 'no-such-program'" in told["missing"]
    assert told["dead"] == "it ended with code 3; it said: I need a key"
    assert "needs the variable NOT_SET_ANYWHERE, which is not set" in told["unset"]


async def test_the_next_attempt_comes_later_each_time_and_never_at_one_moment() -> None:
    waits = [[server_module.backoff_s(failures) for _ in range(200)] for failures in range(1, 12)]
    assert [max(each) <= most for each, most in zip(waits, [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60], strict=True)]
    assert all(max(each) <= 60 for each in waits)
    assert all(min(each) < max(each) / 4 for each in waits)


async def test_twenty_servers_start_side_by_side_and_the_loop_goes_on() -> None:
    agent = agent_with({f"s{n}": odd() for n in range(20)}, "done")
    late: list[float] = []

    async def look() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.005)
            late.append(time.thread_time() - began)

    looking = asyncio.get_running_loop().create_task(look())
    async with connected(agent) as used:
        assert {each.state for each in used.servers} == {ServerState.READY}
        assert len([tool for tool in agent.tools if tool.name.endswith("__echo")]) == 20
        looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert sorted(late)[-3] < 0.25  # each step takes some 5 ms of the loop


async def test_a_result_that_hides_something_is_passed_on_as_it_is(tmp_path: Path) -> None:
    agent = agent_with({"odd": odd()}, call("odd__hidden"), "done", workspace=tmp_path)
    result = await session_that_runs_all(agent).run("go")
    (completed,) = of_type(result, "tool.completed")
    assert completed["content"] == "a\u200bb\u202ec"  # the views show what is invisible as escapes
    await agent.aclose()
