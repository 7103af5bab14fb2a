"""`loom harness`, as it is typed."""

import json
from pathlib import Path

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
[[model.extensions.turns]]
text = "again"
tool = "write_file"
arguments = { path = "it.txt", content = "two" }
[[model.extensions.turns]]
text = "done 2"
"""
JUDGE = """
name = "Judge"
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["It is written", "PASS", "It is written", "PASS"]
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gen.toml").write_text(GENERATOR)
    (tmp_path / "judge.toml").write_text(JUDGE)
    (tmp_path / "work").mkdir()
    return tmp_path


RUN = ["harness", "run", "Write it", "--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work"]


def runs(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    capsys.readouterr()
    assert main(["harness", "status", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_command_fails_work_that_is_wrong_and_passes_it_when_it_is_right(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*RUN, "--mode", "accept-edits", "--command", "grep -q two it.txt"]) == 0
    said = capsys.readouterr().out
    assert "Sprint 1 failed" in said
    assert "Sprint 2 passed" in said
    assert (home / "work" / "it.txt").read_text() == "two"
    (run,) = runs(capsys)
    assert run["state"] == "done"
    assert main(["harness", "status", str(run["id"])[:6]]) == 0
    assert "passed  It is written" in capsys.readouterr().out
    assert (
        main(["harness", "resume", str(run["id"])[:6]]) == 0
    )  # it is done: the same answer, and nothing is done again
    assert "done 2" in capsys.readouterr().out


def test_without_permission_nothing_is_written_and_events_are_lines_of_json(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*RUN, "--max-sprints", "1", "--criterion", "It is good", "--command", "test -e it.txt", "--json"]) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not (home / "work" / "it.txt").exists()
    contract = next(event for event in events if event["type"] == "sprint.contract")
    assert contract["criteria"][:2] == ["It is good", "It is written"]
    assert events[-1]["type"] == "harness.completed"


def test_wrong_use_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["harness", "resume", "nope"]) == 2
    assert "There is no harness run 'nope'" in capsys.readouterr().err
    assert main([*RUN[:2], "  ", *RUN[3:]]) == 2
    assert "brief is empty" in capsys.readouterr().err
    assert main([*RUN, "--max-sprints", "1"]) == 0
    (run,) = runs(capsys)
    assert main(["harness", "signal", str(run["id"]), "remark"]) == 2
    assert "Give the remark" in capsys.readouterr().err
    assert main(["harness", "signal", str(run["id"]), "stop"]) == 0
    assert "nobody will hear this" in capsys.readouterr().err
