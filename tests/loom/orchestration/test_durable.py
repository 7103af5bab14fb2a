"""Harness runs that outlive their process: each recorded step is done once, whatever happens to the process."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loom import ConfigError
from loom.errors import SessionInUseError
from loom.memory.in_memory import InMemoryStore
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import (
    AgentHarness,
    CoordinationEventBus,
    DurableEngine,
    LogEngine,
    MemoryEngine,
    SubAgentResult,
)
from loom.orchestration.dbos_engine import DbosEngine
from loom.threads import in_thread


class Answers:
    """Gives its answers in turn, and keeps what it was asked."""

    def __init__(self, *answers: str | BaseException) -> None:
        self.answers = list(answers)
        self.goals: list[str] = []

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        self.goals.append(goal)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return SubAgentResult(True, answer, depth + 1)


ENGINES = ["memory", "log in memory", "sqlite", "dbos on sqlite", "dbos on postgres"]


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DurableEngine]:
    if request.param == "memory":
        yield MemoryEngine()
    elif request.param == "log in memory":
        yield LogEngine(InMemoryStore())
    elif request.param == "sqlite":
        store = await in_thread(SQLiteStore, tmp_path / "harness.db")
        yield LogEngine(store)
        await in_thread(store.close)
    else:
        on_server = request.param == "dbos on postgres"
        url = request.getfixturevalue("postgres")() if on_server else f"sqlite:///{tmp_path}/work.db"
        made = await in_thread(DbosEngine, url)
        yield made
        await made.aclose()


async def test_a_run_goes_on_after_its_last_recorded_step(engine: DurableEngine) -> None:
    generator = Answers("draft one", asyncio.CancelledError())
    evaluator = Answers("It greets", "FAIL\n1. FAIL: no", "It greets")
    with pytest.raises(asyncio.CancelledError):
        await AgentHarness(generator, evaluator, Answers("the spec"), engine=engine).run("brief", "r1")
    (run,) = await engine.runs()
    assert (run.id, run.state, run.data["brief"]) == ("r1", "interrupted", "brief")
    assert "generate.1" in run.steps
    generator, evaluator, heard = Answers("draft two"), Answers("PASS"), list[str]()
    bus = CoordinationEventBus()
    bus.subscribe("*", lambda event: heard.append(event.topic))
    harness = AgentHarness(generator, evaluator, Answers(), engine=engine, event_bus=bus)
    result = await harness.resume("r1")
    assert (result.spec, result.output, result.passed, result.sprints) == ("the spec", "draft two", True, 2)
    assert result.sprint_results[0].critique == "1. FAIL: no"
    assert "draft one" in generator.goals[0]
    assert heard == ["sprint.criterion", "sprint.passed", "harness.completed"]  # nothing is told twice
    (run,) = await engine.runs()
    assert run.state == "done"
    assert run.outcome is not None
    assert run.outcome["passed"]
    assert (await harness.resume("r1")).output == "draft two"


async def test_signals_reach_a_run_and_are_heard_once(engine: DurableEngine) -> None:
    await engine.signal("r1", "remark", {"text": "shorter"})
    await engine.signal("r1", "criterion", {"text": "It rhymes"})
    assert [(each.n, each.kind) for each in await engine.signals("r1")] == [(1, "remark"), (2, "criterion")]
    assert [each.n for each in await engine.signals("r1", 1)] == [2]
    generator = Answers("one", "two")
    harness = AgentHarness(generator, Answers("It greets", "FAIL\nno", "It greets", "PASS"), engine=engine)
    result = await harness.run("brief", "r1")
    assert "shorter" in generator.goals[0]
    assert "The person who watches says" not in generator.goals[1]
    assert result.sprint_results[0].contract.criteria == ["It greets", "It rhymes"]


async def test_a_contract_waits_for_the_signal_that_approves_it(engine: DurableEngine) -> None:
    harness = AgentHarness(Answers("one"), Answers("It greets", "PASS"), engine=engine, waits_for_approval=True)
    running = asyncio.get_running_loop().create_task(harness.run("brief", "r1"))
    await asyncio.sleep(0.3)
    assert not running.done()
    await engine.signal("r1", "contract", {"sprint": 1, "criteria": ["It greets", "mine"]})
    result = await running
    assert result.sprint_results[0].contract.criteria == ["It greets", "mine"]
    refused = AgentHarness(Answers(), Answers("It greets"), engine=engine, waits_for_approval=True)
    await engine.signal("r2", "contract", {"sprint": 1, "refused": True})
    assert (await refused.run("brief", "r2")).reason == "stopped"
    with pytest.raises(ConfigError, match="needs an engine"):
        AgentHarness(Answers(), Answers(), waits_for_approval=True)


async def test_an_unknown_run_is_named(engine: DurableEngine) -> None:
    with pytest.raises(ConfigError, match="no harness run 'nope'"):
        await AgentHarness(Answers(), engine=engine).resume("nope")
    with pytest.raises(ConfigError, match="no harness run"):
        await AgentHarness(Answers()).resume("nope")


async def test_a_run_has_one_worker_at_a_time(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "harness.db")
    try:
        first, second = LogEngine(store), LogEngine(store)
        await first.start("r1", {"brief": "x"})
        (run,) = await second.runs()
        assert run.state == "running"
        assert run.owner
        with pytest.raises(SessionInUseError):
            await second.start("r1", {"brief": "y"})
        await first.leave("r1")
        assert await second.start("r1", {"brief": "y"}) == {"brief": "x"}
        await second.leave("r1")
    finally:
        await in_thread(store.close)


def child(folder: Path, run_id: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.harness_child", str(folder), run_id]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.timeout(120)
def test_killed_anywhere_a_run_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311  a seed, so that a failure can be repeated
    whole: dict[str, Any] | None = None
    for trial in range(4):
        folder = tmp_path / str(trial)
        folder.mkdir()
        killed = 0
        while True:
            process = child(folder, "run")
            if trial and killed < 3:
                until = time.monotonic() + 10
                wanted = len(done(folder)) + chance.randint(1, 4)
                while time.monotonic() < until and len(done(folder)) < wanted and process.poll() is None:
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.02)
                if process.poll() is None:
                    process.kill()
                    killed += 1
                    process.communicate()
                    continue
            said, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
            result = json.loads(said)
            break
        for each in result["sprint_results"]:
            each["duration_s"] = each["handoff"]["handoff_ts"] = 0
        whole = whole or result
        assert result == whole
        assert result["passed"]
        # What was under way when the process was killed may have been done twice, nothing else.
        twice = sum(count - 1 for line, count in Counter(done(folder)).items() if "draft" in line)
        assert twice <= killed


def done(folder: Path) -> list[str]:
    file = folder / "done.txt"
    return file.read_text().splitlines() if file.exists() else []
