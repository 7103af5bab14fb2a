"""What harness and sub-agents add: recorded steps, sprints, many agents side by side, a long list of runs."""

import asyncio
import importlib.util
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.table import Row

SPRINTS, STEPS, AGENTS, RUNS = 20, 60, 100, 200
SLOWEST_S = 0.25


class Scripted:
    """Answers at once; nothing passes until the last sprint."""

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> Any:
        from loom.orchestration import SubAgentResult

        del inherit_context
        text = "FAIL\n1. FAIL: no" if "<work>" in goal else "It is good"
        return SubAgentResult(True, text, depth + 1)


async def sprint_ms(folder: Path, fsync: bool) -> float:
    """The shortest time that a sprint takes whose agents take none."""
    from loom.memory.sqlite_store import SQLiteStore
    from loom.orchestration import AgentHarness, LogEngine

    store = SQLiteStore(folder / f"harness-{fsync}.db", fsync=fsync)
    best = 1e9
    for run in range(5):
        harness = AgentHarness(Scripted(), Scripted(), max_sprints=SPRINTS, engine=LogEngine(store))
        began = time.perf_counter()
        await harness.run("Write it", f"run-{run}")
        best = min(best, (time.perf_counter() - began) / SPRINTS)
    store.close()
    return best * 1000


async def list_ms(folder: Path) -> float:
    """Reading the list of 200 runs with 50 sprints and 20 kB in each."""
    from loom.memory.sqlite_store import SQLiteStore
    from loom.orchestration import LogEngine

    store = SQLiteStore(folder / "many.db", fsync=False)
    engine = LogEngine(store)

    async def work() -> dict[str, Any]:
        return {"output": "x" * 20_000}

    for run in range(RUNS):
        await engine.start(f"r{run}", {"brief": "b", "max_sprints": 50})
        for sprint in range(50):
            await engine.step(f"r{run}", f"end.{sprint}", work)
        await engine.finish(f"r{run}", {"reason": "passed", "output": "x" * 20_000, "sprint_results": []})
    best = 1e9
    for _ in range(3):
        began = time.perf_counter()
        assert len(await engine.runs()) == RUNS
        best = min(best, time.perf_counter() - began)
    store.close()
    return best * 1000


async def side_by_side() -> float:
    """How much longer than the slowest of them 100 scripted agents take, each with its own session."""
    from loom import AgentConfig, ModelRef, create_agent, tool
    from loom.orchestration import SubAgentManager

    @tool(read_only=True)
    async def wait() -> str:
        """Wait."""
        await asyncio.sleep(SLOWEST_S)
        return "waited"

    def turn(request: Any) -> Any:
        is_done = any(each.role == "tool" for each in request.messages)
        return "done" if is_done else {"tool": "wait", "arguments": {}}

    best = 1e9
    for _ in range(3):
        agent = create_agent(AgentConfig(ModelRef.scripted([turn] * (2 * AGENTS)), tools=[wait]))
        manager = SubAgentManager(agent, max_parallel=AGENTS)
        began = time.perf_counter()
        results = await manager.spawn_many([f"goal {n}" for n in range(AGENTS)])
        took = time.perf_counter() - began
        assert all(each.success for each in results), results[0]
        best = min(best, took / max(each.duration_s for each in results))
        await agent.aclose()
    return best


async def dbos_step_ms(folder: Path) -> float:
    """A recorded step on DBOS with SQLite, the median."""
    from loom.orchestration.opening import open_database

    engine = await open_database(f"sqlite:///{folder}/work.db")

    async def work() -> dict[str, Any]:
        return {"output": "x" * 1_000}

    took: list[float] = []
    await engine.start("r", {"brief": "b"})
    for step in range(STEPS):
        began = time.perf_counter()
        await engine.step("r", f"s{step}", work)
        took.append(time.perf_counter() - began)
    await engine.finish("r", {"reason": "passed"})
    await engine.aclose()
    return sorted(took)[STEPS // 2] * 1000


def rows() -> Iterator[Row]:
    """All of the harness's rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        note = f"safe from the end of the machine: {asyncio.run(sprint_ms(folder, True)):.1f} ms"
        yield Row("the harness adds to a sprint, recorded", "ms", asyncio.run(sprint_ms(folder, False)), 2.0, note=note)
        yield Row(f"the list of {RUNS} runs of 50 sprints", "ms", asyncio.run(list_ms(folder)), 50.0)
        yield Row(f"{AGENTS} scripted sub-agents / the slowest", "×", asyncio.run(side_by_side()), 1.5)
        if importlib.util.find_spec("dbos") is not None:
            yield Row("a recorded step, DBOS on SQLite", "ms", asyncio.run(dbos_step_ms(folder)), 8.0)
