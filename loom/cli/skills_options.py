"""The options of `loom skills` and `loom plugins`."""

from __future__ import annotations

import argparse
from typing import Any


def add_skills(commands: Any) -> None:
    """Add both commands to a parser's."""
    _skills(commands.add_parser("skills", help="instructions for special tasks: list, trust, validate"))
    _plugins(commands.add_parser("plugins", help="what others made for agents: install, agree to, switch off"))


def _skills(skills: argparse.ArgumentParser) -> None:
    actions = skills.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="the skills of a project and yours, and what is wrong with others")
    trusted = actions.add_parser("trust", help="read what a project brings, and agree to it as it is")
    trusted.add_argument("--yes", action="store_true", help="agree to all of it without a question")
    for action in (listed, trusted):
        action.add_argument("--workspace", metavar="DIR", default=".", help="the project's folder")
    validated = actions.add_parser("validate", help="check a skill against the specification")
    validated.add_argument("path", help="its folder, or its SKILL.md")


def _plugins(plugins: argparse.ArgumentParser) -> None:
    actions = plugins.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the plugins, their parts, and which of these you agreed to")
    installed = actions.add_parser("install", help="copy a plugin into your profile; nothing of it is used yet")
    installed.add_argument("path", help="the plugin's folder, or that of a marketplace")
    installed.add_argument("--name", help="which plugin of a marketplace")
    for action, told in (
        ("agree", "read a part of a plugin, and agree to it as it is"),
        ("withdraw", "agree to a part no longer"),
        ("remove", "delete a plugin"),
        ("enable", "use a plugin again"),
        ("disable", "do not use a plugin for now"),
    ):
        named = actions.add_parser(action, help=told)
        named.add_argument("name", help="the plugin's name")
        if action in ("agree", "withdraw"):
            named.add_argument("part", choices=["skills", "commands", "agents", "hooks", "mcpServers"])
        if action == "agree":
            named.add_argument("--yes", action="store_true", help="without a question")
