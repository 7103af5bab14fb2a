"""The arguments of `loom knowledge`; what the command does is imported when it is called."""

from __future__ import annotations

import argparse


def add_knowledge(knowledge: argparse.ArgumentParser) -> None:
    """Give the command its actions."""
    actions = knowledge.add_subparsers(dest="action", required=True)
    index = actions.add_parser("index", help="read what is new or changed; Ctrl+C keeps what was read by then")
    index.add_argument("--anew", action="store_true", help="delete the index before")
    query = actions.add_parser("query", help="the pieces that answer a question, best first, with why")
    query.add_argument("question", help="what to look for")
    query.add_argument("--top", type=int, default=5, metavar="N", help="at most this many pieces")
    status = actions.add_parser("status", help="what each index holds, and what could not be read")
    for action in (index, query, status):
        action.add_argument("--agent", metavar="FILE", help="an agent file (TOML) with [[knowledge]] entries")
        action.add_argument("--path", metavar="PATH", help="a folder or file, instead of an agent's sources")
        action.add_argument("--workspace", metavar="DIR", default=".", help="the folder that relative paths are in")
        action.add_argument("--source", metavar="NAME", help="one of the agent's sources; else all")
        action.add_argument("--json", action="store_true", help="print lines of JSON")
