"""The workspace boundary: paths that a model gives, made into files that are inside, or refused.

The boundary is fixed when the agent is made. Paths are compared by their resolved components, never as text; files are
opened folder by folder from the workspace, so that no link put in the way between check and use leads outside.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from loom.errors import ToolExecutionError, ToolPermissionError

BENEATH = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "O_DIRECTORY")
"""Whether this system opens files relative to a folder that is open; where not, what was opened is looked at again."""

PROTECTED_PARTS = frozenset({".git", ".loom", ".claude", ".agents", ".vscode", ".idea", ".husky"})
PROTECTED_NAMES = frozenset(
    {".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".envrc", ".gitconfig", ".gitmodules", ".mcp.json"}
    | {"agents.md", "claude.md"}  # what every later run is told
    | {".npmrc", ".pypirc", ".netrc", ".pre-commit-config.yaml"}
)
SHOWN_CHARS = 200
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)


def gone(root: Path) -> ToolExecutionError:
    """The error for a workspace that was there when the agent was made, and no longer is."""
    return ToolExecutionError(f"The workspace {root} is not there any more")


class WorkspacePaths:
    """Paths inside one folder, whose boundary does not move."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve(strict=True)

    def resolve(self, given: str) -> Path:
        """The path, with links resolved; it need not exist. Relative ones begin at the workspace.

        Raises ToolPermissionError for a path outside, ToolExecutionError for one that is no path at all.
        """
        try:
            resolved = _as_written(self.root / self._checked(given)).resolve()
        except RuntimeError:
            raise ToolExecutionError(f"{given!r} is a link that leads to itself") from None
        if not resolved.is_relative_to(self.root):
            raise ToolPermissionError(
                f"{given!r} is outside the workspace {self.root}; tools work only inside it", rule="workspace"
            )
        try:
            resolved.lstat()
        except FileNotFoundError:
            pass
        except OSError as error:  # too long a name, a folder that may not be entered, a file in a folder's place
            raise ToolExecutionError(f"{given[:SHOWN_CHARS]!r} can't be used: {error.strerror or error}") from None
        return resolved

    def existing_file(self, given: str) -> Path:
        """An existing regular file. Raises ToolExecutionError when there is none, or it is something else."""
        path = self.resolve(given)
        try:
            kind = path.stat().st_mode
        except FileNotFoundError:
            raise ToolExecutionError(f"There is no file {self.shown(path)!r}{self._alike(path)}") from None
        if stat.S_ISDIR(kind):
            raise ToolExecutionError(f"{self.shown(path)!r} is a folder, not a file; list_files shows what is in it")
        if not stat.S_ISREG(kind):
            raise ToolExecutionError(f"{self.shown(path)!r} is not a regular file (a pipe, socket or device)")
        return path

    def existing_folder(self, given: str) -> Path:
        """An existing folder. Raises ToolExecutionError when there is none."""
        path = self.resolve(given)
        if not path.is_dir():
            if not self.root.is_dir():
                raise gone(self.root)
            what = "is a file, not a folder" if path.exists() else "does not exist"
            raise ToolExecutionError(f"{self.shown(path)!r} {what}")
        return path

    def open_file(self, path: Path) -> int:
        """A descriptor for reading a file that `existing_file` gave; the caller closes it.

        It is opened folder by folder from the workspace, following no link. Raises ToolPermissionError if the file was
        changed into a link or something else since.
        """
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            if not BENEATH:
                descriptor = os.open(path, flags)
            else:
                with self.opened_folder(path.parent) as folder:
                    descriptor = os.open(path.name, flags, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise self._changed(path) from None
            raise ToolExecutionError(f"{self.shown(path)!r} can't be read: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or (not BENEATH and path.resolve() != path):
            os.close(descriptor)
            raise self._changed(path)
        return descriptor

    @contextmanager
    def opened_folder(self, folder: Path, *, make: bool = False) -> Generator[int]:
        """A descriptor of a folder inside, reached folder by folder from the workspace without following a link.

        With `make`, folders that are missing are made. Raises OSError (ELOOP or ENOTDIR where a link was put in the
        way). Only where `BENEATH` is true.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in folder.relative_to(self.root).parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=descriptor)
                below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)

    def replace_file(
        self, path: Path, data: bytes, *, mode: int | None = None, check: Callable[[], None] | None = None
    ) -> None:
        """Put `data` in a file's place in one step, keeping its mode; a crash leaves the old content or the new.

        Folders above it are made. `mode` is another mode for it. `check` is called when the new content is on the disk
        and only has to be moved to its place; what it raises leaves the file alone. Raises ToolPermissionError if a
        link was put in the way, ToolExecutionError for anything else that prevents it.
        """
        try:
            if BENEATH:
                with self.opened_folder(path.parent, make=True) as folder:
                    _replace(path.name, data, folder, mode, check)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.resolve() != path:
                    raise self._changed(path)
                _replace(str(path), data, None, mode, check)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise self._changed(path) from None
            raise ToolExecutionError(f"{self.shown(path)!r} can't be written: {error.strerror}") from error

    def _changed(self, path: Path) -> ToolPermissionError:
        return ToolPermissionError(
            f"{self.shown(path)!r} changed into a link, or something else, while it was opened; it is left alone",
            rule="workspace",
        )

    def shown(self, path: Path) -> str:
        """A path as the model knows it: relative to the workspace, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix() or "."
        except ValueError:
            return str(path)

    def is_protected(self, path: Path) -> bool:
        """True for paths whose change could change what runs: version control, tool and shell configuration."""
        parts = [part.casefold().rstrip(" .") for part in path.parts[len(self.root.parts) :]]
        return any(part in PROTECTED_PARTS for part in parts) or bool(parts and parts[-1] in PROTECTED_NAMES)

    def _checked(self, given: str) -> str:
        text = given
        if not text.strip():
            raise ToolExecutionError("The path is empty")
        if "\x00" in text:
            raise ToolExecutionError(f"{given!r} holds a NUL character; that is no path")
        if text.startswith(("\\\\?\\", "\\\\.\\", "\\??\\", "//?/", "//./", "~")):
            raise ToolPermissionError(
                f"{given!r} is not a path inside the workspace {self.root}; give one relative to it", rule="workspace"
            )
        if os.name == "nt" and any(_RESERVED.match(part) for part in PurePosixPath(text.replace("\\", "/")).parts):
            raise ToolPermissionError(f"{given!r} is a device name on this system", rule="workspace")
        return text

    def _alike(self, path: Path) -> str:
        """A hint: the name that was probably meant."""
        import difflib

        try:
            names = [entry.name for entry in os.scandir(path.parent)][:2000]
        except OSError:
            return ""
        close = difflib.get_close_matches(path.name, names, 1)
        return f"; did you mean {self.shown(path.parent / close[0])!r}?" if close else ""


def _as_written(path: Path) -> Path:
    """The path as it is on the disk; what is not there yet gets its letters composed, as people type them."""
    if str(path).isascii() or os.path.lexists(path):
        return path
    return _as_written(path.parent) / unicodedata.normalize("NFC", path.name)


def _replace(name: str, data: bytes, folder: int | None, mode: int | None, check: Callable[[], None] | None) -> None:
    """Write beside the file and move over it; `folder` is the descriptor that `name` is relative to."""
    held: os.stat_result | None = None
    try:
        held = os.stat(name, dir_fd=folder, follow_symlinks=False)
        mode = stat.S_IMODE(held.st_mode) if mode is None else mode
        if not stat.S_ISREG(held.st_mode):
            raise OSError(errno.ELOOP, "it is not a regular file")
    except FileNotFoundError:
        pass
    head, _, tail = name.rpartition(os.sep)
    beside = f"{head}{os.sep if head else ''}.loom-{secrets.token_hex(8)}-{tail[:40]}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(beside, flags, 0o666 if mode is None else 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
            if held is not None:
                _give_back(opened.fileno(), held)
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(opened.fileno(), mode)
        if check is not None:
            check()
        os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=folder)
        raise


def _give_back(descriptor: int, held: os.stat_result) -> None:
    """Let a file belong to whom the one before it belonged to, as far as we may."""
    now = os.fstat(descriptor)
    if hasattr(os, "fchown") and (now.st_uid, now.st_gid) != (held.st_uid, held.st_gid):
        for user, group in ((-1, held.st_gid), (held.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, user, group)
