"""Anthropic's Messages over a real loopback connection, whole and broken."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from loom import AgentConfig, ModelRef, RunContext, create_agent, tool
from loom.agent import Agent
from loom.providers.retry import RetryPolicy
from loom.types.content import ImageBlock
from loom.types.runs import RunResult, RunState
from tests.support import wire_anthropic as wire
from tests.support.agents import assert_catalogued, of_type
from tests.support.waiting import timed
from tests.support.wire_server import Reply, WireServer

RAN: list[str] = []


@tool(read_only=True)
async def look(thing: str = "nothing") -> str:
    """Look at a thing."""
    RAN.append(thing)
    return f"saw {thing}"


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    RAN.clear()
    async with WireServer() as running:
        yield running


@pytest.fixture
async def agent(server: WireServer) -> AsyncIterator[Agent]:
    ref = ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url)
    made = create_agent(AgentConfig(model=ref, tools=[look], instructions="Be brief."))
    made.engine.retries = RetryPolicy(max_attempts=4, base_delay_s=0.01, max_delay_s=0.02)
    yield made
    await made.aclose()


async def run(agent: Agent) -> RunResult:
    result = await agent.run("hi")
    assert_catalogued(result.events)
    return result


def error(status: int, kind: str, message: str = "no", **headers: str) -> Reply:
    return Reply.of_json(status, {"type": "error", "error": {"type": kind, "message": message}}, **headers)


HELLO = wire.text("Hello", " there")


async def test_a_tool_round_is_sent_with_a_cached_prefix_and_results_together(server: WireServer, agent: Agent) -> None:
    two = [*wire.call_block(0, "t1", "look", '{"thing":', ' "a"}'), *wire.call_block(1, "t2", "look", '{"thing": "b"}')]
    server.says(Reply(chunks=[wire.start(), *two, *wire.ending("tool_use")]), HELLO)

    result = await run(agent)

    first, second = server.requests
    assert first.path == "/v1/messages"
    assert first.json["system"] == [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    assert first.json["max_tokens"] > 0
    assert "temperature" not in first.json
    assert first.json["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}
    sent = second.messages
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert "cache_control" not in str(sent[:2]), "the mark moves on and leaves no trace"
    assert [part["tool_use_id"] for part in sent[2]["content"]] == ["t1", "t2"]
    assert sent[2]["content"][1]["cache_control"] == {"type": "ephemeral"}
    assert sorted(RAN) == ["a", "b"]
    assert result.output == "Hello there"


async def test_thinking_goes_back_verbatim_with_its_signature(server: WireServer, agent: Agent) -> None:
    deltas = [{"type": "thinking_delta", "thinking": "hm"}, {"type": "signature_delta", "signature": "sig=="}]
    thought = wire.block(0, "thinking", *deltas, thinking="", signature="")
    hidden = wire.block(1, "redacted_thinking", data="xyz")
    calls = wire.call_block(2, "t", "look", "{}")
    server.says(Reply(chunks=[wire.start(), *thought, *hidden, *calls, *wire.ending("tool_use")]), HELLO)
    result = await run(agent)
    back = server.requests[1].messages[1]["content"]
    assert back[0] == {"type": "thinking", "thinking": "hm", "signature": "sig=="}
    assert back[1] == {"type": "redacted_thinking", "data": "xyz"}
    assert of_type(result, "thinking.delta")[0]["text"] == "hm"


async def test_usage_counts_what_came_from_the_cache(server: WireServer, agent: Agent) -> None:
    server.says(wire.text("ok", cache_read_input_tokens=100, cache_creation_input_tokens=20))
    usage = (await run(agent)).usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens) == (
        130,
        100,
        20,
        5,
    )


async def test_pictures_go_in(server: WireServer, agent: Agent) -> None:
    server.says(HELLO)
    picture = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "AAAA"})
    await agent.run("what is it?", RunContext(attachments=[picture]))
    kinds = [part["type"] for part in server.requests[0].messages[0]["content"]]
    assert kinds == ["text", "image"]


@pytest.mark.parametrize(
    "fault",
    [
        error(429, "rate_limit_error", retry_after="0"),
        error(529, "overloaded_error"),
        error(500, "api_error"),
        Reply(502, {"content-type": "text/html"}, [b"<html><h1>Bad gateway</h1></html>"]),
        wire.raw(wire.event("error", error={"type": "overloaded_error", "message": "busy"})),
        wire.raw(cut=True),
        wire.raw(wire.start(), *wire.block(0, "text", *wire.words("Hel"), text=""), cut=True),
        wire.raw(wire.start(), *wire.call_block(0, "t", "look", '{"thing": "s'), cut=True),
        wire.raw(wire.start(), b"data: {broken\n\n"),
        wire.raw(wire.start(), b'data: {"type": "content_block_delta"}\n\n'),
    ],
)
async def test_a_passing_fault_is_tried_again(server: WireServer, agent: Agent, fault: Reply) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.output == "Hello there", result.error
    assert len(server.requests) == 2
    assert RAN == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (error(401, "authentication_error"), "AuthenticationError"),
        (error(403, "permission_error"), "AuthenticationError"),
        (error(404, "not_found_error"), "InvalidRequestError"),
        (error(400, "invalid_request_error", "bad"), "InvalidRequestError"),
        (error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), "ContextOverflowError"),
    ],
)
async def test_a_lasting_fault_fails_at_once(server: WireServer, agent: Agent, fault: Reply, kind: str) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.error is not None
    assert (result.error["type"], len(server.requests)) == (kind, 1)


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "stop_sequence"])
async def test_stop_reasons_are_told(server: WireServer, agent: Agent, reason: str) -> None:
    server.says(wire.text("so far", reason=reason))
    assert (await run(agent)).reason == reason


async def test_a_paused_turn_is_continued_and_a_full_window_compacted(server: WireServer, agent: Agent) -> None:
    server.says(wire.text("part one", reason="pause_turn"), wire.text("part two"))
    assert (await run(agent)).output == "part two"
    assert server.requests[1].messages[-1]["role"] == "assistant"


@pytest.mark.parametrize("arguments", ["[]", "null", '{"thing": "a", "thing": "b"}', '{"thing": '])
async def test_arguments_that_are_no_object_never_run(server: WireServer, agent: Agent, arguments: str) -> None:
    server.says(
        Reply(chunks=[wire.start(), *wire.call_block(0, "t", "look", arguments), *wire.ending("tool_use")]), HELLO
    )
    await run(agent)
    assert RAN == []
    assert server.requests[1].messages[-1]["content"][0]["is_error"] is True


async def test_a_call_cut_off_at_the_output_limit_never_runs(server: WireServer, agent: Agent) -> None:
    server.says(Reply(chunks=[wire.start(), *wire.call_block(0, "t", "look", "{}"), *wire.ending("max_tokens")]), HELLO)
    await run(agent)
    assert RAN == []


@pytest.mark.parametrize(
    "answer",
    [
        Reply(delay_s=30),
        wire.raw(wire.start(), stall=True),
        wire.raw(*wire.call_block(0, "t", "look", "{"), stall=True),
    ],
)
async def test_cancel_works_within_a_second(server: WireServer, agent: Agent, answer: Reply) -> None:
    server.says(answer)
    started = agent.session().start("hi")
    while not server.requests:
        await asyncio.sleep(0.01)
    async with timed() as took:
        assert (await started.cancel()).state is RunState.CANCELLED
    assert took.seconds < 1
