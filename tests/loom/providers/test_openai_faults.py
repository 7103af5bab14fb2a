"""Every fault of the wire that an OpenAI-style server can show, over a real loopback connection."""

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
from loom.providers.base import CompletionRequest, TextDelta
from loom.providers.exchange import warn_of_sampling
from loom.providers.openai import OpenAIProvider
from loom.providers.retry import RetryPolicy
from loom.types.messages import Message
from loom.types.runs import RunResult, RunState
from tests.support import wire_openai as wire
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


@pytest.fixture
async def agent(server: WireServer) -> AsyncIterator[Agent]:
    made = create_agent(AgentConfig(model=ModelRef.openai("m", api_base=server.url + "/v1"), tools=[look]))
    made.engine.retries = RetryPolicy(max_attempts=4, base_delay_s=0.01, max_delay_s=0.02, max_retry_after_s=2)
    yield made
    await made.aclose()


async def run(agent: Agent) -> RunResult:
    result = await agent.run("hi")
    assert_catalogued(result.events)
    return result


def error(status: int, message: str, kind: str = "", **headers: str) -> Reply:
    return Reply.of_json(status, {"error": {"message": message, "type": kind}}, **headers)


HELLO = wire.text("Hello", " there")


@pytest.mark.parametrize(
    "fault",
    [
        error(429, "slow down", retry_after="0"),
        error(500, "oops"),
        error(503, "busy"),
        error(529, "overloaded"),
        error(408, "timeout"),
        Reply(502, {"content-type": "text/html"}, [b"<html><body><h1>Bad gateway</h1></body></html>"]),
        wire.raw(wire.event({"error": {"message": "overloaded", "type": "server_error"}})),
        wire.raw(cut=True),
        wire.raw(wire.delta(content="Hel"), cut=True),
        wire.raw(wire.delta(content="Hel")),
        wire.raw(*wire.call_pieces(0, "c1", "look", '{"thing": "s'), cut=True),
        wire.raw(b"data: {not json\n\n"),
        wire.raw(b"data: [1, 2]\n\n"),
        wire.raw(b'data: {"choices": [{"delta": {"tool_calls": "x"}}]}\n\n'),
    ],
)
async def test_a_passing_fault_is_tried_again(server: WireServer, agent: Agent, fault: Reply) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.state is RunState.COMPLETED, result.error
    assert result.output == "Hello there"
    assert len(server.requests) == 2
    assert len(of_type(result, "step.retried")) == 1
    assert RAN == [], "a call that was cut off never runs"


async def test_three_overloads_then_an_answer(server: WireServer, agent: Agent) -> None:
    server.says(*[error(529, "overloaded")] * 3, HELLO)
    assert (await run(agent)).output == "Hello there"


async def test_tries_end_and_the_error_says_how_many_there_were(server: WireServer, agent: Agent) -> None:
    server.says(*[error(500, "still broken")] * 9)
    result = await run(agent)
    assert len(server.requests) == 4, "the SDK's own retries are off"
    assert result.error is not None
    assert result.error["type"] == "ProviderUnavailableError"
    assert "still broken" in result.error["message"]
    assert "tried 4 times" in result.error["message"]
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
        return error(429, "slow down", **header)

    server.says(refuse, HELLO)
    assert (await run(agent)).output == "Hello there"
    assert time.monotonic() - refused[0] > 0.7


