"""A lock that processes share through a file; the system takes it back from a process that dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

POLL_S = 0.002


class FileLock:
    """Held by one thread of one process at a time. The file stays: removing it would let two hold it."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self.path = path
        self._timeout_s = timeout_s
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Have the lock. Raises TimeoutError when nobody gives it back in time."""
        until = time.monotonic() + self._timeout_s
        while not _try_to_lock(self._descriptor):
            if time.monotonic() > until:
                raise TimeoutError(f"locked: {self.path} was held by another program for {self._timeout_s:g} s")
            time.sleep(POLL_S)
        try:
            yield
        finally:
            _unlock(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
