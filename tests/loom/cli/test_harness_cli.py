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
    for sprint in ("0", "-1", "99"):
        assert main(["harness", "signal", str(run["id"]), "accept", "--sprint", sprint]) == 2
        assert f"has no sprint {sprint}: there are 1" in capsys.readouterr().err
    for words in (["--sprint", "1", "Ada"], ["Ada", "--sprint", "1"]):  # options stand where one likes
        assert main(["harness", "signal", str(run["id"]), "accept", *words]) == 0
    with pytest.raises(SystemExit, match="2"):
        main(["harness", "signal", str(run["id"]), "accept", "--sprint", "1", "Ada", "--by", "Ada"])
    assert "unrecognized arguments" in capsys.readouterr().err
    assert main(["harness", "report", str(run["id"]), "-o", "/nowhere/report.md"]) == 2
    assert "/nowhere/report.md can't be written: No such file" in capsys.readouterr().err
    for days in ("-1", "nan"):  # else everything would be deleted
        with pytest.raises(SystemExit, match="2"):
            main(["harness", "prune", "--days", days])
        assert f"{days} is no number of days from 0 on" in capsys.readouterr().err
    for option, value, told in (
        ("--max-sprints", "0", "max_sprints must be 1 or more"),
        ("--patience", "0", "patience must be 1 or more"),
        ("--max-tokens", "-5", "max_tokens must be 1 or more"),
        ("--id", "a/b c", "'a/b c' is no name for a run"),
    ):
        assert main([*RUN, option, value]) == 2
        assert told in capsys.readouterr().err
    assert main(["worker", "--database-url", "sqlite:////tmp/none.db", "--lease", "nan"]) == 2
    assert len(runs(capsys)) == 1


OTHER = """
name = "Other"
capabilities = ["edit"]
[model]
provider = "scripted"
name = "other"
[[model.extensions.turns]]
text = "It was wrong."
tool = "write_file"
arguments = { path = "it.txt", content = "two" }
[[model.extensions.turns]]
text = "mended"
"""


def test_a_fork_goes_on_from_a_sprint_with_another_agent_on_a_copy(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "other.toml").write_text(OTHER)
    command = ["--mode", "accept-edits", "--command", "grep -q two it.txt", "--max-sprints", "1"]
    assert main([*RUN, *command]) == 1
    (run,) = runs(capsys)
    fork = ["harness", "fork", str(run["id"]), "--sprint", "1", "--agent", "other.toml"]
    assert main([*fork, "--into", "copy"]) == 0
    said = capsys.readouterr()
    assert "Sprint 2 passed" in said.out
    assert "loom: harness run" in said.err
    assert (home / "copy" / "it.txt").read_text() == "two"
    assert (home / "work" / "it.txt").read_text() == "one"
    assert len(runs(capsys)) == 2
    assert main([*fork, "--into", "copy"]) == 2
    assert "is not empty: name another folder" in capsys.readouterr().err
    assert main(["harness", "fork", str(run["id"]), "--sprint", "7"]) == 2
    assert "Sprint 7" in capsys.readouterr().err


def test_status_and_report_tell_a_run_in_full(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--mode", "accept-edits", "--command", "grep -q two it.txt", "--max-sprints", "1"]) == 1
    (run,) = runs(capsys)
    identifier = str(run["id"])
    assert main(["harness", "status", identifier]) == 0
    told = capsys.readouterr().out
    for line in ("State: max sprints, 1 of 1 sprints", "Generator: gen (scripted:s)", "  file  it.txt: added"):
        assert line in told
    assert "Open:\n  open  `grep -q two it.txt` ends with exit code 0" in told
    assert main(["harness", "signal", identifier, "accept", "Ada"]) == 0
    assert main(["harness", "status", identifier]) == 0
    assert "Sprint 1, accepted by Ada" in capsys.readouterr().out
    assert main(["harness", "report", identifier]) == 0
    assert "# Write it" in capsys.readouterr().out
    assert main(["harness", "report", identifier, "--format", "html", "-o", "r.html"]) == 0
    assert "<svg" in (home / "r.html").read_text(encoding="utf-8")


def test_an_evaluator_judges_with_the_tools_it_is_given(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "both.toml").write_text(
        GENERATOR.partition("[[model")[0]
        + """[model.extensions]
turns = [
  { tool = "propose_criteria", arguments = { criteria = ["It says two"] } }, "done",
  { tool = "read_file", arguments = { path = "it.txt" } },
  { tool = "record_verdict", arguments = { verdict = "FAIL", critique = "it says one", criteria = [
    { criterion = 1, passed = false, evidence = "it says one", file = "it.txt", line = 1 } ] } }, "done",
]
"""
    )
    (home / "work" / "it.txt").write_text("one")
    told = [*RUN[:3], "--agent", "gen.toml", "--workspace", "work", "--evaluator", "both.toml", "--max-sprints", "1"]
    assert main([*told, "--eval-tool", "read_file"]) == 2
    assert "the evaluator has no tool 'read_file'" in capsys.readouterr().err
    (home / "both.toml").write_text((home / "both.toml").read_text().replace('["edit"]', '["files"]'))
    assert main([*told, "--eval-tool", "read_file"]) == 1
    capsys.readouterr()
    assert main(["harness", "status", str(runs(capsys)[0]["id"])]) == 0
    assert "failed  It says two at it.txt:1: it says one" in capsys.readouterr().out
    assert main([*RUN[:3], "--agent", "gen.toml", "--eval-tool", "nonsense"]) == 2
    assert "there is no built-in tool 'nonsense'" in capsys.readouterr().err


ODD = """
name = "Odd"
[model]
provider = "scripted"
name = "odd"
[model.extensions]
loop = true
turns = ["\\u001b[31mdone\\u202e", "\\u001b]0;title\\u0007", "FAIL\\n1. FAIL: \\u001b[2J\\u202e"]
"""


def test_what_a_model_wrote_does_not_move_the_cursor_of_the_terminal(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "gen.toml").write_text(ODD)
    (home / "judge.toml").write_text(ODD)
    run = ["harness", "run", "\x1b[1mBrief\x07", *RUN[3:]]
    assert main([*run, "--id", "odd", "--criterion", "\x1b[5mIt blinks", "--max-sprints", "2"]) == 1
    assert main(["harness", "status"]) == 0
    assert main(["harness", "status", "odd"]) == 0
    assert main(["harness", "report", "odd"]) == 0
    said = capsys.readouterr()
    assert "\\x1b[31mdone\\u202e" in said.out
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)
