"""What was last known of the files below a folder, and what is different now.

A watch only says where to look; that something changed, and how, is read off the difference. So it does not matter how
a program saves, in which order events come, or that some are lost: a second look at everything finds the rest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from loom.heartbeat.own_writes import digest_of
from loom.ignore import IGNORE_FILES, IgnoreRules

MOST_ENTRIES = 500_000
HASHED_AHEAD_BYTES = 2**18


_LITTER = frozenset({"4913", ".DS_Store", "Thumbs.db", "desktop.ini"})
_LITTER_ENDS = (".swp", ".swo", ".swx", "~", ".crdownload", ".part")
_LITTER_BEGINS = (".#", "~$", ".~lock.", ".loom-")


class Entry(NamedTuple):
    """What is known of a file, a link or a folder. `digest` is None while the content was not read."""

    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    is_folder: bool
    digest: bytes | None = None


class Change(NamedTuple):
    """One difference: created, modified, deleted or moved (then `source` is where from)."""

    kind: str
    path: str
    before: Entry | None = None
    after: Entry | None = None
    source: str = ""


class Snapshot:
    """The files below `root` that are not ignored. For one thread; every method blocks.

    `on_folder` is told of each folder before its content is listed, `on_gone` of each that is there no more, so that
    what happens after the look is seen by whoever watches. `only` limits it to some names in the root itself.
    """

    def __init__(
        self,
        root: str,
        on_folder: Callable[[str], None],
        on_gone: Callable[[str], None],
        only: frozenset[str] = frozenset(),
    ) -> None:
        self.root = root
        self.folders: dict[str, dict[str, Entry]] = {}
        self.size = 0
        self.is_full = False
        self._on_folder = on_folder
        self._on_gone = on_gone
        self._only = only
        self._rules = IgnoreRules(Path(root))
        self._unread: list[str] = []

    @property
    def has_unread(self) -> bool:
        """Whether there are files whose content was not read yet."""
        return bool(self._unread)

    def take(self) -> None:
        """Look at everything for the first time. Raises OSError if the root can't be listed."""
        self.folders.clear()
        self._unread.clear()
        self.size, self.is_full = 0, False
        self._rules = IgnoreRules(Path(self.root))
        os.scandir(self.root).close()
        for _ in self._added(self.root):
            pass

    def confirm(self, paths: Iterable[str]) -> list[Change]:
        """What is different at these paths and below them, and remembered as it is now."""
        changes: list[Change] = []
        there: list[str] = []
        asked = {self._known_part(path) for path in paths} - {""}
        if any(path.rpartition(os.sep)[2] in IGNORE_FILES for path in asked):
            return self.rescan()
        for path in sorted(asked):
            if self._is_there(path):
                there.append(path)
            else:
                changes += self._lost(path)
        for path in there:
            changes += self._looked_at(path)
        return paired(changes)

    def rescan(self) -> list[Change]:
        """What is different anywhere. Files that the ignore rules hide or show since the last look are no change."""
        changes: list[Change] = []
        before, self._rules = self._rules, IgnoreRules(Path(self.root))
        pending = [self.root]
        while pending:
            folder = pending.pop()
            known = self.folders.get(folder)
            if known is None:
                continue
            now = {entry.name: entry for entry in self._listed(folder)}
            pending += [_join(folder, name) for name in now if name in known and known[name].is_folder]
            for name in [name for name in known if name not in now]:
                path = _join(folder, name)
                hidden = self._rules.ignores(Path(path), is_folder=known[name].is_folder)
                lost = self._lost(path)
                changes += () if hidden else lost
            for name, found in now.items():
                if _looks_like(found, known.get(name)):
                    continue
                path = _join(folder, name)
                is_shown = name not in known and before.ignores(Path(path), is_folder=found.is_dir())
                seen = self._looked_at(path)
                changes += () if is_shown else seen
        return paired(changes)

    def read_ahead(self, most: int) -> bool:
        """Hash some small files that were never read, so that a later touch is known as such. False when all are."""
        for _ in range(min(most, len(self._unread))):
            path = self._unread.pop()
            folder, _, name = path.rpartition(os.sep)
            entry = self.folders.get(folder, {}).get(name)
            if entry is None or entry.is_folder or entry.digest is not None or entry.size > HASHED_AHEAD_BYTES:
                continue
            digest = digest_of(path)
            found = _stat(path)
            if found is not None and digest is not None and _entry(found)[:4] == entry[:4]:
                self.folders[folder][name] = entry._replace(digest=digest)
        return bool(self._unread)

    def _known_part(self, path: str) -> str:
        """The path, or the topmost folder above it that is not known; empty if it is ignored or not below the root."""
        if path == self.root:
            return ""
        if not path.startswith(self.root.rstrip(os.sep) + os.sep):
            return ""
        folder = path.rpartition(os.sep)[0]
        while folder not in self.folders:
            if len(folder) <= len(self.root):
                return ""
            path, folder = folder, folder.rpartition(os.sep)[0]
        return path

    def _is_there(self, path: str) -> bool:
        return _stat(path) is not None

    def _looked_at(self, path: str) -> list[Change]:
        """The change of a path that is there, by its content."""
        folder, _, name = path.rpartition(os.sep)
        held = self.folders.get(folder)
        found = _stat(path)
        if held is None or found is None or not _is_watched(found) or (self._only and name not in self._only):
            return []
        known, entry = held.get(name), _entry(found)
        if known is None:
            return self._first_seen(path, entry)
        if known.is_folder or entry.is_folder:
            if known.is_folder and entry.is_folder and known.inode == entry.inode and path in self.folders:
                return []
            return [*self._lost(path), *self._first_seen(path, entry)]
        entry = entry._replace(digest=digest_of(path))
        held[name] = entry
        if entry.digest is not None and known.digest is not None:
            return [] if entry.digest == known.digest else [Change("modified", path, known, entry)]
        is_same = (entry.size, entry.mtime_ns) == (known.size, known.mtime_ns)
        return [] if is_same else [Change("modified", path, known, entry)]

    def _first_seen(self, path: str, entry: Entry) -> list[Change]:
        if self._rules.ignores(Path(path), is_folder=entry.is_folder) or (entry.is_folder and self._only):
            return []
        if not entry.is_folder and is_litter(path.rpartition(os.sep)[2]):
            return []
        if not entry.is_folder:
            entry = entry._replace(digest=digest_of(path))
            self._keep(path, entry)
            return [Change("created", path, None, entry)]
        self._keep(path, entry)
        return [Change("created", each, None, found) for each, found in self._added(path)]

    def _added(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """Take a folder in that was not known: the files in it and below. Links are not followed."""
        pending = [folder]
        while pending:
            folder = pending.pop()
            self._on_folder(folder)
            self.folders[folder] = held = {}
            for found in self._listed(folder):
                path = _join(folder, found.name)
                try:
                    entry = _entry(found.stat(follow_symlinks=False))
                except OSError:
                    continue
                held[found.name] = entry
                self.size += 1
                if entry.is_folder:
                    pending.append(path)
                else:
                    self._unread.append(path)
                    yield path, entry

    def _listed(self, folder: str) -> Iterator[os.DirEntry[str]]:
        """What is in a folder and watched."""
        try:
            entries = os.scandir(folder)
        except OSError:
            return
        ignores = self._rules.in_folder(Path(folder))
        with entries:
            for entry in entries:
                if self.size >= MOST_ENTRIES:
                    self.is_full = True
                    return
                if self._only:
                    if entry.name in self._only and not entry.is_dir(follow_symlinks=False):
                        yield entry
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not (entry.is_file(follow_symlinks=False) or entry.is_symlink()):
                    continue
                if not is_folder and is_litter(entry.name):
                    continue
                if not ignores(entry.name, is_folder):
                    yield entry

    def _lost(self, path: str) -> list[Change]:
        """Forget a path and all below it: the files that are gone."""
        folder, _, name = path.rpartition(os.sep)
        known = self.folders.get(folder, {}).pop(name, None)
        if known is None:
            return []
        self.size -= 1
        if not known.is_folder:
            return [Change("deleted", path, known)]
        changes: list[Change] = []
        pending = [path]
        while pending:
            gone = pending.pop()
            self._on_gone(gone)
            for inner, entry in self.folders.pop(gone, {}).items():
                self.size -= 1
                below = _join(gone, inner)
                if entry.is_folder:
                    pending.append(below)
                else:
                    changes.append(Change("deleted", below, entry))
        return changes

    def _keep(self, path: str, entry: Entry) -> None:
        folder, _, name = path.rpartition(os.sep)
        held = self.folders[folder]
        self.size += name not in held
        held[name] = entry


def is_litter(name: str) -> bool:
    """True for what editors, browsers and systems leave beside files: swap files, backups, locks, halves."""
    return name in _LITTER or name.endswith(_LITTER_ENDS) or name.startswith(_LITTER_BEGINS)


def paired(changes: list[Change]) -> list[Change]:
    """The changes with each file that is gone from one place and new in another told as moved."""
    gone = {_identity(change.before): change for change in changes if change.kind == "deleted" and change.before}
    if not gone:
        return changes
    moved: dict[str, Change] = {}
    told: set[str] = set()
    for change in changes:
        if change.kind != "created" or change.after is None:
            continue
        source = gone.pop(_identity(change.after), None)
        if source is not None:
            moved[change.path] = Change("moved", change.path, source.before, change.after, source.path)
            told.add(source.path)
    return [
        moved.get(change.path, change) if change.kind == "created" else change
        for change in changes
        if not (change.kind == "deleted" and change.path in told)
    ]


def together(first: Change | None, second: Change) -> Change | None:
    """Two changes of one path, one after the other, as one; None where they leave everything as it was."""
    if first is None or first.kind == "moved" or second.kind == "moved":
        return second
    if first.before is None:
        return None if second.after is None else second._replace(kind="created", before=None)
    if second.after is None:
        return second._replace(before=first.before)
    is_as_before = first.before.digest is not None and first.before.digest == second.after.digest
    return None if is_as_before else Change("modified", second.path, first.before, second.after)


def _identity(entry: Entry | None) -> tuple[int, ...]:
    return (entry.inode, entry.size, entry.mtime_ns) if entry is not None else ()


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith(os.sep) else folder + os.sep + name


def _looks_like(found: os.DirEntry[str], known: Entry | None) -> bool:
    """True for a file or folder that looks as it did: nothing has to be read."""
    try:
        return known is not None and _entry(found.stat(follow_symlinks=False))[:5] == known[:5]
    except OSError:
        return False


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _is_watched(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) or stat.S_ISLNK(found.st_mode)


def _entry(found: os.stat_result) -> Entry:
    is_folder = stat.S_ISDIR(found.st_mode)
    if is_folder:
        return Entry(found.st_ino, 0, 0, 0, is_folder)
    return Entry(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, is_folder)
