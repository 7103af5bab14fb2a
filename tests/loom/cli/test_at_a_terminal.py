"""The command line with a person at it: questions, Ctrl+C, a terminal that is closed."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(120), pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")]

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
turns = [{ text = "one two three four five six", pace_s = 1.0 }, "And again."]
"""
Step = tuple[str, "str | Callable[[int], None]"]


def at_terminal(folder: Path, agent: str, command: list[str], *steps: Step) -> tuple[int, str]:
    """Run `loom` at a terminal; once each text is shown, type what stands beside it (or do it to the process)."""
    import pty

    (folder / "agent.toml").write_text(agent)
    options = ["--agent", str(folder / "agent.toml"), "--workspace", str(folder)]
    pid, fd = pty.fork()
    if pid == 0:
        program = "import sys; from loom.cli import main; sys.exit(main())"
        os.execv(sys.executable, [sys.executable, "-c", program, *command, *options])  # noqa: S606  there is no shell in between
    shown, seen = "", 0
    for text, act in steps:
        while text not in shown[seen:]:
            shown += os.read(fd, 65536).decode(errors="replace")
        seen = len(shown)
        if callable(act):
            act(pid)
        else:
            os.write(fd, act.encode())
    began = time.monotonic()
    try:
        while data := os.read(fd, 65536):
            shown += data.decode(errors="replace")
    except OSError:
        pass  # the terminal's other end is closed
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(fd)
    assert time.monotonic() - began < 10
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
