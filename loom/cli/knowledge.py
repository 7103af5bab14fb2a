"""`loom knowledge`: index what an agent can look up, ask it, and see how it stands."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from loom.cli.streams import say_nothing
from loom.config.knowledge import KnowledgeSource
from loom.config.loading import load_agent
from loom.errors import ConfigError, LoomError
from loom.knowledge.base import KnowledgeBase
from loom.knowledge.reader import SourceStatus
from loom.knowledge.update import Progress
from loom.safety.odd_text import escaped
from loom.threads import in_thread
from loom.types.knowledge import KnowledgeEvidenceItem, KnowledgeQuery

MOST_PROBLEMS = 50


async def manage(options: argparse.Namespace) -> int:
    """Do one of the actions; returns the exit code. Raises LoomError."""
    base = await in_thread(_base, options)
    try:
        if options.action == "query":
            return await _query(base, options)
        if options.action == "index":
            return await _index(base, options)
        return await _status(base, options)
    finally:
        await base.aclose()


def _base(options: argparse.Namespace) -> KnowledgeBase:
    workspace = Path(options.workspace).resolve()
    if options.path:
        given = str(Path(options.path).resolve())
        return KnowledgeBase([KnowledgeSource.folder(Path(given).name or given, given)], workspace)
    if not options.agent:
        raise ConfigError("Say what to look in: --agent FILE with [[knowledge]] entries, or --path PATH")
    config = load_agent(options.agent)
    if not config.knowledge:
        raise ConfigError(f"{options.agent} has no [[knowledge]] entries")
    return KnowledgeBase.of(config, workspace)


async def _index(base: KnowledgeBase, options: argparse.Namespace) -> int:
    code = 0
    for source in base.chosen([options.source] if options.source else []):
        if source.kind not in ("path", "url"):
            continue
        told = _Told(source.name, is_shown=sys.stderr.isatty() and not options.json)
        try:
            outcome = await (base.rebuild if options.anew else base.update)(source.name, told.say)
        except LoomError as error:
            print(f"loom: {source.name}: {error}", file=sys.stderr)
            code = 1
            continue
        finally:
            told.end()
        if options.json:
            print(json.dumps({"source": source.name, **asdict(outcome)}, ensure_ascii=False))
            continue
        note = f" ({outcome.note})" if outcome.note else ""
        print(
            f"{source.name}: {outcome.read:,} read, {outcome.removed:,} gone, {outcome.same:,} as they were, "
            f"in {outcome.seconds:.1f} s{note}"
        )
        for document in await base.problems(source.name, MOST_PROBLEMS):
            print(f"  {escaped(document.key, '')} {document.problem}")
        if outcome.problems > MOST_PROBLEMS:
            print(f"  and {outcome.problems - MOST_PROBLEMS:,} more that could not be read")
    return code


async def _query(base: KnowledgeBase, options: argparse.Namespace) -> int:
    names = [options.source] if options.source else []
    bundle = await base.find(KnowledgeQuery(options.question, top_k=options.top, source_names=names), wait_s=None)
    for problem in bundle.metadata.get("problems", ()):
        print(f"loom: {problem}", file=sys.stderr)
    for number, item in enumerate(bundle.items, 1):
        if options.json:
            print(json.dumps(item.to_context_payload(), ensure_ascii=False))
        else:
            print(_shown(number, item))
    if not bundle.items:
        say_nothing("Nothing was found")
    return 0 if bundle.items else 1


async def _status(base: KnowledgeBase, options: argparse.Namespace) -> int:
    names = {source.name for source in base.chosen([options.source] if options.source else [])}
    for status in await base.status():
        if status.name not in names:
            continue
        if options.json:
            print(json.dumps(asdict(status), ensure_ascii=False))
            continue
        print(_line(status))
        if status.index is not None and status.index.problems:
            for document in await base.problems(status.name, MOST_PROBLEMS):
                print(f"  {escaped(document.key, '')} {document.problem}")
    return 0


def _line(status: SourceStatus) -> str:
    if status.index is None:
        return f"{status.name}  {status.kind}  {status.where}{f'  {status.problem}' if status.problem else ''}"
    held = status.index
    vectors = f", {held.vectors:,} vectors" if held.vectors else ""
    when = f"last compared {status.updated_at}" if status.updated_at else "never indexed"
    return (
        f"{status.name}  {status.where}: {held.documents:,} documents, {held.chunks:,} pieces{vectors}, "
        f"{held.problems:,} could not be read, {when}"
    )


def _shown(number: int, item: KnowledgeEvidenceItem) -> str:
    told = item.metadata
    place = f"{item.uri}:{told['line']}" if "path" in told else item.uri
    ranks = ", ".join(f"{name} {rank}" for name, rank in told.get("ranks", {}).items())
    why = f" ({ranks})" if ranks else ""
    content = "\n".join(f"    {line}" for line in item.content.splitlines()[:8])
    return escaped(
        f"{number}. {item.score or 0:.2f}{why}  {item.source_name} · {place}  {item.title}\n{content}", "\n\t"
    )


class _Told:
    """Progress on one line of a terminal."""

    def __init__(self, name: str, *, is_shown: bool) -> None:
        self._name = name
        self._is_shown = is_shown
        self._width = 0

    def say(self, progress: Progress) -> None:
        if not self._is_shown:
            return
        of = f" of {progress.total:,}" if progress.total else ""
        line = escaped(f"{self._name}: {progress.stage} {progress.done:,}{of} {progress.name}"[:100], "")
        self._over(line)
        self._width = len(line)

    def end(self) -> None:
        if self._width:
            self._over("")

    def _over(self, line: str) -> None:
        # Past `sys.stderr`, which lets nobody go back in a line.
        print(f"\r{line:<{self._width}}\r", end="", file=sys.__stderr__, flush=True)
