"""The hooks of a skill's head: asked while it is active, never for a yes, only after the person agreed to that."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from loom.agent import Agent
from loom.config.session import SessionConfig
from loom.ecosystem.content import content_of
from loom.ecosystem.skill import read_skill
from loom.ecosystem.skill_folders import find_skills
from loom.memory.in_memory import InMemoryStore
from loom.memory.records import HISTORY_MESSAGE, NewRecord
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.runs import RunResult
from tests.support.agents import assert_catalogued, call, of_type, requests_of
from tests.support.skills import agent_in, profile_in, trust_all, workspace_in, write_plugin, write_skill

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the hooks of these tests are shell scripts")
DENIES = "echo 'not while I watch' >&2; exit 2"
WRITE = call("write_file", path="a.txt", content="x")
ACTIVATE = call("activate_skill", name="careful")


def hooks(command: str, event: str = "PreToolUse", matcher: str = "Write|Edit", **more: Any) -> str:
    return json.dumps({event: [{"matcher": matcher, "hooks": [{"type": "command", "command": command, **more}]}]})


def skill(folder: Path, head: str, body: str = "Take care.") -> Path:
    return write_skill(folder / "home/.agents/skills", "careful", body, hooks=head)


def writing(folder: Path, *turns: Any) -> Agent:
    agent = agent_in(folder, *turns, capabilities=["edit"])
    agent.attach_approver(lambda _request: Decision.allow_once())
    return agent


async def run(agent: Agent) -> RunResult:
    result = await agent.run("Go")
    assert_catalogued(result.events)
    return result


def vetoes(result: RunResult) -> list[str]:
    return [each["message"] for each in of_type(result, "tool.vetoed")]


async def test_a_hook_says_no_while_its_skill_is_active_and_neither_before_nor_in_the_next_run(tmp_path: Path) -> None:
    skill(tmp_path, hooks(DENIES))
    agent = writing(tmp_path, WRITE, ACTIVATE, WRITE, "Done.", WRITE, "Done.")
    session = agent.session()
    first = await session.start("Go").wait()
    assert len(of_type(first, "tool.completed")) == 2  # the write before, and the activation
    assert ["not while I watch" in text for text in vetoes(first)] == [True]
    second = await session.start("Again").wait()
    assert vetoes(second) == []
    await agent.aclose()


async def test_a_hook_runs_in_the_skills_folder_and_is_told_of_the_call(tmp_path: Path) -> None:
    root = skill(tmp_path, hooks("./check.sh", matcher="", event="PostToolUse"))
    (root / "check.sh").write_text('#!/bin/sh\ncat > seen.json; echo "$CLAUDE_SKILL_DIR" > where\n')
    (root / "check.sh").chmod(0o755)
    agent = writing(tmp_path, ACTIVATE, WRITE, "Done.")
    await run(agent)
    seen = json.loads((root / "seen.json").read_text())
    assert (seen["hook_event_name"], seen["tool_name"]) == ("PostToolUse", "write_file")
    assert (root / "where").read_text().strip() == str(root.resolve())
    await agent.aclose()


@pytest.mark.parametrize("command", ["./is-not-there.sh", "exit 1", "echo nonsense", "sleep 30"])
async def test_a_guard_that_fails_means_no(command: str, tmp_path: Path) -> None:
    skill(tmp_path, hooks(command, timeout=0.5))
    agent = writing(tmp_path, ACTIVATE, WRITE, "Done.")
    result = await run(agent)
    assert len(vetoes(result)) == 1
    assert not (workspace_in(tmp_path) / "a.txt").exists()
    await agent.aclose()


async def test_a_hook_allows_nothing(tmp_path: Path) -> None:
    skill(tmp_path, hooks("""echo '{"decision": "allow"}'"""))
    agent = agent_in(tmp_path, ACTIVATE, WRITE, "Done.", capabilities=["edit"])
    asked: list[ApprovalRequest] = []
    agent.attach_approver(lambda request: asked.append(request) or Decision.deny("no"))
    await run(agent)
    assert [request.tool for request in asked] == ["write_file"]
    await agent.aclose()


async def test_a_guard_that_can_not_be_asked_here_has_the_person_asked(tmp_path: Path) -> None:
    head = json.dumps({"PreToolUse": [{"matcher": "Read", "hooks": [{"type": "prompt", "prompt": "Is it wise?"}]}]})
    root = skill(tmp_path, head)
    (workspace_in(tmp_path) / "a.txt").write_text("x")
    agent = agent_in(tmp_path, ACTIVATE, call("read_file", path="a.txt"), "Done.", capabilities=["files"])
    asked: list[ApprovalRequest] = []
    agent.attach_approver(lambda request: asked.append(request) or Decision.allow_once())
    await run(agent)
    assert [request.tool for request in asked] == ["read_file"]
    assert "can't be asked here" in asked[0].reason
    _, warnings = await in_thread(read_skill, root / "SKILL.md")
    assert any("you are asked about each call" in text for text in warnings)
    await agent.aclose()


async def test_a_skill_that_is_followed_elsewhere_brings_its_hooks_there(tmp_path: Path) -> None:
    write_skill(tmp_path / "home/.agents/skills", "careful", "Write it.", hooks=hooks(DENIES), context="fork")
    agent = writing(tmp_path, ACTIVATE, WRITE, "I could not.", WRITE, "Done.")
    result = await run(agent)
    assert vetoes(result) == []  # the one here is none of the skill's
    assert [each["tool"] for each in of_type(result, "tool.completed")] == ["activate_skill", "write_file"]
    told = [message.text for message in requests_of(agent)[2].messages if message.role == "tool"]
    assert ["not while I watch" in text for text in told] == [True]
    await agent.aclose()


def test_who_agreed_to_a_skill_before_it_brought_programs_is_asked_anew(tmp_path: Path) -> None:
    root = write_skill(workspace_in(tmp_path) / ".agents/skills", "careful", "Take care.", hooks=hooks(DENIES))
    profile = profile_in(tmp_path)

    def states() -> list[tuple[str, bool]]:
        found = find_skills(workspace_in(tmp_path), None, profile.consents).found
        return [(each.state, any("it runs programs: PreToolUse" in text for text in each.warnings)) for each in found]

    profile.consents.give(f"skill:{root.resolve()}", content_of(root).digest)  # as it was kept for a skill without
    assert states() == [("changed", True)]
    trust_all(profile, workspace_in(tmp_path))
    assert states() == [("ready", True)]


def test_a_plugins_skill_brings_no_hooks_and_says_so(tmp_path: Path) -> None:
    root = write_plugin(tmp_path)
    write_skill(root / "skills", "careful", "Take care.", hooks=hooks(DENIES))
    found = find_skills(None, None, None, plugins=[("helper", root / "skills")]).found
    (careful,) = [each for each in found if each.skill.name == "careful"]
    assert careful.skill.programs.programs == []
    assert any("a plugin brings hooks of its own" in text for text in careful.warnings)


async def test_in_safe_mode_no_program_runs_and_the_person_is_asked(tmp_path: Path) -> None:
    skill(tmp_path, hooks(f"touch {tmp_path}/ran"))
    agent = agent_in(tmp_path, ACTIVATE, WRITE, "Done.", capabilities=["edit"])
    agent.engine.gate.hooks._runs_programs = False
    asked: list[ApprovalRequest] = []
    agent.attach_approver(lambda request: asked.append(request) or Decision.allow_once())
    await run(agent)
    assert "not run in safe mode" in asked[0].reason
    assert not (tmp_path / "ran").exists()
    await agent.aclose()


async def test_a_run_that_goes_on_in_another_process_has_the_hooks_again(tmp_path: Path) -> None:
    skill(tmp_path, hooks(DENIES))
    store = InMemoryStore()
    lease = await in_thread(store.acquire, "s")
    active = {"name": "careful", "content": "Take care.", "source": "", "by": "model", "run_id": "run-1"}
    write = {"id": "c1", "name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}
    records = [
        NewRecord("session.created", {"agent": "", "workspace": "", "metadata": {}}),
        NewRecord("run.started", {"prompt": "go", "session_id": "s", "agent": "", "model": "m"}, "run-1"),
        NewRecord(HISTORY_MESSAGE, {"role": "user", "content": "go"}, "run-1"),
        NewRecord("skill.activated", active, "run-1"),
        NewRecord(HISTORY_MESSAGE, {"role": "assistant", "content": "", "tool_calls": [write]}, "run-1"),
    ]
    await in_thread(store.append(lease, records).result)
    await in_thread(store.release, lease)
    agent = writing(tmp_path, "Done.")
    agent.given_store = store
    session = agent.session(SessionConfig(id="s"))
    await session.load()
    result = await session.resume().wait()
    assert ["not while I watch" in text for text in vetoes(result)] == [True]
    assert not (workspace_in(tmp_path) / "a.txt").exists()
    await agent.aclose()


def test_events_that_a_skill_can_not_have_are_told(tmp_path: Path) -> None:
    root = skill(tmp_path, hooks("true", event="SessionStart"))
    found, warnings = read_skill(root / "SKILL.md")
    assert found.programs.programs == []
    assert any("SessionStart" in text and "no effect" in text for text in warnings)


@pytest.mark.parametrize(
    "head", ['"just words"', '{"PreToolUse": ["words"]}', '{"PreToolUse": [{"matcher": "(?=x)"}]}']
)
def test_hooks_that_can_not_be_read_leave_the_skill_and_have_the_person_asked(head: str, tmp_path: Path) -> None:
    found, warnings = read_skill(skill(tmp_path, head) / "SKILL.md")
    assert (found.content, found.programs.programs, found.programs.is_unguarded) == ("Take care.", [], True)
    assert warnings
