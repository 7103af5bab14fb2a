"""`loom sessions`: what was said and done, found again, copied, taken elsewhere, deleted."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loom.cli.render import escaped
from loom.cli.setup import found_session
from loom.cli.streams import say_nothing
from loom.interchange.files import export_to, exported, import_from
from loom.memory.backends import default_path
from loom.memory.jsonl import to_lines
from loom.memory.replay import kept
from loom.memory.sqlite_store import SQLiteStore
from loom.types.ids import generate_id


def manage(options: argparse.Namespace) -> int:
    """Do what was asked. Raises StoreError."""
    with opened_store() as store:
        return _ACTIONS[options.action](store, options)


@contextmanager
def opened_store() -> Generator[SQLiteStore]:
    """The person's store, its notices on standard error."""
    store = SQLiteStore(default_path())
    try:
        for notice in store.notices:
            print(f"loom: {notice}", file=sys.stderr)
        yield store
    finally:
        store.close()


def _list(store: SQLiteStore, options: argparse.Namespace) -> int:
    found = store.sessions(with_archived=options.all)
    if options.json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
        return 0
    if not found:
        is_new = options.all or not store.sessions(with_archived=True)
        say_nothing("There is no session yet" if is_new else "All sessions are archived; --all shows them")
    for each in found:
        marks = ("* " if each.is_pinned else "") + ("(archived) " if each.is_archived else "")
        print(f"{each.id}  {_when(each.updated_at)}  {each.state:11}  {marks}{escaped(each.title) or '(no title)'}")
    return 0


def _show(store: SQLiteStore, options: argparse.Namespace) -> int:
    summary = found_session(store, options.id)
    if options.json:
        for line in to_lines(summary, store.records(summary.id)):
            print(line)
        return 0
    print(f"{summary.id}  {summary.state}  {escaped(summary.title)}")
    owner = store.owner_of(summary.id)
    print(f"agent {summary.agent or '-'}, model {summary.model or '-'}, workspace {summary.workspace or '-'}")
    print(f"open in {owner}" if owner else "open nowhere")
    for record in kept(store.records(summary.id)):
        if record.type in _SHOWN:
            who, text = _SHOWN[record.type](record.data)
            _say(record.n, who, text)
    return 0


_SHOWN: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    "run.started": lambda data: ("resumed", "") if data.get("resumed") else ("you", data["prompt"]),
    "message.completed": lambda data: ("you" if data["role"] == "user" else "agent", data["text"]),
    "tool.requested": lambda data: (f"asks for {data['tool']}", json.dumps(data["arguments"], ensure_ascii=False)),
    "tool.approval_requested": lambda data: ("waits for you", data["tool"]),
    "tool.completed": lambda data: (f"{data['tool']} done", data["content"]),
    "tool.failed": lambda data: (f"{data['tool']} failed", data["content"]),
    "tool.vetoed": lambda data: (f"{data['tool']} refused", data["message"]),
    "tool.unknown": lambda data: (f"{data['tool']} outcome unknown", data["reason"]),
    "run.failed": lambda data: ("failed", data["message"]),
    "run.cancelled": lambda data: ("stopped", data["reason"]),
}


def _search(store: SQLiteStore, options: argparse.Namespace) -> int:
    hits = store.search(options.query, options.limit)
    if options.json:
        print(json.dumps([asdict(hit) for hit in hits], ensure_ascii=False, indent=2))
    else:
        for hit in hits:
            print(f"{hit.session_id} {hit.n:5} {hit.role:9} {escaped(hit.title)}\n    {escaped(hit.snippet)}")
        if not hits:
            say_nothing(f"Nothing was found for {options.query!r}")
    return 0 if hits else 1


def _export(store: SQLiteStore, options: argparse.Namespace) -> int:
    session_id = found_session(store, options.id).id
    if options.output in (None, "-"):
        sys.stdout.write(exported(store, session_id, options.format, with_secrets=options.with_secrets))
    else:
        export_to(store, session_id, Path(options.output), options.format, with_secrets=options.with_secrets)
    return 0


def _import(store: SQLiteStore, options: argparse.Namespace) -> int:
    session_id, faults = import_from(store, Path(options.file))
    for fault in faults:
        print(f"loom: {fault}", file=sys.stderr)
    print(session_id)
    return 0


def _fork(store: SQLiteStore, options: argparse.Namespace) -> int:
    source = found_session(store, options.id)
    print(store.fork(source.id, options.at, generate_id()).id)
    return 0


def _delete(store: SQLiteStore, options: argparse.Namespace) -> int:
    for begin in options.ids:
        summary = found_session(store, begin)
        store.delete(summary.id)
        print(f"Deleted for good: {summary.id}  {escaped(summary.title)}")
    return 0


def _prune(store: SQLiteStore, options: argparse.Namespace) -> int:
    until = time.time() - options.days * 86_400
    old = [each for each in store.sessions() if each.updated_at < until and not each.is_pinned]
    gone = [each for each in old if not store.owner_of(each.id)]
    for each in gone:
        store.delete(each.id)
        print(f"Deleted for good: {each.id}  {escaped(each.title)}")
    if not gone:
        say_nothing(f"No session was unused for {options.days:g} days")
    return 0


def _verify(store: SQLiteStore, options: argparse.Namespace) -> int:
    faults = store.check()
    for fault in faults:
        print(fault)
    if faults and options.repair:
        print(store.repair())
        return 0
    if not faults:
        print(f"{len(store.sessions()):,} sessions, all records are what was written: {store.path}")
    return 1 if faults else 0


_ACTIONS = {
    "list": _list,
    "show": _show,
    "search": _search,
    "export": _export,
    "import": _import,
    "fork": _fork,
    "delete": _delete,
    "prune": _prune,
    "verify": _verify,
}


def _say(n: int, who: str, text: str) -> None:
    shown = escaped(text) if len(text) <= 2000 else escaped(text[:2000]) + f" … ({len(text):,} characters)"
    print(f"\n[{n}] {escaped(who)}" + (f"\n{shown}" if shown else ""))


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
