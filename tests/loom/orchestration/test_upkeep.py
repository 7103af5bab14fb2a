"""Deleting harness runs: with the sessions of their steps, and none that can be gone on with."""

import asyncio
import importlib.util
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loom.errors import SessionInUseError, StoreError
from loom.memory.records import SESSION_CREATED, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import DurableEngine, LogEngine, MemoryEngine
from loom.orchestration.upkeep import DAY_S, delete_run, prune_runs
from loom.threads import in_thread

KINDS = ["memory", "log", *(["dbos"] if importlib.util.find_spec("dbos") else [])]


@asynccontextmanager
async def engine_of(kind: str, folder: Path) -> AsyncGenerator[DurableEngine]:
    if kind == "memory":
        yield MemoryEngine()
    elif kind == "log":
        store = await in_thread(SQLiteStore, folder / "harness.db", fsync=False)
        yield LogEngine(store)
        await in_thread(store.close)
    else:
        from loom.orchestration.opening import open_database

        engine = await open_database(f"sqlite:///{folder}/work.db")
        yield engine
        await engine.aclose()


async def some_step() -> dict[str, str]:
    return {"output": "x"}


async def begun(engine: DurableEngine, run_id: str, *, is_done: bool) -> None:
    await engine.start(run_id, {"brief": "b", "max_sprints": 1})
    await engine.step(run_id, "generate.1", some_step)
    await engine.signal(run_id, "remark", {"text": "t"})
    if is_done:
        await engine.finish(run_id, {"reason": "passed", "passed": True, "sprint_results": []})
    else:
        await engine.leave(run_id)


def sessions(file: Path, *ids: str) -> None:
    """Sessions of steps, as the agents of a run leave them."""
    store = SQLiteStore(file, fsync=False)
    for each in ids:
        lease = store.acquire(each)
        store.append(lease, [NewRecord(SESSION_CREATED, {})]).result()
        store.release(lease)
    store.close()


def left(file: Path) -> list[str]:
    store = SQLiteStore(file, fsync=False)
    try:
        return sorted(each.id for each in store.sessions())
    finally:
        store.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_is_deleted_with_what_was_said_to_it_but_not_while_it_is_worked_on(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "sessions.db"
    await in_thread(sessions, file, "r1.generate.1", "r1.verdict.1.1", "r10.generate.1")
    async with engine_of(kind, tmp_path) as engine:
        await begun(engine, "r1", is_done=True)
        await begun(engine, "r10", is_done=False)
        await engine.start("busy", {"brief": "b", "max_sprints": 1})
        with pytest.raises(SessionInUseError):
            await delete_run(engine, "busy", file)
        await engine.leave("busy")
        await delete_run(engine, "r1", file)
        assert sorted(run.id for run in await engine.runs()) == ["busy", "r10"]
        assert await engine.signals("r1") == []
        assert await engine.run("r1") is None
        with pytest.raises(StoreError, match="There is no harness run r1"):
            await delete_run(engine, "r1", file)
        await begun(engine, "r1", is_done=True)  # its name is free again
        assert (await engine.run("r1")) is not None
    assert await in_thread(left, file) == ["r10.generate.1"]


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "memory"])
async def test_what_is_old_and_done_goes_and_what_can_be_gone_on_with_stays(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "sessions.db"
    await in_thread(sessions, file, "done.generate.1", "open.generate.1", "gone.generate.1")
    async with engine_of(kind, tmp_path) as engine:
        await begun(engine, "done", is_done=True)
        await begun(engine, "open", is_done=False)
        assert await prune_runs(engine, 30, file) == []
        assert len(await in_thread(left, file)) == 3
        later = time.time() + 31 * DAY_S
        assert await prune_runs(engine, 30, file, with_runs=False, now=later) == []
        assert await in_thread(left, file) == ["open.generate.1"]
        assert len(await engine.runs()) == 2
        assert await prune_runs(engine, 30, file, now=later) == ["done"]
        assert [run.id for run in await engine.runs()] == ["open"]
        await prune_runs(engine, 30, tmp_path / "none.db", now=later)
    assert not await asyncio.to_thread((tmp_path / "none.db").exists)
