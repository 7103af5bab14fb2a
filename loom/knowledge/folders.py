"""The files of a source: those of a folder that are not ignored, as often as it is asked."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pathspec

from loom.errors import KnowledgeError
from loom.ignore import IgnoreRules

MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a source: its path from the folder with slashes, its size and its time of change.

    `problem` says why it is not to be read.
    """

    key: str
    path: Path
    size: int = 0
    mtime_ns: int = 0
    problem: str = ""


def files_of(path: Path, patterns: Sequence[str] = ()) -> Iterator[FoundFile]:
    """The files at `path`, which is one or a folder of them; links are not followed, and told where they lead out.

    A file that is named itself may be a link. Raises KnowledgeError where there is nothing, or too much.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise KnowledgeError(f"There is no folder or file at {path}: {error.strerror or error}") from None
    if not stat.S_ISDIR(found.st_mode):
        real = path.resolve()
        yield FoundFile(path.name, real, found.st_size, found.st_mtime_ns)
        return
    if not os.access(path, os.R_OK | os.X_OK):
        raise KnowledgeError(f"The folder {path} can't be read: its rights would have to change")
    yield from _files_in(path.resolve(), patterns)


def _files_in(root: Path, patterns: Sequence[str]) -> Iterator[FoundFile]:
    chosen = pathspec.GitIgnoreSpec.from_lines(patterns) if patterns else None
    count = 0
    for path, is_folder in IgnoreRules(root).walk(root):
        if is_folder:
            continue
        key = path.relative_to(root).as_posix()
        if chosen is not None and not chosen.match_file(key):
            continue
        count += 1
        if count > MOST_FILES:
            raise KnowledgeError(f"{root} has more than {MOST_FILES:,} files: name a smaller folder, or patterns")
        found = _looked_at(root, path, key)
        if found is not None:
            yield found


def _looked_at(root: Path, path: Path, key: str) -> FoundFile | None:
    """What is at a path; None for what is no file, and for a link to what is found without it."""
    if not _is_text(key):
        return FoundFile(key.encode("utf-8", "backslashreplace").decode(), path, problem="has a name that is not UTF-8")
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            is_inside = path.resolve().is_relative_to(root)
            return None if is_inside else FoundFile(key, path, problem="is a link that leads out of the folder")
    except (OSError, RuntimeError) as error:
        return FoundFile(key, path, problem=f"can't be read: {getattr(error, 'strerror', None) or error}")
    if not stat.S_ISREG(found.st_mode):
        return None
    return FoundFile(key, path, found.st_size, found.st_mtime_ns)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
