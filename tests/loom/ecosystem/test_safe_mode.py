"""Safe mode runs nothing of plugins, hooks and servers, and weakens nothing: a person decides where a hook would."""

import json
import sys
from pathlib import Path

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, HookSpec, MCPServerConfig, ModelRef, PolicyConfig, ToolSpec
from loom.config.ecosystem import EcosystemConfig
from loom.config.permissions import PermissionRules
from loom.ecosystem.plugin_parts import installed_plugins, part_key, plugin_mcp_servers
from loom.safety.consents import ANY
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision

SAID = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('ran'); sys.exit(2)"


def hooks(marker: Path, event: str = "PreToolUse") -> list[HookSpec]:
    return [HookSpec(event, [sys.executable, "-c", SAID, str(marker)], matcher="note")]


def agent_for(folder: Path, config_hooks: list[HookSpec], asked: list[ApprovalRequest], *, is_safe: bool) -> Agent:
    def note(text: str) -> str:
        (folder / "noted").write_text(text)
        return "noted"

    def look(text: str) -> str:
        return text

    def answer(request: ApprovalRequest) -> Decision:
        asked.append(request)
        return Decision.deny("no")

    calls = [{"name": name, "arguments": {"text": "x"}} for name in ("note", "look")]
    (folder / "work").mkdir(exist_ok=True)
    return create_agent(
        AgentConfig(
            ModelRef.scripted([{"text": "", "tool_calls": calls}, {"text": "done"}]),
            tools=[ToolSpec.from_function(note), ToolSpec.from_function(look)],
            hooks=config_hooks,
            policy=PolicyConfig(permissions=PermissionRules(allow=["note", "look"])),
            mcp_servers={"own": MCPServerConfig(command=sys.executable, args=["-c", ""])},
            ecosystem=EcosystemConfig(tools=["no-such-package"] if is_safe else []),
        ),
        workspace=folder / "work",
        approvals=answer,
        profile=Profile(folder / "profile", folder / "home", is_safe=is_safe),
    )


async def test_a_call_that_a_hook_would_judge_is_asked_about_and_others_run_as_before(tmp_path: Path) -> None:
    marker, asked = tmp_path / "hook ran", list[ApprovalRequest]()
    agent = agent_for(tmp_path, hooks(marker), asked, is_safe=True)
    try:
        result = await agent.run("go")
    finally:
        await agent.aclose()
    assert [request.tool for request in asked] == ["note"]
    assert "not run in safe mode" in asked[0].reason
    assert not marker.exists()
    assert not (tmp_path / "noted").exists()
    kinds = [event.type for event in result.events if event.type in ("tool.completed", "tool.approval_requested")]
    assert kinds.count("tool.completed") == 1
    assert agent.servers is None


async def test_without_safe_mode_the_same_hook_runs_and_refuses(tmp_path: Path) -> None:
    marker, asked = tmp_path / "hook ran", list[ApprovalRequest]()
    agent = agent_for(tmp_path, hooks(marker), asked, is_safe=False)
    agent.engine.servers = None
    try:
        await agent.run("go")
    finally:
        await agent.aclose()
    assert not asked
    assert marker.exists()
    assert not (tmp_path / "noted").exists()


def install_guard(tmp_path: Path, marker: Path) -> None:
    profile = Profile(tmp_path / "profile", tmp_path / "home", is_safe=True)
    plugin = profile.folder / "plugins" / "guard"
    (plugin / ".claude-plugin").mkdir(parents=True)
    (plugin / ".claude-plugin" / "plugin.json").write_text(json.dumps({"name": "guard", "version": "1.0.0"}))
    (plugin / "hooks").mkdir()
    command = f"{sys.executable} -c 'open({str(marker)!r}, \"w\")'"
    entry = {"matcher": "note", "hooks": [{"type": "command", "command": command}]}
    (plugin / "hooks" / "hooks.json").write_text(json.dumps({"hooks": {"PreToolUse": [entry]}}))
    (plugin / ".mcp.json").write_text(json.dumps({"mcpServers": {"s": {"command": "echo"}}}))
    for kind in ("hooks", "mcpServers"):
        profile.consents.give(part_key("guard", kind), ANY)
    assert [each.name for each in installed_plugins(profile)] == ["guard"]
    assert plugin_mcp_servers(Profile(profile.folder, profile.home)) != {}
    assert plugin_mcp_servers(profile) == {}


async def test_the_hooks_of_a_plugin_are_asked_about_too_and_none_of_its_parts_is_used(tmp_path: Path) -> None:
    marker = tmp_path / "plugin ran"
    await in_thread(install_guard, tmp_path, marker)
    asked = list[ApprovalRequest]()
    agent = agent_for(tmp_path, [], asked, is_safe=True)
    try:
        await agent.run("go")
    finally:
        await agent.aclose()
    assert [request.tool for request in asked] == ["note"]
    assert not marker.exists()


async def test_with_nobody_there_such_a_call_is_refused(tmp_path: Path) -> None:
    asked = list[ApprovalRequest]()
    made = agent_for(tmp_path, hooks(tmp_path / "hook ran"), asked, is_safe=True)
    agent = create_agent(made.config, workspace=tmp_path / "work", profile=made.profile)
    await made.aclose()
    try:
        await agent.run("go")
    finally:
        await agent.aclose()
    assert not (tmp_path / "noted").exists()
