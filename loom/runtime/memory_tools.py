"""The tools by which a model reads and changes what it remembers, for every provider in the shape of one."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from loom.config.memory import MemoryConfig
from loom.config.tools import ToolHandler, ToolSpec
from loom.errors import ConfigError, LoomError, ProviderUnavailableError, ToolArgumentError, ToolError
from loom.memory.files.entry import Provenance, kept_words, title_of
from loom.memory.files.memories import ROOT, WORKSPACE, Changed, Memories
from loom.memory.files.remembered import Remembered
from loom.memory.files.search import MemorySearch
from loom.memory.files.view import view
from loom.runtime.engine import Engine
from loom.safety.permissions import READING_CALLS
from loom.safety.profile import Profile
from loom.safety.redaction import redact
from loom.threads import in_thread
from loom.types.runs import RunContext

MEMORY = "memory"
SEARCH = "search_memory"
SHOWN_CHARS = 600

Command = Literal["view", "create", "str_replace", "insert", "delete", "rename"]


class MemoryTools:
    """The tools on what one agent remembers. Each change is an event of its run, and says where it comes from."""

    def __init__(self, engine: Engine, remembered: Remembered) -> None:
        self._engine = engine
        self._remembered = remembered

    def specs(self) -> list[ToolSpec]:
        """Both tools, for an agent."""
        return [replace(_told(name), handler=ToolHandler.callable(getattr(self, name))) for name in (MEMORY, SEARCH)]

    async def memory(
        self,
        command: Command,
        context: RunContext,
        path: str | None = None,
        view_range: list[int] | None = None,
        file_text: str | None = None,
        old_str: str | None = None,
        new_str: str | None = None,
        insert_line: int | None = None,
        insert_text: str | None = None,
        old_path: str | None = None,
        new_path: str | None = None,
        expires_days: float | None = None,
    ) -> str:
        """Read and change what you remember from one session to the next: Markdown files below /memories.

        /memories is the person's own; /memories/workspace belongs to this workspace. view shows a folder or a file,
        create writes one, str_replace changes a text that stands in it once, insert adds lines, delete forgets a file
        or folder, rename moves one. Keep what will still matter in later sessions: what the person prefers or decided,
        what was learned, where work stands. Never keep secrets. When asked to forget something, delete it. The person
        sees every change.

        Args:
            command: view, create, str_replace, insert, delete or rename
            context: the run
            path: the file or folder, such as /memories/preferences.md (all but rename)
            view_range: view: the first and the last line, -1 for the end
            file_text: create: the whole text
            old_str: str_replace: the text to replace, which stands in the file exactly once
            new_str: str_replace: the text instead; nothing if left out
            insert_line: insert: the line after which it is put, 0 for the beginning
            insert_text: insert: the lines
            old_path: rename: the path now
            new_path: rename: the path then
            expires_days: create, str_replace and insert: after how many days it is to be forgotten
        """
        memories = self._remembered.memories
        if command == "view":
            return await in_thread(view, memories, path or "/memories", view_range)
        given = {
            "path": path,
            "file_text": file_text,
            "old_str": old_str,
            "new_str": new_str,
            "insert_line": insert_line,
            "insert_text": insert_text,
            "old_path": old_path,
            "new_path": new_path,
        }
        change = change_of(memories, command, given, self._provenance(context, expires_days))
        async with self._own_write(path):
            made = await in_thread(change)
        self._engine.keepers[context.session_id].emit(
            "memory.changed", changed_payload(made, self._by, context.call_id)
        )
        return made.told

    async def search_memory(self, query: str, context: RunContext, limit: int = 8) -> str:
        """Find what you remember about something, by words and by meaning; what has expired is not found.

        Args:
            query: what it is about
            context: the run
            limit: how many pieces at most, up to 20
        """
        del context
        search = self._remembered.search
        found = await search.find(query, limit)
        problem = f"\n[{search.problem}]" if search.problem else ""
        if not found:
            return f"Nothing is remembered about {query!r}.{problem}"
        pieces = [
            f"{each.path}, line {each.line} ({each.provenance.told()}):\n{each.text[:SHOWN_CHARS]}" for each in found
        ]
        return "\n\n".join(pieces) + problem

    def _own_write(self, path: str | None) -> AbstractAsyncContextManager[None]:
        """Around a change in the workspace: what the agent writes itself is no news to it."""
        heartbeat, workspace = self._engine.heartbeat, self._engine.workspace
        shared = f"{ROOT}/{WORKSPACE}/"
        if heartbeat is None or workspace is None or path is None or not path.startswith(shared):
            return nullcontext()
        return heartbeat.own_writes.writing(str(workspace / ".loom" / "memory" / path.removeprefix(shared)))

    @property
    def _by(self) -> str:
        config = self._engine.config
        return config.name or config.model.identifier

    def _provenance(self, context: RunContext, expires_days: float | None) -> Provenance:
        keeper = self._engine.keepers[context.session_id]
        goal = keeper.manager.goal
        return Provenance(
            self._by,
            context.session_id,
            context.run_id,
            time.time(),
            kept_words(redact(goal.text)) if goal is not None else "",
            self._remembered.expiry(expires_days),
        )


def change_of(memories: Memories, command: str, given: dict[str, Any], provenance: Provenance) -> Callable[[], Changed]:
    """The change that a command asks for, to be called off the loop. Raises ToolArgumentError for what is missing."""

    def need(name: str) -> Any:
        if given.get(name) is None:
            raise ToolArgumentError(f"memory: {command} needs {name}")
        return given[name]

    match command:
        case "create":
            return partial(memories.create, need("path"), need("file_text"), provenance)
        case "str_replace":
            return partial(memories.str_replace, need("path"), need("old_str"), given.get("new_str") or "", provenance)
        case "insert":
            return partial(memories.insert, need("path"), need("insert_line"), need("insert_text"), provenance)
        case "delete":
            return partial(memories.delete, need("path"))
        case "rename":
            return partial(memories.rename, need("old_path"), need("new_path"))
        case _:
            raise ToolArgumentError(f"memory: there is no command {command!r}")


def changed_payload(made: Changed, by: str, call_id: str = "") -> dict[str, Any]:
    """What an event says of a change: everything but the texts, which are in the file."""
    before, after = (made.before or "").splitlines(), (made.after or "").splitlines()
    added = removed = 0
    if made.command != "rename":
        for line in difflib.ndiff(before, after) if len(before) * len(after) <= 250_000 else ():
            added += line.startswith("+ ")
            removed += line.startswith("- ")
    return {
        "command": made.command,
        "path": made.path,
        "new_path": made.new_path,
        "by": by,
        "call_id": call_id,
        "title": title_of(made.after if made.after is not None else made.before or ""),
        "added_lines": added,
        "removed_lines": removed,
        "files": made.files,
    }


def memory_preview(memories: Memories, arguments: dict[str, Any]) -> dict[str, str]:
    """A call of the memory tool as a person reads it: what it would change, as a diff. Blocks."""
    command = str(arguments.get("command", ""))
    if command in ("view", "rename"):
        return {}
    path = str(arguments.get("path", ""))
    try:
        before = memories.read(path).body
    except LoomError:
        before = ""
    after = _after(before, command, arguments)
    if after is None:
        return {}
    lines = difflib.unified_diff(before.splitlines(), redact(after).splitlines(), f"a{path}", f"b{path}", lineterm="")
    text = "\n".join(lines)
    return {"kind": "diff", "text": text} if text else {}


def _after(before: str, command: str, arguments: dict[str, Any]) -> str | None:
    """The text that a command would leave; None where it would fail."""
    match command:
        case "create":
            return str(arguments.get("file_text") or "")
        case "str_replace":
            old = str(arguments.get("old_str") or "")
            if not old or before.count(old) != 1:
                return None
            return before.replace(old, str(arguments.get("new_str") or ""))
        case "insert":
            lines = before.split("\n")
            line = arguments.get("insert_line")
            if not isinstance(line, int) or not 0 <= line <= len(lines):
                return None
            lines[line:line] = str(arguments.get("insert_text") or "").split("\n")
            return "\n".join(lines)
        case "delete":
            return ""
        case _:
            return None


def made_memory(
    config: MemoryConfig | None, workspace: Path | None, profile: Profile | None, environment: Mapping[str, str] | None
) -> Remembered:
    """The memory of an agent. Raises ConfigError where there is no place for it, or no such embedder."""
    if workspace is None and profile is None:
        raise ConfigError("The capability 'memory' needs a place: create_agent(config, profile=…), or workspace=…")
    config = config or MemoryConfig()
    embedder = None
    try:
        memories = Memories(profile.folder if profile is not None else None, workspace, config.namespace or "")
        if config.embedder:
            from loom.knowledge.embedders import resolve_embedder

            embedder = resolve_embedder(config.embedder, environment)
    except (ToolError, ProviderUnavailableError) as error:
        raise ConfigError(f"memory: {error}") from None
    return Remembered(memories, MemorySearch(memories, embedder), config.expires_days)


@cache
def _told(name: str) -> ToolSpec:
    bound = getattr(MemoryTools.__new__(MemoryTools), name)  # of no agent: only its signature is read
    is_reading = name == SEARCH
    extensions = {} if is_reading else {MEMORY: True, READING_CALLS: {"command": ("view",)}}
    return ToolSpec.from_function(bound, read_only=is_reading, concurrency_safe=is_reading, extensions=extensions)
