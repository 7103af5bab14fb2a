"""What a command can't do: outlive its call, take our keys, write without end, or get out of its sandbox."""

import asyncio
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from loom.safety.paths import WorkspacePaths
from loom.tools.builtin import processes
from loom.tools.builtin.processes import clean_environment, run_process
from loom.tools.builtin.sandbox import Sandbox, hint, in_sandbox, unusable
from loom.tools.builtin.shell import shell_tools

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are commands for sh")
OURS = os.getpid()
"""Ends how long a process of these tests sleeps: those of others sleep as long as theirs say."""
needs_bubblewrap = pytest.mark.skipif(bool(unusable()), reason=unusable() or "it works")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


async def run(
    work: Path, command: str, timeout_s: float = 20.0, sandbox: str = "off", keep: tuple[str, ...] = ()
) -> str:
    [tool] = shell_tools(WorkspacePaths(work), sandbox, keep)
    return await tool(command, timeout_s)


def alive(seconds: str) -> list[int]:
    """The living `sleep` processes of so many seconds."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cmdline() == ["sleep", seconds]:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def is_there(path: str) -> bool:
    return os.path.lexists(path)


@pytest.mark.parametrize(
    "command",
    [
        "setsid sleep SLEEP & echo up",
        "(setsid sleep SLEEP &) ; echo up",
        "setsid sh -c 'setsid sleep SLEEP & setsid sleep SLEEP & sleep SLEEP' & sleep 0.2; echo up",
        "nohup setsid -f sleep SLEEP; echo up",
    ],
)
async def test_a_child_in_a_session_of_its_own_ends_with_the_command(work: Path, command: str) -> None:
    assert "up" in await run(work, command.replace("SLEEP", f"71.1{OURS}"))
    assert alive(f"71.1{OURS}") == []


async def test_a_time_out_ends_children_that_left_the_session_and_cleared_their_environment(work: Path) -> None:
    out = await run(work, f"env -i setsid sleep 71.2{OURS} & setsid sleep 71.2{OURS} & echo up; wait", 2.0)
    assert out == "up\n[stopped after 2 s]"
    assert alive(f"71.2{OURS}") == []


async def test_cancelling_twice_still_ends_the_whole_tree(work: Path) -> None:
    deaf = f"trap '' TERM; setsid sleep 71.3{OURS} & sleep 71.3{OURS} & while :; do sleep 71.3{OURS}; done"
    task = asyncio.get_running_loop().create_task(run_process(deaf, work, 60))
    while len(alive(f"71.3{OURS}")) < 3:
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(f"71.3{OURS}") == []


@pytest.mark.parametrize("times", [1, 2])
async def test_a_command_that_is_cancelled_while_it_starts_leaves_nothing(work: Path, times: int) -> None:
    for number in range(24):
        command = f"setsid sleep 71.4{times}{OURS} & sleep 71.4{times}{OURS}"
        task = asyncio.get_running_loop().create_task(run_process(command, work, 60))
        await asyncio.sleep(number * 0.0005)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert alive(f"71.4{times}{OURS}") == []


async def test_memory_of_children_in_other_sessions_counts(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MEMORY_LIMIT_BYTES", 100 * 2**20)
    monkeypatch.setattr(processes, "MEMORY_WATCH_S", 0.1)
    hog = "python3 -c 'x = bytearray(300_000_000); import time; time.sleep(30)'"
    assert "of memory]" in await run(work, f"setsid --wait {hog}")


async def test_endless_output_is_stopped(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "OUTPUT_LIMIT_BYTES", 2**20)
    out = await run(work, "yes", 30)
    assert out.endswith("MiB]")
    assert len(out) < 2**21


async def test_a_command_that_closes_its_output_runs_on(work: Path) -> None:
    assert await run(work, "exec >&- 2>&-; sleep 0.3; touch made") == "[exit code 0]"
    assert (work / "made").exists()


@pytest.mark.parametrize(
    "name",
    ["ANTHROPIC_API_KEY", "GITHUB_TOKEN", "MY_SECRET", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DB_PASSWORD",
     "SIGNING_PRIVATE_KEY", "OPENAI_APIKEY", "OPENAI_KEY", "OPENAI_ADMIN_KEY", "LLM_AUTH", "LOOM_DATABASE_URL",
     "ANTHROPIC_CUSTOM_HEADERS", "GH_PAT", "BASH_ENV", "ENV", "BASH_FUNC_ls%%"],
)  # fmt: skip
def test_keys_and_shell_habits_are_not_handed_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "value")
    monkeypatch.setenv("ORDINARY", "value")
    assert name not in clean_environment()
    assert clean_environment()["ORDINARY"] == "value"


async def test_a_key_that_is_named_is_handed_on_and_no_other(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE_TOKEN", "one")
    monkeypatch.setenv("OTHER_TOKEN", "other")
    assert await run(work, "echo $ONE_TOKEN-$OTHER_TOKEN", keep=("ONE_TOKEN",)) == "one-\n[exit code 0]"


async def test_a_line_that_begins_with_a_dash_is_no_option_of_the_shell(work: Path) -> None:
    out = await run(work, "-c 'touch made'")
    assert "not found" in out
    assert not (work / "made").exists()


@pytest.fixture
def repository(work: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(work)], check=True)
    return work


@needs_bubblewrap
@pytest.mark.parametrize(
    "attack",
    [
        "mv .git .old && mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit",
        "mv .git/hooks .git/old && mkdir .git/hooks && echo evil > .git/hooks/pre-commit",
        "rm -rf .git; mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit",
        "echo evil > .git/hooks/pre-commit",
        "ln -sf /tmp .git/hooks",
        "git config core.hooksPath evil",
        "printf '[core]\\nhooksPath = evil\\n' > .git/evil; mv -f .git/evil .git/config",
        "mount -o remount,rw .git/hooks; umount .git/hooks; echo evil > .git/hooks/pre-commit",
        "unshare -Urm sh -c 'umount .git/hooks; echo evil > .git/hooks/pre-commit'",
    ],
)
async def test_no_way_leads_round_the_protection_of_hooks(repository: Path, attack: str) -> None:
    before = (repository / ".git" / "config").read_bytes()
    names = sorted(path.name for path in (repository / ".git" / "hooks").iterdir())
    await run(repository, attack, sandbox="on")
    hooks = repository / ".git" / "hooks"
    assert not hooks.is_symlink()
    assert sorted(path.name for path in hooks.iterdir()) == names
    assert (repository / ".git" / "config").read_bytes() == before


@needs_bubblewrap
async def test_hooks_that_are_not_there_yet_can_not_be_made(repository: Path) -> None:
    for path in (repository / ".git" / "hooks").iterdir():
        path.unlink()
    (repository / ".git" / "hooks").rmdir()
    out = await run(repository, "mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit", sandbox="on")
    assert "the sandbox lets commands write only" in out
    assert list((repository / ".git" / "hooks").iterdir()) == []


@needs_bubblewrap
async def test_work_with_git_goes_on_in_the_sandbox(repository: Path) -> None:
    out = await run(
        repository,
        "echo x > a && git add a && git -c user.name=n -c user.email=e@x commit -qm first && git log --format=%s",
        sandbox="on",
    )
    assert out == "first\n[exit code 0]"


@needs_bubblewrap
@pytest.mark.parametrize("attack", ["mount -o remount,rw /; touch {0}", "touch {0}", "ln -s {1} l; touch l/made"])
async def test_nothing_outside_is_written_also_by_root(work: Path, tmp_path: Path, attack: str) -> None:
    await run(work, attack.format(tmp_path / "made", tmp_path), sandbox="on")
    await run(work, attack.format("/var/tmp/made-by-a-test-of-loom", "/var/tmp"), sandbox="on")
    assert not (tmp_path / "made").exists()
    assert not is_there("/var/tmp/made-by-a-test-of-loom")


@needs_bubblewrap
async def test_a_link_named_git_opens_nothing_outside(work: Path, tmp_path: Path) -> None:
    (tmp_path / "private" / "hooks").mkdir(parents=True)
    assert "exit code 0" in await run(work, f"ln -s {tmp_path / 'private'} .git", sandbox="on")
    await run(work, "touch .git/made .git/hooks/made", sandbox="on")
    assert [path.name for path in (tmp_path / "private").rglob("*")] == ["hooks"]


@needs_bubblewrap
async def test_a_contained_command_has_no_capability_no_sockets_of_services_and_a_place_for_scratch(work: Path) -> None:
    assert "CapEff:\t0000000000000000" in await run(work, "grep CapEff /proc/self/status", sandbox="on")
    assert await run(work, "find /run -type s | wc -l", sandbox="on") == "0\n[exit code 0]"
    assert "[exit code 0]" in await run(work, 'mkdir -p "$XDG_CACHE_HOME" && mktemp', sandbox="on")


@needs_bubblewrap
async def test_what_runs_on_in_a_sandbox_ends_with_it(work: Path) -> None:
    assert "up" in await run(work, f"env -i setsid -f sleep 71.4{OURS}; echo up", sandbox="on")
    assert alive(f"71.4{OURS}") == []


@needs_bubblewrap
async def test_a_refused_connection_is_explained(work: Path) -> None:
    look_up = "python3 -c 'import socket; socket.getaddrinfo(\"loom.example\", 80)'"
    assert "the sandbox has no network" in await run(work, look_up, sandbox="on")


def test_the_hints_are_only_for_what_a_sandbox_does() -> None:
    contained, open_ = Sandbox(active=True, network=False), Sandbox(active=True, network=True)
    assert "has no network" in hint("npm error code EAI_AGAIN", contained)
    assert hint("npm error code EAI_AGAIN", open_) == ""
    assert "write only inside the workspace" in hint("OSError: [Errno 30] Read-only file system: '/x'", open_)
    assert hint("all is well", contained) == ""


def test_the_mounts_follow_what_is_in_the_workspace(work: Path) -> None:
    contained = Sandbox(active=True, network=False)
    bare = in_sandbox(["true"], work, contained)
    assert "--unshare-net" in bare
    assert not any(".git" in word for word in bare)
    assert "--unshare-net" not in in_sandbox(["true"], work, Sandbox(active=True, network=True))
    (work / ".git").write_text("gitdir: elsewhere\n")
    (work / ".loom").mkdir()
    listed = " ".join(in_sandbox(["true"], work, contained))
    assert f"--ro-bind {work}/.git {work}/.git " in listed
    assert f"--ro-bind {work}/.loom {work}/.loom " in listed
    assert listed.index(f"--bind {work} {work}") < listed.index(f"--ro-bind {work}/.git")


def test_head_and_tail_are_kept_in_whatever_pieces_it_came() -> None:
    whole = b"".join(b"%07d\n" % number for number in range(300_000))
    for size in (10_000, 65_536, len(whole)):
        output = processes._Output()
        for start in range(0, len(whole), size):
            output.add(whole[start : start + size])
        text = output.text()
        head, tail = text.split("\n[…")[0], text.split("left out …]\n")[1]
        assert head.encode() == whole[: processes.HEAD_BYTES - 1] or head.encode() == whole[: processes.HEAD_BYTES]
        assert tail.encode() == whole[-processes.TAIL_BYTES :]
        left_out = len(whole) - processes.HEAD_BYTES - processes.TAIL_BYTES
        assert f"[… {left_out:,} bytes left out …]" in text
