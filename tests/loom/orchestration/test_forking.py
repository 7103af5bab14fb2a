"""Forks of harness runs: what they begin with, on which files, and what is refused."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loom.errors import ConfigError, LoomError
from loom.memory.in_memory import InMemoryStore
from loom.orchestration import AgentHarness, DurableEngine, LogEngine, MemoryEngine, SprintFiles, SubAgentResult
from loom.orchestration.dbos_engine import DbosEngine
from loom.orchestration.durable import WorkRun
from loom.orchestration.forking import fork
from loom.threads import in_thread
from tests.loom.orchestration.test_sprint_record import Judge, Writer


@pytest.fixture(params=["memory", "log", "dbos on sqlite"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DurableEngine]:
    if request.param == "memory":
        yield MemoryEngine()
    elif request.param == "log":
        yield LogEngine(InMemoryStore())
    else:
        made = await in_thread(DbosEngine, f"sqlite:///{tmp_path}/work.db")
        yield made
        await made.aclose()


async def failed(engine: DurableEngine, tmp_path: Path) -> WorkRun:
    work = tmp_path / "work"
    work.mkdir()
    harness = AgentHarness(
        Writer(work, "one\n", "two\n", "three\n"),
        Judge(),
        max_sprints=3,
        engine=engine,
        files=SprintFiles(work, tmp_path / "kept"),
    )
    await engine.signal("r1", "remark", {"text": "be bold"})
    await harness.run("Write", "r1", {"workspace": str(work), "model": "a:b"})
    (run,) = await engine.runs()
    return run


async def test_a_fork_goes_on_after_a_sprint_with_another_model_on_a_copy(
    engine: DurableEngine, tmp_path: Path
) -> None:
    run = await failed(engine, tmp_path)
    copy = tmp_path / "copy"
    notes = await fork(engine, run, 1, "r2", tmp_path / "kept", changes={"model": "c:d"}, into=copy)
    assert notes == []
    assert (copy / "poem.md").read_text() == "one\n"
    assert (tmp_path / "work" / "poem.md").read_text() == "three\n"
    made = next(each for each in await engine.runs() if each.id == "r2")
    assert made.state == "interrupted"
    assert made.data["details"]["model"] == "c:d"
    assert made.data["details"]["forked_from"] == {"run": "r1", "sprint": 1}
    writer = Writer(copy, "the moon\n")
    await engine.signal("r2", "remark", {"text": "with a moon"})  # the first signal of its own
    harness = AgentHarness(
        writer, Judge("I wrote 9"), max_sprints=3, engine=engine, files=SprintFiles(copy, tmp_path / "kept")
    )
    result = await harness.resume("r2")
    assert [each.passed for each in result.sprint_results] == [False, True]
    assert "with a moon" in writer.goals[0]
    assert "This is sprint 2" in writer.goals[0]
    assert [each["path"] for each in result.sprint_results[1].artifacts] == ["poem.md"]
    assert "-one\n+the moon" in result.sprint_results[1].diff


async def test_a_fork_in_place_takes_the_folder_back_but_for_what_others_changed(
    engine: DurableEngine, tmp_path: Path
) -> None:
    run = await failed(engine, tmp_path)
    work = tmp_path / "work"
    (work / "mine.txt").write_text("a person's\n")
    assert await fork(engine, run, 2, "r2", tmp_path / "kept") == []
    assert (work / "poem.md").read_text() == "two\n"
    assert (work / "mine.txt").exists()
    (work / "poem.md").write_text("edited\n")
    notes = await fork(engine, run, 1, "r3", tmp_path / "kept")
    assert notes == ["'poem.md' was changed by somebody else since, and is left as it is"]
    assert (work / "poem.md").read_text() == "edited\n"


async def test_a_fork_from_the_beginning_has_no_sprint(engine: DurableEngine, tmp_path: Path) -> None:
    run = await failed(engine, tmp_path)
    await fork(engine, run, 0, "r2", tmp_path / "kept", into=tmp_path / "copy")
    assert list(await engine.results("r2")) == ["files.0"]
    assert not (tmp_path / "copy" / "poem.md").exists()


async def test_a_fork_after_the_last_sprint_may_work_as_long_again(engine: DurableEngine, tmp_path: Path) -> None:
    run = await failed(engine, tmp_path)
    await fork(engine, run, 3, "r2", tmp_path / "kept", into=tmp_path / "copy")
    made = next(each for each in await engine.runs() if each.id == "r2")
    assert made.data["max_sprints"] == 6
    assert made.data["details"]["max_sprints"] == 6


async def test_who_stopped_or_accepted_the_run_has_not_stopped_its_fork(tmp_path: Path) -> None:
    engine, work = MemoryEngine(), tmp_path / "work"
    work.mkdir()

    class Stops(Judge):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            if "<work>" in goal:
                await engine.signal("r1", "stop", {})
            return await super().spawn(goal, depth, inherit_context)

    result = await AgentHarness(Writer(work, "a"), Stops(), engine=engine).run("Write", "r1", {"workspace": str(work)})
    assert result.reason == "stopped"
    (run,) = await engine.runs()
    notes = await fork(engine, run, 1, "r2", tmp_path / "kept")
    assert notes == [f"The files of sprint 1 were not kept: {work} stays as it is"]
    again = await AgentHarness(Writer(work, "abc"), Judge("3 char"), engine=engine).resume("r2")
    assert (again.reason, again.sprints) == ("passed", 2)


async def test_what_cannot_be_forked_says_why(engine: DurableEngine, tmp_path: Path) -> None:
    run = await failed(engine, tmp_path)
    kept = tmp_path / "kept"
    with pytest.raises(ConfigError, match="Sprint 9 of the harness run r1 has not ended"):
        await fork(engine, run, 9, "r2", kept)
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").write_text("x")
    with pytest.raises(LoomError, match="is there already and is not empty"):
        await fork(engine, run, 1, "r2", kept, into=full)
    assert [each.id for each in await engine.runs()] == ["r1"]
    work = tmp_path / "other"
    work.mkdir()
    await AgentHarness(Writer(work, "moon"), Judge("I wrote"), engine=engine).run("Write", "r3")
    passed = next(each for each in await engine.runs() if each.id == "r3")
    with pytest.raises(ConfigError, match="Sprint 1 passed"):
        await fork(engine, passed, 1, "r4", kept)
    running = WorkRun("r1", run.data, "running", run.steps)
    with pytest.raises(ConfigError, match="fork into a copy, or stop it first"):
        await fork(engine, running, 1, "r5", kept)
