"""Anthropic's Messages beyond the usual faults: odd blocks, waits, silence, and what a model does not take."""

import asyncio
import email.utils
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config.model import GenerationConfig
from loom.errors import StreamInterruptedError
from loom.providers.anthropic import AnthropicProvider
from loom.providers.base import Completion, CompletionRequest, StopReason
from loom.providers.exchange import warn_of_sampling
from loom.providers.retry import RetryPolicy
from loom.types.content import TextBlock, ThinkingBlock
from loom.types.messages import Message
from loom.types.runs import RunResult, RunState
from tests.support import wire_anthropic as wire
from tests.support.agents import assert_catalogued, of_type
from tests.support.waiting import timed
from tests.support.wire_server import Reply, Request, WireServer

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


def agent_of(ref: ModelRef) -> Agent:
    made = create_agent(AgentConfig(model=ref, tools=[look], generation=GenerationConfig(temperature=0.3)))
    made.engine.retries = RetryPolicy(max_attempts=4, base_delay_s=0.01, max_delay_s=0.02, max_retry_after_s=5)
    return made


@pytest.fixture
async def agent(server: WireServer) -> AsyncIterator[Agent]:
    made = agent_of(ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url))
    yield made
    await made.aclose()


@pytest.fixture
async def provider(server: WireServer) -> AsyncIterator[AnthropicProvider]:
    made = AnthropicProvider(ModelRef.anthropic("claude-sonnet-5-5", api_base=server.url), "k", "")
    yield made
    await made.aclose()


async def run(agent: Agent) -> RunResult:
    result = await agent.run("hi")
    assert_catalogued(result.events)
    return result


async def answer(provider: AnthropicProvider, **request: Any) -> Completion:
    parts = [part async for part in provider.stream(CompletionRequest("m", [Message("user", "hi")], **request))]
    assert isinstance(parts[-1], Completion)
    return parts[-1]


def error(status: int, kind: str, message: str = "no", **headers: str) -> Reply:
    return Reply.of_json(status, {"type": "error", "error": {"type": kind, "message": message}}, **headers)


HELLO = wire.text("Hello", " there")


async def test_three_overloads_then_an_answer(server: WireServer, agent: Agent) -> None:
    in_band = wire.raw(wire.start(), wire.event("error", error={"type": "overloaded_error", "message": "Overloaded"}))
    server.says(error(529, "overloaded_error"), in_band, error(529, "overloaded_error"), HELLO)
    result = await run(agent)
    assert result.output == "Hello there"
    assert len(of_type(result, "step.retried")) == 3


async def test_tries_end_and_the_sdk_adds_none(server: WireServer, agent: Agent) -> None:
    server.says(*[error(529, "overloaded_error", "still busy")] * 9)
    result = await run(agent)
    assert len(server.requests) == 4
    assert result.error is not None
    assert "still busy" in result.error["message"]
    assert result.error["retryable"] is True


@pytest.mark.parametrize("form", ["seconds", "date", "milliseconds"])
async def test_retry_after_is_honoured(server: WireServer, agent: Agent, form: str) -> None:
    refused: list[float] = []

    def refuse(_request: Request) -> Reply:
        refused.append(time.monotonic())
        header = {
            "seconds": {"retry_after": "1"},
            "date": {"retry_after": email.utils.formatdate(time.time() + 2, usegmt=True)},
            "milliseconds": {"retry_after_ms": "900"},
        }[form]
        return error(429, "rate_limit_error", **header)

    server.says(refuse, HELLO)
    assert (await run(agent)).output == "Hello there"
    assert time.monotonic() - refused[0] > 0.7


async def test_a_retry_after_beyond_reason_fails_at_once(server: WireServer, agent: Agent) -> None:
    server.says(error(429, "rate_limit_error", retry_after="3600"), HELLO)
    result = await run(agent)
    assert result.error is not None
    assert "asks to wait 3600 s" in result.error["message"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("kind", "error_type", "requests"),
    [
        ("invalid_request_error", "InvalidRequestError", 1),
        ("authentication_error", "AuthenticationError", 1),
        ("permission_error", "AuthenticationError", 1),
        ("rate_limit_error", "RateLimitError", 4),
        ("api_error", "ProviderUnavailableError", 4),
        ("overloaded_error", "ProviderUnavailableError", 4),
        ("something_new", "ProviderUnavailableError", 4),
    ],
)
async def test_an_error_in_the_stream_is_what_its_type_says(
    server: WireServer, agent: Agent, kind: str, error_type: str, requests: int
) -> None:
    server.says(*[wire.raw(wire.start(), wire.event("error", error={"type": kind, "message": "sorry"}))] * 4)
    result = await run(agent)
    assert result.error is not None
    assert (result.error["type"], len(server.requests)) == (error_type, requests)
    assert "sorry" in result.error["message"]


