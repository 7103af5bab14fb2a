"""Which files of a workspace are worth looking at: .gitignore and .loomignore files, and folders that nobody means."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        ".venv",
        "venv",
        "__pycache__",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
    }
    | {".tox", ".idea", ".next", ".cache"}
)
IGNORE_FILES = (".gitignore", ".loomignore")
"""The files that say what is ignored, in each folder; what a later one says stands."""
LONGEST_FILE_BYTES = 2**20
_ASTERISKS = re.compile(r"\*+")
_MOST_ASTERISKS = 4

_Level = tuple[int, "GitIgnoreSpec"]


def read_ignore_file(file: Path) -> bytes | None:
    """The first MiB of an ignore file; None where there is none, or a link, a pipe or a folder has its name."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(file, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(LONGEST_FILE_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


class IgnoreRules:
    """The ignore files from the workspace's root down to a folder.

    `read` gives an ignore file's content, None if there is none; each is read once. Lines that are no patterns are
    passed over, and those with so many asterisks that matching them could take minutes.
    """

    def __init__(self, root: Path, read: Callable[[Path], bytes | None] = read_ignore_file) -> None:
        self._root = root
        self._read = read
        self._levels: dict[Path, tuple[_Level, ...]] = {}

    def ignores(self, path: Path, *, is_folder: bool) -> bool:
        """True if a path below the root is ignored: by its name, or by an ignore file at or above it."""
        return self.in_folder(path.parent)(path.name, is_folder)

    def in_folder(self, folder: Path) -> Callable[[str, bool], bool]:
        """What says of a name in a folder, and whether it is a folder, if it is ignored; for many names of one."""
        levels = self._levels_of(folder)
        above = "" if folder == self._root or not levels else folder.relative_to(self._root).as_posix() + "/"
        specs = [(above[length:], spec) for length, spec in levels]

        def ignores(name: str, is_folder: bool) -> bool:
            if is_folder and name in SKIPPED_FOLDERS:
                return True
            ignored = False
            for below, spec in specs:
                found = spec.check_file(f"{below}{name}/" if is_folder else below + name).include
                ignored = ignored if found is None else found
            return ignored

        return ignores

    def walk(self, folder: Path, depth: int | None = None) -> Iterator[tuple[Path, bool]]:
        """Everything below `folder` that is not ignored, as (path, is_folder), folders' contents sorted by name.

        Links to folders are listed and not entered; `depth` 1 is the folder itself.
        """
        opened = [_entries(folder)]  # folders may be nested deeper than calls
        while opened:
            entry = next(opened[-1], None)
            if entry is None:
                opened.pop()
                continue
            path, is_folder = Path(entry.path), entry.is_dir(follow_symlinks=False)
            if self.ignores(path, is_folder=is_folder):
                continue
            yield path, is_folder
            if is_folder and (depth is None or len(opened) < depth):
                opened.append(_entries(path))

    def _levels_of(self, folder: Path) -> tuple[_Level, ...]:
        """The ignore files that hold in a folder, outermost first: the length of the path above each, and its rules."""
        if folder not in self._levels:
            above = () if folder == self._root else self._levels_of(folder.parent)
            length = 0 if folder == self._root else len(folder.relative_to(self._root).as_posix()) + 1
            specs = (self._spec(folder / name) for name in IGNORE_FILES)
            self._levels[folder] = (*above, *((length, spec) for spec in specs if spec is not None))
        return self._levels[folder]

    def _spec(self, file: Path) -> GitIgnoreSpec | None:
        content = self._read(file)
        if content is None:
            return None
        from pathspec import GitIgnoreSpec

        lines = [line for line in content.decode("utf-8", "replace").splitlines() if not is_slow(line)]
        try:
            return GitIgnoreSpec.from_lines(lines)
        except (ValueError, re.error):
            return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, by name; nothing where it can't be read."""
    try:
        return iter(sorted(os.scandir(folder), key=lambda entry: entry.name))
    except OSError:
        return iter(())


def is_slow(line: str) -> bool:
    """Whether matching a pattern could take minutes: it has too many asterisks."""
    parts = line.split("/")
    return parts.count("**") > _MOST_ASTERISKS or any(len(_ASTERISKS.findall(part)) > _MOST_ASTERISKS for part in parts)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
