"""Commands contained by bubblewrap, where it works; elsewhere the card says why they are not."""

import os
from pathlib import Path

import pytest

from loom import AgentConfig, Decision, ModelRef, create_agent
from loom.config import PolicyConfig
from loom.errors import ConfigError
from loom.tools.builtin import processes
from loom.tools.builtin.sandbox import Sandbox, hint, in_sandbox, sandbox_for, unusable
from loom.types.approvals import ApprovalRequest
from tests.support.agents import AskedProvider, call

needs_bubblewrap = pytest.mark.skipif(bool(unusable()), reason=unusable())


async def run_commands(work: Path, *commands: str, sandbox: str = "on") -> list[str]:
    ref = ModelRef.scripted([*(call("run_command", command=each) for each in commands), "ok"])
    config = AgentConfig(ref, capabilities=["shell"], policy=PolicyConfig(extensions={"sandbox": sandbox}))
    provider = AskedProvider(ref)
    agent = create_agent(config, workspace=work, provider=provider, approvals=lambda _: Decision.allow_once())
    await agent.run("go")
    await agent.aclose()
    return [message.text for message in provider.requests[-1].messages if message.role == "tool"]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / ".git" / "hooks").mkdir(parents=True)
    (folder / ".git" / "config").write_text("[core]\n")
    return folder


@needs_bubblewrap
async def test_only_the_workspace_can_be_written_and_not_its_hooks(work: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    told = await run_commands(
        work,
        "echo in > made && cat made",
        f"echo out > {outside}",
        "echo x > .git/hooks/pre-commit",
        "echo x >> .git/config",
        "touch /usr/made",
    )
    assert told[0] == "in\n[exit code 0]"
    assert (work / "made").read_text() == "in\n"
    assert not outside.exists()
    assert list((work / ".git" / "hooks").iterdir()) == []
    assert (work / ".git" / "config").read_text() == "[core]\n"
    assert "lets commands write only inside the workspace" in told[4]


@needs_bubblewrap
async def test_there_is_no_network_and_no_sight_of_other_processes(work: Path) -> None:
    told = await run_commands(
        work, "cat /proc/net/dev | tail -n +3 | cut -d: -f1 | xargs", "ls /proc | grep -c '^[0-9]'"
    )
    assert told[0].startswith("lo")
    assert int(told[1].split()[0]) < 10


@needs_bubblewrap
async def test_the_agent_file_can_allow_the_network_or_switch_it_off(work: Path, tmp_path: Path) -> None:
    count = "tail -n +3 /proc/net/dev | wc -l"
    [here] = await run_commands(work, count, sandbox="off")
    assert await run_commands(work, count, sandbox="network") == [here]
    outside = tmp_path / "outside"
    [told] = await run_commands(work, f"touch {outside} && ls {outside}", sandbox="off")
    assert told.startswith(str(outside))


@needs_bubblewrap
async def test_a_contained_command_ends_with_its_time(work: Path) -> None:
    told = await run_commands(work, "sleep 100 & echo started")
    assert told[0].startswith("started")


async def test_the_person_is_told_how_a_command_is_contained(work: Path) -> None:
    seen: list[ApprovalRequest] = []
    ref = ModelRef.scripted([call("run_command", command="ls"), "ok"])
    agent = create_agent(
        AgentConfig(ref, capabilities=["shell"]),
        workspace=work,
        approvals=lambda request: (seen.append(request), Decision.deny())[1],
    )
    await agent.run("go")
    await agent.aclose()
    assert seen[0].preview["sandbox"].startswith(("In a sandbox", "Not in a sandbox: "))


def test_a_choice_that_there_is_not_is_named(work: Path) -> None:
    with pytest.raises(ConfigError, match="'maybe'"):
        sandbox_for({"sandbox": "maybe"})
    with pytest.raises(ConfigError, match="'maybe'"):
        create_agent(
            AgentConfig(
                ModelRef.scripted([]), capabilities=["shell"], policy=PolicyConfig(extensions={"sandbox": "maybe"})
            ),
            workspace=work,
        )


def test_without_a_sandbox_the_command_is_as_it_was(tmp_path: Path) -> None:
    off = sandbox_for({"sandbox": "off"})
    assert in_sandbox(["a", "b"], tmp_path, off) == ["a", "b"]
    assert str(off) == "Not in a sandbox: the agent file switches it off."
    assert hint("Read-only file system", off) == ""
    assert "no network" in hint("curl: Could not resolve host: x", Sandbox(active=True, network=False))


async def test_a_command_that_takes_too_much_memory_is_stopped(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MEMORY_LIMIT_BYTES", 100 * 2**20)
    monkeypatch.setattr(processes, "MEMORY_WATCH_S", 0.1)
    told = await run_commands(
        work, "python3 -c 'x = bytearray(300_000_000); import time; time.sleep(30)'", sandbox="off"
    )
    assert "of memory]" in told[0]


def test_the_probe_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    unusable.cache_clear()
    try:
        assert unusable() in ("bubblewrap is not installed", "bubblewrap runs on Linux only")
        fake = tmp_path / "bwrap"
        fake.write_text("#!/bin/sh\necho 'no namespaces here' >&2\nexit 1\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
        unusable.cache_clear()
        assert "no namespaces here" in unusable()
    finally:
        unusable.cache_clear()
