"""An exact count is asked for where the estimate can't decide, once, and briefly."""

import asyncio
import json
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import CompressionPolicy, ContextConfig, RuntimeConfig, RuntimeLimits
from loom.context.tokens import estimate_message
from loom.types.messages import Message
from loom.types.runs import RunState
from tests.support import wire_anthropic, wire_responses
from tests.support.agents import of_type
from tests.support.wire_server import Reply, Request, WireServer

WINDOW = 6_000


@tool(read_only=True)
def look() -> str:
    """Look."""
    return "seen"


def filled(share: float) -> list[Message]:
    """A history that rules estimate at a share of the window."""
    history: list[Message] = []
    while sum(map(estimate_message, history)) < share * WINDOW - 60:
        history += [Message("user", f"Question {len(history)}: what of the wall?"), Message("assistant", "It is " * 12)]
    return history


class Server:
    """Answers requests, and counts what it is asked to count as `counted`."""

    def __init__(self, counted: Any, answer: Reply) -> None:
        self.counted, self.answer = counted, answer
        self.counts: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Reply:
        if request.path.endswith(("/count_tokens", "/input_tokens")):
            self.counts.append(json.loads(request.body))
            return (
                self.counted if isinstance(self.counted, Reply) else Reply.of_json(200, {"input_tokens": self.counted})
            )
        return self.answer


RESPONSES = Reply(chunks=[*wire_responses.said("Hello"), wire_responses.ended(counted={"input_tokens": 4_000})])
ANTHROPIC = wire_anthropic.text("Hello", input_tokens=4_000)


def agent_at(ref: ModelRef, **policy: Any) -> Agent:
    compression = CompressionPolicy(summaries="lines", **policy)
    limits = RuntimeConfig(limits=RuntimeLimits(max_context_tokens=WINDOW))
    config = AgentConfig(model=ref, tools=[look], context=ContextConfig(compression), runtime=limits)
    return create_agent(config)


@pytest.fixture(autouse=True)
def enough_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine imports a client."""
    monkeypatch.setattr("loom.runtime.exact_count.LIMIT_S", 30.0)


async def first_pressure(server: Server, share: float, api: str = "anthropic", **policy: Any) -> list[dict[str, Any]]:
    async with WireServer(server, loop=True) as wire:
        ref = ModelRef.anthropic("claude-sonnet-5-5", api_base=wire.url)
        if api == "openai":
            ref = ModelRef.openai("gpt-6-luna", api_base=wire.url, extensions={"api": "responses"})
        agent = agent_at(ref, **policy)
        try:
            session = agent.session(history=filled(share))
            async with asyncio.timeout(60):
                result = await session.run("go on")
                assert result.state is RunState.COMPLETED, result.error
                await session.run("and on")
        finally:
            await agent.aclose()
    return of_type(result, "context.compression_planned") + of_type(result, "context.compressed")


@pytest.mark.parametrize(
    ("api", "answer"), [("anthropic", ANTHROPIC), ("openai", RESPONSES)], ids=["anthropic", "openai"]
)
async def test_near_a_level_the_count_decides_and_not_the_estimate(api: str, answer: Reply) -> None:
    high, low = Server(5_800, answer), Server(3_000, answer)
    told = await first_pressure(high, 0.89, api)
    assert told, "the count is above the level, though the estimate is below"
    assert told[0].get("strategy") == "auto"
    assert len(high.counts) == 1
    (asked,) = high.counts
    assert not {"stream", "max_tokens", "max_output_tokens", "temperature"} & set(asked)
    assert "look" in json.dumps(asked["tools"])
    assert "go on" in json.dumps(asked)
    assert not [each for each in await first_pressure(low, 0.92, api) if "strategy" in each]


async def test_far_from_a_level_and_where_it_is_switched_off_nobody_is_asked() -> None:
    far, switched_off = Server(5_800, ANTHROPIC), Server(5_800, ANTHROPIC)
    await first_pressure(far, 0.5)
    await first_pressure(switched_off, 0.89, exact_near=0.0)
    assert far.counts == switched_off.counts == []


@pytest.mark.parametrize("refusal", [Reply.of_json(404, {"error": {"message": "no"}}), Reply.of_json(200, {"odd": 1})])
async def test_a_server_that_gives_no_count_is_asked_once_and_the_run_goes_on(refusal: Reply) -> None:
    server = Server(refusal, ANTHROPIC)
    await first_pressure(server, 0.89)
    assert len(server.counts) == 1


async def test_a_count_that_takes_too_long_holds_no_step_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loom.runtime.exact_count.LIMIT_S", 0.05)
    server = Server(Reply(delay_s=120), ANTHROPIC)
    await first_pressure(server, 0.89)
