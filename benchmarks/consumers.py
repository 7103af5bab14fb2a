"""What those who take in an agent's events add to a step: nothing, insights in the profile, OpenTelemetry spans."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.table import Row
from loom import AgentConfig, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import RuntimeConfig, RuntimeFeatures, RuntimeLimits
from loom.evolution.ledger import InsightsLedger
from loom.evolution.recorder import Recorder
from loom.providers.scripted import ScriptedProvider

STEPS = 400
REPEATS = 7
LIMITS = RuntimeLimits(max_iterations=STEPS + 10)


@tool(read_only=True)
async def look(path: str) -> str:
    """Look."""
    return f"saw {path}"


def _agent() -> Agent:
    turns: list[Any] = [{"tool": "look", "arguments": {"path": f"src/{n}.py"}} for n in range(STEPS)]
    ref = ModelRef.scripted([*turns, "done"])
    runtime = RuntimeConfig(limits=LIMITS, features=RuntimeFeatures())
    return create_agent(AgentConfig(model=ref, tools=[look], runtime=runtime), provider=ScriptedProvider(ref))


async def _once(consumers: list[Any]) -> float:
    """Microseconds of processor time for one step of a run of 400, each with a tool call."""
    agent = _agent()
    agent.engine.gate.rate.limit = None
    agent.engine.consumers += consumers
    began = time.process_time()
    result = await agent.run("go")
    took = time.process_time() - began
    await agent.aclose()
    if result.iterations != STEPS + 1:
        raise RuntimeError(f"the run ended after {result.iterations} steps: {result.error}")
    return took / STEPS * 1e6


def _tracing(config: AgentConfig) -> Any:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from loom.telemetry import make_tracing

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    return make_tracing(config, provider)


def rows() -> Iterator[Row]:
    """One row for each consumer; all kinds of run alternate, and each figure is the least of its runs."""
    config = AgentConfig(ModelRef.scripted([]))
    taken: dict[str, list[float]] = {"none": [], "insights": [], "spans": [], "idle spans": []}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(REPEATS):
            taken["none"].append(asyncio.run(_once([])))
            taken["insights"].append(asyncio.run(_once([Recorder(InsightsLedger(Path(folder)), "bench")])))
            try:
                taken["spans"].append(asyncio.run(_once([_tracing(config)])))
                from loom.telemetry import make_tracing

                taken["idle spans"].append(asyncio.run(_once([make_tracing(config)])))
            except ImportError:
                continue
    none = min(taken["none"])
    medians = ", ".join(f"{name} {statistics.median(found):.0f}" for name, found in taken.items() if found)
    note = f"a step alone {none:.0f} µs of processor time; medians: {medians}"
    yield Row("insights, added to a step with a tool call", "µs", min(taken["insights"]) - none, 80.0, note=note)
    if taken["spans"]:
        yield Row("OpenTelemetry spans, added to it (two spans)", "µs", min(taken["spans"]) - none, 250.0)
        yield Row("the same with no tracer provider", "µs", min(taken["idle spans"]) - none, 20.0)
