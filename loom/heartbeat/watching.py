"""How the system says that something happened below a folder: watchdog's inotify, its observer elsewhere, or nothing.

Only where something happened is asked of it, never what. Folders are watched one by one where the system wants that, so
that ignored ones cost nothing, and it is noticed when the system has no more watches to give.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import override

log = logging.getLogger(__name__)

JOIN_S = 5.0
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "davfs", "fuse.sshfs", "fuse.rclone"})


class CannotWatchError(Exception):
    """The system can't say what happens there; the message says why. Looking again and again still works."""


class Watch(Protocol):
    """Somebody who marks paths as changed, from a thread of its own."""

    def add(self, folder: str) -> None:
        """Watch a folder, too. Raises CannotWatchError."""
        ...

    def remove(self, folder: str) -> None:
        """Watch a folder no more."""
        ...

    def close(self) -> None:
        """End, with its threads; blocks."""
        ...


OpenWatch = Callable[[str, Callable[[str], None], Callable[[], None]], Watch]
"""From a root, what marks a path, and what is called when marks were lost, to a watch. Raises CannotWatchError."""


def open_watch(root: str, mark: Callable[[str], None], on_lost: Callable[[], None]) -> Watch:
    """The best watch that this system has for a folder. Raises CannotWatchError."""
    remote = remote_filesystem(root)
    if remote:
        raise CannotWatchError(f"{root} is on a {remote} drive, which does not say what others change")
    if sys.platform.startswith("linux"):
        return InotifyWatch(mark, on_lost)
    return ObserverWatch(root, mark)


class InotifyWatch:
    """inotify by watchdog's reader: one thread, one watch a folder."""

    def __init__(self, mark: Callable[[str], None], on_lost: Callable[[], None]) -> None:
        try:
            from watchdog.observers import inotify_c
        except (ImportError, OSError) as error:
            raise CannotWatchError(f"inotify can't be used: {error}") from error
        constants: Any = inotify_c.InotifyConstants
        self._mask: Any = (
            constants.IN_CREATE | constants.IN_DELETE | constants.IN_MODIFY | constants.IN_CLOSE_WRITE
        ) | (constants.IN_MOVED_FROM | constants.IN_MOVED_TO | constants.IN_DELETE_SELF | constants.IN_MOVE_SELF)
        self._mask |= constants.IN_ONLYDIR | constants.IN_DONT_FOLLOW
        self._mark = mark
        self._on_lost = on_lost
        self._ids = itertools.count(1)
        self._paths: dict[int, str] = {}
        self._watches: dict[str, tuple[int, int]] = {}
        try:
            self._reader: Any = inotify_c.InotifyFD()
        except OSError as error:
            raise CannotWatchError(_why(error)) from error
        self._reader.name = "loom-inotify"
        self._reader.start()

    def add(self, folder: str) -> None:
        """Watch a folder; one that is gone already is passed over."""
        number = next(self._ids)
        self.remove(folder)
        try:
            descriptor: int = self._reader.add_callback(os.fsencode(folder), self._mask, self, number)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return
            raise CannotWatchError(_why(error)) from error
        before = self._paths.get(descriptor)
        if before is not None and before != folder:
            self.remove(before)  # it was moved: the system knows the folder, not its name
        self._paths[descriptor] = folder
        self._watches[folder] = (descriptor, number)

    def remove(self, folder: str) -> None:
        """Watch a folder no more."""
        held = self._watches.pop(folder, None)
        if held is None:
            return
        if self._paths.get(held[0]) == folder:
            del self._paths[held[0]]
        self._reader.remove_callbacks([held])

    def close(self) -> None:
        """End the reader."""
        self._reader.stop()
        self._reader.join(JOIN_S)

    def on_event(self, event: Any) -> None:
        """Mark what an event is about (watchdog calls this)."""
        folder = self._paths.get(event.wd)
        if folder is not None:
            self._mark(f"{folder}{os.sep}{os.fsdecode(event.name)}" if event.name else folder)

    def on_watch_deleted(self, wd: int) -> None:
        """Note that the system forgot a folder (watchdog calls this)."""
        folder = self._paths.pop(wd, None)
        if folder is not None and self._watches.get(folder, (0, 0))[0] == wd:
            del self._watches[folder]

    def on_queue_overflow(self) -> None:
        """Say that events were lost (watchdog calls this)."""
        self._on_lost()


class ObserverWatch:
    """watchdog's observer for this system (FSEvents, ReadDirectoryChangesW, kqueue): one watch for all below a folder.

    `make` is another observer.
    """

    def __init__(self, root: str, mark: Callable[[str], None], make: Callable[[], Any] | None = None) -> None:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        class Marks(FileSystemEventHandler):
            @override
            def on_any_event(self, event: Any) -> None:
                if event.event_type in ("opened", "closed_no_write"):
                    return
                for path in (event.src_path, event.dest_path):
                    if path:
                        mark(os.fsdecode(path))

        try:
            self._observer: Any = (make or Observer)()
            self._observer.schedule(Marks(), root, recursive=True)
            self._observer.start()
        except (OSError, RuntimeError) as error:
            raise CannotWatchError(_why(error)) from error

    def add(self, folder: str) -> None:
        """Nothing to do: what is below the root is watched."""

    def remove(self, folder: str) -> None:
        """Nothing to do: what is gone says nothing."""

    def close(self) -> None:
        """End the observer."""
        self._observer.stop()
        self._observer.join(JOIN_S)


def remote_filesystem(path: str, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of network drive that a folder is on; empty for a local one, or where that can't be told."""
    if path.startswith(("\\\\", "//")):
        return "network"
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        point = fields[1].replace("\\040", " ") if len(fields) > 2 else ""
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind if kind in REMOTE else ""


def _why(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOSPC:
        return "the system has no more file watches to give (fs.inotify.max_user_watches)"
    if number == errno.EMFILE:
        return "the system has no more watchers to give (fs.inotify.max_user_instances)"
    return f"the system's file watch can't be used: {error}"