async def test_a_retry_after_beyond_reason_fails_at_once_and_says_so(server: WireServer, agent: Agent) -> None:
    server.says(error(429, "come back tomorrow", retry_after="3600"))
    result = await run(agent)
    assert result.error is not None
    assert result.error["type"] == "RateLimitError"
    assert "asks to wait 3600 s" in result.error["message"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (error(401, "bad key"), "AuthenticationError", "refused the key"),
        (error(403, "no access"), "AuthenticationError", "refused the key"),
        (error(404, "no such model"), "InvalidRequestError", "has no model 'm'"),
        (error(400, "bad field"), "InvalidRequestError", "bad field"),
        (error(429, "You exceeded your current quota", "insufficient_quota"), "RateLimitError", "spending limit"),
        (error(500, "no", x_should_retry="false"), "InvalidRequestError", "refused the request"),
        (Reply(302, {"location": "http://127.0.0.1:1/"}), "InvalidRequestError", "redirect"),
    ],
)
async def test_a_lasting_fault_fails_at_once(
    server: WireServer, agent: Agent, fault: Reply, kind: str, said: str
) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.state is RunState.FAILED
    assert result.error is not None
    assert result.error["type"] == kind
    assert said in result.error["message"]
    assert result.error["retryable"] is False
    assert len(server.requests) == 1


async def test_a_refused_key_is_named_by_its_variable_and_never_shown(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    server.says(error(401, "invalid"))
    agent = create_agent(AgentConfig(model=ModelRef.openai("m", api_base=server.url, api_key_env="MY_KEY")))
    result = await run(agent)
    await agent.aclose()
    assert server.requests[0].headers["authorization"] == "Bearer sk-very-secret"
    assert result.error is not None
    assert "MY_KEY" in result.error["message"]
    assert "sk-very-secret" not in str(result.events)


async def test_nobody_at_the_address_is_said_plainly(agent: Agent) -> None:
    lonely = create_agent(AgentConfig(model=ModelRef.openai("m", api_base="http://127.0.0.1:9/v1")))
    lonely.engine.retries = RetryPolicy(max_attempts=1)
    result = await run(lonely)
    await lonely.aclose()
    assert result.error is not None
    assert "No connection to http://127.0.0.1:9/v1" in result.error["message"]


@pytest.mark.parametrize("pings", [False, True])
async def test_a_stalled_stream_is_noticed_by_its_events_not_its_bytes(server: WireServer, pings: bool) -> None:
    silence: list[Any] = [b": ping\n\n", 0.02] * 200 if pings else []
    server.says(wire.raw(wire.delta(content="Hel"), *silence, stall=True))
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "k", "")
    request = CompletionRequest("m", [Message("user", "hi")], idle_timeout_s=0.3, first_event_timeout_s=5)
    said: list[str] = []

    async def listen() -> None:
        async for part in provider.stream(request):
            said.extend([part.text] if isinstance(part, TextDelta) else [])

    async with timed() as took:
        with pytest.raises(StreamInterruptedError, match=r"said nothing more for 0\.3 s") as caught:
            await listen()
    await provider.aclose()
    assert said == ["Hel"]
    assert caught.value.partial_text == "Hel"
    assert took.seconds < 2


async def test_headers_that_never_come_are_not_waited_for(server: WireServer) -> None:
    server.says(Reply(delay_s=30))
    provider = OpenAIProvider(ModelRef.openai("m", api_base=server.url), "k", "")
    request = CompletionRequest("m", [Message("user", "hi")], first_event_timeout_s=0.2)
    with pytest.raises(StreamInterruptedError, match=r"said nothing more for 0\.2 s"):
        async for _ in provider.stream(request):
            pass
    await provider.aclose()


async def test_an_overflow_compacts_once_and_goes_on(server: WireServer, agent: Agent) -> None:
    overflow = error(400, "This model's maximum context length is 8192 tokens", "context_length_exceeded")
    server.says(wire.text("word " * 4000), overflow, HELLO)
    session = agent.session()
    await session.run("tell me")
    result = await session.run("and now?")
    assert result.output == "Hello there"
    assert len(of_type(result, "context.compressed")) == 1
    assert len(server.requests[2].body) < len(server.requests[1].body)


async def test_an_overflow_that_stays_fails_without_sending_the_same_again(server: WireServer, agent: Agent) -> None:
    server.says(error(400, "maximum context length exceeded", "context_length_exceeded"))
    result = await run(agent)
    assert result.error is not None
    assert result.error["type"] == "ContextOverflowError"
    assert len(server.requests) == 1


