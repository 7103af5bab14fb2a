"""Skills and plugins on the disk, and agents that find them."""

import json
import random
from pathlib import Path
from typing import Any

from loom import AgentConfig, ModelRef, create_agent
from loom.agent import Agent
from loom.config.tools import ToolHandler, ToolParameterSpec, ToolSpec
from loom.safety.profile import Profile
from tests.support.agents import AskedProvider

SERVERS = ("github", "jira", "slack", "postgres", "calendar", "mail", "drive", "figma", "sentry", "stripe")
VERBS = ("list", "get", "create", "update", "delete", "search", "archive", "export", "share", "watch")
THINGS = ("issues", "comments", "users", "files", "labels")


def many_tools() -> list[ToolSpec]:
    """Five hundred tools, as ten servers have them."""

    def body(**arguments: Any) -> str:
        return f"ran with {sorted(arguments)}"

    made = [
        ToolSpec(
            f"{server}__{verb}_{thing}",
            f"{verb.capitalize()} {thing} in {server.capitalize()}, with fields, owner and dates.",
            [
                ToolParameterSpec("query", "string", description=f"which {thing} are meant"),
                ToolParameterSpec("limit", "integer", required=False, description="how many at most"),
            ],
            read_only=True,
            requires_permission=False,
            handler=ToolHandler.callable(body),
        )
        for server in SERVERS
        for verb in VERBS
        for thing in THINGS
    ]
    random.Random(7).shuffle(made)  # noqa: S311  any order that is always the same
    return made


def write_skill(folder: Path, name: str, body: str = "Do it well.", /, **fields: str) -> Path:
    """A skill below `folder`; `fields` are lines of its head, a `_` in their names is a hyphen."""
    root = folder / name
    root.mkdir(parents=True, exist_ok=True)
    head = {"name": name, "description": f"How to {name}.", **{k.replace("_", "-"): v for k, v in fields.items()}}
    lines = "\n".join(f"{key}: {value}" for key, value in head.items())
    (root / "SKILL.md").write_text(f"---\n{lines}\n---\n{body}\n", encoding="utf-8")
    return root


def write_plugin(folder: Path, name: str = "helper", **manifest: Any) -> Path:
    """A plugin with a part of each kind."""
    root = folder / name
    (root / ".claude-plugin").mkdir(parents=True)
    (root / ".claude-plugin/plugin.json").write_text(json.dumps({"name": name, "version": "1.0", **manifest}))
    write_skill(root / "skills", "tidy", "Tidy up.")
    (root / "commands").mkdir()
    (root / "commands/greet.md").write_text("---\ndescription: Greet somebody\n---\nSay hello to $1.\n")
    (root / "agents").mkdir()
    (root / "agents/critic.md").write_text("---\ndescription: Criticises\ntools: Read, Grep\n---\nBe strict.\n")
    (root / "hooks").mkdir()
    hook = {"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/check.sh"}
    hooks = {"hooks": {"PreToolUse": [{"matcher": "Write|Edit", "hooks": [hook]}]}}
    (root / "hooks/hooks.json").write_text(json.dumps(hooks))
    (root / "check.sh").write_text("#!/bin/sh\necho 'not on my watch' >&2\nexit 2\n")
    (root / "check.sh").chmod(0o755)
    server = {"command": "${CLAUDE_PLUGIN_ROOT}/server", "args": ["--root", "${CLAUDE_PLUGIN_ROOT}"]}
    (root / ".mcp.json").write_text(json.dumps({"mcpServers": {"files": server}}))
    return root


def profile_in(folder: Path) -> Profile:
    """A profile and a home of its own below `folder`."""
    (folder / "home").mkdir(exist_ok=True)
    return Profile(folder / "profile", folder / "home")


def workspace_in(folder: Path) -> Path:
    """A workspace below `folder`."""
    (folder / "work").mkdir(exist_ok=True)
    return folder / "work"


def agent_in(folder: Path, *turns: Any, **config: Any) -> Agent:
    """A scripted agent that works in the workspace below `folder` for the profile there."""
    ref = ModelRef.scripted(list(turns))
    return create_agent(
        AgentConfig(model=ref, **config),
        workspace=workspace_in(folder),
        provider=AskedProvider(ref),
        profile=profile_in(folder),
    )


def trust_all(profile: Profile, workspace: Path) -> None:
    """Agree to all skills and instructions of a workspace, as they are."""
    from loom.config.ecosystem import EcosystemConfig
    from loom.ecosystem.agent_side import look_around

    now = look_around(profile, workspace, EcosystemConfig(), everywhere=True)
    for each in now.skills.waiting:
        assert each.content is not None
        profile.consents.give(each.key, each.content.digest)
    for found in (*([now.instructions] if now.instructions is not None else []), *now.nested):
        profile.consents.give(found.key, found.digest)
