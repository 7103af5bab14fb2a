"""The request of any step, made again from the log: byte for byte what the provider's server received."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from loom import AgentConfig, ModelRef, RunContext, SessionConfig, create_agent, tool
from loom.agent import Agent
from loom.config import (
    CompressionPolicy,
    ContextConfig,
    GenerationConfig,
    MemoryBackend,
    MemoryConfig,
    RuntimeConfig,
    RuntimeLimits,
)
from loom.memory.records import REQUEST_PART, REQUEST_SENT, REQUEST_WIRE, TOOL_RESULT
from loom.memory.requests import StoredRequest, stored_request
from loom.memory.sqlite_store import SQLiteStore
from loom.threads import in_thread
from loom.types.content import ImageBlock, TextBlock
from loom.types.runs import RunState
from tests.support import wire_anthropic, wire_gemini, wire_ollama, wire_openai
from tests.support.wire_responses import called, reply, said
from tests.support.wire_server import Reply, Request, WireServer

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = ImageBlock(source={"type": "base64", "media_type": "image/png", "data": PIXEL})
WORDS = "The wall by the harbour was measured, and it leans 3,4 m to the sea. " * 40


@tool(read_only=True, concurrency_safe=True)
async def look(thing: str, wait: float = 0.0) -> str:
    """Look at a thing."""
    await asyncio.sleep(wait)
    return f"saw {thing}: {WORDS}"


@tool(read_only=True)
def photograph(thing: str) -> list[Any]:
    """Take a picture."""
    return [TextBlock(text=f"This is {thing}."), PICTURE]


def openai(url: str, **extensions: Any) -> ModelRef:
    return ModelRef.openai("gpt-x", api_base=url, api_key_env="", extensions={"api": "chat", **extensions})


def responses(url: str, **extensions: Any) -> ModelRef:
    return ModelRef.openai("gpt-x", api_base=url, api_key_env="", extensions={"api": "responses", **extensions})


def anthropic(url: str, **extensions: Any) -> ModelRef:
    return ModelRef.anthropic("claude-x", api_base=url, extensions=extensions)


class Responses:
    """The answers of the Responses API, by the names that the other formats' have."""

    @staticmethod
    def text(words: str) -> Reply:
        return reply(said(words))

    @staticmethod
    def tool_call(name: str, **arguments: Any) -> Reply:
        return reply(called(0, f"call_{name}", name, json.dumps(arguments)))


def gemini(url: str, **extensions: Any) -> ModelRef:
    return ModelRef.gemini("gemini-x", api_base=url, api_key_env="", extensions=extensions)


def ollama(url: str, **extensions: Any) -> ModelRef:
    return ModelRef.ollama("qwen-x", api_base=url, extensions=extensions)


FORMATS = [
    pytest.param(openai, wire_openai, id="openai chat"),
    pytest.param(anthropic, wire_anthropic, id="anthropic"),
    pytest.param(responses, Responses, id="openai responses"),
]


class Gemini:
    """The answers of Gemini, by the names that the other formats' have."""

    @staticmethod
    def text(words: str) -> Reply:
        return wire_gemini.text(words)

    @staticmethod
    def tool_call(name: str, **arguments: Any) -> Reply:
        return wire_gemini.calls(wire_gemini.call(name, **arguments))


class Ollama:
    """The answers of Ollama."""

    @staticmethod
    def text(words: str) -> Reply:
        return wire_ollama.text(words)

    @staticmethod
    def tool_call(name: str, **arguments: Any) -> Reply:
        return wire_ollama.calls(wire_ollama.call(name, **arguments))


MORE_FORMATS = [
    *FORMATS,
    pytest.param(gemini, Gemini, id="gemini"),
    pytest.param(ollama, Ollama, id="ollama"),
]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret-of-the-header")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-header")


def agent_on(ref: ModelRef, path: Path, window: int = 100_000, **policy: Any) -> Agent:
    return create_agent(
        AgentConfig(
            model=ref,
            instructions="You measure walls. «ü»",
            tools=[look, photograph],
            generation=GenerationConfig(temperature=0.5, max_output_tokens=900),
            context=ContextConfig(CompressionPolicy(summaries="lines", exact_near=0, **policy)),
            runtime=RuntimeConfig(limits=RuntimeLimits(max_context_tokens=window)),
            memory=MemoryConfig(backend=MemoryBackend.sqlite(path)),
        )
    )


T = TypeVar("T")


async def read(path: Path, look: Callable[[SQLiteStore], T]) -> T:
    """What a reader that knows nothing but the file finds in it."""

    def looked() -> T:
        store = SQLiteStore(path)
        try:
            return look(store)
        finally:
            store.close()

    return await in_thread(looked)


async def stored(path: Path, session: str = "s") -> list[StoredRequest]:
    """Every request of a session, made again."""

    def look(store: SQLiteStore) -> list[StoredRequest | None]:
        return [stored_request(store, session, each.n) for each in store.records(session, kind=REQUEST_SENT)]

    return [each for each in await read(path, look) if each is not None]