NO_OBJECTS = [
    "[]",
    '"x"',
    "null",
    '{"thing"',
    '{"thing": "a", "thing": "b"}',
    '{"thing": NaN}',
    '{"thing": "\\ud83d"}',
    "{" * 9000,
    '{"a":' * 10_000 + "1" + "}" * 10_000,
]


@pytest.mark.parametrize("arguments", NO_OBJECTS, ids=lambda text: text[:20])
async def test_arguments_that_are_no_object_never_run(server: WireServer, agent: Agent, arguments: str) -> None:
    server.says(wire.calls(wire.call_pieces(0, "c1", "look", arguments)), HELLO)
    result = await run(agent)
    assert RAN == []
    assert result.output == "Hello there"
    assert of_type(result, "tool.requested")[0]["malformed"]
    told = server.requests[1].messages[-1]
    assert told["role"] == "tool"
    assert "did not run" in told["content"]


async def test_two_calls_with_one_id_get_two_results(server: WireServer, agent: Agent) -> None:
    server.says(
        wire.calls(
            wire.call_pieces(0, "same", "look", '{"thing": "a"}'), wire.call_pieces(1, "same", "look", '{"thing": "b"}')
        ),
        HELLO,
    )
    await run(agent)
    sent = server.requests[1].messages
    ids = [call["id"] for call in sent[1]["tool_calls"]]
    assert len(set(ids)) == 2
    assert [message["tool_call_id"] for message in sent[2:]] == ids
    assert sorted(RAN) == ["a", "b"]


async def test_a_missing_id_index_or_name_is_mended_or_refused(server: WireServer, agent: Agent) -> None:
    whole = {"type": "function", "function": {"name": "look", "arguments": '{"thing": "a"}'}}
    nameless = {"index": 1, "id": "x", "function": {"arguments": "{}"}}
    written = [wire.delta(tool_calls=[whole]), wire.delta(tool_calls=[nameless]), wire.delta("tool_calls")]
    server.says(Reply(chunks=[*written]), HELLO)
    result = await run(agent)
    assert RAN == ["a"]
    assert result.output == "Hello there"


def piece(index: int | None, call_id: str | None, name: str | None, arguments: str) -> bytes:
    told = {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}
    return wire.delta(tool_calls=[{name: value for name, value in told.items() if value is not None}])


@pytest.mark.parametrize(
    "pieces",
    [
        [
            (0, "a", "look", ""),
            (0, None, None, '{"thing": "a"}'),
            (0, "b", "look", ""),
            (0, None, None, '{"thing": "b"}'),
        ],
        [(0, "", "look", '{"thing": "a"}'), (0, "", "look", '{"thing": "b"}')],
        [(None, None, "look", '{"thing": "a"}'), (None, None, "look", '{"thing": "b"}')],
        [(0, "a", "look", ""), (0, "z", None, '{"thing":'), (0, "y", None, '"a"}'), (4, "b", "look", '{"thing": "b"}')],
    ],
    ids=["one index", "one index, no ids", "no index, no ids", "an id a piece"],
)
async def test_calls_are_told_apart_also_where_a_server_numbers_them_badly(
    server: WireServer, agent: Agent, pieces: list[tuple[int | None, str | None, str | None, str]]
) -> None:
    server.says(wire.calls([piece(*each) for each in pieces]), HELLO)
    result = await run(agent)
    assert sorted(RAN) == ["a", "b"]
    assert result.output == "Hello there"


async def test_a_call_cut_off_at_the_output_limit_never_runs(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call_pieces(0, "c", "look", "{}"), finish="length"), HELLO)
    result = await run(agent)
    assert RAN == []
    assert result.output == "Hello there"


