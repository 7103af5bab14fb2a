"""Harness runs in a real Postgres: workers, batches, answers from elsewhere, as they are typed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loom.cli import main

GENERATOR = """
name = "Gen"
capabilities = ["edit"]
[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
text = "I write it."
tool = "write_file"
arguments = { path = "it.txt", content = "one" }
[[model.extensions.turns]]
text = "done 1"
"""
JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["PASS", "PASS", "PASS", "PASS"]
"""


class Workers:
    """`loom worker` processes, which are gone when the test is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "import sys; from loom.cli import main; sys.exit(main())", "worker", *more]
        environment = {**os.environ, "LOOM_DATABASE_URL": self.url}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gen.toml").write_text(GENERATOR)
    (tmp_path / "judge.toml").write_text(JUDGE)
    return tmp_path


@pytest.fixture
def workers(postgres: Callable[[], str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    made = Workers(postgres())
    monkeypatch.setenv("LOOM_DATABASE_URL", made.url)
    yield made
    made.end()


def runs(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["harness", "status", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def begun(process: subprocess.Popen[str]) -> str:
    """The first run that a worker says it began."""
    assert process.stdout is not None
    for line in process.stdout:
        if " begins: " in line:
            return line.split()[0]
    raise AssertionError(process.stderr.read() if process.stderr else "")


def test_of_two_workers_one_is_killed_and_nothing_is_lost_or_recorded_twice(
    folder: Path, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    for n in range(8):
        (folder / f"w{n}").mkdir()
        command = "echo ran >> count.txt; sleep 0.4; test -e it.txt"
        lines.append(json.dumps({"brief": f"Write {n}", "id": f"run-{n}", "workspace": f"w{n}", "commands": [command]}))
    (folder / "briefs.jsonl").write_text("\n".join(lines))
    roles = ["--agent", "gen.toml", "--evaluator", "judge.toml", "--mode", "accept-edits"]
    assert main(["harness", "batch", "briefs.jsonl", *roles, "--no-wait"]) == 0
    assert "nobody works there now" in capsys.readouterr().err
    first = workers.start("--id", "one", "--lease", "3")
    workers.start("--id", "two", "--lease", "3")
    begun(first)
    time.sleep(0.3)
    first.send_signal(signal.SIGKILL)
    assert main(["harness", "batch", "briefs.jsonl", *roles, "--resume"]) == 0
    assert "[8 of 8 done]" in capsys.readouterr().out
    found = runs(capsys)
    assert sorted(run["id"] for run in found) == [f"run-{n}" for n in range(8)]
    for run in found:
        assert run["outcome"]["passed"]
        assert len(run["steps"]) == len(set(run["steps"]))
        assert run["steps"].count("end.1") == 1
    counted = [(folder / f"w{n}" / "count.txt").read_text().count("ran") for n in range(8)]
    assert all(count >= 1 for count in counted)
    assert sum(counted) <= 8 + 2  # only what the killed one had under way was done again


def test_a_call_that_waits_in_a_killed_worker_waits_on_byte_for_byte_and_is_answered_from_elsewhere(
    folder: Path, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "work").mkdir()
    roles = ["--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work", "--mode", "ask"]
    (folder / "b.jsonl").write_text('{"brief": "Write it", "id": "asks"}')
    assert main(["harness", "batch", "b.jsonl", *roles, "--no-wait"]) == 0
    first = workers.start("--id", "one", "--lease", "3")
    asked = waiting(capsys)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert waiting(capsys) == asked
    assert begun(workers.start("--id", "two", "--lease", "3")) == "asks"
    time.sleep(1.5)  # it is taken over, and asks nothing new
    assert waiting(capsys) == asked
    assert not (folder / "work" / "it.txt").exists()
    (request,) = asked
    assert request["arguments"] == {"path": "it.txt", "content": "one"}
    assert main(["harness", "approve", "asks", request["id"][:8], "--hash", "0" * 64]) == 2
    assert "about other arguments" in capsys.readouterr().err
    assert main(["harness", "approve", "asks", request["id"][:8], "--hash", request["arguments_hash"]]) == 0
    assert main(["harness", "batch", "b.jsonl", *roles, "--resume"]) == 0
    assert (folder / "work" / "it.txt").read_text() == "one"
    capsys.readouterr()
    assert main(["harness", "approvals"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["harness", "approve", "asks", request["id"]]) == 2
    assert "No call waits" in capsys.readouterr().err


def waiting(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The calls that wait, once there is one."""
    until = time.monotonic() + 150
    while time.monotonic() < until:
        capsys.readouterr()
        assert main(["harness", "approvals", "--json"]) == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("no call waits")


def test_a_worker_that_is_told_to_stop_puts_its_run_back_and_two_of_one_name_are_refused(
    folder: Path, workers: Workers, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "work").mkdir()
    roles = ["--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work"]
    brief = {"brief": "Write it", "id": "back", "mode": "accept-edits", "commands": ["test -e go || sleep 50"]}
    (folder / "b.jsonl").write_text(json.dumps(brief))
    assert main(["harness", "batch", "b.jsonl", *roles, "--no-wait"]) == 0
    first = workers.start("--id", "one")
    begun(first)
    second = workers.start("--id", "one")
    _, said = second.communicate(timeout=150)
    assert second.returncode == 2
    assert "another worker has this name" in said
    time.sleep(0.5)
    first.send_signal(signal.SIGTERM)
    _, said = first.communicate(timeout=150)
    assert first.returncode == 0, said
    assert said == ""
    (run,) = runs(capsys)
    assert run["state"] == "queued"
    (folder / "work" / "go").touch()
    third = workers.start("--id", "one")  # the name is free again
    assert begun(third) == "back"
    assert main(["harness", "batch", "b.jsonl", *roles, "--resume"]) == 0
