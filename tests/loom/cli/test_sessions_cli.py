"""`loom sessions` as a person types it."""

import json
from pathlib import Path

import pytest

from tests.loom.cli.test_cli import loom
from tests.support.stores import fill, make_store

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


def test_a_session_as_a_page_and_as_markdown_hides_secrets(agent: str) -> None:
    key = "sk-ant-" + "a1B2" * 12
    assert loom("run", f"<b>My</b> key is {key}", "--agent", agent).returncode == 0
    (listed,) = json.loads(loom("sessions", "list", "--json").stdout)
    page = loom("sessions", "export", listed["id"], "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert "&lt;b&gt;My&lt;/b&gt;" in page
    assert "<code>foo_bar</code>" in page
    text = loom("sessions", "export", listed["id"], "--format", "markdown").stdout
    assert "`foo_bar`" in text
    assert key not in page + text
    assert key in loom("sessions", "export", listed["id"], "--format", "markdown", "--with-secrets").stdout


def test_a_session_of_another_program_is_read_and_gone_on_with(agent: str, tmp_path: Path) -> None:
    lines = [
        {"type": "user", "uuid": "1", "parentUuid": None, "timestamp": "2026-01-02T03:04:05Z", "cwd": "/w",
         "sessionId": "x", "message": {"role": "user", "content": "List it."}},
        {"type": "assistant", "uuid": "2", "parentUuid": "1", "timestamp": "2026-01-02T03:04:06Z",
         "message": {"id": "m", "role": "assistant", "content": [
             {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}]}},
        {"type": "user", "uuid": "3", "parentUuid": "2", "timestamp": "2026-01-02T03:04:07Z",
         "message": {"role": "user", "content": [
             {"type": "tool_result", "tool_use_id": "t1", "content": "a.py"}]}},
        {"type": "assistant", "uuid": "4", "parentUuid": "3", "timestamp": "2026-01-02T03:04:08Z",
         "message": {"id": "n", "role": "assistant", "content": [{"type": "text", "text": "There is a.py."}]}},
    ]  # fmt: skip
    file = tmp_path / "theirs.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)) + '\n{"torn')
    imported = loom("sessions", "import", str(file))
    assert imported.returncode == 0, imported.stderr
    session = imported.stdout.strip()
    shown = loom("sessions", "show", session).stdout
    for text in ("List it.", "asks for Bash", "a.py", "There is a.py."):
        assert text in shown
    (found,) = json.loads(loom("sessions", "list", "--json").stdout)
    assert (found["title"], found["state"], found["created_at"]) == ("List it.", "done", 1767323045.0)
    assert loom("run", "More.", "--agent", agent, "--session", session).returncode == 0
    (found,) = json.loads(loom("sessions", "list", "--json").stdout)
    assert found["messages"] == 6
