"""The memory as models see it: paths below /memories, and the six commands on them.

`/memories` is the person's own, in their profile; `/memories/workspace` belongs to the workspace, in its `.loom`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.memory.files.entry import MemoryFile, Provenance, parse, render, renewed
from loom.memory.files.folder import DEEPEST, MemoryFolder, Seen
from loom.memory.files.trust import WorkspaceTrust
from loom.safety.redaction import redact

ROOT = "/memories"
WORKSPACE = "workspace"
INNER = "memory"
SPACES = "memory-spaces"
LARGEST_CHARS = 60_000
LARGEST_BYTES = 1_000_000
LONGEST_NAME = 100
MOST_FILES = 10_000
SUFFIXES = (".md", ".txt")


@dataclass(frozen=True, slots=True)
class Changed:
    """What a command changed: the path, the text before and after (None: there was or is none), and what is told.

    `was_hidden` is True where something that looked like a secret was not written.
    """

    command: str
    path: str
    before: str | None
    after: str | None
    new_path: str = ""
    files: int = 1
    was_hidden: bool = False

    @property
    def told(self) -> str:
        """What the model is told."""
        hidden = " What looked like a secret was not written: «hidden» stands in its place." if self.was_hidden else ""
        match self.command:
            case "delete":
                many = f" with {self.files} files" if self.files != 1 else ""
                return f"Forgotten: {self.path}{many}."
            case "rename":
                return f"{self.path} is {self.new_path} now."
            case "create":
                return f"Remembered in {self.path}.{hidden}"
            case _:
                return f"{self.path} is changed.{hidden}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path of the model's leads: a folder on the disk, and the parts below it."""

    folder: MemoryFolder
    parts: tuple[str, ...]
    shown: str


