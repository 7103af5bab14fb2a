"""What agents remember, for a page: listed, searched, read, changed and forgotten off the GUI thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.runtime_words import said, said_of
from loom_studio.texts import plural, tr

if TYPE_CHECKING:
    from loom.memory.files.entry import MemoryFile, Provenance
    from loom.memory.files.memories import Memories

MOST_LISTED = 500
DAY_S = 86_400.0
YOU = "you"


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """A memory in the list: its path, first line, where it comes from, and the piece that a search found."""

    path: str
    title: str
    origin: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class MemoryList:
    """The memories that are shown, how many there are, and whether the workspace's own is not used."""

    rows: list[MemoryRow]
    count: int
    is_untrusted: bool


class MemoryService:
    """The memory of the profile and of the workspace in view. Every call raises LoomError."""

    def __init__(self, profile: Path, workspace: Callable[[], Path]) -> None:
        self._profile = profile
        self._workspace = workspace
        self._space = ""

    @property
    def folder(self) -> Path:
        """Where the person's own memories are."""
        return self._profile / "memory"

    async def spaces(self) -> list[str]:
        """The name spaces that agents have written to."""
        return await in_thread(self._spaces)

    def use_space(self, name: str) -> None:
        """Show the memory of a name space; empty for what all agents share."""
        self._space = name

    async def listed(self, query: str) -> MemoryList:
        """The memories that were changed last, or those that a search finds, the best first."""
        memories = await in_thread(self._memories)
        if not query.strip():
            return await in_thread(_list, memories)
        from loom.memory.files.search import MemorySearch

        search = MemorySearch(memories)
        try:
            found = await search.find(query, 20)
        finally:
            await search.aclose()
        rows: dict[str, MemoryRow] = {}
        for each in found:
            text = " ".join(each.text.split())[:160]
            rows.setdefault(each.path, MemoryRow(each.path, text, origin_words(each.provenance), text))
        return MemoryList(list(rows.values()), len(rows), await in_thread(lambda: memories.is_untrusted))

    async def read(self, path: str) -> MemoryFile:
        """One memory, with its text."""
        return await in_thread(lambda: self._memories().read(path))

    async def save(self, held: MemoryFile, text: str) -> MemoryFile:
        """Write a person's text over what `held` was. Raises LoomError if somebody changed it meanwhile."""
        return await in_thread(self._save, held, text)

    async def write(self, name: str, text: str, *, in_workspace: bool) -> MemoryFile:
        """Write a new memory of the person's own. Raises LoomError for a name that is taken, or is none."""
        return await in_thread(self._write, name, text, in_workspace=in_workspace)

    async def forget(self, path: str) -> str:
        """Delete a memory; returns a sentence."""
        forgotten = await in_thread(lambda: self._memories().delete(path))
        if forgotten.files == 1:
            return tr("Forgotten: {path}.", path=forgotten.path)
        return plural(
            "Forgotten: {path} with {n} file.",
            "Forgotten: {path} with {n} files.",
            forgotten.files,
            path=forgotten.path,
        )

    async def write_again(self, held: MemoryFile) -> None:
        """Write a memory that was deleted as it was, with who wrote it, unless there is another in its place."""
        await in_thread(self._write_again, held)

    def _write_again(self, held: MemoryFile) -> None:
        memories = self._memories()
        if held.path in [path for path, _ in memories.paths()]:
            raise LoomError(
                tr("{path} was written anew meanwhile, so what was there before is not put back", path=held.path)
            )
        memories.create(held.path, held.body, held.provenance)

    async def keep_for(self, path: str, days: float | None) -> MemoryFile:
        """Have a memory forgotten after so many days from now, or never; returns it."""
        return await in_thread(self._keep_for, path, days)

    async def trust(self) -> None:
        """Use the memory that came with the workspace."""
        await in_thread(lambda: self._memories().use_workspace())

    def _memories(self) -> Memories:
        from loom.memory.files.memories import Memories

        return Memories(self._profile, self._workspace(), self._space)

    def _spaces(self) -> list[str]:
        folder = self._profile / "memory-spaces"
        try:
            return sorted(each.name for each in folder.iterdir() if each.is_dir())
        except OSError:
            return []

    def _save(self, held: MemoryFile, text: str) -> MemoryFile:
        from loom.memory.files.entry import Provenance

        memories = self._memories()
        if memories.read(held.path).body != held.body:
            raise LoomError(
                tr(
                    "{path} was changed by somebody else meanwhile. Copy your text, and choose it again",
                    path=held.path,
                )
            )
        memories.create(held.path, text, Provenance(YOU, at=time.time()))
        return memories.read(held.path)

    def _write(self, name: str, text: str, *, in_workspace: bool) -> MemoryFile:
        from loom.memory.files.entry import Provenance
        from loom.memory.files.memories import ROOT, WORKSPACE

        stem = name.strip().removesuffix(".md").strip("/")
        if not stem:
            raise LoomError(tr("A memory needs a name, such as preferences"))
        path = f"{ROOT}/{WORKSPACE}/{stem}.md" if in_workspace else f"{ROOT}/{stem}.md"
        memories = self._memories()
        if any(path == known for known, _ in memories.paths()):
            raise LoomError(tr("There is a memory {path} already: choose it in the list to change it", path=path))
        if in_workspace and memories.is_untrusted:
            memories.use_workspace()  # a person writes into it here
        memories.create(path, text if text.endswith("\n") else f"{text}\n", Provenance(YOU, at=time.time()))
        return memories.read(path)

    def _keep_for(self, path: str, days: float | None) -> MemoryFile:
        memories = self._memories()
        memories.keep_until(path, None if days is None else time.time() + days * DAY_S)
        return memories.read(path)


def origin_words(origin: Provenance) -> str:
    """Who wrote a memory, when, in which session and on which words, in a line."""
    from loom.memory.files.entry import day

    by = tr("you") if origin.by == YOU else origin.by
    parts = [tr("by {who}", who=by) if by else tr("by hand, or by another program")]
    if origin.at:
        parts.append(tr("on {day}", day=day(origin.at)))
    if origin.session_id:
        parts.append(tr("in session {id}", id=origin.session_id[:8]))
    if origin.words:
        parts.append(tr("on the words “{words}”", words=origin.words))
    if origin.expires_at is not None:
        parts.append(tr("expires on {day}", day=day(origin.expires_at)))
    return tr(", ").join(parts)


def _list(memories: Memories) -> MemoryList:
    paths = memories.paths()
    rows: list[MemoryRow] = []
    for path, _ in paths[:MOST_LISTED]:
        try:
            held = memories.read(path)
        except LoomError as error:
            rows.append(MemoryRow(path, "", said_of(error)))
            continue
        row = MemoryRow(path, held.title, origin_words(held.provenance))
        rows.append(row if not held.problem else replace(row, origin=said(held.problem)))
    return MemoryList(rows, len(paths), memories.is_untrusted)