async def test_a_refused_key_is_named_by_its_variable_and_never_shown(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-ant-secret")
    agent = agent_of(ModelRef.anthropic("claude-x", api_base=server.url, api_key_env="MY_KEY"))
    server.says(error(401, "authentication_error", "invalid bearer token"))
    result = await run(agent)
    assert "sk-ant-secret" in "".join(server.requests[0].headers.values())
    assert result.error is not None
    assert "MY_KEY" in result.error["message"]
    assert "sk-ant-secret" not in str(result.events)
    await agent.aclose()


@pytest.mark.parametrize("pings", [False, True])
async def test_a_stalled_stream_is_noticed_by_its_events_not_its_pings(
    server: WireServer, provider: AnthropicProvider, pings: bool
) -> None:
    silence: list[Any] = [wire.event("ping"), 0.02] * 200 if pings else []
    said = wire.block(0, "text", *wire.words("Hel"), text="")[:-1]
    server.says(wire.raw(wire.start(), *said, *silence, stall=True))
    async with timed() as took:
        with pytest.raises(StreamInterruptedError, match=r"said nothing more for 0\.3 s") as caught:
            await answer(provider, idle_timeout_s=0.3)
    assert caught.value.partial_text == "Hel"
    assert took.seconds < 2


async def test_an_overflow_compacts_once_and_goes_on(server: WireServer, agent: Agent) -> None:
    overflow = error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum")
    server.says(wire.text("word " * 4000), overflow, HELLO)
    session = agent.session()
    await session.run("tell me")
    result = await session.run("and now?")
    assert result.output == "Hello there"
    assert len(of_type(result, "context.compressed")) == 1


async def test_bytes_cut_anywhere_pings_and_unknown_events_are_read(server: WireServer, agent: Agent) -> None:
    body = b"".join(chunk for chunk in wire.text("Grüße ", "🌊 海").chunks if isinstance(chunk, bytes))
    odd = wire.event("ping") + wire.event("something_new", index=7) + body.replace(b"\n", b"\r\n")
    server.says(Reply(chunks=[odd[at : at + 1] for at in range(len(odd))]))
    assert (await run(agent)).output == "Grüße 🌊 海"


async def test_two_calls_with_one_id_get_two_results(server: WireServer, agent: Agent) -> None:
    two = [*wire.call_block(0, "same", "look", '{"thing":"a"}'), *wire.call_block(1, "same", "look", '{"thing":"b"}')]
    server.says(Reply(chunks=[wire.start(), *two, *wire.ending("tool_use")]), HELLO)
    await run(agent)
    asked, told = server.requests[1].messages[1:]
    ids = [part["id"] for part in asked["content"]]
    assert len(set(ids)) == 2
    assert [part["tool_use_id"] for part in told["content"]] == ids


async def test_an_index_that_comes_again_is_a_call_of_its_own(server: WireServer, agent: Agent) -> None:
    first = wire.call_block(0, "t1", "look", '{"thing":', '"a"}')
    second = wire.call_block(0, "t2", "look", '{"thing":', '"b"}')
    server.says(Reply(chunks=[wire.start(), *first, *second, *wire.ending("tool_use")]), HELLO)
    await run(agent)
    assert sorted(RAN) == ["a", "b"]


async def test_a_call_that_comes_whole_has_its_arguments(server: WireServer, agent: Agent) -> None:
    whole = wire.block(0, "tool_use", id="a", name="look", input={"thing": "sea"})
    server.says(wire.raw(wire.start(), *whole, *wire.ending("tool_use")), HELLO)
    await run(agent)
    assert RAN == ["sea"]


async def test_a_call_that_the_server_runs_may_have_no_arguments(server: WireServer, agent: Agent) -> None:
    empty = {"type": "input_json_delta", "partial_json": ""}
    served = wire.block(0, "server_tool_use", empty, id="srv_1", name="list", input={})
    said = wire.block(1, "text", *wire.words("found"), text="")
    server.says(wire.raw(wire.start(), *served, *said, *wire.ending()))
    assert (await run(agent)).output == "found"


@pytest.mark.parametrize("name", ["", None])
async def test_a_call_without_a_name_or_id_never_runs_as_another(server: WireServer, agent: Agent, name: Any) -> None:
    server.says(Reply(chunks=[wire.start(), *wire.call_block(0, "", name, "{}"), *wire.ending("tool_use")]), HELLO)
    result = await run(agent)
    assert (result.output, RAN) == ("Hello there", [])
    assert server.requests[1].messages[1]["content"][0]["id"]


@pytest.mark.parametrize(
    "broken",
    [
        wire.event("content_block_delta", index=0, delta={"type": "text_delta", "text": 5}),
        wire.event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{}"}),
        wire.event("content_block_start", index=0, content_block={"type": "tool_use", "id": 7, "name": "look"}),
        wire.event("content_block_start", content_block={"type": "text", "text": ""}),
        wire.event("message_delta", delta=None),
        wire.event("message_start"),
    ],
)
async def test_an_event_of_another_shape_is_tried_again(server: WireServer, agent: Agent, broken: bytes) -> None:
    stopped = wire.event("content_block_stop", index=0)
    server.says(wire.raw(wire.start(), broken, stopped, *wire.ending()), HELLO)
    result = await run(agent)
    assert result.output == "Hello there", result.error
    assert len(of_type(result, "step.retried")) == 1


async def test_a_call_that_the_server_runs_is_kept_and_goes_back_verbatim(server: WireServer, agent: Agent) -> None:
    written = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"query":', ' "x"}')]
    search = wire.block(0, "server_tool_use", *written, id="srv", name="web_search", input={})
    found = wire.block(1, "web_search_tool_result", tool_use_id="srv", content=[{"url": "https://a.example"}])
    said = wire.block(2, "text", *wire.words("so far"), text="")
    server.says(Reply(chunks=[wire.start(), *search, *found, *said, *wire.ending("pause_turn")]), HELLO)
    await run(agent)
    assert server.requests[1].messages[-1] == {
        "role": "assistant",
        "content": [
            {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"query": "x"}},
            {"type": "web_search_tool_result", "tool_use_id": "srv", "content": [{"url": "https://a.example"}]},
            {"type": "text", "text": "so far"},
        ],
    }


