"""What a folder holds, as one fingerprint and one for each file: what a person agrees to when they trust it."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from loom.errors import SkillError

MOST_FILES = 500
MOST_BYTES = 20 * 2**20
MOST_KNOWN = 20_000
SETTLED_NS = 2_000_000_000
_DIGESTS: dict[str, tuple[tuple[int, int, int, int], str]] = {}
SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv", ".DS_Store"})


@dataclass(frozen=True, slots=True)
class FolderContent:
    """`files` are the digests of the regular files by their path in the folder; links are in `links` and never read."""

    digest: str
    files: dict[str, str] = field(default_factory=dict[str, str])
    links: tuple[str, ...] = ()


def content_of(folder: Path) -> FolderContent:
    """The content of a folder; blocks. Raises SkillError beyond 500 files or 20 MiB, or if it can't be read."""
    files: dict[str, str] = {}
    links: list[str] = []
    room = MOST_BYTES
    for path in _walk(folder, folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links.append(name)
            continue
        if len(files) >= MOST_FILES:
            raise SkillError(f"it has more than {MOST_FILES} files")
        digest, size = _known_digest(path, room)
        files[name] = digest
        room -= size
    told = "\n".join([*(f"{name}\0{digest}" for name, digest in sorted(files.items())), *(f"{n}\0link" for n in links)])
    return FolderContent(hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest(), files, tuple(links))


def digest_of_text(text: str) -> str:
    """The fingerprint of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SkillError(f"{folder.relative_to(root.parent)} can't be read: {error.strerror}") from None
    for entry in entries:
        if entry.name in SKIPPED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, root)
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
            yield folder / entry.name


def signature_of(path: Path) -> tuple[int, int, int, int]:
    """What tells a file's content from a later one without reading it: size, both times, and inode. Raises OSError."""
    state = path.lstat()
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino


def _known_digest(path: Path, room: int) -> tuple[str, int]:
    """The digest and size of a file, which is read again only when its state says that it is another."""
    try:
        signature = signature_of(path)
    except OSError as error:
        raise SkillError(f"{path.name} can't be read: {error.strerror}") from None
    known = _DIGESTS.get(str(path))
    if known is not None and known[0] == signature and signature[0] <= room:
        return known[1], signature[0]
    digest, size = _digest_of(path, room)
    if len(_DIGESTS) >= MOST_KNOWN:
        _DIGESTS.clear()
    # A file that was written just now may be written again within the same tick of the file system's clock.
    if size == signature[0] and time.time_ns() - signature[1] > SETTLED_NS:
        _DIGESTS[str(path)] = (signature, digest)
    return digest, size


def _digest_of(path: Path, room: int) -> tuple[str, int]:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    hashed, size = hashlib.sha256(), 0
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SkillError(f"{path.name} is no regular file")
            while piece := opened.read(2**18):
                hashed.update(piece)
                size += len(piece)
                if size > room:
                    raise SkillError(f"its files have more than {MOST_BYTES // 2**20} MiB")
    except OSError as error:
        raise SkillError(f"{path.name} can't be read: {error.strerror}") from None
    return hashed.hexdigest(), size
