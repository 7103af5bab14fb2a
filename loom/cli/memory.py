"""`loom memory`: what agents remember, listed, read, searched, forgotten; a workspace's own trusted."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from loom.cli.streams import say_nothing
from loom.cli.workspace import folder_of
from loom.errors import ToolError, ToolPermissionError
from loom.memory.files.entry import day
from loom.memory.files.memories import ROOT, Memories
from loom.memory.files.search import MemorySearch
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile


def manage(options: argparse.Namespace) -> int:
    """Do what the options say; returns the exit code. Raises LoomError."""
    workspace = folder_of(options)
    memories = Memories(Profile.default().folder, workspace, options.namespace)
    if options.action == "trust":
        memories.use_workspace()
        print(f"The memory of {workspace} is used from now on.")
        return 0
    if memories.is_untrusted:
        print(f"loom: the memory in {workspace} is not used: loom memory trust", file=sys.stderr)
    match options.action:
        case "list":
            _list(memories, as_json=options.json)
        case "show":
            _show(memories, _full(options.path), as_json=options.json)
        case "search":
            asyncio.run(_search(memories, options.query, as_json=options.json))
        case _:
            for path in options.paths:
                print(escaped(memories.delete(_full(path)).told))
    return 0


def _list(memories: Memories, *, as_json: bool) -> None:
    found = memories.paths()
    if not found:
        say_nothing("Nothing is remembered yet")
    for path, seen in found:
        try:
            held = memories.read(path)
            title, told = held.title, held.provenance.told()
        except (ToolError, ToolPermissionError) as error:
            title, told = "", str(error)
        if as_json:
            print(json.dumps({"path": path, "bytes": seen.size, "changed_at": seen.changed_at, "title": title}))
        else:
            print(f"{escaped(path, '')}  {day(seen.changed_at)}  {escaped(title)}  ({escaped(told)})")


def _show(memories: Memories, path: str, *, as_json: bool) -> None:
    held = memories.read(path)
    if as_json:
        origin = held.provenance
        fields = {"by": origin.by, "session": origin.session_id, "run": origin.run_id, "at": origin.at}
        fields |= {"on_words": origin.words, "expires_at": origin.expires_at}
        print(json.dumps({"path": held.path, "text": held.body, **fields}, ensure_ascii=False))
        return
    print(f"{escaped(held.path, '')}: written {escaped(held.provenance.told())}", file=sys.stderr)
    if held.problem:
        print(f"loom: {held.problem}", file=sys.stderr)
    print(escaped(held.body))


async def _search(memories: Memories, query: str, *, as_json: bool) -> None:
    search = MemorySearch(memories)
    try:
        found = await search.find(query, 20)
    finally:
        await search.aclose()
    if not found:
        say_nothing(f"Nothing was found for {query!r}")
    for each in found:
        if as_json:
            print(json.dumps({"path": each.path, "line": each.line, "score": each.score, "text": each.text}))
        else:
            print(f"{escaped(each.path, '')}:{each.line}: {escaped(' '.join(each.text.split())[:160])}")


def _full(path: str) -> str:
    """A path as people type it: with or without /memories before it."""
    return path if path.startswith(ROOT) else f"{ROOT}/{path.strip('/')}"
