"""The real program in a real window, used by the names that screen readers use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

DESK = Path(__file__).parent / "desk.py"
AGENT = """
name = "Scripted"
capabilities = ["files", "shell"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
text = "Let me make a file."
tool = "run_command"
arguments = { command = "echo hello > made.txt" }
[[model.extensions.turns]]
text = "The file is there."
[[model.extensions.turns]]
text = "Once more."
tool = "run_command"
arguments = { command = "rm made.txt" }
[[model.extensions.turns]]
text = "Then it stays."
"""


def use(tmp_path: Path, steps: list[tuple[str, str, str]], *options: str) -> subprocess.CompletedProcess[str]:
    if not os.environ.get("DISPLAY"):
        pytest.skip("no screen: make e2e runs this on a virtual one")
    file = tmp_path / "steps.json"
    file.write_text(json.dumps(steps))
    workspace = tmp_path / "work"
    workspace.mkdir(exist_ok=True)
    program = [sys.executable, "-m", "loom_studio", "--workspace", str(workspace), "--data-dir", str(tmp_path / "data")]
    return subprocess.run(
        ["/usr/bin/python3", str(DESK), str(file), *program, *options], capture_output=True, text=True, check=False
    )


def test_a_call_is_approved_and_another_denied(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "Make me a file"),
            ("press", "Send", ""),
            ("wait", "Approval request", ""),
            ("expect", "Needs you", "Make me a file"),
            ("press", "Allow once", ""),
            ("expect", "Transcript", "The file is there."),
            ("expect", "Sessions", "Make me a file"),
            ("type", "Message", "Remove it"),
            ("press", "Send", ""),
            ("wait", "Approval request", ""),
            ("type", "Reason", "keep it"),
            ("press", "Deny", ""),
            ("expect", "Transcript", "Then it stays."),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "made.txt").read_text() == "hello\n"
    assert "qt.dbus" not in done.stderr, "the desktop hears how many wait"


CARDS = """
name = "Coder"
capabilities = ["shell", "edit"]
[policy.permissions]
deny = ["run_command(rm *)"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "run_command"
arguments = { command = "touch always" }
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "edited.txt", content = "from the model" }
[[model.extensions.turns]]
tool = "run_command"
arguments = { command = "sudo rm -rf x" }
[[model.extensions.turns]]
tool = "run_command"
arguments = { command = "touch denied" }
[[model.extensions.turns]]
text = "That was all."
"""


def test_calls_are_allowed_always_edited_denied_and_vetoed_and_a_grant_is_revoked(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(CARDS)
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "go"),
            ("press", "Send", ""),
            ("wait", "Approval request", ""),
            ("press", "Always allow…", ""),
            ("press", "Store rule and allow", ""),
            ("expect", "Tool call", "from the model"),
            ("press", "Edit arguments", ""),
            ("type", "Arguments", '{"path": "edited.txt", "content": "from the person"}'),
            ("press", "Allow edited call", ""),
            ("expect", "Transcript", "denies it"),
            ("expect", "Pending approvals", "touch denied"),
            ("type", "Reason", "not this one"),
            ("press", "Deny", ""),
            ("expect", "Transcript", "That was all."),
            ("expect", "Grants", "run_command(touch always)"),
            ("press", "Revoke", ""),
            ("gone", "run_command(touch always)  ·  until revoked", ""),
            ("expect", "Ledger", "refused"),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
    made = tmp_path / "work"
    assert sorted(file.name for file in made.iterdir()) == ["always", "edited.txt"]
    assert (made / "edited.txt").read_text() == "from the person"


def test_a_studio_that_is_killed_in_a_run_shows_it_as_interrupted_and_resumes_it(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(AGENT)
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "Make me a file"),
            ("press", "Send", ""),
            ("wait", "Approval request", ""),
            ("type", "Message", "a thought that was never sent"),
            ("expect", "Sessions", "Make me a file"),
            ("kill", "", ""),
            ("expect", "Needs you", "Make me a file · interrupted"),
            ("press", "Make me a file", ""),
            ("wait", "Resume", ""),
            ("expect", "Transcript", "did not run"),
            ("press", "Resume", ""),
            ("expect", "Tool call", "echo hello > made.txt"),
            ("press", "Allow once", ""),
            ("expect", "Transcript", "Let me make a file."),
            ("press", "Deny", ""),
            ("expect", "Transcript", "The file is there."),
            ("gone", "Resume", ""),
            ("expect", "Sessions", "Make me a file"),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "made.txt").read_text() == "hello\n"


EDITS = """
name = "Editor"
capabilities = ["edit"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "note.txt", content = "from the model\\n" }
[[model.extensions.turns]]
text = "It is written."
[[model.extensions.turns]]
text = "I read your comment."
"""


def test_changes_are_reviewed_commented_restored_and_the_session_is_found_again(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(EDITS)
    note = tmp_path / "work" / "note.txt"
    note.parent.mkdir()
    note.write_text("from the person\n")
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "Write it"),
            ("press", "Send", ""),
            ("press", "Allow once", ""),
            ("expect", "Transcript", "It is written."),
            ("press", "Review changes", ""),
            ("expect", "Changed files", "note.txt  +1 −1"),
            ("expect", "Diff", "-from the person"),
            ("press", "Side by side", ""),
            ("expect", "Diff before", "-from the pe"),
            ("expect", "Diff after", "+from the mo"),
            ("type", "Comment on line", "why this?"),
            ("press", "Add comment", ""),
            ("press", "Send all comments", ""),
            ("expect", "Transcript", "note.txt, line 1"),
            ("expect", "Transcript", "I read your comment."),
            ("press", "Restore files…", ""),
            ("expect", "What would change", "+from the person"),
            ("press", "Restore now", ""),
            ("gone", "Restore now", ""),
            ("wait", "Undo restore", ""),
            ("press", "Undo restore", ""),
            ("expect", "Changed files", "note.txt"),
            ("press", "Revert file", ""),
            ("press", "Restore now", ""),
            ("wait", "Undo restore", ""),
            ("press", "New session", ""),
            ("type", "Search sessions", "comment"),
            ("expect", "Sessions", "Messages"),
            ("type", "Search sessions", ""),
            ("press", "Write it", ""),
            ("expect", "Transcript", "I read your comment."),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr
    assert note.read_text() == "from the person\n"
    assert "side_by_side=yes" in (tmp_path / "data" / "settings.ini").read_text()


# Another program: it saves a file once the command of the run is there.
SAVER = """
import pathlib, psutil, sys, time
while not any(each.info["cmdline"] == ["sleep", "4"] for each in psutil.process_iter(["cmdline"])):
    time.sleep(0.1)
time.sleep(0.5)
pathlib.Path(sys.argv[1]).write_text("theirs")
time.sleep(8)
pathlib.Path(sys.argv[2]).write_text("later, while no tool runs")
"""
WATCHING = """
name = "Watcher"
capabilities = ["shell"]
[policy.permissions]
allow = ["run_command(sleep 4)"]
[policy.extensions]
sandbox = "off"
[heartbeat]
interval = 1.0
[[heartbeat.watch_sources]]
kind = "filesystem"
paths = ["."]
[[heartbeat.triggers]]
name = "Review"
prompt = "Look at what changed."
agent = "reviewer.toml"
path = "*.txt"
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "run_command"
arguments = { command = "sleep 4" }
[[model.extensions.turns]]
text = "I have seen it."
"""


REVIEWER = """
name = "Reviewer"
[model]
provider = "scripted"
name = "script"
[model.extensions]
turns = ["I have reviewed it."]
"""


def test_a_file_that_another_program_saves_is_noticed_in_the_run_and_starts_an_agent(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(WATCHING)
    work = tmp_path / "work"
    work.mkdir()
    (work / "reviewer.toml").write_text(REVIEWER)
    saver = subprocess.Popen([sys.executable, "-c", SAVER, str(work / "theirs.txt"), str(work / "later.txt")])
    try:
        done = use(
            tmp_path,
            [
                ("wait", "Message", ""),
                ("type", "Message", "Wait a moment"),
                ("press", "Send", ""),
                ("expect", "Transcript", "Noticed"),
                ("expect", "Transcript", "theirs.txt"),
                ("expect", "Transcript", "I have seen it."),
                ("press", "Heartbeat", ""),
                ("expect", "Alerts", "theirs.txt"),
                ("expect", "Alerts", "later.txt"),
                ("expect", "Triggers", "started"),
                ("expect", "Sessions", "Review: later.txt"),
            ],
            "--agent",
            str(agent),
        )
    finally:
        saver.kill()
        saver.wait(20)
    assert done.returncode == 0, done.stderr


@pytest.mark.local_model
def test_a_stranger_talks_to_the_local_model(tmp_path: Path) -> None:
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("type", "Message", "What is the capital of France? Answer in one sentence."),
            ("press", "Send", ""),
            ("expect", "Transcript", "Paris"),
        ],
    )
    assert done.returncode == 0, done.stderr


def test_a_first_start_asks_for_the_model_and_the_header_is_found_by_name(tmp_path: Path) -> None:
    done = use(
        tmp_path,
        [
            ("wait", "Welcome", ""),
            ("press", "Connect a server…", ""),
            ("type", "Server address", "http://127.0.0.1:9"),
            ("press", "Find models", ""),
            ("expect", "Welcome", "No server answers at http://127.0.0.1:9"),
            ("press", "Back", ""),
            ("press", "Use the local model", ""),
            ("wait", "Agent", ""),
            ("wait", "Model", ""),
            ("press", "Mode", ""),
            ("press", "Plan", ""),
            ("expect", "Empty chat", "Assistant"),
        ],
    )
    assert done.returncode == 0, done.stderr


FILLER = """
name = "Filler"
[runtime.limits]
max_context_tokens = 2000
[model]
provider = "scripted"
name = "script"
[model.extensions]
turns = [
{turns}
]
"""
LONG = "The harbour wall was measured again and the numbers do not agree with the plan. " * 8


def test_a_person_sees_the_context_fill_is_warned_and_begins_anew(tmp_path: Path) -> None:
    agent = tmp_path / "agent.toml"
    agent.write_text(FILLER.replace("{turns}", "\n".join(f'"Answer {n}: {LONG}",' for n in range(16))))
    steps = [("wait", "Message", ""), ("press", "Context", "")]
    for number in range(14):
        steps += [
            ("type", "Message", f"Part {number}"),
            ("press", "Send", ""),
            ("expect", "Transcript", f"Answer {number}:"),
        ]
        if number == 12:
            steps += [("wait", "Context warning", "")]
    steps += [
        ("expect", "Transcript", "The context was made smaller"),
        ("expect", "Partitions", "history"),
        ("press", "Renew now", ""),
        ("expect", "Transcript", "The context began anew"),
        ("type", "Message", "What did I ask first?"),
        ("press", "Send", ""),
        ("expect", "Request", "Handoff Document (Sprint 1)"),
    ]
    done = use(tmp_path, steps, "--agent", str(agent))
    assert done.returncode == 0, done.stderr


LOOK = """
[[model.extensions.turns]]
text = "Look at {file}."
tool = "read_file"
arguments = {{ path = "{file}" }}
delay_s = {delay_s}
"""
WATCHED = """
name = "Reader"
capabilities = ["files"]
[runtime.limits]
max_context_tokens = 8000
[model]
provider = "scripted"
name = "script"
"""
LEVELS = "0 1 2 3 0 1 n5800 n 0 1 n6700 n 4 5 6 n7400 n 7 8 9 n7700 n 10 11 n8100 n"
"""What the model reads, one a step: long logs by number, short notes; behind some, what the provider then counts."""
WARNED = ("6700", "7400", "7700")
"""The steps through which the bar says that the next one cuts: long ones, so that there is time to see it."""


def test_a_run_crosses_all_four_levels_and_a_renewal_before_a_persons_eyes(tmp_path: Path) -> None:
    work, script = tmp_path / "work", WATCHED
    work.mkdir()
    for number in range(12):
        (work / f"log_{number}.txt").write_text(f"{number} pump valve sluice gauge north crane tide wall gate\n" * 60)
    for step, what in enumerate(LEVELS.split()):
        file = f"note_{step}.txt" if what.startswith("n") else f"log_{what}.txt"
        if what.startswith("n"):
            (work / file).write_text(f"Note {step}: the gate is open.")
        script += LOOK.format(file=file, delay_s=2.5 if what[1:] in WARNED else 0.3)
        if counted := what.partition("n")[2]:
            script += f"usage = {{ input_tokens = {counted}, output_tokens = 20 }}\n"
    agent = tmp_path / "agent.toml"
    agent.write_text(script + '[[model.extensions.turns]]\ntext = "All of it was read."\n')
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("press", "Context", ""),
            ("type", "Message", "Read the logs of the harbour."),
            ("press", "Send", ""),
            ("wait", "Context warning", ""),
            *(("expect", "Transcript", f"made smaller ({level})") for level in ("snip", "micro", "collapse", "auto")),
            ("expect", "Transcript", "The context began anew"),
            ("expect", "Transcript", "All of it was read."),
            ("expect", "Request", "Handoff Document (Sprint 1)"),
        ],
        "--agent",
        str(agent),
    )
    assert done.returncode == 0, done.stderr


def test_the_tour_shows_a_question_a_veto_and_an_alert(tmp_path: Path) -> None:
    done = use(
        tmp_path,
        [
            ("wait", "Welcome", ""),
            ("press", "Take the tour", ""),
            ("wait", "Approval request", ""),
            ("press", "Allow once", ""),
            ("expect", "Transcript", "vetoed by rule 'no_deleting'"),
            ("expect", "Transcript", "This is what I was told"),
        ],
    )
    assert done.returncode == 0, done.stderr


def test_without_a_display_it_says_so() -> None:
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(
        [sys.executable, "-m", "loom_studio"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no display" in done.stderr


BUILDER = """
name = "Builder"
capabilities = ["files", "edit"]
[model]
provider = "scripted"
name = "script"
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "calc.py", content = "def add(a, b):\\n    return a - b\\n" }
[[model.extensions.turns]]
text = "I wrote calc.py"
[[model.extensions.turns]]
delay_s = 10
tool = "write_file"
arguments = { path = "calc.py", content = "def add(a, b):\\n    return a - b  # a sum\\n" }
[[model.extensions.turns]]
text = "I added a comment"
[[model.extensions.turns]]
tool = "write_file"
arguments = { path = "calc.py", content = "def add(a, b):\\n    return a + b\\n" }
[[model.extensions.turns]]
text = "I mended calc.py"
"""
JUDGE = """
name = "A judge"
[model]
provider = "scripted"
name = "script"
[model.extensions]
loop = true
[[model.extensions.turns]]
text = "- add is short"
[[model.extensions.turns]]
text = "PASS\\n1. PASS - two lines\\n2. PASS - it says so"
"""


def test_a_harness_run_fails_gets_a_criterion_and_passes(tmp_path: Path) -> None:
    """pytest, run by the harness itself, decides on code that the generator writes wrong twice, then right."""
    builder = tmp_path / "builder.toml"
    builder.write_text(BUILDER)
    agents = tmp_path / "data" / "agents"
    agents.mkdir(parents=True)
    (agents / "judge.toml").write_text(JUDGE)
    work = tmp_path / "work"
    work.mkdir()
    (work / "test_calc.py").write_text("from calc import add\n\ndef test_add():\n    assert add(2, 3) == 5\n")
    done = use(
        tmp_path,
        [
            ("wait", "Message", ""),
            ("press", "Sprints", ""),
            ("press", "New harness run…", ""),
            ("type", "Brief of the run", "Make calc.py with a function add"),
            ("choose", "Evaluator", "A judge"),
            ("type", "Commands that must succeed", f"{sys.executable} -m pytest -q -p no:cacheprovider"),
            ("press", "Start the run", ""),
            ("expect", "Sprint timeline", "Sprint 1, failed, 1 of 2 criteria"),
            ("press", "Sprint 1, failed, 1 of 2 criteria", ""),
            ("expect", "Critique", "assert -1 == 5"),
            ("press", "Add criterion…", ""),
            ("type", "Criterion", "it has a name that says what it does"),
            ("press", "Add", ""),
            ("expect", "Sprint timeline", "Sprint 2, failed, 1 of 2 criteria"),
            ("expect", "Sprint timeline", "Sprint 3, passed, 3 of 3 criteria"),
            ("expect", "Harness runs", "passed, 3 of 5 sprints"),
            ("press", "Sprint 1, failed, 1 of 2 criteria", ""),
            ("press", "Fork from sprint…", ""),
            ("press", "Fork and go on", ""),
            ("expect", "Harness runs", "running, 2 of 5 sprints"),
            ("expect", "Sprint timeline", "Sprint 3, the generator works"),
            ("press", "Stop harness", ""),
            ("press", "Compare with…", ""),
            ("expect", "Comparison", "from sprint 1 of"),
            ("press", "Close the comparison", ""),
            ("expect", "Harness runs", "stopped, 3 of 5 sprints"),
        ],
        "--agent",
        str(builder),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "return a + b" in (work / "calc.py").read_text()


def test_a_run_is_put_into_a_queue_and_a_worker_does_it(tmp_path: Path) -> None:
    """With the same agents as above, and a criterion that is given to the worker while it fails."""
    pytest.importorskip("dbos")
    agents = tmp_path / "data" / "agents"
    agents.mkdir(parents=True)
    (agents / "builder.toml").write_text(BUILDER)
    (agents / "judge.toml").write_text(JUDGE)
    url = f"sqlite:///{tmp_path}/queue.db"
    worker = subprocess.Popen(
        [sys.executable, "-c", "from loom.cli import main; main()", "worker", "--database-url", url],
        env={**os.environ, "LOOM_HOME": str(tmp_path / "data" / "profile")},
        stdout=subprocess.DEVNULL,
    )
    try:
        done = use(
            tmp_path,
            [
                ("wait", "Message", ""),
                ("press", "Sprints", ""),
                ("press", "New harness run…", ""),
                ("type", "Brief of the run", "Make calc.py with a function add"),
                ("choose", "Where the run works", "At a worker, from a queue"),
                ("type", "Database of the queue", url),
                ("press", "Test connection", ""),
                ("wait", f"{url} answers: 1 worker, 0 runs wait.", ""),
                ("choose", "Generator", "Builder"),
                ("choose", "Evaluator", "A judge"),
                ("type", "Commands that must succeed", "grep -q 'a + b' calc.py"),
                ("press", "Start the run", ""),
                ("expect", "Sprint timeline", "Sprint 1, failed, 1 of 2 criteria"),
                ("press", "Add criterion…", ""),
                ("type", "Criterion", "it has a name that says what it does"),
                ("press", "Add", ""),
                ("expect", "Harness runs", "passed, 3 of 5 sprints"),
                ("expect", "Sprint timeline", "Sprint 3, passed, 3 of 3 criteria"),
            ],
        )
    finally:
        worker.terminate()
        worker.wait()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "return a + b" in (tmp_path / "work" / "calc.py").read_text()
