"""The files of a workspace as checkpoints see and change them: never through a link, never without a last look."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from loom.checkpoints.states import ABSENT, OTHER, FileState
from loom.errors import CheckpointError, ToolError
from loom.safety.paths import BENEATH, WorkspacePaths

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj", "git~1"})
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)
_READ_AGAIN = 3

Store = Callable[[bytes], tuple[str, bool]]
"""What is done with a content that was read: gives its hash and whether it is kept."""


def only_hash(data: bytes) -> tuple[str, bool]:
    """A content's hash; nothing is kept."""
    return sha256(data).hexdigest(), False


class WorkspaceFiles:
    """The files of one workspace, by their path as `FileStates` have it. Each call goes folder by folder from the root.

    Files above `largest_bytes` are not read.
    """

    def __init__(self, root: Path, largest_bytes: int) -> None:
        self._paths = WorkspacePaths(root)
        self._largest_bytes = largest_bytes
        self.root = self._paths.root

    def locate(self, name: str) -> Path:
        """Where a path of the workspace is. Raises CheckpointError for one outside, or of version control's own."""
        parts = name.split("/")
        if not name or "\x00" in name or {"", ".", ".."} & set(parts) or (os.name == "nt" and set(name) & set(":\\")):
            raise CheckpointError(f"{name!r} is outside the workspace {str(self.root)!r}, or no path at all")
        if any(is_version_control(part) for part in parts):
            raise CheckpointError(f"{name!r} belongs to version control, which checkpoints never touch")
        return self.root.joinpath(*parts)

    def named(self, given: str | Path) -> str:
        """The path that a tool's path means, links above it followed. Raises CheckpointError for one outside."""
        path = self.root / given
        if path.name in ("", "..") or path == self.root:
            raise CheckpointError(f"{str(given)!r} is no path of a file")
        try:
            return (path.parent.resolve() / path.name).relative_to(self.root).as_posix()
        except (ValueError, OSError, RuntimeError):
            raise CheckpointError(f"{str(given)!r} is outside the workspace {str(self.root)!r}") from None

    def link_target(self, path: Path) -> Path | None:
        """Where a link inside leads, if that is inside too."""
        target = path.resolve()
        return target if path.is_symlink() and target != self.root and target.is_relative_to(self.root) else None

    @contextmanager
    def opened(self, folder: Path) -> Generator[int | Path]:
        """A folder for `os.scandir`: a descriptor of it where the system can, its path elsewhere. Raises OSError."""
        if BENEATH:
            with self._paths.opened_folder(folder) as descriptor:
                yield descriptor
        else:
            if folder.resolve() != folder:
                raise OSError(errno.ELOOP, "a link was put in the way")
            yield folder

    def stat(self, path: Path) -> os.stat_result | None:
        """What the system says about a file, None if there is none, or one of its folders is a link or no folder.

        Raises CheckpointError if it can't be looked at.
        """
        try:
            with self._beside(path) as (name, folder):
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NOTHING_THERE:
                return None
            raise CheckpointError(f"{self._shown(path)} can't be looked at: {error.strerror}") from error

    def look(self, path: Path, store: Store = only_hash, seen: os.stat_result | None = None) -> FileState:
        """The state of a file now, its content read and given to `store`; `seen` saves asking the system first.

        A file that is too large or can't be read has no hash.
        """
        seen = seen or self.stat(path)
        if seen is None:
            return ABSENT
        if stat.S_ISDIR(seen.st_mode):
            return FileState(None, mode=mode_of(seen), kept=True, kind="folder")
        if stat.S_ISLNK(seen.st_mode):
            try:
                with self._beside(path) as (name, folder):
                    target = os.fsencode(os.readlink(name, dir_fd=folder))
            except OSError:
                return FileState(None, seen.st_size, 0, seen.st_mtime_ns, seen.st_ino, kind="link")
            name, kept = store(target)
            return FileState(name, seen.st_size, 0, seen.st_mtime_ns, seen.st_ino, kept, "link")
        if not stat.S_ISREG(seen.st_mode):
            return OTHER
        return self._look_at_file(path, store, seen)

    def is_file(self, path: Path) -> bool:
        """Whether a regular file is there."""
        seen = self.stat(path)
        return seen is not None and stat.S_ISREG(seen.st_mode)

    def read(self, path: Path) -> bytes | None:
        """A regular file's content; None if there is none, it is too large, or can't be read."""
        found: list[bytes] = []

        def keep(data: bytes) -> tuple[str, bool]:
            found.append(data)
            return only_hash(data)

        return found[0] if self.look(path, keep).kind == "file" and found else None

    def blocker(self, name: str) -> str | None:
        """The first folder above a path that is no folder now, as a path of the workspace; None if the way is free."""
        parts = name.split("/")
        for end in range(1, len(parts)):
            above = "/".join(parts[:end])
            seen = self.stat(self.locate(above))
            if seen is None:
                return None
            if not stat.S_ISDIR(seen.st_mode):
                return above
        return None

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        """Everything directly in a folder, as paths of the workspace: what is no folder, and the folders.

        Raises CheckpointError if it can't be listed.
        """
        try:
            with self.opened(self.locate(folder)) as opened, os.scandir(opened) as entries:
                found = [(f"{folder}/{entry.name}", entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            raise CheckpointError(f"{folder!r} can't be listed: {error.strerror}") from error
        return [name for name, is_folder in found if not is_folder], [name for name, is_folder in found if is_folder]

    def write(self, path: Path, data: bytes, mode: int, now: FileState) -> None:
        """Put a content in a file's place, which must still be as `now` says. Raises CheckpointError if it is not."""
        self._clear(path, now, "file")
        left = ABSENT if now.kind in ("link", "folder") else now

        def check() -> None:
            self._must_be(path, left)

        try:
            self._paths.replace_file(path, data, mode=mode, check=check)
        except ToolError as error:
            raise CheckpointError(str(error)) from error

    def write_link(self, path: Path, target: bytes, now: FileState) -> None:
        """Put a link in a file's place, which must still be as `now` says. Raises CheckpointError if it is not."""
        self._clear(path, now, "link")
        left = ABSENT if now.kind == "folder" else now
        try:
            with self._beside(path, make=True) as (name, folder):
                beside = _beside_name(name)
                os.symlink(os.fsdecode(target), beside, dir_fd=folder)
                try:
                    self._must_be(path, left)
                    os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
                except BaseException:
                    os.unlink(beside, dir_fd=folder)
                    raise
        except OSError as error:
            raise self._failed(path, "written", error) from error

    def set_mode(self, path: Path, mode: int, now: FileState) -> None:
        """Give a file another mode; it must still be as `now` says. Raises CheckpointError if it is not."""
        self._must_be(path, now)
        if not hasattr(os, "fchmod"):
            return
        try:
            descriptor = self._paths.open_file(path)
            try:
                os.fchmod(descriptor, mode)
            finally:
                os.close(descriptor)
        except ToolError as error:
            raise CheckpointError(str(error)) from error
        except OSError as error:
            raise self._failed(path, "given its mode", error) from error

    def remove(self, path: Path, now: FileState) -> None:
        """Delete a file or link, which must still be as `now` says: moved aside, looked at there, then deleted.

        Raises CheckpointError if it is something else; then it is where it was.
        """
        self._must_be(path, now)
        try:
            with self._beside(path) as (name, folder):
                aside = _beside_name(name)
                os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
                try:
                    if not self.look(path.with_name(Path(aside).name)).same_content(now):
                        raise self._changed(path)
                    os.unlink(aside, dir_fd=folder)
                except (OSError, CheckpointError):
                    self._put_back(path, name, aside, folder)
                    raise
        except OSError as error:
            raise self._failed(path, "deleted", error) from error

    def remove_folder(self, folder: Path) -> None:
        """Remove a folder if it holds nothing."""
        with contextlib.suppress(OSError), self._beside(folder) as (name, above):
            os.rmdir(name, dir_fd=above)

    def remove_empty(self, folder: Path) -> None:
        """Remove a folder and those below it, as far as they hold nothing."""
        with contextlib.suppress(OSError, RecursionError):
            with self.opened(folder) as found:
                below = [e.name for e in os.scandir(found) if e.is_dir(follow_symlinks=False)]
            for name in below:
                self.remove_empty(folder / name)
            self.remove_folder(folder)

    def _look_at_file(self, path: Path, store: Store, seen: os.stat_result) -> FileState:
        state = FileState(None, seen.st_size, mode_of(seen), seen.st_mtime_ns, seen.st_ino)
        if seen.st_size > self._largest_bytes:
            return state
        try:
            with os.fdopen(self._paths.open_file(path), "rb", buffering=0) as opened:
                data, after, is_settled = _settled(opened.fileno(), self._largest_bytes + 1)
        except (OSError, ToolError):
            return state
        if len(data) > self._largest_bytes:
            return FileState(None, after.st_size, mode_of(after), after.st_mtime_ns, after.st_ino)
        name, kept = store(data)
        mtime_ns = after.st_mtime_ns if is_settled else 0
        return FileState(name, len(data), mode_of(after), mtime_ns, after.st_ino, kept)

    def _clear(self, path: Path, now: FileState, kind: str) -> None:
        """Take away what can't be replaced in one step: a link where a file is to be, a folder with nothing in it."""
        if now.kind == "link" and kind == "file":
            self.remove(path, now)
        elif now.kind == "folder":
            self.remove_empty(path)

    def _must_be(self, path: Path, now: FileState) -> None:
        if not self.look(path).same(now):
            raise self._changed(path)

    def _put_back(self, path: Path, name: str, aside: str, folder: int | None) -> None:
        try:
            if stat.S_ISDIR(os.stat(aside, dir_fd=folder, follow_symlinks=False).st_mode):
                os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
            else:
                os.link(aside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
                os.unlink(aside, dir_fd=folder)
        except OSError as error:
            raise CheckpointError(
                f"{self._shown(path)} changed while it was deleted; what was there is now beside it as "
                f"{Path(aside).name!r} ({error.strerror})"
            ) from error

    @contextmanager
    def _beside(self, path: Path, *, make: bool = False) -> Generator[tuple[str, int | None]]:
        """What to call a file, and the descriptor of the folder that this is relative to. Raises OSError."""
        if BENEATH:
            with self._paths.opened_folder(path.parent, make=make) as folder:
                yield path.name, folder
            return
        if make:
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.resolve() != path.parent:
            raise OSError(errno.ELOOP, "a link was put in the way")
        yield str(path), None

    def _shown(self, path: Path) -> str:
        return repr(self._paths.shown(path))

    def _changed(self, path: Path) -> CheckpointError:
        return CheckpointError(f"{self._shown(path)} changed in the meantime; it is left alone")

    def _failed(self, path: Path, what: str, error: OSError) -> CheckpointError:
        return CheckpointError(f"{self._shown(path)} can't be {what}: {error.strerror}")


def mode_of(seen: os.stat_result) -> int:
    """The permission bits that are kept; none on a system that has no such."""
    return seen.st_mode & 0o777 if os.name != "nt" else 0


def is_version_control(part: str) -> bool:
    """Whether a name is one that version control keeps its own files under, however a file system may spell it."""
    return part.casefold().rstrip(" .") in _VERSION_CONTROL


def _beside_name(name: str) -> str:
    head, slash, tail = name.rpartition(os.sep)
    return f"{head}{slash}.loom-{secrets.token_hex(8)}-{tail[:40]}"


def _settled(descriptor: int, most: int) -> tuple[bytes, os.stat_result, bool]:
    """A file's content, up to `most` bytes, what the system says about it, and whether nobody wrote meanwhile."""
    tries = 0
    while True:
        before = os.fstat(descriptor)
        os.lseek(descriptor, 0, os.SEEK_SET)
        data = _read(descriptor, most)
        after = os.fstat(descriptor)
        is_settled = before.st_mtime_ns == after.st_mtime_ns and len(data) == after.st_size
        tries += 1
        if is_settled or len(data) == most or tries == _READ_AGAIN:
            return data, after, is_settled


def _read(descriptor: int, most: int) -> bytes:
    parts: list[bytes] = []
    left = most
    while left and (part := os.read(descriptor, min(left, 2**20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
