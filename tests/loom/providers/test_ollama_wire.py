"""Ollama's native chat over a real loopback connection, whole and broken."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, RunContext, create_agent, tool
from loom.agent import Agent
from loom.config.model import GenerationConfig
from loom.errors import ProviderUnavailableError, StreamInterruptedError
from loom.providers.base import CompletionRequest
from loom.providers.ollama import OllamaProvider, address_of
from loom.providers.resolve import resolve_provider
from loom.providers.retry import RetryPolicy
from loom.types.content import DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message
from loom.types.runs import RunResult, RunState
from tests.support import wire_ollama as wire
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


def agent_at(address: str, **extensions: Any) -> Agent:
    ref = ModelRef.ollama("qwen3", api_base=address, extensions=extensions)
    generation = GenerationConfig(temperature=0.5, max_output_tokens=77)
    agent = create_agent(AgentConfig(model=ref, tools=[look], instructions="Be brief.", generation=generation))
    agent.engine.retries = RetryPolicy(max_attempts=3, base_delay_s=0.01, max_delay_s=0.02)
    return agent


@pytest.fixture
async def agent(server: WireServer) -> AsyncIterator[Agent]:
    made = agent_at(server.url)
    yield made
    await made.aclose()


async def run(agent: Agent) -> RunResult:
    result = await agent.run("hi")
    assert_catalogued(result.events)
    return result


HELLO = wire.text("Hello", " there")


async def test_a_tool_round_goes_over_the_native_chat(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", thing="a"), wire.call("look", thing="b")), HELLO)

    result = await run(agent)

    first, second = server.requests
    assert first.path == "/api/chat"
    assert first.json["model"] == "qwen3"
    assert first.json["options"] == {"num_ctx": 16_384, "temperature": 0.5, "num_predict": 77}
    assert first.json["tools"][0]["function"]["name"] == "look"
    assert first.messages[0] == {"role": "system", "content": "Be brief."}
    assert first.messages[1]["role"] == "user"
    assert "authorization" not in first.headers
    asked, *told = second.messages[2:]
    ids = [call["id"] for call in asked["tool_calls"]]
    assert all(ids)
    assert len(set(ids)) == 2, "ids are made where the server gives none"
    assert [call["function"]["arguments"] for call in asked["tool_calls"]] == [{"thing": "a"}, {"thing": "b"}]
    assert [(m["role"], m["tool_name"], m["tool_call_id"]) for m in told] == [("tool", "look", i) for i in ids]
    assert [m["content"] for m in told] == ["saw a", "saw b"]
    assert result.output == "Hello there"
    assert (result.usage.input_tokens, result.usage.output_tokens) == (20, 10)


async def test_text_arrives_as_it_is_written(server: WireServer, agent: Agent) -> None:
    server.says(wire.raw(wire.says("Hel"), stall=True))
    started = agent.session().start("hi")
    async for event in started.events():
        if event.type == "text.delta":
            assert event.payload["text"] == "Hel"
            break
    await started.cancel()


async def test_lines_cut_anywhere_are_read(server: WireServer, agent: Agent) -> None:
    whole = b"".join(chunk for chunk in wire.text("Grüße ", "🌊 海").chunks if isinstance(chunk, bytes))
    server.says(wire.raw(*(whole[at : at + 1] for at in range(len(whole)))))
    assert (await run(agent)).output == "Grüße 🌊 海"


async def test_thinking_is_shown_and_goes_back_to_its_model_alone(server: WireServer, agent: Agent) -> None:
    server.says(wire.raw(wire.says(thinking="hm"), wire.says(tool_calls=[wire.call("look")]), wire.done()), HELLO)
    result = await run(agent)
    assert of_type(result, "thinking.delta")[0]["text"] == "hm"
    assert server.requests[1].messages[2]["thinking"] == "hm"
    elsewhere = Message("assistant", [ThinkingBlock(text="x", provider="anthropic", raw={"a": 1}), TextBlock(text="y")])
    server.says(HELLO)
    await agent.session(history=[Message("user", "a"), elsewhere]).run("hi")
    assert server.requests[2].messages[2] == {"role": "assistant", "content": "y"}


async def test_pictures_go_in_and_come_from_tools(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look", thing="picture")), HELLO)
    await agent.run("what is it?", RunContext(attachments=[PICTURE]))
    assert server.requests[0].messages[1]["images"] == ["AAAA"]
    assert server.requests[1].messages[-1]["images"] == ["AAAA"]
    assert "look" in server.requests[1].messages[-1]["content"]


async def test_what_ollama_has_no_place_for_is_named_to_the_model(server: WireServer, agent: Agent) -> None:
    pdf = DocumentBlock(source={"type": "base64", "media_type": "application/pdf", "data": "AAAA"})
    far = ImageBlock(source={"type": "url", "url": "https://pictures.example/a.png"})
    server.says(HELLO)
    await agent.run("read it", RunContext(attachments=[pdf, far]))
    sent = server.requests[0].messages[1]
    assert "application/pdf" in sent["content"]
    assert "https://pictures.example/a.png" in sent["content"]
    assert "images" not in sent


async def test_the_models_extensions_are_sent(server: WireServer) -> None:
    extensions = {"num_ctx": 9_000, "options": {"seed": 1}, "think": False, "keep_alive": "5m"}
    agent = agent_at(server.url, headers={"x-mine": "1"}, body={"format": "json"}, **extensions)
    server.says(HELLO)
    await run(agent)
    sent = server.requests[0]
    assert (sent.json["options"]["num_ctx"], sent.json["options"]["seed"]) == (9_000, 1)
    assert (sent.json["think"], sent.json["keep_alive"], sent.json["format"]) == (False, "5m", "json")
    assert sent.headers["x-mine"] == "1"
    assert agent.engine.window_tokens == 9_000, "what is asked for is what the context is measured by"
    await agent.aclose()


async def test_a_key_for_a_server_that_wants_one_is_sent_and_named_when_refused(server: WireServer) -> None:
    ref = ModelRef.ollama("qwen3", api_base=server.url)
    provider = OllamaProvider(ref, {"OLLAMA_API_KEY": "secret-key"})
    agent = create_agent(AgentConfig(model=ref), provider=provider)
    server.says(Reply.of_json(401, {"error": "unauthorized"}))
    result = await run(agent)
    assert server.requests[0].headers["authorization"] == "Bearer secret-key"
    assert result.error is not None
    assert result.error["type"] == "AuthenticationError"
    assert "OLLAMA_API_KEY" in result.error["message"]
    assert "secret-key" not in str(result.events)
    await agent.aclose()


async def test_no_key_is_sent_where_the_model_says_so(server: WireServer) -> None:
    ref = ModelRef("ollama", "qwen3", server.url, api_key_env="")
    agent = create_agent(AgentConfig(model=ref), provider=OllamaProvider(ref, {"OLLAMA_API_KEY": "secret-key"}))
    server.says(HELLO)
    await run(agent)
    assert "authorization" not in server.requests[0].headers
    await agent.aclose()


@pytest.mark.parametrize(
    "fault",
    [
        Reply.of_json(500, {"error": "llama runner process has terminated"}),
        Reply.of_json(503, {"error": "server busy, please try again"}),
        Reply(502, {"content-type": "text/html"}, [b"<html><h1>Bad gateway</h1></html>"]),
        wire.raw(wire.says("Hel"), wire.line({"error": "an error was encountered while running the model"})),
        wire.raw(cut=True),
        wire.raw(wire.says("Hel"), cut=True),
        wire.raw(wire.says("Hel")),
        wire.raw(wire.says(tool_calls=[wire.call("look")]), cut=True),
        wire.raw(wire.says("Hel")[:20], cut=True),
        wire.raw(b"{broken\n"),
        wire.raw(b"[1, 2]\n"),
        wire.raw(wire.line({"message": {"tool_calls": [{"name": "look"}]}})),
        Reply(200, {"content-type": "text/html"}, [b"<html>Log in</html>"]),
    ],
)
async def test_a_passing_fault_is_tried_again(server: WireServer, agent: Agent, fault: Reply) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.output == "Hello there", result.error
    assert len(server.requests) == 2
    assert RAN == []


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Reply.of_json(404, {"error": "model 'qwen3' not found"}), "InvalidRequestError", "`ollama pull qwen3`"),
        (Reply(404, {"content-type": "text/plain"}, [b"404 page not found"]), "InvalidRequestError", "is no Ollama"),
        (Reply.of_json(400, {"error": "qwen3 does not support tools"}), "InvalidRequestError", "not support tools"),
    ],
)
async def test_a_lasting_fault_fails_at_once_and_says_what_to_do(
    server: WireServer, agent: Agent, fault: Reply, kind: str, said: str
) -> None:
    server.says(fault, HELLO)
    result = await run(agent)
    assert result.error is not None
    assert (result.error["type"], len(server.requests)) == (kind, 1)
    assert said in result.error["message"]
    assert result.error["retryable"] is False


async def test_with_no_server_there_it_says_what_to_start() -> None:
    agent = agent_at("http://127.0.0.1:9")
    result = await run(agent)
    assert result.error is not None
    assert result.error["type"] == "ProviderUnavailableError"
    assert "No Ollama server answers at http://127.0.0.1:9: start it with `ollama serve`" in result.error["message"]
    await agent.aclose()


@pytest.mark.parametrize("arguments", [[], None, "not json", "[1]", {"thing": float("nan")}])
async def test_arguments_that_are_no_object_never_run(server: WireServer, agent: Agent, arguments: Any) -> None:
    server.says(wire.calls({"function": {"name": "look", "arguments": arguments}}), HELLO)
    result = await run(agent)
    assert RAN == []
    assert result.output == "Hello there"
    assert "did not run" in server.requests[1].messages[-1]["content"]


async def test_a_call_cut_off_at_the_output_limit_never_runs(server: WireServer, agent: Agent) -> None:
    server.says(wire.calls(wire.call("look"), reason="length"), HELLO)
    await run(agent)
    assert RAN == []


async def test_two_calls_with_one_id_get_two_results(server: WireServer, agent: Agent) -> None:
    same = [{"id": "same", **wire.call("look", thing=thing)} for thing in "ab"]
    server.says(wire.calls(*same), HELLO)
    await run(agent)
    asked, *told = server.requests[1].messages[2:]
    ids = [call["id"] for call in asked["tool_calls"]]
    assert len(set(ids)) == 2
    assert [message["tool_call_id"] for message in told] == ids


async def test_a_stalled_answer_is_noticed(server: WireServer) -> None:
    server.says(wire.raw(wire.says("Hel"), stall=True))
    provider = OllamaProvider(ModelRef.ollama("qwen3", api_base=server.url), {})
    request = CompletionRequest("qwen3", [Message("user", "hi")], idle_timeout_s=0.3)
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
        wire.raw(wire.says("a"), stall=True),
        wire.raw(wire.says(tool_calls=[wire.call("look")]), b'{"mes', stall=True),
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


@pytest.mark.parametrize(
    ("api_base", "environment", "address"),
    [
        (None, {}, "http://127.0.0.1:11434"),
        (None, {"OLLAMA_HOST": "0.0.0.0"}, "http://127.0.0.1:11434"),
        (None, {"OLLAMA_HOST": "[::]:8080"}, "http://[::1]:8080"),
        (None, {"OLLAMA_HOST": "gpu-box"}, "http://gpu-box:11434"),
        (None, {"OLLAMA_HOST": "gpu-box:8080"}, "http://gpu-box:8080"),
        (None, {"OLLAMA_HOST": ":8080"}, "http://127.0.0.1:8080"),
        (None, {"OLLAMA_HOST": "https://ollama.example/"}, "https://ollama.example"),
        (None, {"OLLAMA_HOST": "a", "OLLAMA_BASE_URL": "http://b:1"}, "http://b:1"),
        ("http://c:2/v1", {"OLLAMA_HOST": "a"}, "http://c:2"),
        ("http://c:2/proxy/api/", {}, "http://c:2/proxy"),
    ],
)
def test_the_servers_address(api_base: str | None, environment: dict[str, str], address: str) -> None:
    assert address_of(ModelRef.ollama("m", api_base=api_base), environment) == address


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(ProviderUnavailableError, match="'box:port' is no address of an Ollama server"):
        address_of(ModelRef.ollama("m"), {"OLLAMA_HOST": "box:port"})


def test_its_name_gives_its_provider() -> None:
    assert isinstance(resolve_provider(ModelRef.ollama("qwen3"), {}), OllamaProvider)