class Memories:
    """What one agent remembers. Everything blocks.

    `profile` is the person's folder, `workspace` the workspace's; either may be missing. `namespace` keeps what some
    agents remember in the profile apart from the rest. With a profile, a workspace's memory that was there before is
    used once the person trusts it.
    """

    def __init__(self, profile: Path | None, workspace: Path | None, namespace: str = "") -> None:
        inner = (SPACES, _checked_name(namespace)) if namespace else (INNER,)
        self.workspace = workspace
        self.own = MemoryFolder(profile, inner) if profile is not None else None
        self.trust = WorkspaceTrust(profile) if profile is not None else None
        self._shared = MemoryFolder(workspace, (".loom", INNER)) if workspace is not None else None

    @property
    def shared(self) -> MemoryFolder | None:
        """The workspace's memory; None where there is no workspace, and where its memory is not trusted."""
        return None if self.is_untrusted else self._shared

    @property
    def is_untrusted(self) -> bool:
        """True if the workspace has a memory that was not begun here, and that the person has not said yes to."""
        if self.trust is None or self._shared is None or self.workspace is None:
            return False
        return self._shared.exists() and not self.trust.trusts(self.workspace)

    def use_workspace(self) -> None:
        """Trust the workspace's memory from now on. Raises ToolExecutionError when that can't be kept."""
        if self.trust is not None and self.workspace is not None:
            try:
                self.trust.trust(self.workspace)
            except OSError as error:
                raise ToolExecutionError(f"The trust can't be kept: {error.strerror or error}") from None

    def folders(self) -> list[tuple[str, MemoryFolder]]:
        """Each folder with the path that its files are below."""
        found = [(ROOT, self.own), (f"{ROOT}/{WORKSPACE}", self.shared)]
        return [(shown, folder) for shown, folder in found if folder is not None]

    def paths(self) -> list[tuple[str, Seen]]:
        """Every file, with its path as models know it; the last changed first."""
        found = [(f"{at}/{'/'.join(seen.parts)}", seen) for at, folder in self.folders() for seen in folder.files()]
        return sorted(found, key=lambda each: (-each[1].changed_at, each[0]))

    def read(self, path: str) -> MemoryFile:
        """One file. Raises ToolExecutionError where there is none, or it is too large to read."""
        place = self._place(path)
        try:
            data, held = place.folder.read(place.parts, LARGEST_BYTES)
        except FileNotFoundError:
            raise ToolExecutionError(f"There is no memory {place.shown}") from None
        if held.st_size > LARGEST_BYTES:
            raise ToolExecutionError(
                f"{place.shown} has {held.st_size:,} bytes, too many for a memory; look at it in an editor"
            )
        problem = ""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            text = data.decode("utf-8", "replace")
            problem = f"it is not UTF-8 text (from byte {error.start}); what can't be read is shown as �"
        body, provenance = parse(text.replace("\r\n", "\n"))
        return MemoryFile(place.shown, body, provenance, len(data), held.st_mtime, problem)

    def create(self, path: str, file_text: str, provenance: Provenance) -> Changed:
        """Write a file, new or in the place of one that is there."""
        place = self._place_for_file(path)
        with self._locked(place.folder):
            before = self._before(place)
            if before is None:
                self._check_room(place)
            return self._write("create", place, before, file_text, provenance)

    def str_replace(self, path: str, old_str: str, new_str: str, provenance: Provenance) -> Changed:
        """Put a text in the place of another, which must be there exactly once."""
        place = self._place_for_file(path)
        with self._locked(place.folder):
            before = self._existing(place)
            count = before.body.count(old_str) if old_str else 0
            if not old_str:
                raise ToolExecutionError("old_str is empty: say which text is to be replaced")
            if count != 1:
                lines = [n for n, line in enumerate(before.body.split("\n"), 1) if old_str.split("\n")[0] in line][:10]
                where = f" (lines {', '.join(map(str, lines))})" if count else ""
                found = f"stands {count} times{where}" if count else "does not stand"
                raise ToolExecutionError(f"old_str {found} in {place.shown}, so nothing was changed")
            return self._write("str_replace", place, before, before.body.replace(old_str, new_str), provenance)

    def insert(self, path: str, insert_line: int, insert_text: str, provenance: Provenance) -> Changed:
        """Put lines behind line `insert_line` (0: at the beginning)."""
        place = self._place_for_file(path)
        with self._locked(place.folder):
            before = self._existing(place)
            lines = before.body.split("\n")
            most = len(lines) - 1 if lines[-1] == "" else len(lines)
            if not 0 <= insert_line <= most:
                raise ToolExecutionError(
                    f"insert_line is {insert_line}; {place.shown} has {most} lines, so 0 to {most} can be"
                )
            lines[insert_line:insert_line] = insert_text.removesuffix("\n").split("\n")
            return self._write("insert", place, before, "\n".join(lines), provenance)

    def delete(self, path: str) -> Changed:
        """Forget a file, or a folder with all that is in it."""
        place = self._place(path)
        if not place.parts:
            raise ToolExecutionError(f"{place.shown} itself can't be deleted; delete what is in it")
        with self._locked(place.folder):
            kind = place.folder.kind(place.parts)
            if not kind:
                raise ToolExecutionError(f"There is no memory {place.shown}")
            before: str | None = None
            if kind == "file":
                with suppress(ToolExecutionError):  # what is too large to be read can be forgotten
                    before = self.read(path).body
            try:
                files = place.folder.remove(place.parts)
            except OSError as error:
                raise ToolExecutionError(f"{place.shown} can't be deleted: {error.strerror or error}") from None
            place.folder.prune(place.parts)
            return Changed("delete", place.shown, before, None, files=files)

    def rename(self, old_path: str, new_path: str) -> Changed:
        """Move a file or folder to a path that is free, in the same part of the memory."""
        old, new = self._place(old_path), self._place(new_path)
        if not old.parts or not new.parts:
            raise ToolExecutionError(f"{(old if not old.parts else new).shown} itself can't be renamed")
        if old.folder is not new.folder:
            raise ToolExecutionError(
                f"{old.shown} and {new.shown} are in different parts of the memory: create the one, delete the other"
            )
        with self._locked(old.folder):
            kind = old.folder.kind(old.parts)
            if not kind:
                raise ToolExecutionError(f"There is no memory {old.shown}")
            if kind == "file":
                self._place_for_file(new_path)
            if new.parts[: len(old.parts)] == old.parts and new.parts != old.parts:
                raise ToolExecutionError(f"{new.shown} is inside {old.shown}, so it can't be moved there")
            if old.folder.kind(new.parts):
                raise ToolExecutionError(
                    f"There is a memory {new.shown} already; delete it first, or choose another name"
                )
            try:
                old.folder.rename(old.parts, new.parts)
            except OSError as error:
                raise ToolExecutionError(f"{old.shown} can't be renamed: {error.strerror or error}") from None
            old.folder.prune(old.parts)
            return Changed("rename", old.shown, None, None, new.shown)

    def keep_until(self, path: str, expires_at: float | None) -> None:
        """Have a file expire at a moment, or never."""
        place = self._place_for_file(path)
        with self._locked(place.folder):
            held = self._existing(place)
            text = render(held.body, replace(held.provenance, expires_at=expires_at))
            place.folder.write(place.parts, text.encode())

    def place(self, path: str) -> Place:
        """Where a path leads. Raises ToolExecutionError or ToolPermissionError for one that leads nowhere."""
        return self._place(path)

    @contextmanager
    def _locked(self, folder: MemoryFolder) -> Generator[None]:
        """Be the one that changes a folder; a workspace's memory that is begun here is trusted."""
        if folder is self._shared and not folder.exists():
            self.use_workspace()
        with folder.locked():
            yield

    def _before(self, place: Place) -> MemoryFile | None:
        """What a file held; None for no file. Raises ToolExecutionError for a folder or a link there."""
        kind = place.folder.kind(place.parts)
        if kind == "":
            return None
        if kind != "file":
            raise ToolExecutionError(
                f"{place.shown} is a {'folder' if kind == 'folder' else 'link or device'}, no file"
            )
        return self.read(place.shown)

    def _existing(self, place: Place) -> MemoryFile:
        held = self._before(place)
        if held is None:
            raise ToolExecutionError(f"There is no memory {place.shown}; create makes one")
        if held.problem:
            raise ToolExecutionError(
                f"{place.shown} was not changed: {held.problem}. Mend it in an editor, or delete it"
            )
        return held

    def _write(
        self, command: str, place: Place, before: MemoryFile | None, text: str, provenance: Provenance
    ) -> Changed:
        clean = redact(text)
        if len(clean) > LARGEST_CHARS:
            raise ToolExecutionError(
                f"{place.shown} would have {len(clean):,} characters; a memory holds {LARGEST_CHARS:,}. "
                "Keep what matters, or use several files"
            )
        try:
            data = render(clean, renewed(before.provenance if before else Provenance(), provenance)).encode("utf-8")
        except UnicodeEncodeError:
            raise ToolExecutionError(
                "The text holds half of a character (a lone surrogate) and was not written"
            ) from None
        place.folder.write(place.parts, data)
        return Changed(command, place.shown, before.body if before else None, clean, was_hidden=clean != text)

    def _check_room(self, place: Place) -> None:
        if len(place.folder.files()) >= MOST_FILES:
            raise ToolExecutionError(
                f"The memory has {MOST_FILES:,} files, as many as it holds: delete some that are not needed any more"
            )

    def _place_for_file(self, path: str) -> Place:
        place = self._place(path)
        if not place.parts or not place.parts[-1].lower().endswith(SUFFIXES):
            raise ToolExecutionError(f"{path!r} is no name for a memory: memories are texts that end with .md, or .txt")
        return place

    def _place(self, path: str) -> Place:
        parts = checked_parts(path)
        shared = self.shared if parts[:1] == (WORKSPACE,) else None
        if shared is not None:
            return Place(shared, parts[1:], "/".join([ROOT, *parts]))
        if self.is_untrusted and parts[:1] == (WORKSPACE,):
            raise ToolPermissionError(
                "The memory that came with this workspace is not used until the person says so: on the Memory page of "
                "the settings, or with loom memory trust",
                rule="memory",
            )
        if self.own is None or parts[:1] == (WORKSPACE,):
            there = [shown for shown, _ in self.folders()]
            raise ToolExecutionError(f"There is no memory {path!r}; it is kept in {', '.join(there) or 'no place'}")
        return Place(self.own, parts, "/".join([ROOT, *parts]))


