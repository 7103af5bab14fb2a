"""Harness runs that outlive their process: each recorded step is done once, whatever happens to the process."""

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from loom import ConfigError
from loom.errors import SessionInUseError, StoreError
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
from loom.orchestration.work_database import WorkDatabase, read_address
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


async def nothing() -> dict[str, Any]:
    return {}


async def test_a_run_that_is_done_keeps_its_outcome_and_does_no_new_step(engine: DurableEngine) -> None:
    await engine.start("r1", {"brief": "x"})
    await engine.step("r1", "a", lambda: made(1))
    await engine.finish("r1", {"reason": "passed", "sprint_results": [1]})
    assert await engine.start("r1", {"brief": "y"}) == {"brief": "x"}
    assert await engine.step("r1", "a", lambda: made(2)) == ({"value": 1}, True)
    if not isinstance(engine, MemoryEngine):
        with pytest.raises(StoreError, match="is done"):
            await engine.step("r1", "b", nothing)
    await engine.finish("r1", {"reason": "failed", "sprint_results": []})
    run = await engine.run("r1")
    assert run is not None
    assert (run.state, run.steps) == ("done", ["a"])
    assert run.outcome == {"reason": "passed", "sprint_results": [1]}
    (listed,) = await engine.runs()
    assert listed.outcome == {"reason": "passed", "sprint_results": [], "output": "", "spec": ""}
    assert await engine.run("other") is None


async def made(value: int) -> dict[str, Any]:
    return {"value": value}


async def test_work_that_fails_is_no_step_and_steps_side_by_side_are_all_recorded(engine: DurableEngine) -> None:
    async def fails() -> dict[str, Any]:
        raise RuntimeError("no")

    await engine.start("r1", {})
    with pytest.raises(RuntimeError):
        await engine.step("r1", "a", fails)
    await asyncio.gather(*(engine.step("r1", f"s{n}", lambda n=n: made(n)) for n in range(5)))
    assert await engine.step("r1", "a", lambda: made(9)) == ({"value": 9}, False)
    await engine.settle("r1")
    await engine.leave("r1")
    await engine.start("r1", {})
    results = await engine.results("r1")
    assert {name: result["value"] for name, result in results.items()} == {"a": 9} | {f"s{n}": n for n in range(5)}
    for n in range(5):
        assert await engine.step("r1", f"s{n}", nothing) == ({"value": n}, True)
    await engine.leave("r1")
    assert await engine.recover() == ["r1"]


async def test_runs_are_queued_under_ids_of_their_own_and_cancelled(engine: DurableEngine) -> None:
    await engine.enqueue("r1", {"brief": "x"})
    run = await engine.run("r1")
    assert run is not None
    assert (run.state, run.data) == ("queued", {"brief": "x"})
    with pytest.raises(StoreError, match="is a harness run r1 already"):
        await engine.enqueue("r1", {"brief": "y"})
    await engine.cancel("r1")
    run = await engine.run("r1")
    assert run is not None
    assert run.state == "done"
    assert run.outcome is not None
    assert run.outcome["reason"] == "cancelled"
    with pytest.raises(StoreError, match="no harness run nope"):
        await engine.cancel("nope")


async def test_a_run_that_works_ends_soon_when_it_is_cancelled(engine: DurableEngine) -> None:
    began = asyncio.Event()

    class Slow(Answers):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            del inherit_context, goal
            began.set()
            await asyncio.sleep(60)
            return SubAgentResult(True, "never", depth + 1)

    harness = AgentHarness(Slow(), Answers("It greets"), engine=engine)
    running = asyncio.get_running_loop().create_task(harness.run("brief", "r1"))
    await began.wait()
    await engine.cancel("r1", "Ada")
    result = await asyncio.wait_for(running, 40)
    assert (result.reason, result.passed) == ("cancelled", False)
    run = await engine.run("r1")
    assert run is not None
    assert run.state == "done"


async def test_cancelling_the_caller_is_still_cancelling() -> None:
    harness = AgentHarness(Answers(), Endless(), engine=MemoryEngine())
    running = asyncio.get_running_loop().create_task(harness.run("brief", "r1"))
    await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


class Endless:
    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context, goal
        await asyncio.sleep(60)
        return SubAgentResult(True, "never", depth + 1)


