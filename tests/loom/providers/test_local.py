"""The embedded model, really run in a child process."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from loom import AgentConfig, GenerationConfig, ModelRef, create_agent, tool
from loom.errors import ProviderUnavailableError
from loom.providers.base import Completion, CompletionRequest, CountsTokens, StopReason, ToolSchema
from loom.providers.resolve import resolve_provider
from loom.providers.weights import find_weights
from loom.providers.wire.local_choice import ChoiceReader, choice_format
from loom.types.messages import Message
from loom.types.runs import RunState

SHORT = GenerationConfig(temperature=0.0, max_output_tokens=60)

needs_model = pytest.mark.skipif(find_weights() is None, reason="the weights are not installed")


def servers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "loom.providers.local_server" in child.cmdline()]


@needs_model
@pytest.mark.local_model
async def test_it_answers_streams_and_ends_with_its_last_user() -> None:
    agent = create_agent(AgentConfig(ModelRef.local(), "You are a helpful assistant. Answer briefly.", SHORT))
    run = agent.session().start("What is the capital of France? Answer in one sentence.")
    deltas = [event.payload["text"] async for event in run.events() if event.type == "text.delta"]
    result = await run.wait()
    assert result.state is RunState.COMPLETED, result.error
    assert "Paris" in result.output
    assert len(deltas) > 2
    assert result.usage.output_tokens > 0
    assert len(servers()) == 1
    await agent.aclose()
    assert servers() == []


@needs_model
@pytest.mark.local_model
@pytest.mark.parametrize("with_tools", [False, True])
async def test_its_own_count_of_a_request_is_what_it_then_reads(*, with_tools: bool) -> None:
    ref = ModelRef.local()
    provider = resolve_provider(ref, {})
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    request = CompletionRequest(
        model=ref.name,
        messages=(
            Message("user", "Is it 晴 or raining in Genoa?"),
            Message("assistant", "Let me see."),
            Message("user", "Yes."),
        ),
        system="Answer briefly.",
        tools=(ToolSchema("weather", "The weather of a city.", schema),) if with_tools else (),
        max_output_tokens=8,
    )
    assert isinstance(provider, CountsTokens)
    try:
        counted = await provider.count_tokens(request)
        used = [part.usage async for part in provider.stream(request) if isinstance(part, Completion)]
        assert [usage and usage.input_tokens for usage in used] == [counted]
        assert counted > 20
    finally:
        await provider.aclose()


@needs_model
@pytest.mark.local_model
async def test_a_killed_child_is_started_again() -> None:
    agent = create_agent(AgentConfig(ModelRef.local(), generation=SHORT))
    assert (await agent.run("Say hello.")).state is RunState.COMPLETED
    child = servers()[0]
    os.kill(child.pid, signal.SIGKILL)
    child.wait(5)
    assert (await agent.run("Say hello.")).state is RunState.COMPLETED
    await agent.aclose()


@needs_model
@pytest.mark.local_model
async def test_cancelling_an_answer_works_within_a_second() -> None:
    agent = create_agent(AgentConfig(ModelRef.local()))
    run = agent.session().start("Count from one to one thousand in words.")
    async for event in run.events():
        if event.type == "text.delta":
            break
    result = await asyncio.wait_for(run.cancel(), 20)
    assert result.state is RunState.CANCELLED
    await agent.aclose()


@needs_model
@pytest.mark.local_model
async def test_its_tool_calls_are_always_valid() -> None:
    seen: list[str] = []

    @tool(read_only=True)
    def weather(city: str) -> str:
        """Tell the weather in a city."""
        seen.append(city)
        return "sunny"

    agent = create_agent(AgentConfig(ModelRef.local(), generation=SHORT, tools=[weather]))
    run = agent.session().start("Use the weather tool for Paris.")
    kinds = [event.type async for event in run.events()]
    assert "tool.vetoed" not in kinds
    assert all(isinstance(city, str) for city in seen)
    await agent.aclose()


async def test_a_missing_model_file_is_said_plainly(tmp_path: Path) -> None:
    result = await create_agent(AgentConfig(ModelRef.local(path=str(tmp_path / "no.gguf")))).run("hi")
    assert result.error is not None
    assert result.error["type"] == "ProviderUnavailableError"


async def test_a_file_that_is_no_model_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"not a model")
    result = await create_agent(AgentConfig(ModelRef.local(path=str(tmp_path / "bad.gguf")))).run("hi")
    assert result.error is not None
    assert "bad.gguf" in result.error["message"]


SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def test_the_choice_offers_an_answer_and_each_tool() -> None:
    schema = choice_format([ToolSchema("weather", "w", SCHEMA)])["json_schema"]["schema"]
    assert [list(choice["properties"]) for choice in schema["anyOf"]] == [["answer"], ["tool", "arguments"]]


def raw(stop: StopReason = StopReason.END_TURN) -> Completion:
    return Completion(Message("assistant", ""), stop)


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_an_answer_streams_out_of_its_json(size: int) -> None:
    text = 'say "hi"\n\\ é 海'
    written = json.dumps({"answer": text})
    reader = ChoiceReader()
    said = "".join(reader.feed(written[i : i + size]) for i in range(0, len(written), size))
    assert said == text
    assert reader.completion(raw()).message.text == text


def test_a_tool_call_says_nothing_and_half_of_one_is_nothing() -> None:
    reader = ChoiceReader()
    assert reader.feed('{"tool": "weather", "arguments": {"city": "Paris"}}') == ""
    done = reader.completion(raw())
    assert (done.stop_reason, done.message.tool_calls[0].arguments) == (StopReason.TOOL_USE, {"city": "Paris"})
    half = ChoiceReader()
    half.feed('{"tool": "weather", "argu')
    assert half.completion(raw(StopReason.MAX_TOKENS)).message.tool_calls == []


def test_providers_that_are_not_there_are_named() -> None:
    with pytest.raises(ProviderUnavailableError, match="no provider 'nope'"):
        resolve_provider(ModelRef("nope", "x"))