async def test_empty_content_is_never_sent(server: WireServer, agent: Agent) -> None:
    foreign = ThinkingBlock(text="hm", provider="openai", raw={"type": "reasoning"})
    history = [
        Message("user", "a"),
        Message("assistant", "  "),
        Message("user", [TextBlock(text="")]),
        Message("assistant", [foreign]),
    ]
    server.says(HELLO)
    await agent.session(history=history).run("hi")
    sent = server.requests[0].messages
    assert [message["role"] for message in sent] == ["user"]
    assert [part["text"] for part in sent[0]["content"]] == ["a", "hi"]


async def test_thinking_effort_and_betas_are_asked_for(server: WireServer) -> None:
    extensions = {"thinking": {"type": "adaptive"}, "effort": "low", "betas": ["a-1", "b-2"]}
    made = AnthropicProvider(ModelRef.anthropic("claude-opus-5-5", api_base=server.url, extensions=extensions), "k", "")
    server.says(HELLO, HELLO)
    await answer(made)
    await answer(made, extensions={"effort": "max", "body": {"service_tier": "auto"}, "headers": {"x-mine": "1"}})
    first, second = server.requests
    assert first.json["thinking"] == {"type": "adaptive"}
    assert first.json["output_config"] == {"effort": "low"}
    assert first.headers["anthropic-beta"] == "a-1,b-2"
    assert second.json["output_config"] == {"effort": "max"}
    assert (second.json["service_tier"], second.headers["x-mine"]) == ("auto", "1")
    await made.aclose()


async def test_a_temperature_is_left_out_with_one_warning_or_sent_to_an_old_model_in_its_own_version(
    server: WireServer, agent: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    old = agent_of(ModelRef.anthropic("claude-3-haiku-20240307", api_base=server.url))
    server.says(HELLO, HELLO, HELLO)
    warn_of_sampling.cache_clear()
    await run(agent)
    await run(agent)
    await run(old)
    new_first, new_second, sent_to_old = server.requests
    assert "temperature" not in new_first.json
    assert "temperature" not in new_second.json
    assert new_first.headers["anthropic-version"] > "2026"
    assert sent_to_old.json["temperature"] == 0.3
    assert sent_to_old.headers["anthropic-version"] == "2023-06-01"
    assert caplog.text.count("takes no temperature") == 1
    await old.aclose()


async def test_counts_of_thinking_and_a_full_window_are_told(server: WireServer, provider: AnthropicProvider) -> None:
    last = wire.event(
        "message_delta",
        delta={"stop_reason": "model_context_window_exceeded"},
        usage={"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}},
    )
    server.says(wire.raw(wire.start(), *wire.block(0, "text", *wire.words("x"), text=""), last))
    whole = await answer(provider)
    assert whole.stop_reason is StopReason.CONTEXT_EXCEEDED
    assert whole.usage is not None
    assert (whole.usage.output_tokens, whole.usage.thinking_tokens) == (50, 30)


async def test_a_wait_between_tries_is_cancelled_at_once(server: WireServer, agent: Agent) -> None:
    server.says(error(429, "rate_limit_error", retry_after="4"))
    started = agent.session().start("hi")
    async for event in started.events():
        if event.type == "step.retried":
            break
    async with timed() as took:
        assert (await started.cancel()).state is RunState.CANCELLED
    assert took.seconds < 1


async def test_cancelling_closes_the_connection(server: WireServer, agent: Agent) -> None:
    server.says(wire.raw(wire.start(), *wire.block(0, "text", *wire.words("a"), text="")[:-1], stall=True))
    started = agent.session().start("hi")
    async for event in started.events():
        if event.type == "text.delta":
            break
    await started.cancel()
    await asyncio.wait_for(server.cancelled.wait(), 20)
