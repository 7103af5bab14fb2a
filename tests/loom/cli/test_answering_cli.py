"""`loom harness approve` about a run that another process works on: with other arguments, and from now on."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loom.cli import main
from tests.support.harness_agents import CLI, agents_in

LIMIT_S = 60.0


@pytest.fixture
def working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A process that works on the run "r", and asks before it writes."""
    agents_in(tmp_path)
    monkeypatch.setenv("LOOM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOOM_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    roles = ("--agent", "gen.toml", "--evaluator", "judge.toml", "--workspace", "work", "--max-sprints", "3")
    line = (sys.executable, "-c", CLI, "harness", "run", "Write it", *roles, "--id", "r", "--asks", "wait")
    process = subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
    )
    yield process
    process.kill()
    process.wait()


def waiting(capsys: pytest.CaptureFixture[str], is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The call that waits, once it is the one that is meant."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        capsys.readouterr()
        main(["harness", "approvals", "--json"])
        for line in capsys.readouterr().out.splitlines():
            found = json.loads(line)
            if "grant" not in found and is_it(found):
                return found
        time.sleep(0.1)
    raise AssertionError("no such call waits")


@pytest.mark.usefixtures("working")
def test_a_call_runs_with_the_arguments_that_were_typed_and_its_like_is_allowed_from_now_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = waiting(capsys, lambda call: call["arguments"]["content"] == "one")
    approve = ["harness", "approve", "r", first["id"]]
    for wrong, said in (
        ("{", "not valid JSON"),
        ('{"path": "a", "path": "b", "content": ""}', "stands twice"),
        ('{"path": "it.txt"}', "content"),
    ):
        assert main([*approve, "--arguments", wrong]) == 2
        assert said in capsys.readouterr().err
    assert main([*approve, "--arguments", "{}", "--hash", "0" * 64]) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO('{"content": "ein", "path": "it.txt"}'))
    assert main([*approve, "--arguments", "-", "--hash", first["arguments_hash"]]) == 0
    second = waiting(capsys, lambda call: call["arguments"]["content"] == "two")
    assert (tmp_path / "work" / "it.txt").read_text() == "ein"
    main(["harness", "approvals"])
    assert "--for-run and --always offer write_file(it.txt)" in capsys.readouterr().out
    approve = ["harness", "approve", "r", second["id"]]
    assert main([*approve, "--always", "write_file(other.txt)"]) == 2
    assert "does not cover the call" in capsys.readouterr().err
    assert main([*approve, "--days", "2"]) == 2
    assert "--always holds" in capsys.readouterr().err
    assert main([*approve, "--always", "write_file(*.txt)", "--days", "2"]) == 0
    until = time.monotonic() + LIMIT_S
    while not (tmp_path / "work" / "other.txt").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    (grant,) = json.loads((tmp_path / "home" / "grants.json").read_text())["grants"]
    assert (grant["rule"], grant["tool"], grant["workspace"]) == (
        "write_file(*.txt)",
        "write_file",
        str((tmp_path / "work").resolve()),
    )
    assert grant["expires_at"] == pytest.approx(grant["created_at"] + 2 * 86_400)