def told_once(bodies: list[bytes]) -> list[bytes]:
    """Bodies without repetitions: a request that is tried again is the same request."""
    return [each for place, each in enumerate(bodies) if not place or bodies[place - 1] != each]


@pytest.mark.parametrize(("ref", "wire"), MORE_FORMATS)
async def test_what_is_made_again_is_what_was_sent_also_after_a_retry_and_by_the_next_program(
    ref: Callable[..., ModelRef], wire: Any, tmp_path: Path
) -> None:
    path = tmp_path / "loom.db"
    busy = Reply.of_json(503, {"error": {"message": "overloaded", "type": "overloaded_error"}}, retry_after="0")
    first = [wire.tool_call("look", thing="wall"), busy, wire.tool_call("photograph", thing="sea"), wire.text("Seen.")]
    async with WireServer(*first, wire.text("Again."), wire.text("And again.")) as server:
        agent = agent_on(ref(server.url), path)
        await agent.session(SessionConfig(id="s")).run(
            "How does the wall stand? «☂»", RunContext(attachments=[PICTURE])
        )
        await agent.session(SessionConfig(id="s")).run("And now?")
        await agent.aclose()
        agent = agent_on(ref(server.url), path)
        await agent.session(SessionConfig(id="s")).run("Once more, after a restart")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    assert len(sent) == 6
    assert sent[1] == sent[2], "the second was tried twice"
    made = await stored(path)
    assert [each.body() for each in made] == told_once(sent)
    assert PIXEL.encode() in sent[-1]
    assert [each.step for each in made] == [1, 2, 3, 1, 1]
    data = await in_thread(path.read_bytes)
    assert data.count(PIXEL.encode()) <= 2, (
        "a picture stands in the log as often as the history has it, not per request"
    )
    assert b"secret-of-the-header" not in data


@pytest.mark.parametrize(("ref", "wire"), FORMATS)
async def test_results_that_came_in_another_order_are_where_they_were(
    ref: Callable[..., ModelRef], wire: Any, tmp_path: Path
) -> None:
    path = tmp_path / "loom.db"
    both = [("one", '{"thing": "slow", "wait": 0.05}'), ("two", '{"thing": "quick"}')]
    async with WireServer(_side_by_side(wire, both), wire.text("Both."), wire.text("On.")) as server:
        agent = agent_on(ref(server.url), path)
        await agent.session(SessionConfig(id="s")).run("Look at both")
        await agent.aclose()
        agent = agent_on(ref(server.url), path)
        await agent.session(SessionConfig(id="s")).run("Go on")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    logged = await read(path, lambda store: store.records("s", kind=TOOL_RESULT))
    assert [record.data["tool_call_id"] for record in logged] == ["two", "one"], "the quick one was done first"
    assert [each.body() for each in await stored(path)] == sent


def _side_by_side(wire: Any, calls: list[tuple[str, str]]) -> Reply:
    if wire is wire_openai:
        return wire.calls(*(wire.call_pieces(at, key, "look", given) for at, (key, given) in enumerate(calls)))
    if wire is wire_anthropic:
        blocks = [piece for at, (key, given) in enumerate(calls) for piece in wire.call_block(at, key, "look", given)]
        return Reply(chunks=[wire.start(), *blocks, *wire.ending("tool_use")])
    return reply(*(called(at, key, "look", given) for at, (key, given) in enumerate(calls)))


@pytest.mark.parametrize(("ref", "wire"), FORMATS)
async def test_compressed_and_renewed_windows_are_made_again_too(
    ref: Callable[..., ModelRef], wire: Any, tmp_path: Path
) -> None:
    path = tmp_path / "loom.db"
    turns = [_counting(wire.tool_call("look", thing=f"wall {n}")) for n in range(14)]
    async with WireServer(*turns, wire.text("Done."), wire.text("On."), wire.text("End.")) as server:
        agent = agent_on(ref(server.url), path, window=8_000)
        session = agent.session(SessionConfig(id="s"))
        result = await session.run("Measure all the walls")
        await session.run("Go on")
        await session.renew()
        await session.run("And the last one")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    kinds = {event.type for event in result.events}
    assert "context.compressed" in kinds
    made = await stored(path)
    assert [each.body() for each in made] == sent
    assert len(sent) == 17
    assert len({each.system for each in made}) >= 2, "the handoff of the renewal is in the system text"


