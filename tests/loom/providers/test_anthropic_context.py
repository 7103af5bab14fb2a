"""Claude's provider makes room itself, where the agent asks for it and the model can: asked, applied, told."""

from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import CompressionPolicy, ContextConfig, RuntimeConfig, RuntimeLimits
from loom.types.content import ThinkingBlock
from tests.support import wire_anthropic as wire
from tests.support.agents import assert_catalogued, of_type
from tests.support.wire_server import Reply, WireServer

CLEARED = {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 8, "cleared_input_tokens": 50_000}


@tool(read_only=True)
def look() -> str:
    """Look."""
    return "seen"


def agent_of(url: str, model: str = "claude-sonnet-5-5", kinds: Any = ("edit", "compact")) -> Agent:
    context = ContextConfig(CompressionPolicy(summaries="lines"), server_side=list(kinds))
    limits = RuntimeConfig(limits=RuntimeLimits(max_context_tokens=100_000))
    ref = ModelRef.anthropic(model, api_base=url)
    return create_agent(AgentConfig(model=ref, tools=[look], context=context, runtime=limits))


def ending(edits: list[dict[str, Any]], **usage: Any) -> list[bytes]:
    told = {"context_management": {"applied_edits": edits}, "usage": {"output_tokens": 5, **usage}}
    return [wire.event("message_delta", delta={"stop_reason": "end_turn"}, **told), wire.event("message_stop")]


async def test_the_provider_is_asked_to_make_room_before_we_do_and_what_it_did_is_told() -> None:
    said = wire.block(0, "text", *wire.words("Hello"), text="")
    edited = Reply(chunks=[wire.start(input_tokens=20_000), *said, *ending([CLEARED])])
    async with WireServer(edited, wire.text("More", input_tokens=20_300)) as server:
        agent = agent_of(server.url)
        try:
            session = agent.session()
            result = await session.run("hi " * 200)
            factor = session.context.manager.ledger.factor
            await session.run("on")
        finally:
            await agent.aclose()
        (first, _) = server.requests
    assert_catalogued(result.events)
    assert first.json["context_management"]["edits"] == [
        {"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens", "value": 63_000}},
        {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 81_000}},
    ]
    assert first.headers["anthropic-beta"] == "context-management-2025-06-27,compact-2026-01-12"
    (told,) = of_type(result, "context.provider_edited")
    assert told["edits"] == [CLEARED]
    assert told["detail"] == "8 tool results were left out (50,000 tokens)"
    assert factor == 1.0, "a count of less than was sent teaches nothing"
    assert of_type(result, "context.pressure")[-1]["used_tokens"] == 20_005


async def test_a_compaction_goes_back_verbatim_and_its_cost_is_the_runs() -> None:
    summed_up = wire.block(0, "compaction", {"type": "compaction_delta", "content": "All of it."}, content=None)
    said = wire.block(1, "text", *wire.words("Hello"), text="")
    iterations = [
        {"type": "compaction", "input_tokens": 80_000, "output_tokens": 900},
        {"type": "message", "input_tokens": 1_000, "output_tokens": 5},
    ]
    compacted = Reply(chunks=[wire.start(input_tokens=1_000), *summed_up, *said, *ending([], iterations=iterations)])
    async with WireServer(compacted, wire.text("More")) as server:
        agent = agent_of(server.url)
        try:
            session = agent.session()
            result = await session.run("hi")
            await session.run("on")
        finally:
            await agent.aclose()
        again = server.requests[1].messages[1]
    assert again["content"][0] == {"type": "compaction", "content": "All of it."}
    assert again["content"][1]["text"] == "Hello"
    assert result.output == "Hello"
    assert (result.usage.input_tokens, result.usage.output_tokens) == (81_000, 905)
    assert of_type(result, "context.provider_edited")[0]["detail"] == "what is old was summed up"
    assert of_type(result, "context.pressure")[-1]["used_tokens"] == 1_005
    assert isinstance(session.history[1].content[0], ThinkingBlock)


@pytest.mark.parametrize(
    ("model", "kinds", "asked"),
    [
        ("claude-sonnet-5-5", [], []),
        ("claude-haiku-4-5", ["edit", "compact"], ["clear_tool_uses_20250919"]),
        ("claude-3-haiku", ["edit", "compact"], []),
    ],
)
async def test_nothing_is_asked_that_nobody_wants_or_the_model_can_not(
    model: str, kinds: list[str], asked: list[str]
) -> None:
    async with WireServer(wire.text("Hello")) as server:
        agent = agent_of(server.url, model, kinds)
        try:
            await agent.run("hi")
        finally:
            await agent.aclose()
        sent = server.requests[0].json
    assert [edit["type"] for edit in sent.get("context_management", {}).get("edits", [])] == asked


async def test_a_server_that_does_not_know_it_is_asked_again_without() -> None:
    no = {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "context_management: Extra inputs are not permitted"},
    }
    async with WireServer(Reply.of_json(400, no), wire.text("Hello")) as server:
        agent = agent_of(server.url)
        try:
            result = await agent.run("hi")
        finally:
            await agent.aclose()
        assert result.output == "Hello"
        assert "context_management" not in server.requests[1].json
        assert "anthropic-beta" not in server.requests[1].headers
