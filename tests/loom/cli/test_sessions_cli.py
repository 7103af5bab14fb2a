"""`loom sessions` as a person types it."""

import json
from pathlib import Path

import pytest

from tests.loom.cli.test_cli import loom
from tests.support.stores import fill, make_store

pytestmark = pytest.mark.timeout(180)

AGENT = """
[model]
provider = "scripted"
name = "s"
[[model.extensions.turns]]
text = "It is 你好, `foo_bar`."
"""


@pytest.fixture
def agent(tmp_path: Path) -> str:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT)
    return str(file)


def test_a_run_is_kept_found_shown_continued_exported_imported_and_deleted(agent: str, tmp_path: Path) -> None:
    assert loom("run", "What is foo?", "--agent", agent).returncode == 0
    (listed,) = json.loads(loom("sessions", "list", "--json").stdout)
    assert (listed["title"], listed["state"], listed["messages"]) == ("What is foo?", "done", 2)
    begin = listed["id"][:8]
    assert "foo_bar" in loom("sessions", "show", begin).stdout
    assert begin in loom("sessions", "search", "你好").stdout
    assert loom("sessions", "search", "nowhere").returncode == 1

    assert loom("run", "And bar?", "--agent", agent, "--session", begin).returncode == 0
    (listed,) = json.loads(loom("sessions", "list", "--json").stdout)
    assert listed["messages"] == 4

    file = tmp_path / "out.jsonl"
    assert loom("sessions", "export", begin, "-o", str(file)).returncode == 0
    with file.open("a") as lines:
        lines.write('{"torn')
    imported = loom("sessions", "import", str(file))
    assert imported.returncode == 0
    assert "could not be read" in imported.stderr
    copy = imported.stdout.strip()
    assert copy != listed["id"]
    assert json.loads(loom("sessions", "show", copy, "--json").stdout.splitlines()[0])["session"]["messages"] == 4

    forked = loom("sessions", "fork", begin, "--at", "9").stdout.strip()
    assert "And bar?" not in loom("sessions", "show", forked).stdout
    assert loom("sessions", "delete", begin, copy).returncode == 0
    assert [each["id"] for each in json.loads(loom("sessions", "list", "--json").stdout)] == [forked]
    assert loom("sessions", "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sessions", "show", "nope"], "There is no session 'nope'"),
        (["sessions", "import", "/nowhere"], "can't be read"),
        (["sessions", "import", __file__], "is no session"),
        (["run", "--resume", "nope"], "There is no session 'nope'"),
        (["run"], "Give a prompt"),
    ],
)
def test_what_can_not_be_is_said_in_a_line(agent: str, arguments: list[str], said: str) -> None:
    done = loom(*arguments, *(["--agent", agent] if arguments[0] == "run" else []))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_several_sessions_that_begin_alike_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOM_HOME", str(tmp_path))
    store = make_store("sqlite", tmp_path)
    fill(store, "abc1", "one")
    fill(store, "abc2", "two")
    store.close()
    done = loom("sessions", "show", "abc")
    assert done.returncode == 2
    assert "2 sessions begin with 'abc'" in done.stderr
    assert "two" in loom("sessions", "show", "abc2").stdout
