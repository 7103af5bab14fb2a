"""What an agent of a harness run did before its process was killed is not done again when the run goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

from loom import AgentConfig, ModelRef, create_agent
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import WORK_STEP
from loom.orchestration.prompts import BEGUN_BEFORE
from loom.role_sessions import RoleWorker
from loom.threads import in_thread
from loom.types.permissions import PermissionMode

AGENT = """
name = "Gen"
capabilities = ["shell"]
[policy.extensions]
sandbox = "off"
[model]
provider = "scripted"
name = "s"
"""
CALL = """
[[model.extensions.turns]]
tool = "run_command"
arguments = {{ command = "{}" }}
"""
MADE = """
[[model.extensions.turns]]
text = "made"
"""
FIRST = CALL.format("echo a >> count.txt")
LONG = CALL.format("echo b >> count.txt; sleep 50")
LAST = CALL.format("echo c >> count.txt")
JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["PASS", "PASS"]
"""


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from loom.cli import main; sys.exit(main())", "harness", *words]
    environment = {**os.environ, "LOOM_HOME": str(folder / "home")}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder
    )


def killed_in_its_second_call(folder: Path) -> Path:
    """Have a run begin, and kill it while its generator's second command runs; what the commands wrote."""
    (folder / "gen.toml").write_text(AGENT + FIRST + LONG + LAST + MADE)
    (folder / "judge.toml").write_text(JUDGE)
    work = folder / "work"
    work.mkdir()
    count = work / "count.txt"
    roles = ["--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work", "--mode", "auto"]
    first = started(folder, "run", "Make it", "--id", "r1", *roles)
    until = time.monotonic() + 150
    while time.monotonic() < until and not (count.exists() and "b" in count.read_text()):
        time.sleep(0.02)
    first.kill()
    first.communicate()
    return count


def test_calls_that_were_done_in_a_killed_step_are_not_made_again(tmp_path: Path) -> None:
    count = killed_in_its_second_call(tmp_path)
    assert count.read_text().split() == ["a", "b"]
    (tmp_path / "gen.toml").write_text(AGENT + LAST + MADE)  # what a model that sees its history says next
    second = started(tmp_path, "resume", "r1")
    said, errors = second.communicate(timeout=150)
    assert second.returncode == 0, errors
    assert count.read_text().split() == ["a", "b", "c"]
    assert "made" in said
    store = SQLiteStore(tmp_path / "home" / "harness-sessions.db")
    told = [each.data["content"] for each in store.records("r1.generate.1", kind="tool.result")]
    store.close()
    assert len(told) == 3
    assert "may have happened" in str(told[1])


async def test_a_piece_that_was_done_but_not_recorded_is_not_done_again(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    try:
        outputs: list[str] = []
        for turns in (["first"], ["second"]):
            agent = create_agent(AgentConfig(ModelRef.scripted(turns)), store=store)
            before = WORK_STEP.set("run.generate.1")
            outputs.append((await RoleWorker(agent, PermissionMode.DEFAULT).run("Make it")).output)
            WORK_STEP.reset(before)
            await agent.aclose()
        assert outputs == ["first", "first"]
    finally:
        await in_thread(store.close)


def test_work_that_is_begun_anew_elsewhere_is_said_to_have_been_begun(tmp_path: Path) -> None:
    """The sessions of a machine stay on it: another one begins the step anew, and tells the agent so."""
    count = killed_in_its_second_call(tmp_path)
    sessions = tmp_path / "home" / "harness-sessions.db"
    for file in sessions.parent.glob(f"{sessions.name}*"):
        file.unlink()  # as it is where they never were
    (tmp_path / "gen.toml").write_text(AGENT + LAST + MADE)
    second = started(tmp_path, "resume", "r1")
    _, errors = second.communicate(timeout=150)
    assert second.returncode == 0, errors
    store = SQLiteStore(sessions)
    (begun,) = store.records("r1.generate.1", kind="run.started")
    store.close()
    assert BEGUN_BEFORE in begun.data["prompt"]
    assert count.read_text().split() == ["a", "b", "c"]
