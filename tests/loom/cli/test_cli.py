"""The command line as a script uses it: exit codes, streams, no tracebacks."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loom.cli import main

AGENT = """
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "s"
"""
TURNS = """
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "made.txt", content = "x" }
[[model.extensions.turns]]
text = "It is done."
"""


def loom(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    keyless = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    command = [sys.executable, "-c", "import sys; from loom.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, input=stdin, env=keyless, capture_output=True, text=True, check=False)


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    file = tmp_path / "agent.toml"
    file.write_text(AGENT + TURNS)
    return file


def test_without_a_terminal_what_needs_permission_is_refused(agent: Path, tmp_path: Path) -> None:
    done = loom("run", "go", "--agent", str(agent), "--workspace", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "It is done.\n"
    assert "needs permission" in done.stderr
    assert not (tmp_path / "made.txt").exists()


def test_a_mode_can_allow_it_and_json_tells_everything(agent: Path, tmp_path: Path) -> None:
    done = loom(
        "run", "-", "--agent", str(agent), "--workspace", str(tmp_path), "--mode", "accept-edits", "--json", stdin="go"
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["payload"]["prompt"] == "go"
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "run.completed"
    assert (tmp_path / "made.txt").read_text() == "x"


def test_exit_codes_tell_the_state(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text(AGENT)
    limited = tmp_path / "limited.toml"
    limited.write_text(AGENT + "[runtime.limits]\nmax_iterations = 1\n" + TURNS)
    assert loom("run", "go", "--agent", str(empty), "--workspace", str(tmp_path)).returncode == 1
    assert loom("run", "go", "--agent", str(limited), "--workspace", str(tmp_path)).returncode == 3


@pytest.mark.parametrize(("reason", "said"), [("max_tokens", "is cut off"), ("refusal", "declined to answer")])
def test_an_answer_that_is_not_all_of_it_is_told_beside_it(reason: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f'{AGENT}[model.extensions]\nturns = [{{ text = "I can", stop_reason = "{reason}" }}]\n')
    done = loom("run", "go", "--agent", str(file), "--workspace", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "I can\n")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "go", "--agent", "/nowhere.toml"), "There is no agent file at /nowhere.toml"),
        (("run", "go", "--model", "nope"), "'nope' is no model"),
        (("run", "go", "--workspace", "/nowhere", "--model", "local:x"), "is not a folder"),
        (("fly",), "invalid choice"),
    ],
)
def test_wrong_use_is_a_sentence_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    done = loom(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_says_nothing_is_no_prompt(agent: Path) -> None:
    for done in (loom("run", " ", "--agent", str(agent)), loom("run", "-", "--agent", str(agent), stdin="\n")):
        assert done.returncode == 2
        assert done.stderr == "loom: The prompt is empty: say what is to be done\n"


@pytest.mark.parametrize(
    "command",
    ["sessions list", "sessions search x", "memory list", "memory search x", "rules list", "insights list",
     "insights tools", "audit export", "harness status", "harness approvals", "mcp list", "plugins list",
     "sessions prune --days 1", "harness prune --days 1"],
)  # fmt: skip
def test_where_there_is_nothing_a_sentence_says_so_beside_the_output(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) == (1 if command == "sessions search x" else 0)
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"loom: \w.*\n", said.err)


@pytest.mark.parametrize("command", ["rules list", "mcp list", "skills list", "memory list"])
def test_a_workspace_that_there_is_not_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--workspace", "/nowhere"]) == 2
    assert capsys.readouterr().err == "loom: /nowhere is not a folder\n"


def test_an_agent_file_that_is_nested_without_end_is_told(tmp_path: Path) -> None:
    deep = tmp_path / "deep.toml"
    deep.write_text(f"a = {'[' * 5000}{']' * 5000}")
    done = loom("run", "go", "--agent", str(deep))
    assert (done.returncode, done.stderr) == (2, f"loom: {deep}: not valid TOML: it is nested too deeply\n")


def in_shell(line: str, agent: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell in which `loom` runs with `agent`."""
    program = f"{sys.executable} -c 'import sys; from loom.cli import main; sys.exit(main())'"
    line = line.replace("LOOM", f"{program} run go --agent {agent} --workspace {agent.parent}")
    return subprocess.run(
        ["sh", "-c", line], env={**os.environ, **environment}, capture_output=True, check=False, text=True
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_can_not_be_written_is_a_sentence(agent: Path) -> None:
    done = in_shell("LOOM > /dev/full", agent)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "loom: No space left on device")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_streams_may_be_closed_or_speak_another_encoding(agent: Path) -> None:
    closed = in_shell("LOOM <&-", agent)
    assert (closed.returncode, closed.stdout) == (0, "It is done.\n")
    assert in_shell("LOOM >&- 2>&-", agent).returncode == 0
    agent.write_text(agent.read_text("utf-8").replace("It is done.", "Größe 日本 🎉"), "utf-8")
    said = in_shell("LOOM --json", agent, PYTHONIOENCODING="ascii").stdout
    assert json.loads(said.splitlines()[-1])["payload"]["output"] == "Größe 日本 🎉"
    assert in_shell("LOOM", agent, PYTHONIOENCODING="ascii").returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_what_waits_for_a_prompt(agent: Path) -> None:
    import fcntl
    import termios

    reads, writes = os.pipe()
    program = "import sys; from loom.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "run", "-", "--agent", str(agent)]
    with subprocess.Popen(command, stdin=reads, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.write(writes, b"tell me")
        while fcntl.ioctl(reads, termios.FIONREAD, bytes(4)) != bytes(4):
            time.sleep(0.02)  # until it is read, and the program waits for more
        process.send_signal(signal.SIGINT)
        assert process.wait(150) == 130
        assert process.communicate() == (b"", b"")
    os.close(reads)
    os.close(writes)


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "x"])
def test_what_was_used_just_now_is_not_pruned_by_a_wrong_number(days: str) -> None:
    for words in (("sessions", "prune"), ("harness", "prune")):
        done = loom(*words, "--days", days)
        assert done.returncode == 2
        assert "--days" in done.stderr


def test_models_and_version_are_told() -> None:
    assert "anthropic:" in loom("models", "list").stdout
    assert loom("--version").stdout.startswith("loom ")


@pytest.mark.local_model
def test_doctor_finds_a_model_that_answers() -> None:
    done = loom("doctor", "--json")
    findings = {finding["what"]: finding["ok"] for finding in json.loads(done.stdout)}
    assert findings["local:smollm2-135m answers"], done.stdout
    assert done.returncode == 0


def test_a_conversation_goes_on_and_ends(tmp_path: Path) -> None:
    agent = tmp_path / "a.toml"
    turns = '[[model.extensions.turns]]\ntext = "one"\n[[model.extensions.turns]]\ntext = "two"\n'
    agent.write_text('[model]\nprovider = "scripted"\nname = "s"\n' + turns)
    done = loom("chat", "--agent", str(agent), stdin="hi\n/mode plan\nagain\n/quit\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "one\ntwo\n"