async def test_bytes_cut_anywhere_and_every_line_ending_are_read(server: WireServer, agent: Agent) -> None:
    body = b"".join(chunk for chunk in wire.text("Grüße ", "🌊 海").chunks if isinstance(chunk, bytes))
    crlf = b"\xef\xbb\xbf: hello\r\nevent: unknown\r\n" + body.replace(b"\n", b"\r\n").replace(b"data: ", b"data:")
    server.says(Reply(chunks=[crlf[i : i + 1] for i in range(len(crlf))]))
    assert (await run(agent)).output == "Grüße 🌊 海"


async def test_a_pair_that_a_server_cut_in_two_loses_its_own_sign_alone(server: WireServer, agent: Agent) -> None:
    halves = [wire.delta(content="a\ud83d"), wire.delta(content="\ude00b \\ud83d 🌊 é"), wire.delta("stop")]
    server.says(Reply(chunks=[*halves]))
    result = await run(agent)
    assert result.output == "a\ufffd\ufffdb \\ud83d 🌊 é"
    assert len(server.requests) == 1


async def test_an_answer_without_usage_or_done_is_still_an_answer(server: WireServer, agent: Agent) -> None:
    server.says(Reply(chunks=[wire.delta(content="ok"), wire.delta("stop")]))
    result = await run(agent)
    assert result.output == "ok"
    assert result.usage.total_tokens == 0


async def test_odd_usage_and_stop_reasons_do_no_harm(server: WireServer, agent: Agent) -> None:
    server.says(Reply(chunks=[wire.delta(content="ok"), wire.delta("weird"), wire.usage(-5, -1), wire.DONE]))
    result = await run(agent)
    assert (result.output, result.usage.total_tokens) == ("ok", 0)


async def test_counts_that_leave_out_what_the_cache_gave_are_told_with_it(server: WireServer, agent: Agent) -> None:
    server.says(Reply(chunks=[wire.delta(content="ok"), wire.delta("stop"), wire.usage(10, 5, cached=40), wire.DONE]))
    result = await run(agent)
    assert result.error is None
    assert (result.usage.input_tokens, result.usage.cache_read_tokens) == (50, 40)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(delay_s=30),
        wire.raw(stall=True),
        wire.raw(wire.delta(content="a"), stall=True),
        wire.raw(*wire.call_pieces(0, "c", "look", '{"th'), stall=True),
        error(429, "wait", retry_after="2"),
    ],
)
async def test_cancel_works_within_a_second_at_every_point(server: WireServer, agent: Agent, answer: Reply) -> None:
    server.says(answer)
    started = agent.session().start("hi")
    while not server.requests:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    async with timed() as took:
        result = await started.cancel()
    assert took.seconds < 1
    assert result.state is RunState.CANCELLED
    assert_catalogued(result.events)


async def test_cancelling_closes_the_connection(server: WireServer, agent: Agent) -> None:
    server.says(wire.raw(wire.delta(content="a"), stall=True))
    started = agent.session().start("hi")
    async for event in started.events():
        if event.type == "text.delta":
            break
    await started.cancel()
    await asyncio.wait_for(server.cancelled.wait(), 20)


@pytest.mark.parametrize(("chosen", "warnings"), [(GenerationConfig(temperature=0.3), 1), (GenerationConfig(), 0)])
async def test_a_server_that_refuses_the_temperature_is_asked_once_without_it(
    server: WireServer, caplog: pytest.LogCaptureFixture, chosen: GenerationConfig, warnings: int
) -> None:
    server.says(error(400, "Unsupported value: 'temperature' does not support 0.7"), HELLO, HELLO)
    warn_of_sampling.cache_clear()
    agent = create_agent(AgentConfig(model=ModelRef.openai("m", api_base=server.url), generation=chosen))
    session = agent.session()
    await session.run("a")
    await session.run("b")
    await agent.aclose()
    assert ["temperature" in request.json for request in server.requests] == [True, False, False]
    assert caplog.text.count("takes no temperature") == warnings