def _counting(answer: Reply) -> Callable[[Request], Reply]:
    """The answer, with the tokens of the request that it is for."""

    def turn(request: Request) -> Reply:
        counted = rb"\1: %d" % (len(request.body) // 4)
        chunks = [
            re.sub(rb'("(?:prompt|input)_tokens"): \d+', counted, each)
            for each in answer.chunks
            if isinstance(each, bytes)
        ]
        return Reply(chunks=[*chunks])

    return turn


async def test_a_field_that_the_server_refuses_is_missing_where_it_was_left_out(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    refusal = Reply.of_json(
        400, {"error": {"message": "temperature is not supported", "type": "invalid_request_error"}}
    )
    async with WireServer(refusal, wire_openai.text("Yes."), wire_openai.text("Still.")) as server:
        agent = agent_on(openai(server.url, body={"seed": 7}), path)
        session = agent.session(SessionConfig(id="s"))
        await session.run("Hello")
        await session.run("Hello again")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    assert b'"temperature":0.5' in sent[0]
    assert b'"seed":7' in sent[1]
    assert [each.body() for each in await stored(path)] == sent[1:]


async def test_a_fork_and_a_session_taken_back_keep_the_requests_that_were_sent(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    answers = [wire_openai.tool_call("look", thing="wall"), *(wire_openai.text(f"{n}") for n in range(3))]
    async with WireServer(*answers) as server:
        agent = agent_on(openai(server.url), path)
        session = agent.session(SessionConfig(id="s"))
        await session.run("One")
        (first,) = await read(path, lambda store: store.records("s", kind="run.completed"))
        await session.run("Two")
        await session.rewind(first.n)
        await session.run("Instead")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    await read(path, lambda store: store.fork("s", None, "copy"))
    assert [each.body() for each in await stored(path)] == sent
    assert [each.body() for each in await stored(path, "copy")] == sent


async def test_halves_of_surrogate_pairs_are_sent_and_told_alike(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    async with WireServer(wire_openai.text("Yes."), wire_openai.text("Still.")) as server:
        agent = agent_on(openai(server.url), path)
        await agent.session(SessionConfig(id="s")).run("half a \ud83d sign, and a whole 😀")
        await agent.aclose()
        agent = agent_on(openai(server.url), path)
        await agent.session(SessionConfig(id="s")).run("Go on")
        await agent.aclose()
        sent = [request.body for request in server.requests]
    assert b"\\ud83d" in sent[0]
    assert [each.body() for each in await stored(path)] == sent


async def test_a_request_costs_what_is_new_in_it(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    turns = [wire_openai.tool_call("look", thing=f"wall {n}") for n in range(60)]
    async with WireServer(*turns, wire_openai.text("Done.")) as server:
        agent = agent_on(openai(server.url), path, window=1_000_000)
        await agent.session(SessionConfig(id="s")).run("Measure all the walls")
        await agent.aclose()
        sent = [len(request.body) for request in server.requests]
    records = await read(path, lambda store: store.records("s"))
    sizes = [len(repr(each.data)) for each in records if each.type == REQUEST_SENT]
    kinds = [each.type for each in records]
    assert sent[-1] > 10 * sent[1]
    assert max(sizes) < 450
    assert kinds.count(REQUEST_PART) == 2
    assert kinds.count(REQUEST_WIRE) == 1


async def test_what_is_damaged_is_said_and_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    async with WireServer(wire_openai.tool_call("look", thing="wall"), wire_openai.text("Done.")) as server:
        agent = agent_on(openai(server.url), path)
        await agent.session(SessionConfig(id="s")).run("Measure")
        await agent.aclose()
    await in_thread(_spoil, path)
    first, second = await stored(path)
    assert first.body()
    assert second.missing == ("1 of its messages can't be read any more",)
    assert second.body() == b""


def _spoil(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET data = replace(data, 'harbour', 'station') WHERE type = 'tool.result'")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
async def test_the_request_is_there_after_kill_9_in_the_middle_of_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "loom.db"
    silent = Reply(chunks=[wire_openai.delta(role="assistant", content="I see")], stall=True)
    async with WireServer(wire_openai.tool_call("look", thing="wall"), silent) as server:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, server.url, str(path), env={**os.environ, "OPENAI_API_KEY": "k"}
        )
        while len(server.requests) < 2:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        child.send_signal(signal.SIGKILL)
        await child.wait()
        sent = [request.body for request in server.requests]
        assert [each.body() for each in await stored(path)] == sent
        server.says(wire_openai.tool_call("look", thing="sea"), wire_openai.text("Measured."))
        agent = agent_on(openai(server.url), path)
        session = agent.session(SessionConfig(id="s"))
        await session.load()
        await session.resume().wait()
        await agent.aclose()
        sent = [request.body for request in server.requests]
    assert len(sent) == 4
    assert [each.body() for each in await stored(path)] == sent, "also of the run that went on"


_CHILD = """
import asyncio, sys
from pathlib import Path
from loom import SessionConfig
from tests.loom.memory.test_requests import agent_on, openai
agent = agent_on(openai(sys.argv[1]), Path(sys.argv[2]))
asyncio.run(agent.session(SessionConfig(id="s")).run("Measure"))
"""


async def test_a_step_says_how_long_the_model_took_and_when_it_first_spoke(tmp_path: Path) -> None:
    slow = wire_openai.text("It", " stands", pace_s=0.08)
    async with WireServer(slow) as server:
        agent = agent_on(openai(server.url), tmp_path / "loom.db")
        result = await agent.session(SessionConfig(id="s")).run("Measure")
        await agent.aclose()
    assert result.state is RunState.COMPLETED
    (step,) = [event.payload for event in result.events if event.type == "step.completed"]
    assert 70 <= step["first_token_ms"] < step["model_ms"] <= step["duration_ms"]
    assert step["model_ms"] >= 150
