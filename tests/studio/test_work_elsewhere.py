"""What agents of a run do that another process works on: read from their sessions' logs, or the journal alone."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loom.memory.records import NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import SESSIONS
from loom.orchestration.record import Span, Sprint, ToldRun
from loom.safety.profile import Profile
from loom.types.approvals import Decision
from loom.types.events import RunEvent
from loom_studio.services.harness import HarnessRun, HarnessRuns
from loom_studio.services.live_work import LiveWork
from loom_studio.services.work_elsewhere import WorkElsewhere, recorded_words, role_of
from tests.support.harness_agents import agents_in, harness_process

LIMIT_S = 60.0


@asynccontextmanager
async def worker(folder: Path, url: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A process that works on a run, and waits with its first call."""
    await asyncio.to_thread(agents_in, folder)
    process = await harness_process(folder, folder / "profile", url, "--asks", "wait")
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_it_does(runs: HarnessRuns, is_it: Callable[[str], bool]) -> tuple[HarnessRun, str]:
    """The run once what its agents do is what is meant, and that in words."""
    words: list[str] = []
    try:
        async with asyncio.timeout(LIMIT_S):
            while True:
                for run in await runs.runs():
                    await runs.look(run)
                    words.append(runs.doing(run, await runs.told(run)))
                    if is_it(words[-1]):
                        return run, words[-1]
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(words[-5:]) from None


@pytest.mark.parametrize("kept", ["profile", "database"])
async def test_step_and_tool_of_another_process_are_told_as_its_sessions_log_says(tmp_path: Path, kept: str) -> None:
    url = "" if kept == "profile" else f"sqlite:///{tmp_path}/work.db"
    runs = HarnessRuns(Profile(tmp_path / "profile"), database=url)
    async with worker(tmp_path, url) as process:
        run, words = await until_it_does(runs, lambda words: "write_file waits for a person" in words)
        assert words.startswith("The generator, step 1, write_file waits for a person, ")
        assert str(process.pid) in words  # who works on it
        before = await runs.look(run)
        assert await runs.look(run) == before  # nothing is new
        told = await runs.told(run)
        assert [each.kind for each in told.sprints[-1].happenings] == ["approval"]
        (request,) = await runs.approvals(run)
        await runs.decide(run, request, Decision.allow_for_session(rule=request.rule_offered))
        # The next sprint's call is allowed for the run; the third waits again, in a session of its own.
        async with asyncio.timeout(LIMIT_S):
            while await asyncio.to_thread(written, tmp_path / "work" / "it.txt") != "two":
                await asyncio.sleep(0.05)
        run, words = await until_it_does(runs, lambda words: "step 1, write_file waits for a person" in words)
        assert await runs.look(run) > before
        (request,) = await runs.approvals(run)
        await runs.decide(run, request, Decision.deny())
        assert await asyncio.wait_for(process.wait(), LIMIT_S) == 1
        (run,) = await runs.runs()
        await runs.look(run)
        assert runs.doing(run, await runs.told(run)) == ""
    await runs.aclose()


def written(file: Path) -> str:
    return file.read_text() if file.exists() else ""


async def test_of_a_run_on_another_machine_the_journal_tells_who_works(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/work.db"
    there = HarnessRuns(Profile(tmp_path / "elsewhere"), database=url)  # has none of the sessions
    async with worker(tmp_path, url):
        _, words = await until_it_does(there, lambda words: words.startswith("The generator, "))
        assert "step" not in words
        assert "worked on by" in words
    await there.aclose()


def test_the_logs_of_sessions_are_followed_from_where_they_were_read_to(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / SESSIONS, fsync=False)
    work = WorkElsewhere(tmp_path)
    now = float(int(time.time()))
    assert work.words("r", now) == ""
    nothing = work.look("r")
    leases = {name: store.acquire(name) for name in ("r.generate.1", "r.verdict.1.2", "r2.generate.1")}

    def say(session: str, kind: str, **data: object) -> None:
        store.append(leases[session], [NewRecord(kind, data, "run", now)]).result()

    say("r2.generate.1", "run.started", prompt="not this run", model="m")
    say("r.generate.1", "run.started", prompt="x" * 9000, model="m")
    say("r.generate.1", "step.started", step=4)
    say("r.generate.1", "tool.failed", tool="run_command", content="y" * 90_000, call_id="c", error={}, duration_ms=1)
    say("r.generate.1", "tool.started", tool="run_command", call_id="c")
    something = work.look("r")
    assert something != nothing
    assert work.look("r") == something
    assert work.words("r", now + 60) == "The generator, step 4, run_command, 60 s"
    say("r.verdict.1.2", "run.started", prompt="judge", model="m")
    say("r.generate.1", "tool.completed", tool="run_command", call_id="c", content="z" * 90_000)
    assert work.look("r") == something + 2  # as many events
    assert work.words("r", now + 3600) == "The generator, step 4, 60 min · Evaluator 2, 60 min"
    sprint = Sprint(1, "working", spans=(Span("generator", now - 5, None, "the generator works"),))
    (open_now,) = work.over("r", (sprint,))
    assert [each.kind for each in open_now.happenings] == ["failed"]
    assert work.over("another", (sprint,)) == (sprint,)
    store.release(leases["r.generate.1"])
    store.append(leases["r.verdict.1.2"], [NewRecord("step.started", {"step": 1}, "run", now)]).result()
    work.look("r")
    assert work.words("r", now + 8000) == "Evaluator 2, step 1, 2 h 13 min"
    assert work.words("r2", now) == ""
    work.close()
    store.close()


@pytest.mark.parametrize(
    ("step", "role"),
    [
        ("plan", "planner"),
        ("criteria.3", "evaluator"),
        ("generate.12", "agent"),
        ("generate.12.2", "agent"),  # begun anew
        ("verdict.2.1", "evaluator"),
        ("verdict.2.3", "evaluator 3"),
    ],
)
def test_the_role_is_known_from_the_step(step: str, role: str) -> None:
    assert role_of(step) == role


def test_the_journal_alone_says_who_is_at_work_and_since_when() -> None:
    run = ToldRun("r", "b", "running", 5, True, False, {"planner": "p.toml"}, ())
    assert recorded_words(run, 100.0) == "The planner"
    planned = replace(run, planning=Span("planner", 10.0, 20.0, "the planner wrote the specification"))
    assert recorded_words(planned, 100.0) == "The evaluator, 70 s"
    at_work = Sprint(1, "working", spans=(Span("generator", 40.0, None, "the generator works"),))
    assert recorded_words(replace(planned, sprints=(at_work,)), 100.0) == "The generator, 60 s"
    waits = Sprint(1, "waiting", doing="its contract waits for approval")
    assert recorded_words(replace(planned, sprints=(waits,)), 100.0) == ""  # nobody works


def test_what_is_left_of_the_sprint_before_is_not_told_of_the_next() -> None:
    live = LiveWork()
    for at, kind, data in (
        (10.0, "run.started", {}),
        (11.0, "context.pressure", {"rho": 0.5}),
        (12.0, "context.pressure", {"rho": 0.6}),
    ):
        live.take_in("agent", RunEvent(type=kind, ts=datetime.fromtimestamp(at, UTC), payload=data))
    first = Sprint(1, "working", spans=(Span("generator", 10.0, None, "the generator works"),))
    second = Sprint(2, "working", spans=(Span("generator", 12.0, None, "the generator works"),))
    assert live.over((first,))[0].pressure == ((11.0, 0.5), (12.0, 0.6))
    assert live.over((second,))[0].pressure == ((12.0, 0.6),)
