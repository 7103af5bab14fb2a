"""What `loom knowledge`, `memory` and `insights` take, apart from what they do: options are read at each start."""

from __future__ import annotations

import argparse
from typing import Any

from loom.cli.knowledge_options import add_knowledge


def add_learnt(commands: Any) -> None:
    """Add these commands to the others."""
    add_knowledge(commands.add_parser("knowledge", help="what agents look up: index it, ask it, see how it stands"))
    _add_memory(commands.add_parser("memory", help="what agents remember: list, show, search, forget, trust"))
    _add_insights(commands.add_parser("insights", help="how reliable tools are, and what that suggests"))


def _add_memory(memory: argparse.ArgumentParser) -> None:
    actions = memory.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="every memory, the last changed first")
    shown = actions.add_parser("show", help="one memory, and where it comes from")
    shown.add_argument("path", metavar="PATH", help="a file, as list shows it")
    searched = actions.add_parser("search", help="find what is remembered about something")
    searched.add_argument("query", help="the words")
    forgotten = actions.add_parser("forget", help="delete memories for good")
    forgotten.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder, as list shows it")
    trusted = actions.add_parser("trust", help="use the memory that came with a workspace")
    for action in (listed, shown, searched, forgotten, trusted):
        action.add_argument("--workspace", metavar="DIR", default=".", help="the folder whose memory counts too")
        action.add_argument("--namespace", metavar="NAME", default="", help="the name space of an agent file")
    for action in (listed, shown, searched):
        action.add_argument("--json", action="store_true", help="as JSON")


def _add_insights(insights: argparse.ArgumentParser) -> None:
    actions = insights.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("list", help="every proposal with its reasons, and what came of those accepted")
    tools = actions.add_parser("tools", help="how often each tool succeeds, the least reliable first")
    accepted = actions.add_parser("accept", help="write a proposal into the agent's file")
    dismissed = actions.add_parser("dismiss", help="say no to a proposal; it is not made again")
    undone = actions.add_parser("undo", help="take an accepted proposal out of the file again")
    for action in (accepted, dismissed, undone):
        action.add_argument("id", metavar="ID", help="a proposal's id, or how it begins")
    for action in (listed, tools, accepted, dismissed, undone):
        action.add_argument("--agent", metavar="FILE", help="an agent file (TOML): only about this agent")
    for action in (listed, tools):
        action.add_argument("--json", action="store_true", help="as JSON")
