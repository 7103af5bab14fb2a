"""What survives 200 rounds in a window of 8,000 tokens: looked for in the requests that a server really got."""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import ContextConfig, HeartbeatConfig, RuntimeConfig, RuntimeLimits
from loom.heartbeat.events import HeartbeatEvent
from loom.providers.openai import OpenAIProvider
from loom.types.runs import RunState
from tests.support.agents import of_type
from tests.support.wire_openai import DONE, call_pieces, delta, usage
from tests.support.wire_server import Reply, Request, WireServer

ROUNDS = 200
WINDOW = 8_000
PLANT_EVERY = 10
GOAL = "Goal: bring the billing service in src/billing to version 4 without losing an invoice."
PLAN = [f"Step {letter}: migrate the table {letter}_ledger" for letter in "ABCDEF"]
PINNED = "The vault key is held by Ada, room 4417."
PENDING = "Ticket 90210 waits for an answer"
LEAST_SHARE = 0.9
"""The share of what was planted and neither pinned nor planned that was there at the end when this was written."""


@dataclass
class Planted:
    """What the script says in its rounds, each once."""

    facts: list[str]
    decisions: list[str]
    files: list[str]

    @staticmethod
    def all() -> "Planted":
        rounds = range(0, ROUNDS, PLANT_EVERY)
        return Planted(
            [f"Fact {n}: tenant {n * 37 + 11} has {n * 13 + 5} open invoices." for n in rounds],
            [f"We decided to keep column c{n * 7 + 3} for audits." for n in rounds],
            [f"src/billing/part_{n * 3}/job_{n}.py" for n in rounds],
        )


class Script:
    """A model that reads on and on, and says now and then what it found. Its tokens are four bytes each."""

    def __init__(self) -> None:
        self.planted = Planted.all()
        self.requests: list[int] = []
        self.last = ""

    def __call__(self, request: Request) -> Reply:
        told = request.messages[-1]
        self.last = "\n".join(str(message.get("content") or "") for message in request.messages)
        counted = len(request.body) // 4
        self.requests.append(counted)
        n = len(self.requests) - 2
        if n == -1:
            return answered("Understood.", counted)
        if n == 0:
            return answered("I plan.", counted, "update_plan", {"steps": PLAN})
        if n > ROUNDS:
            return answered("All is done.", counted)
        assert told["role"] in ("tool", "user")
        place, rest = divmod(n - 1, PLANT_EVERY)
        said = f"Round {n}: I look further."
        if rest == 0:
            found = self.planted
            said = f"{found.facts[place]}\n{found.decisions[place]}\nIt lies in {found.files[place]}."
        return answered(said, counted, "look", {"n": n})


def answered(said: str, counted: int, name: str = "", arguments: dict[str, Any] | None = None) -> Reply:
    pieces = call_pieces(0, f"call_{counted}", name, json.dumps(arguments)) if name else []
    return Reply(
        chunks=[delta(content=said), *pieces, delta("tool_calls" if name else "stop"), usage(counted, 40), DONE]
    )


@tool(read_only=True)
def look(n: int) -> str:
    """Look at something."""
    return f"listing {n}\n" + "\n".join(f"row {n}-{k}: nothing of note here, all is as it was" for k in range(18))


async def test_what_was_planted_along_200_rounds_is_in_the_last_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = Script()
    async with WireServer(script, loop=True) as server:
        config = AgentConfig(
            model=ModelRef.openai("m", api_base=server.url),
            instructions="You are careful.",
            tools=[look],
            context=ContextConfig(scratchpad=True),
            heartbeat=HeartbeatConfig(),
            runtime=RuntimeConfig(limits=RuntimeLimits(max_context_tokens=WINDOW, max_iterations=ROUNDS + 10)),
        )
        agent = create_agent(config, workspace=tmp_path, provider=OpenAIProvider(config.model, "key", ""))
        try:
            session = agent.session()
            await session.run(PINNED)
            await session.pin(session.history[0])
            assert agent.heartbeat is not None
            agent.heartbeat.take(HeartbeatEvent("test", PENDING, PENDING, "low"))
            run = session.start(GOAL)
            result = await run.wait()
        finally:
            await agent.aclose()
    assert (result.state, result.iterations) == (RunState.COMPLETED, ROUNDS + 2), result.error
    for kept in (GOAL, PINNED, PENDING, *PLAN):
        assert kept in script.last, kept
    shares = {
        name: sum(each in script.last for each in planted) / len(planted)
        for name, planted in vars(script.planted).items()
    }
    share = sum(shares.values()) / len(shares)
    levels = Counter(event["strategy"] for event in of_type(result, "context.compressed"))
    renewals = len(of_type(result, "context.renewed"))
    with capsys.disabled():
        told = ", ".join(f"{name} {part:.0%}" for name, part in shares.items())
        sys.stdout.write(f"\nsurvived {ROUNDS} rounds: {told}; {dict(levels)}, {renewals} renewals; ")
        sys.stdout.write(f"largest request {max(script.requests):,} of {WINDOW:,} tokens\n")
    assert max(script.requests) <= WINDOW
    assert share >= LEAST_SHARE
    assert run.last_request is not None
    assert sum(run.last_request.tokens.values()) == script.requests[-1]