def checked_parts(path: str) -> tuple[str, ...]:
    """The names of a path below /memories. Raises ToolPermissionError for one that would lead out of it."""
    text = unicodedata.normalize("NFC", path)
    if "\x00" in text or "\\" in text or any(ord(char) < 32 for char in text):
        raise ToolPermissionError(
            f"{path!r} is no path of the memory: it holds a backslash or control character", rule="memory"
        )
    if text != ROOT and not text.startswith(f"{ROOT}/"):
        raise ToolPermissionError(f"{path!r} is not in the memory; its paths begin with {ROOT}/", rule="memory")
    parts = tuple(part for part in text.removeprefix(ROOT).split("/") if part)
    for part in parts:
        _checked_name(part)
    if len(parts) > DEEPEST:
        raise ToolExecutionError(f"{path!r} is too deep; the memory has at most {DEEPEST} levels")
    return parts


def _checked_name(name: str) -> str:
    """A name of a file or folder. Raises ToolPermissionError, ToolExecutionError."""
    if name in (".", "..") or "/" in name or "\x00" in name:
        raise ToolPermissionError(f"{name!r} would lead out of the memory", rule="memory")
    if name.startswith(".") or name != name.strip() or name.endswith("."):
        raise ToolExecutionError(f"{name!r} can't be a name in the memory: no dot or space at its ends")
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME or any(char in name for char in '<>:"|?*~'):
        raise ToolExecutionError(
            f"{name[:120]!r} can't be a name in the memory: it is too long, or holds < > : \" | ? * ~"
        )
    return name
