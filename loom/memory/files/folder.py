"""One folder of memory on the disk: read, written whole or not at all, and by one program at a time.

Files are opened folder by folder from `base`, following no link below it: what came with a workspace can't lead to
what is outside.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from loom.errors import LoomError, ToolExecutionError, ToolPermissionError
from loom.file_lock import FileLock
from loom.safety.paths import BENEATH, WorkspacePaths

LOCK_NAME = ".lock"
LOCK_TIMEOUT_S = 10.0
LEFT_OVER_S = 60.0
"""How old a half-written file is, at least, before it counts as left behind by a program that was killed."""

MOST_FILES = 20_000
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as a listing sees it: its parts below the folder, bytes, and when it was changed (seconds since 1970)."""

    parts: tuple[str, ...]
    size: int
    changed_at: float


class MemoryFolder:
    """The memory in `base`/`inner`. `base` is the person's or the workspace's own folder and is trusted to be it."""

    def __init__(self, base: Path, inner: tuple[str, ...]) -> None:
        self.base = base
        self.inner = inner
        self.root = base.joinpath(*inner)
        self._boundary: WorkspacePaths | None = None

    def exists(self) -> bool:
        """Whether there is such a folder, reached without a link."""
        return self.kind(()) == "folder"

    def read(self, parts: tuple[str, ...], most: int) -> tuple[bytes, os.stat_result]:
        """The first `most` bytes of a file. Raises FileNotFoundError, ToolExecutionError, ToolPermissionError."""
        try:
            descriptor = self._paths().open_file(self._below(parts))
        except ToolExecutionError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise FileNotFoundError(errno.ENOENT, "no such file", "/".join(parts)) from None
            raise
        with os.fdopen(descriptor, "rb") as opened:
            return opened.read(most), os.fstat(opened.fileno())

    def write(self, parts: tuple[str, ...], data: bytes) -> None:
        """Put a file in its place in one step; only while `locked`. Raises ToolExecutionError, ToolPermissionError."""
        self._clear_left_over(parts[:-1])
        self._paths().replace_file(self._below(parts), data, mode=0o600)

    def kind(self, parts: tuple[str, ...]) -> str:
        """What there is: `file`, `folder`, empty for nothing, `other` for links and devices."""
        held = self._stat(parts)
        if held is None:
            return ""
        if stat.S_ISREG(held.st_mode):
            return "file"
        return "folder" if stat.S_ISDIR(held.st_mode) else "other"

    def remove(self, parts: tuple[str, ...]) -> int:
        """Delete a file, or a folder with all that is in it; returns how many files. Only while `locked`."""
        if self.kind(parts) != "folder":
            with self._opened(parts[:-1]) as (folder, _):
                os.unlink(self._name(parts, folder), dir_fd=folder)
            return 1
        count = 0
        for name in self._names(parts):
            count += self.remove((*parts, name))
        with self._opened(parts[:-1]) as (folder, _):
            os.rmdir(self._name(parts, folder), dir_fd=folder)
        return count

    def rename(self, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Move a file or folder inside; the new place must be free. Only while `locked`."""
        with self._opened(old[:-1]) as (of, _), self._opened(new[:-1], make=True) as (to, _):
            os.rename(self._name(old, of), self._name(new, to), src_dir_fd=of, dst_dir_fd=to)

    def files(self, below: tuple[str, ...] = ()) -> list[Seen]:
        """Every file, in no order; hidden ones, links and devices are left out. At most 20,000."""
        found: list[Seen] = []
        for seen in self._walk(below, DEEPEST):
            found.append(seen)
            if len(found) >= MOST_FILES:
                break
        return found

    def prune(self, parts: tuple[str, ...]) -> None:
        """Remove the folders above a place that are empty now."""
        for end in range(len(parts) - 1, 0, -1):
            try:
                with self._opened(parts[: end - 1]) as (folder, _):
                    os.rmdir(self._name(parts[:end], folder), dir_fd=folder)
            except OSError:
                return

    @contextmanager
    def locked(self) -> Generator[None]:
        """Be the one program that changes this folder, which is made where it is not there.

        Raises ToolExecutionError when another holds it for ten seconds, or it can't be made; ToolPermissionError for a
        link in the way.
        """
        try:
            self._make()
            lock = FileLock(self.root / LOCK_NAME, LOCK_TIMEOUT_S)
        except LoomError:
            raise
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise self._linked() from None
            raise ToolExecutionError(
                f"The memory folder {self.root} can't be used: {error.strerror or error}"
            ) from None
        try:
            with lock.held():
                yield
        except TimeoutError as error:
            raise ToolExecutionError(f"The memory was not changed: {error}; try again") from None
        finally:
            lock.close()

    def _linked(self) -> ToolPermissionError:
        return ToolPermissionError(
            f"The memory folder {self.root} is a link, or has one on its way: it is not used", rule="memory"
        )

    def _paths(self) -> WorkspacePaths:
        if self._boundary is None:
            try:
                self._boundary = WorkspacePaths(self.base)
            except OSError as error:
                raise ToolExecutionError(f"{self.base} can't be read: {error.strerror or error}") from None
        return self._boundary

    def _below(self, parts: tuple[str, ...]) -> Path:
        """The path as WorkspacePaths knows it, whose own root has its links resolved."""
        return self._paths().root.joinpath(*self.inner, *parts)

    def _make(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._opened((), make=True) as (_, path):
            if not BENEATH and path.resolve() != path:
                raise self._linked()

    @contextmanager
    def _opened(self, parts: tuple[str, ...], *, make: bool = False) -> Generator[tuple[int | None, Path]]:
        """A descriptor of a folder (None on systems without one) and its path."""
        path = self._below(parts)
        if BENEATH:
            with self._paths().opened_folder(path, make=make) as descriptor:
                yield descriptor, path
        else:
            if make:
                path.mkdir(parents=True, exist_ok=True)
            if path.resolve() != path:
                raise OSError(errno.ELOOP, "it is a link")
            yield None, path

    def _name(self, parts: tuple[str, ...], folder: int | None) -> str:
        return parts[-1] if folder is not None else str(self._below(parts))

    def _stat(self, parts: tuple[str, ...]) -> os.stat_result | None:
        try:
            if not parts:
                with self._opened(()) as (folder, path):
                    return os.fstat(folder) if folder is not None else path.stat()
            with self._opened(parts[:-1]) as (folder, _):
                return os.stat(self._name(parts, folder), dir_fd=folder, follow_symlinks=False)
        except (OSError, LoomError):
            return None

    def _names(self, parts: tuple[str, ...]) -> list[str]:
        with self._opened(parts) as (folder, path):
            return _listed(folder, path)

    def _walk(self, parts: tuple[str, ...], depth: int) -> Iterator[Seen]:
        """What is below, read through descriptors; the descriptor of a folder is closed before the next one is read."""
        folders: list[tuple[str, ...]] = []
        files: list[Seen] = []
        try:
            with (
                self._opened(parts) as (folder, path),
                os.scandir(folder if folder is not None else path) as entries,
            ):
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((*parts, entry.name))
                    elif entry.is_file(follow_symlinks=False):
                        held = entry.stat(follow_symlinks=False)
                        files.append(Seen((*parts, entry.name), held.st_size, held.st_mtime))
        except (OSError, LoomError):
            return
        yield from files
        if depth > 1:
            for each in folders:
                yield from self._walk(each, depth - 1)

    def _clear_left_over(self, parts: tuple[str, ...]) -> None:
        """Remove what a program that was killed while it wrote in a folder had not put in its place yet."""
        before = time.time() - LEFT_OVER_S
        with suppress(OSError, LoomError), self._opened(parts) as (folder, path):
            for name in _listed(folder, path):
                if name.startswith(".loom-"):
                    place = name if folder is not None else str(path / name)
                    if os.stat(place, dir_fd=folder, follow_symlinks=False).st_mtime < before:
                        os.unlink(place, dir_fd=folder)


def _listed(folder: int | None, path: Path) -> list[str]:
    with os.scandir(folder if folder is not None else path) as entries:
        return [entry.name for entry in entries]
