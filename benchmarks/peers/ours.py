"""loom itself, and the cases that only it has."""

import asyncio
import statistics
import sys
import time
from pathlib import Path

# Run as a script, so the checkout is not on the path by itself; the installed package is the same code.
sys.path.append(str(Path(__file__).parent.parent.parent))

from loom import AgentConfig, ModelRef, create_agent, tool
from loom.config import PolicyConfig, RuntimeConfig, RuntimeLimits, ToolPolicy, ToolRateLimitPolicy
from loom.providers.scripted import ScriptedProvider
from loom.types import Message

import common
from common import CASE, N, URL, main, measure_rounds, standard

TOOL_MS = 100


@tool(read_only=True)
async def ping(n: int) -> str:
    """Answer a number."""
    return common.ping(n)


@tool(name="wait", read_only=True, concurrency_safe=True)
async def wait_async(n: int) -> str:
    """Wait a little."""
    await asyncio.sleep(TOOL_MS / 1000)
    return f"waited {n}"


@tool(name="wait", read_only=True, concurrency_safe=True)
def wait_blocking(n: int) -> str:
    """Wait a little."""
    time.sleep(TOOL_MS / 1000)
    return f"waited {n}"


def config(model, tools):
    return AgentConfig(
        model=model,
        tools=tools,
        policy=PolicyConfig(tools=ToolPolicy(rate_limits=ToolRateLimitPolicy(max_calls_per_minute=1_000_000))),
        runtime=RuntimeConfig(limits=RuntimeLimits(max_iterations=100_000)),
    )


AGENTS = {}


def http_agent(model, *tools):
    """One agent for all its runs, as an application has; `agent.run` makes a session for each."""
    key = (model, *(spec.name for spec in tools))
    if key not in AGENTS:
        AGENTS[key] = create_agent(config(ModelRef.openai(model, api_base=URL), list(tools)))
    return AGENTS[key]


async def once(agent, prompt="Ping until done."):
    result = await agent.run(prompt)
    assert result.state.value == "completed", result.error
    return result


async def http_rounds(rounds):
    await once(http_agent(f"rounds-{rounds}", ping))


async def scripted_rounds(rounds):
    turns = [{"tool": "ping", "arguments": {"n": n}} for n in range(rounds)]
    ref = ModelRef.scripted([*turns, "done"])
    await once(create_agent(config(ref, [ping]), provider=ScriptedProvider(ref)))


async def stream(model):
    """Tokens a second and the first token's delay, as a consumer of the run's events sees them."""
    agent = http_agent(model)
    began, first, count, worst, last = time.perf_counter(), None, 0, 0.0, None
    run = agent.session().start("x")
    async for event in run.events():
        if event.type == "text.delta":
            now = time.perf_counter()
            first = first or now - began
            worst = max(worst, now - last) if last else 0.0
            last = now
            count += 1
    took = time.perf_counter() - began
    return {"tokens_per_s": N / took, "first_ms": first * 1000, "deltas": count, "worst_gap_ms": worst * 1000}


async def history():
    """One more turn on N messages: the second one, when the form of the earlier messages is made."""
    talk = [Message("user" if n % 2 == 0 else "assistant", f"Message {n} of a long talk.") for n in range(N)]
    agent = http_agent("rounds-0")
    began = time.perf_counter()
    session = agent.session(None, talk)
    times = []
    for _ in range(5):
        result = await session.run("And now?")
        assert result.state.value == "completed", result.error
        times.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
    return {"ms": statistics.median(times[1:]), "cold_ms": times[0]}


async def parallel(wait):
    agent = http_agent(f"calls-{N}", wait)
    await once(agent)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        await once(agent)
        times.append((time.perf_counter() - began) * 1000)
    return {"ms": min(times)}


async def work():
    if CASE == "scripted":
        return await measure_rounds(scripted_rounds, N)
    if CASE == "stream":
        return max([await stream(f"tokens-{N}-0") for _ in range(4)][1:], key=lambda r: r["tokens_per_s"])
    if CASE == "paced":
        return min([await stream(f"tokens-{N}-100") for _ in range(4)][1:], key=lambda r: r["first_ms"])
    if CASE == "history":
        return await history()
    if CASE == "parallel":
        return await parallel(wait_async)
    if CASE == "parallel_blocking":
        return await parallel(wait_blocking)
    return await standard(http_rounds)


if __name__ == "__main__":
    main(work)
