"""What the agent wrote itself, by path and content: its own writes are no news to it."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock

from loom.threads import in_thread

LARGEST_HASHED_BYTES = 64 * 2**20
_CHUNK_BYTES = 2**18
_KEPT = 4096


def digest_of(path: str) -> bytes | None:
    """The hash of a file's content, of a link its target; None where there is none, or it is larger than 64 MiB."""
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return hashlib.blake2b(os.fsencode(Path(path).readlink()), digest_size=16).digest()
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_HASHED_BYTES:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        hashed = hashlib.blake2b(digest_size=16)
        with open(os.open(path, flags), "rb", buffering=0) as opened:  # noqa: PTH123  a descriptor
            while chunk := opened.read(_CHUNK_BYTES):
                hashed.update(chunk)
        return hashed.digest()
    except OSError:
        return None


class OwnWrites:
    """Paths that the agent is writing, and what it wrote to them last. For use from any thread.

    What a watch sees of a path while it is written is looked at again when that is over; then a change is the agent's
    own if the content is what the agent left there (or nothing, where it deleted the file).
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_flight: Counter[str] = Counter()
        self._known: OrderedDict[str, bytes | None] = OrderedDict()

    @asynccontextmanager
    async def writing(self, path: str) -> AsyncGenerator[None]:
        """Around a write; the file is read at its end, off the loop."""
        real = await in_thread(self.begin, path)
        try:
            yield
        finally:
            await in_thread(self.end, real)

    def begin(self, path: str) -> str:
        """Say that a path is about to be written; gives what `end` must be given. Blocks."""
        folder, _, name = path.rpartition(os.sep)
        real = f"{os.path.realpath(folder or os.sep)}{os.sep}{name}"
        with self._lock:
            self._in_flight[real] += 1
        return real

    def end(self, real: str) -> None:
        """Say that a write is over, and note what is there now. Blocks."""
        digest = digest_of(real)
        with self._lock:
            self._known[real] = digest
            self._known.move_to_end(real)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
            self._in_flight[real] -= 1
            if self._in_flight[real] <= 0:
                del self._in_flight[real]

    def is_in_flight(self, path: str) -> bool:
        """True while a write is under way that the path may be part of: its file, a neighbour, a folder above."""
        if not self._in_flight:
            return False
        folder = path.rpartition(os.sep)[0]
        with self._lock:
            return any(own.rpartition(os.sep)[0] == folder or own.startswith(path + os.sep) for own in self._in_flight)

    def knows(self, path: str) -> bool:
        """True if the agent wrote the path, and nobody else since."""
        return path in self._known

    def is_own(self, path: str, digest: bytes | None) -> bool:
        """True if the path now holds what the agent wrote; a path where it does not is the agent's no longer."""
        with self._lock:
            if path not in self._known:
                return False
            if self._known[path] == digest:
                return True
            del self._known[path]
            return False
