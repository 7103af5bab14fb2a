"""The Studio's harness runs: calls that wait in them are listed and answered, wherever the runs are kept."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from loom.errors import ApprovalError
from loom.safety.profile import Profile
from loom.types.approvals import ApprovalRequest, Decision
from loom_studio.loop import run as run_loop
from loom_studio.services.harness import HarnessRun, HarnessRuns

GENERATOR = """
name = "Gen"
capabilities = ["edit"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = [{ tool = "write_file", arguments = { path = "it.txt", content = "one" } }, "done"]
"""
JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["PASS", "PASS"]
"""


@pytest.fixture(params=["profile", "database"])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> HarnessRuns:
    (tmp_path / "gen.toml").write_text(GENERATOR)
    (tmp_path / "judge.toml").write_text(JUDGE)
    (tmp_path / "work").mkdir()
    url = "" if request.param == "profile" else f"sqlite:///{tmp_path}/work.db"
    return HarnessRuns(Profile(tmp_path / "profile"), database=url)


async def waiting(runs: HarnessRuns) -> tuple[HarnessRun, ApprovalRequest]:
    while True:
        for run in await runs.runs():
            for request in await runs.approvals(run):
                return run, request
        await asyncio.sleep(0.05)


async def test_a_call_that_waits_is_answered_about_the_bytes_that_were_shown(runs: HarnessRuns, tmp_path: Path) -> None:
    details = {
        "agent": str(tmp_path / "gen.toml"),
        "evaluator": str(tmp_path / "judge.toml"),
        "workspace": str(tmp_path / "work"),
        "asks": "wait",
        "max_sprints": 1,
    }
    working = asyncio.get_running_loop().create_task(runs.work("Write it", details))
    run, request = await asyncio.wait_for(waiting(runs), 150)
    assert run.is_running
    assert request.arguments == {"path": "it.txt", "content": "one"}
    with pytest.raises(ApprovalError, match="other arguments"):
        await runs.decide(run, replace(request, arguments_hash="0" * 64), Decision.allow_once())
    with pytest.raises(ApprovalError, match="content"):
        await runs.decide(run, request, Decision.allow_once(arguments={"path": "it.txt"}))
    assert "content" in await runs.fault_in(request, '{"path": "it.txt"}')
    assert await runs.fault_in(request, '{"path": "it.txt", "content": "two"}') == ""
    assert not (tmp_path / "work" / "it.txt").exists()
    await runs.decide(run, request, Decision.allow_once("Ada"))
    await asyncio.wait_for(working, 150)
    assert (tmp_path / "work" / "it.txt").read_text() == "one"
    with pytest.raises(ApprovalError, match="No call of the harness run"):
        await runs.decide(run, request, Decision.allow_once())
    (run,) = await runs.runs()
    assert run.is_done
    assert await runs.approvals(run) == []
    await runs.aclose()


async def test_a_run_is_ended_at_once(runs: HarnessRuns, tmp_path: Path) -> None:
    details = {"agent": str(tmp_path / "gen.toml"), "workspace": str(tmp_path / "work"), "asks": "wait"}
    working = asyncio.get_running_loop().create_task(runs.work("Write it", details))
    run, _ = await asyncio.wait_for(waiting(runs), 150)
    await runs.cancel(run)
    await asyncio.wait_for(working, 150)
    (run,) = await runs.runs()
    assert (run.is_done, run.how) == (True, "cancelled")
    await runs.aclose()


def test_a_database_works_on_the_loop_of_the_window(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "gen.toml").write_text(GENERATOR)
    (tmp_path / "judge.toml").write_text(JUDGE)
    (tmp_path / "work").mkdir()
    details = {
        "agent": str(tmp_path / "gen.toml"),
        "evaluator": str(tmp_path / "judge.toml"),
        "workspace": str(tmp_path / "work"),
        "mode": "accept-edits",
    }
    late: list[float] = []

    async def main() -> int:
        runs = HarnessRuns(Profile(tmp_path / "profile"), database=f"sqlite:///{tmp_path}/work.db")
        await runs.runs()
        loop = asyncio.get_running_loop()
        working = loop.create_task(runs.work("Write it", details))
        while not working.done():
            before = time.thread_time()
            await asyncio.sleep(0.01)
            late.append(time.thread_time() - before)
        await working
        (listed,) = await runs.runs()
        assert listed.how == "passed"
        await runs.aclose()
        return 0

    assert run_loop(qapp, main) == 0
    assert sorted(late)[len(late) // 2] < 0.05


async def test_a_run_that_something_else_recorded_keeps_no_other_from_view(runs: HarnessRuns) -> None:
    engine: Any = await runs._engine()
    odd: list[dict[str, Any]] = [{}, {"brief": None, "details": None}, {"brief": 7, "max_sprints": "x", "details": [1]}]
    for number, data in enumerate([{"brief": "Write it", "max_sprints": 3, "details": {}}, *odd]):
        await engine.enqueue(f"run-{number}", data)
    listed = {run.id: run for run in await runs.runs()}
    assert listed["run-0"].words == "queued, 0 of 3 sprints · Write it"
    assert {listed[f"run-{number}"].words for number in (1, 2, 3)} == {"queued, 0 of 0 sprints · (no brief)"}
    for run in listed.values():
        assert (await runs.told(run)).sprints == ()
    await runs.aclose()
