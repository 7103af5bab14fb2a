"""Gemini's contents over a real loopback connection, through the official SDK's client, whole and broken."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, RunContext, create_agent, tool
from loom.agent import Agent
from loom.config.model import GenerationConfig
from loom.errors import StreamInterruptedError
from loom.providers.base import CompletionRequest, ToolSchema
from loom.providers.gemini import GeminiProvider
from loom.providers.resolve import resolve_provider
from loom.providers.retry import RetryPolicy
from loom.types.content import ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import RunResult, RunState
from tests.support import wire_gemini as wire
from tests.support.agents import assert_catalogued, of_type
from tests.support.waiting import timed
from tests.support.wire_server import Reply, WireServer

RAN: list[str] = []
PICTURE = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": "AAAA"})


@tool(read_only=True)
async def look(thing: str = "nothing") -> Any:
    """Look at a thing."""
    RAN.append(thing)
    return [TextBlock(text=f"saw {thing}"), PICTURE] if thing == "picture" else f"saw {thing}"


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    RAN.clear()
    async with WireServer() as running:
        yield running


def agent_at(address: str, name: str = "gemini-3.8-flash", **extensions: Any) -> Agent:
    ref = ModelRef.gemini(name, api_base=address, extensions=extensions)
    generation = GenerationConfig(temperature=0.5, max_output_tokens=77)
    agent = create_agent(AgentConfig(model=ref, tools=[look], instructions="Be brief.", generation=generation))
    agent.engine.retries = RetryPolicy(max_attempts=3, base_delay_s=0.01, max_delay_s=0.02, max_retry_after_s=5)
    return agent


@pytest.fixture
async def agent(server: WireServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Agent]:
    monkeypatch.setenv("GEMINI_API_KEY", "gem-secret")
    made = agent_at(server.url)
    yield made
    await made.aclose()


async def run(agent: Agent) -> RunResult:
    result = await agent.run("hi")
    assert_catalogued(result.events)
    return result


HELLO = wire.text("Hello", " there")


async def test_a_tool_round_goes_through_the_sdks_client(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", thing="a"), wire.call("look", thing="b")), HELLO)

    result = await run(agent)

    first, second = server.requests
    assert first.path == "/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    assert first.headers["x-goog-api-key"] == "gem-secret"
    assert "google-genai-sdk" in first.headers["user-agent"]
    assert first.json["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    generation = {"thinkingConfig": {"includeThoughts": True}, "temperature": 0.5, "maxOutputTokens": 77}
    assert first.json["generationConfig"] == generation
    declared = first.json["tools"][0]["functionDeclarations"][0]
    assert declared["name"] == "look"
    assert "thing" in declared["parametersJsonSchema"]["properties"]
    user, model, results = second.json["contents"]
    assert [user["role"], model["role"], results["role"]] == ["user", "model", "user"]
    assert [part["functionCall"] for part in model["parts"]] == [
        {"name": "look", "args": {"thing": "a"}},
        {"name": "look", "args": {"thing": "b"}},
    ], "ids that were made here stay here"
    assert [part["functionResponse"]["response"] for part in results["parts"]] == [
        {"result": "saw a"},
        {"result": "saw b"},
    ]
    assert result.output == "Hello there"
    ids = [payload["call_id"] for payload in of_type(result, "tool.requested")]
    assert len(set(ids)) == 2
    assert (result.usage.input_tokens, result.usage.output_tokens) == (20, 10)


async def test_signatures_go_back_where_they_were(server: WireServer, agent: Agent) -> None:
    server.says(
        wire.raw(
            wire.parts({"text": "let me", "thought": True}),
            wire.parts({"text": " see", "thought": True}),
            wire.parts({"text": "I "}),
            wire.parts({"text": "look.", "thoughtSignature": "sig-text"}),
            wire.parts(wire.call("look", "id-1", "sig-call", thing="a"), wire.call("look", "id-2", thing="b")),
            wire.parts({"text": ""}, finish="STOP"),
        ),
        HELLO,
    )
    result = await run(agent)
    model, results = server.requests[1].json["contents"][1:]
    assert model["parts"] == [
        {"text": "I look."},
        {"text": "", "thoughtSignature": "sig-text"},
        {
            "functionCall": {"id": "id-1", "name": "look", "args": {"thing": "a"}},
            "thoughtSignature": "sig-call",
        },
        {"functionCall": {"id": "id-2", "name": "look", "args": {"thing": "b"}}},
    ]
    assert [part["functionResponse"]["id"] for part in results["parts"]] == ["id-1", "id-2"]
    assert "".join(payload["text"] for payload in of_type(result, "thinking.delta")) == "let me see"


async def test_the_signature_of_a_call_without_id_finds_it_again(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", thing="a"), wire.call("look", "", "sig-b", thing="b")), HELLO)
    await run(agent)
    first, second = server.requests[1].json["contents"][1]["parts"]
    assert "thoughtSignature" not in first
    assert second["thoughtSignature"] == "sig-b"


async def test_another_providers_thinking_is_not_sent(server: WireServer, agent: Agent) -> None:
    thought = ThinkingBlock(text="x", provider="anthropic", raw={"text": 1})
    foreign = Message("assistant", [thought, TextBlock(text="y")])
    server.says(HELLO)
    await agent.session(history=[Message("user", "a"), foreign]).run("hi")
    assert server.requests[0].json["contents"][1] == {"role": "model", "parts": [{"text": "y"}]}


async def test_pictures_go_in_and_come_from_tools(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", thing="picture")), HELLO)
    await agent.run("what is it?", RunContext(attachments=[PICTURE]))
    inline = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    assert server.requests[0].json["contents"][0]["parts"][-1] == inline
    assert server.requests[1].json["contents"][-1]["parts"][-1] == inline


async def test_usage_counts_the_cache_and_the_thoughts(server: WireServer, agent: Agent) -> None:
    server.says(wire.text("ok", promptTokenCount=100, cachedContentTokenCount=40, thoughtsTokenCount=7))
    usage = (await run(agent)).usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.thinking_tokens) == (100, 40, 12, 7)


@pytest.mark.parametrize(
    ("name", "extensions", "path", "thinking"),
    [
        ("gemini-flash-latest", {}, "/v1beta/models/gemini-flash-latest:", {"includeThoughts": True}),
        ("models/gemini-2.0-flash", {"api_version": "v1alpha"}, "/v1alpha/models/gemini-2.0-flash:", None),
        (
            "gemini-3.8-flash",
            {"thinking": {"thinkingLevel": "low"}},
            "/v1/models/gemini-3.8-flash:",
            {"includeThoughts": True, "thinkingLevel": "low"},
        ),
        ("tunedModels/mine", {}, "/v1/tunedModels/mine:", None),
        ("a?b=c#d 模%2f\n", {}, "/v1/models/a%3Fb%3Dc%23d%20%E6%A8%A1%252f%0A:streamGenerateContent?alt=sse", None),
    ],
)
@pytest.mark.usefixtures("agent")
async def test_a_models_name_and_extensions_choose_what_is_asked(
    server: WireServer, name: str, extensions: dict[str, Any], path: str, thinking: dict[str, Any] | None
) -> None:
    asking = agent_at(server.url, name, body={"labels": {"a": "b"}}, headers={"x-mine": "1"}, **extensions)
    server.says(HELLO)
    await run(asking)
    sent = server.requests[0]
    assert sent.path.startswith(path)
    assert sent.json["generationConfig"].get("thinkingConfig") == thinking
    assert (sent.json["labels"], sent.headers["x-mine"]) == ({"a": "b"}, "1")
    await asking.aclose()


@pytest.mark.parametrize(
    "fault",
    [
        wire.error(429, "Resource exhausted", "RESOURCE_EXHAUSTED", retry_after="0"),
        wire.error(500, "Internal error", "INTERNAL"),
        wire.error(503, "The model is overloaded", "UNAVAILABLE"),
        Reply(502, {"content-type": "text/html"}, [b"<html><h1>Bad gateway</h1></html>"]),
        wire.raw(wire.parts({"text": "Hel"}), wire.event({"error": {"code": 503, "message": "busy"}})),
        wire.raw(cut=True),
        wire.raw(wire.parts({"text": "Hel"}), cut=True),
        wire.raw(wire.parts({"text": "Hel"})),
        wire.raw(wire.parts(wire.call("look")), cut=True),
        wire.raw(wire.parts(wire.call("look"))[:40], cut=True),
        wire.raw(b"data: {broken\n\n"),
        wire.raw(b"data: [1, 2]\n\n"),
        wire.raw(wire.event({"candidates": [{"content": {"parts": "x"}}]})),
        wire.raw(wire.parts(finish="MALFORMED_FUNCTION_CALL")),
    ],
)
async def test_a_passing_fault_is_tried_again(server: WireServer, agent: Agent, fault: Reply) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.output == "Hello there", result.error
    assert len(server.requests) == 2, "the SDK's own retries are off"
    assert RAN == []


QUOTA = "You exceeded your current quota, please check your plan and billing details"


async def test_how_long_to_wait_is_read_from_the_body(server: WireServer, agent: Agent) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.6s"}
    server.says(wire.error(429, QUOTA, "RESOURCE_EXHAUSTED", info), HELLO)
    began = time.monotonic()
    assert (await run(agent)).output == "Hello there"
    assert time.monotonic() - began > 0.5


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (wire.error(400, "API key not valid. Please pass a valid API key."), "AuthenticationError", "GEMINI_API_KEY"),
        (wire.error(401, "no"), "AuthenticationError", "GEMINI_API_KEY"),
        (wire.error(403, "denied", "PERMISSION_DENIED"), "AuthenticationError", "refused the key"),
        (Reply.of_json(401, {"error": "a proxy's own word"}), "AuthenticationError", "a proxy's own word"),
        (Reply.of_json(429, {"error": {"message": QUOTA, "details": [5]}}), "RateLimitError", "spending limit"),
        (wire.error(404, "models/x is not found", "NOT_FOUND"), "InvalidRequestError", "has no model"),
        (wire.error(400, "bad field", "INVALID_ARGUMENT"), "InvalidRequestError", "bad field"),
        (wire.error(429, QUOTA, "", {"quotaId": "PerDay"}, {"retryDelay": "9s"}), "RateLimitError", "spending limit"),
        (
            wire.error(400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
            "ContextOverflowError",
            "longer than the model's window",
        ),
        (Reply(302, {"location": "http://127.0.0.1:1/"}), "InvalidRequestError", "redirect"),
    ],
)
async def test_a_lasting_fault_fails_at_once(
    server: WireServer, agent: Agent, fault: Reply, kind: str, said: str
) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.error is not None
    assert (result.error["type"], len(server.requests)) == (kind, 1)
    assert said in result.error["message"]
    assert "gem-secret" not in str(result.events)


@pytest.mark.parametrize(
    ("finish", "reason"), [("MAX_TOKENS", "max_tokens"), ("SAFETY", "refusal"), ("STOP", "end_turn")]
)
async def test_stop_reasons_are_told(server: WireServer, agent: Agent, finish: str, reason: str) -> None:
    server.says(wire.text("so far", finish=finish))
    assert (await run(agent)).reason == reason


async def test_a_blocked_prompt_is_a_refusal(server: WireServer, agent: Agent) -> None:
    server.says(wire.raw(wire.event({"promptFeedback": {"blockReason": "SAFETY"}})))
    assert (await run(agent)).reason == "refusal"


@pytest.mark.parametrize("arguments", [[], None, "text", 1])
async def test_arguments_that_are_no_object_never_run(server: WireServer, agent: Agent, arguments: Any) -> None:
    server.says(wire.calls({"functionCall": {"name": "look", "args": arguments}}), HELLO)
    await run(agent)
    assert RAN == []
    assert "did not run" in str(server.requests[1].json["contents"][-1]["parts"][0]["functionResponse"]["response"])


async def test_two_calls_with_one_id_get_two_results(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", "same", thing="a"), wire.call("look", "same", thing="b")), HELLO)
    result = await run(agent)
    assert len({payload["call_id"] for payload in of_type(result, "tool.requested")}) == 2
    assert sorted(RAN) == ["a", "b"]


async def test_a_call_cut_off_at_the_output_limit_never_runs(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look"), finish="MAX_TOKENS"), HELLO)
    await run(agent)
    assert RAN == []


@pytest.mark.parametrize("pings", [False, True])
async def test_a_stalled_answer_is_noticed_by_its_events(server: WireServer, pings: bool) -> None:
    silence: list[Any] = [b": ping\n\n", 0.02] * 200 if pings else []
    server.says(wire.raw(wire.parts({"text": "Hel"}), *silence, stall=True))
    provider = GeminiProvider(ModelRef.gemini("gemini-x", api_base=server.url), "k", "")
    request = CompletionRequest("gemini-x", [Message("user", "hi")], idle_timeout_s=0.3)
    with pytest.raises(StreamInterruptedError, match=r"said nothing more for 0\.3 s") as caught:
        async for _ in provider.stream(request):
            pass
    assert caught.value.partial_text == "Hel"
    await provider.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        Reply(delay_s=30),
        wire.raw(stall=True),
        wire.raw(wire.parts({"text": "a"}), stall=True),
        wire.raw(wire.parts(wire.call("look"))[:30], stall=True),
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
    await asyncio.wait_for(server.cancelled.wait(), 20)


async def test_without_the_sdk_it_says_what_to_install(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("google.genai")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "google.genai", None)
    result = await run(agent)
    assert result.error is not None
    assert result.error["type"] == "ProviderUnavailableError"
    assert "pip install 'loom-studio[gemini]'" in result.error["message"]


async def test_a_long_conversation_is_sent_without_blocking_the_loop(server: WireServer) -> None:
    history = [Message("user" if i % 2 == 0 else "assistant", f"message {i} " * 10) for i in range(5_000)]
    provider = GeminiProvider(ModelRef.gemini("gemini-x", api_base=server.url), "k", "")
    server.says(HELLO, HELLO)
    took: list[float] = []
    for _ in range(2):
        before = time.process_time()
        async for _ in provider.stream(CompletionRequest("gemini-x", [*history, Message("user", "hi")])):
            pass
        took.append(time.process_time() - before)
    assert took[1] < 0.5, "the SDK's own transform takes more than a second"
    await provider.aclose()


def camel(value: Any) -> Any:
    """The SDK writes some names with underscores, others without; the API takes both."""
    if isinstance(value, dict):
        return {re.sub(r"_(\w)", lambda m: m[1].upper(), key): camel(inner) for key, inner in value.items()}
    return [camel(inner) for inner in value] if isinstance(value, list) else value


async def test_what_is_sent_is_what_the_sdk_itself_would_send(server: WireServer) -> None:
    from google import genai
    from google.genai import types

    schema = {"type": "object", "properties": {"thing": {"type": "string"}}}
    signed = ThinkingBlock(provider="gemini", raw={"callId": "id1", "thoughtSignature": "c2ln"})
    messages = [
        Message("user", [TextBlock(text="hi"), PICTURE]),
        Message("assistant", [TextBlock(text="I look"), signed], [ToolCall("id1", "look", {"thing": "a"})]),
        Message("tool", "saw", [], "id1", "look"),
    ]
    server.says(HELLO, HELLO)
    provider = GeminiProvider(ModelRef.gemini("gemini-3.8-flash", api_base=server.url), "k", "")
    tools = [ToolSchema("look", "Look.", schema)]
    request = CompletionRequest("gemini-3.8-flash", messages, "Be brief.", tools, 9, 0.5)
    async for _ in provider.stream(request):
        pass
    ours = server.requests[0]

    declared = types.FunctionDeclaration(name="look", description="Look.", parameters_json_schema=schema)
    config = types.GenerateContentConfig(
        system_instruction="Be brief.",
        temperature=0.5,
        max_output_tokens=9,
        thinking_config=types.ThinkingConfig(include_thoughts=True),
        tools=[types.Tool(function_declarations=[declared])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    client = genai.Client(vertexai=False, api_key="k", http_options=types.HttpOptions(base_url=server.url))
    contents: Any = [types.Content.model_validate(content) for content in ours.json["contents"]]
    said = await client.aio.models.generate_content_stream(model="gemini-3.8-flash", contents=contents, config=config)
    async for _ in said:
        pass
    await client.aio.aclose()
    await provider.aclose()

    theirs = server.requests[1]
    expected = camel(theirs.json)
    del expected["systemInstruction"]["role"]
    assert ours.json == expected
    assert ours.path == theirs.path
    kept = ("x-goog-api-key", "x-goog-api-client", "user-agent", "content-type")
    assert [ours.headers[name] for name in kept] == [theirs.headers[name] for name in kept]


def test_its_name_gives_its_provider() -> None:
    assert isinstance(resolve_provider(ModelRef.gemini("g"), {"GOOGLE_API_KEY": "k"}), GeminiProvider)
