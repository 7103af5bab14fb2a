"""The command line with a person at it: questions, Ctrl+C, a terminal that is closed."""

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

WRITES = """
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = [{ tool = "write_file", arguments = { path = "made.txt", content = "x" } }, "It is done.", "And again."]
"""
TALKS = """
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = [{ text = "one-two three", pace_s = 50.0 }, "And again."]
"""
Step = tuple[str, "str | Callable[[int], None]"]


LOOM = "import sys; from loom.cli import main; sys.exit(main())"


def at_terminal(folder: Path, agent: str, command: list[str], *steps: Step, program: str = LOOM) -> tuple[int, str]:
    """Run `loom` at a terminal; once each text is shown, type what stands beside it (or do it to the process)."""
    import pty

    (folder / "agent.toml").write_text(agent)
    options = ["--agent", str(folder / "agent.toml"), "--workspace", str(folder)]
    pid, fd = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # as a shell has it, whatever these tests were started by
        os.execv(sys.executable, [sys.executable, "-c", program, *command, *options])  # noqa: S606  there is no shell in between
    shown, seen = "", 0
    for text, act in steps:
        while text not in shown[seen:]:
            shown += os.read(fd, 65536).decode(errors="replace")
        seen = shown.index(text, seen) + len(text)  # what stands after it may be in the same piece
        if callable(act):
            act(pid)
        else:
            os.write(fd, act.encode())
    try:
        while data := os.read(fd, 65536):
            shown += data.decode(errors="replace")
    except OSError:
        pass  # the terminal's other end is closed
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    return code, shown


def test_a_yes_lets_it_run(tmp_path: Path) -> None:
    code, shown = at_terminal(tmp_path, WRITES, ["run", "go"], ("[y/s", "y\n"))
    assert (code, "It is done." in shown) == (0, True)
    assert (tmp_path / "made.txt").exists()


def test_ctrl_c_at_a_question_ends_the_run(tmp_path: Path) -> None:
    code, _ = at_terminal(tmp_path, WRITES, ["run", "go"], ("[y/s", "\x03"))
    assert code == 130
    assert not (tmp_path / "made.txt").exists()


def test_a_conversation_goes_on_after_ctrl_c_at_a_question(tmp_path: Path) -> None:
    steps: list[Step] = [("> ", "go\n"), ("[y/s", "\x03"), ("> ", "more\n"), ("It is done.", ""), ("> ", "/quit\n")]
    code, _ = at_terminal(tmp_path, WRITES, ["chat"], *steps)
    assert code == 0
    assert not (tmp_path / "made.txt").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", [["run", "go"], ["chat"]])
def test_what_ends_the_program_ends_its_run_first(tmp_path: Path, number: int, command: list[str]) -> None:
    begin: list[Step] = [("> ", "go\n")] if command == ["chat"] else []
    code, shown = at_terminal(tmp_path, TALKS, command, *begin, ("two", lambda pid: os.kill(pid, number)))
    assert code == 130
    assert "three" not in shown
    assert shown.endswith("\n")


HOSTILE = r"red \u001b[31m, copied \u001b]52;c;aGk=\u0007, \u202eback\u202c, \b\b over\r, \u009b2J"
SAYS = f"""
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["{HOSTILE}", {{ tool = "{HOSTILE}", arguments = {{ path = "{HOSTILE}" }} }}, "👨‍👩‍👧 done"]
"""


def test_nothing_that_a_model_says_steers_the_terminal(tmp_path: Path) -> None:
    steps: list[Step] = [("> ", "go\n"), ("> ", "more\n"), ("done", ""), ("> ", "/quit\n")]
    for command, does in (
        (["chat"], steps),
        (["run", "go"], []),
        (["run", "go", "--json"], []),
        (["run", "go", "--agent", "\x1b[31m\x07"], []),
    ):
        _, shown = at_terminal(tmp_path, SAYS, command, *does)
        assert not any(char in shown for char in "\x1b\x07\b\u202e\u009b"), (command, shown)
        assert "\r" not in shown.replace("\r\n", ""), (command, shown)
        assert "31m" in shown or "agent.toml" not in shown
        assert "\\u200d" not in shown  # what joins the parts of a picture is no threat


LISTENS = """
capabilities = ["files"]
[model]
provider = "scripted"
name = "s"
[model.extensions]
turns = ["One.", "Two.", "Three."]
"""


@pytest.fixture
def term(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A terminal that can move its cursor, and a home of its own; what is asked of the model stays in its data."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LOOM_HOME", str(tmp_path / "home"))
    return tmp_path


def asked(folder: Path) -> list[str]:
    """What the person said in the one session that there is."""
    with closing(sqlite3.connect(next(folder.rglob("*.db")))) as store:
        told = store.execute("SELECT data FROM events WHERE type = 'run.started' ORDER BY n").fetchall()
    return [json.loads(data)["prompt"] for (data,) in told]


def test_a_line_is_edited_with_the_keys_and_the_last_one_comes_back(term: Path) -> None:
    left, up = "\x1b[D", "\x1b[A"
    steps: list[Step] = [
        ("> ", f"helo{left}l\n"),
        ("One.", ""),
        ("> ", f"{up}!\n"),
        ("Two.", ""),
        ("> ", "\x1b[200~one\ntwo\x1b[201~\n"),
        ("Three.", ""),
        ("> ", "/quit\n"),
    ]
    code, _ = at_terminal(term, LISTENS, ["chat"], *steps)
    assert code == 0
    assert asked(term) == ["hello", "hello!", "one\ntwo"]


WATCHED = """
import sys, termios
from loom.cli import main
before = termios.tcgetattr(0)
code = main()
print("the terminal is as it was:", termios.tcgetattr(0) == before)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("end", "code"),
    [("half a line\x03", 130), ("\x04", 0), (lambda pid: os.kill(pid, signal.SIGTERM), 130)],
    ids=["Ctrl+C", "Ctrl+D", "SIGTERM"],
)
def test_the_terminal_is_as_it_was_after_an_end_in_the_middle_of_a_line(
    term: Path, end: str | Callable[[int], None], code: int
) -> None:
    ended, shown = at_terminal(term, LISTENS, ["chat"], ("> ", end), program=WATCHED)
    assert ended == code
    assert "the terminal is as it was: True" in shown
    assert shown.rfind("\x1b[?2004l") > shown.rfind("\x1b[?2004h")
