"""`loom harness batch` and databases, as they are typed: many briefs, and what is said of wrong ones."""

import builtins
import json
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from loom.briefs import read_briefs
from loom.cli import main
from loom.errors import ConfigError
from loom.roles import DETAILS

AGENT = """
name = "{name}"
capabilities = {capabilities}
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = {turns}
"""
WRITES = '[{ tool = "write_file", arguments = { path = "it.txt", content = "one" } }, "done"]'
ROLES = ["--agent", "gen.toml", "--evaluator", "judge.toml"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gen.toml").write_text(AGENT.format(name="Gen", capabilities='["edit"]', turns=WRITES))
    (tmp_path / "judge.toml").write_text(AGENT.format(name="Judge", capabilities="[]", turns='["PASS", "PASS"]'))
    return tmp_path


def written(folder: Path, *lines: Any) -> None:
    (folder / "b.jsonl").write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))


def status(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert main(["harness", "status", "--json", *more]) == 0
    return {run["id"]: run for run in map(json.loads, capsys.readouterr().out.splitlines())}


@pytest.mark.parametrize("where", ["profile", "database"])
def test_briefs_are_worked_on_with_progress_and_gone_on_with(
    home: Path, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    for name in ("w1", "w2"):
        (home / name).mkdir()
    good, bad = ["test -e it.txt"], ["test -e never"]
    written(
        home,
        {"brief": "Write 1", "id": "one", "workspace": "w1", "commands": good},
        "",
        {"brief": "Write 2", "id": "two", "workspace": "w2", "commands": bad, "max_sprints": 1},
    )
    url = [] if where == "profile" else ["--database-url", f"sqlite:///{home}/work.db"]
    if url:  # without a worker, one that starts a run here does it
        assert main(["harness", "batch", "b.jsonl", *ROLES, "--mode", "accept-edits", "--no-wait", *url]) == 0
        assert "loom worker --queue harness --database-url sqlite:///" in capsys.readouterr().err
        assert {run["state"] for run in status(capsys, *url).values()} == {"queued"}
        assert main(["harness", "resume", "one", *url]) == 0
        assert status(capsys, *url)["one"]["state"] == "done"
        assert main(["harness", "signal", "two", "cancel", *url]) == 0
        assert status(capsys, *url)["two"]["outcome"]["reason"] == "cancelled"
        return
    assert main(["harness", "batch", "b.jsonl", *ROLES, "--mode", "accept-edits"]) == 1
    said = capsys.readouterr().out
    assert "[2 of 2 done]" in said
    assert "one  passed, 1 sprints" in said
    assert "two  max sprints, 1 sprints" in said
    assert status(capsys)["one"]["outcome"]["passed"]
    assert main(["harness", "batch", "b.jsonl", *ROLES]) == 2
    assert "line 1: one, line 3: two" in capsys.readouterr().err
    written(home, {"brief": "Write 1", "id": "one"}, {"brief": "Write 3", "id": "three", "workspace": "w1"})
    assert main(["harness", "batch", "b.jsonl", *ROLES, "--resume", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["done"], last["of"]) == (2, 2)
    written(home, {"brief": "Another", "id": "one"})
    assert main(["harness", "batch", "b.jsonl", *ROLES, "--resume"]) == 2
    assert "begun with another brief" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{nope", "Line 2 is no JSON"),
        ("[1]", "Line 2 must be a text, or an object"),
        ('{"id": "x"}', "Line 2 has no brief"),
        ('{"brief": "  "}', "Line 2 has no brief"),
        ('{"brief": "b", "id": 7}', "Line 2: the id must be a text, got 7"),
        ('{"brief": "b", "colour": "red"}', "Line 2: 'colour' is none of brief, id, agent"),
        ('{"brief": "b", "max_sprints": "three"}', "Line 2: max_sprints must be int, got 'three'"),
        ('{"brief": "b", "max_sprints": true}', "Line 2: max_sprints must be int, got True"),
        ('{"brief": "b", "commands": [1]}', "Line 2: commands must be a list of texts"),
        ('{"brief": "b", "max_sprints": 0}', "Line 2: max_sprints must be 1 or more, got 0"),
        ('{"brief": "b", "max_tokens": -5}', "Line 2: max_tokens must be 1 or more, got -5"),
        ('{"brief": "b", "max_cost_usd": NaN}', "Line 2: max_cost_usd must be above 0, got nan"),
        ('{"brief": "b", "mode": "yolo"}', "Line 2: mode must be one of ask, "),
        ('{"brief": "b", "asks": "maybe"}', "Line 2: asks must be one of refuse, wait, got 'maybe'"),
        ('{"brief": "b", "id": "../a b"}', "Line 2: '../a b' is no name for a run"),
        ("[" * 100_000, "Line 2 is no JSON"),
        ('{"brief": "b", "id": "first"}', "Line 2: the id 'first' is that of line 1, too"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_briefs('{"brief": "a", "id": "first"}\n' + line, dict(DETAILS), Path())
    assert said in str(caught.value)


def test_a_brief_may_have_odd_line_ends_and_its_files_are_beside_the_file(tmp_path: Path) -> None:
    text = '\ufeff{"brief": "one\u2028two\x85three", "evaluators": ["more.toml"], "agent": "gen.toml"}\r\n\r\n"b"\r\n'
    first, second = read_briefs(text, dict(DETAILS), tmp_path)
    assert (first.brief, second.brief) == ("one\u2028two\x85three", "b")
    assert first.details["evaluators"] == [str(tmp_path / "more.toml")]
    assert first.details["agent"] == str(tmp_path / "gen.toml")


def test_a_file_without_briefs_and_one_that_is_not_there_are_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(home, "", "  ")
    assert main(["harness", "batch", "b.jsonl", *ROLES]) == 2
    assert "The file has no brief" in capsys.readouterr().err
    assert main(["harness", "batch", "missing.jsonl", *ROLES]) == 2
    assert "missing.jsonl can't be read" in capsys.readouterr().err


def test_an_agent_that_is_not_there_fails_its_run_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(home, {"brief": "a", "id": "good"}, {"brief": "b", "id": "bad", "agent": "missing.toml"})
    assert main(["harness", "batch", "b.jsonl", *ROLES]) == 1
    out, err = capsys.readouterr()
    assert "There is no agent file at" in err
    assert "good  passed" in out
    assert status(capsys)["bad"]["state"] == "queued"  # for when the file is there


def test_databases_that_can_not_be_used_are_said_to_be(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["worker"]) == 2
    assert "A worker needs a database: give --database-url" in capsys.readouterr().err
    assert main(["harness", "run", "x", *ROLES, "--queue", "harness"]) == 2
    assert "A queue is kept in a database" in capsys.readouterr().err
    assert main(["worker", "--id", "a b", "--database-url", "sqlite:///x.db"]) == 2
    assert "'a b' is no name for a worker" in capsys.readouterr().err
    assert main(["worker", "--queue", "_dbos_x", "--database-url", "sqlite:///x.db"]) == 2
    assert "'_dbos_x' is no name for a queue" in capsys.readouterr().err
    assert main(["worker", "--concurrency", "0", "--database-url", "sqlite:///x.db"]) == 2
    assert "--concurrency must be 1 or more" in capsys.readouterr().err
    assert main(["harness", "status", "--database-url", "postgresql://me:secret@127.0.0.1:1/x"]) == 2
    said = capsys.readouterr().err
    assert "can't be reached" in said
    assert "secret" not in said
    monkeypatch.delitem(sys.modules, "loom.orchestration.dbos_engine", raising=False)
    monkeypatch.setattr(builtins, "__import__", without("dbos"))
    assert main(["harness", "status", "--database-url", f"sqlite:///{home}/x.db"]) == 2
    assert "pip install 'loom-studio[durable]'" in capsys.readouterr().err


def without(package: str) -> Any:
    """`import`, as where a package is not installed."""
    real = builtins.__import__

    def find(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    return find


def test_a_call_waits_and_is_denied_from_elsewhere(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended: list[int] = []

    def work() -> None:
        ended.append(main(["harness", "run", "Write", "--id", "r1", *ROLES, "--asks", "wait", "--max-sprints", "1"]))

    thread = Thread(target=work)
    thread.start()
    try:
        found: list[dict[str, Any]] = []
        told = ""
        while not found and thread.is_alive():
            told += capsys.readouterr().err
            assert main(["harness", "approvals", "--json"]) == 0
            found = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"run"')]
        assert found, told + capsys.readouterr().err
        assert main(["harness", "approvals", "r1"]) == 0
        assert f"r1  {found[0]['id']}  write_file: " in capsys.readouterr().out
        assert main(["harness", "deny", "r1", found[0]["id"], "not", "now"]) == 0
    finally:
        thread.join(30)
    assert ended == [0]
    assert not (home / "it.txt").exists()