async def test_a_sprint_that_is_gone_on_with_counts_what_was_recorded_of_it() -> None:
    class Slow(Answers):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            await asyncio.sleep(0.3)
            return await super().spawn(goal, depth, inherit_context)

    engine = MemoryEngine()
    evaluator = Answers("It greets", asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await AgentHarness(Slow("one"), evaluator, engine=engine).run("brief", "r1")
    result = await AgentHarness(Answers(), Answers("PASS"), engine=engine).resume("r1")
    assert result.sprint_results[0].duration_s >= 0.3


async def test_a_worker_that_lost_its_run_records_nothing_more(postgres: Callable[[], str]) -> None:
    url, lease_s = postgres(), 2.0
    engine = await in_thread(DbosEngine, url, lease_s=lease_s)
    other = await in_thread(WorkDatabase, read_address(url), lease_s)
    try:
        await engine.start("r1", {})
        await engine.step("r1", "a", nothing)
        with pytest.raises(SessionInUseError, match="is being worked on by"):
            await in_thread(other.take, "r1")
        engine._stop.set()  # as if the process had been stopped
        await asyncio.sleep(lease_s + 0.3)
        lease = await in_thread(other.take, "r1")
        with pytest.raises(SessionInUseError, match="taken over by another worker"):
            await engine.step("r1", "b", nothing)
        await engine.leave("r1")
        assert await in_thread(other.beat, [lease]) == []
        assert await engine.results("r1") == {"a": {}}
    finally:  # a process works on one database at a time: left open, this one is in the way of every test after it
        await engine.aclose()
        await in_thread(other.close)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "No database was named"),
        ("nonsense", "is no address of a database"),
        ("mysql://me:secret@host/x", r"mysql://me:\*\*\*@host/x is no database that runs can be kept in"),
        ("postgresql://me:secret@localhost", "names no database"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_address(url)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_and_a_database_that_it_does_not_have_are_named(
    postgres: Callable[[], str], tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r"can't be reached .*is the server running") as caught:
        DbosEngine("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreError, match='database "missing" does not exist'):
        DbosEngine(postgres().rpartition("/")[0] + "/missing")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="look at the file"):
        DbosEngine(f"sqlite:///{tmp_path}/file/work.db")


async def test_what_is_kept_is_json_under_a_version_and_an_executor_of_its_own(tmp_path: Path) -> None:
    executors: set[str] = set()
    for run_id in ("r1", "r2"):
        engine = await in_thread(DbosEngine, f"sqlite:///{tmp_path}/work.db", "me")
        await engine.start(run_id, {"brief": "né"})
        await engine.step(run_id, "a", lambda: made(1))
        await engine.finish(run_id, {"reason": "passed"})
        executors.add(engine.executor)
        await engine.aclose()
    connection = sqlite3.connect(tmp_path / "work.db")
    kept = connection.execute("SELECT application_version, executor_id, serialization FROM workflow_status").fetchall()
    texts = [
        json.loads(text)
        for column, table in (
            ("inputs", "workflow_input"),
            ("output", "workflow_output"),
            ("output", "operation_outputs"),
        )
        for (text,) in connection.execute(f"SELECT {column} FROM {table}")  # noqa: S608  our own words
    ]
    connection.close()
    assert len(executors) == 2
    assert {each[1] for each in kept} == executors
    assert {(each[0], each[2]) for each in kept} == {("loom-harness-1", "portable_json")}
    given = {"namedArgs": {}, "positionalArgs": [{"brief": "né"}]}
    assert texts == [given, given, {"reason": "passed"}, {"reason": "passed"}, {"value": 1}, {"value": 1}]


async def test_a_database_file_is_private_and_a_process_works_on_one_at_a_time(tmp_path: Path) -> None:
    first = await in_thread(DbosEngine, f"sqlite:///{tmp_path}/one.db")
    second = await in_thread(DbosEngine, f"sqlite:///{tmp_path}/two.db")
    try:
        assert (tmp_path / "one.db").stat().st_mode & 0o777 == 0o600
        await first.start("r1", {})
        with pytest.raises(StoreError, match="one at a time"):
            await second.start("r1", {})
        assert await second.recover() == []
    finally:
        await second.aclose()
        await first.aclose()


def child(folder: Path, run_id: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.harness_child", str(folder), run_id, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("kind", "trials", "kills"), [("log", range(4), 3), ("dbos on sqlite", [1], 2), ("dbos on postgres", [1], 2)]
)
def test_killed_anywhere_a_run_ends_as_if_it_had_not_been(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str, trials: Sequence[int], kills: int
) -> None:
    chance = random.Random(7)  # noqa: S311  a seed, so that a failure can be repeated
    whole: dict[str, Any] | None = None
    for trial in trials:
        folder = tmp_path / str(trial)
        folder.mkdir()
        url = f"sqlite:///{folder}/work.db" if kind == "dbos on sqlite" else ""
        url = request.getfixturevalue("postgres")() if kind == "dbos on postgres" else url
        killed = 0
        while True:
            process = child(folder, "run", *([url] if url else []))
            if trial and killed < kills:
                until = time.monotonic() + 20
                wanted = len(done(folder)) + chance.randint(1, 4)
                while time.monotonic() < until and len(done(folder)) < wanted and process.poll() is None:
                    time.sleep(0.002)
                time.sleep(chance.random() * 0.02)
                if process.poll() is None:
                    process.kill()
                    killed += 1
                    process.communicate()
                    continue
            said, errors = process.communicate(timeout=150)
            assert process.returncode == 0, errors
            result = json.loads(said)
            break
        for each in result["sprint_results"]:
            each["duration_s"] = each["handoff"]["handoff_ts"] = 0
        whole = whole or result
        assert result == whole
        assert (result["passed"], result["sprints"], result["output"]) == (True, 4, "draft 4")
        # What was under way when the process was killed may have been done twice, nothing else.
        twice = sum(count - 1 for line, count in Counter(done(folder)).items() if "draft" in line)
        assert twice <= killed


def done(folder: Path) -> list[str]:
    file = folder / "done.txt"
    return file.read_text().splitlines() if file.exists() else []
