"""What goes on in sessions that other processes write to: what is new in their logs, which are only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from loom.errors import StoreError
from loom.memory.ownership import Owner
from loom.memory.records import Record
from loom.memory.sqlite_rows import read_excerpt
from loom.memory.sqlite_schema import connect_to_read, explain

_OWNED = (
    "SELECT session, owner, fence, pid, started, boot, host, program, beat FROM leases "
    "WHERE session >= ? AND session < ? AND owner != '' ORDER BY session"
)


class SessionTails:
    """The sessions in a store's file, which need not be there yet. Its methods block; they raise StoreError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def at_work(self, prefix: str) -> list[str]:
        """The sessions whose id begins with `prefix` that somebody alive may write to."""
        after = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}"
        with self._lock:
            connection = self._opened()
            if connection is None:
                return []
            try:
                owners = connection.execute(_OWNED, (prefix, after)).fetchall()
            except sqlite3.Error as error:
                raise self._failed(error) from None
        return [session for session, *owner in owners if Owner(*owner).is_alive]

    def since(self, session_id: str, kinds: Sequence[str], after: int) -> list[Record]:
        """A session's records of these types after record `after`; long ones come without their long texts."""
        with self._lock:
            connection = self._opened()
            if connection is None:
                return []
            try:
                return read_excerpt(connection, session_id, kinds, (after, None, None), is_brief=True)
            except sqlite3.Error as error:
                raise self._failed(error) from None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection | None:
        if self._connection is None and self._file.exists():
            self._connection = connect_to_read(self._file)
        return self._connection

    def _failed(self, error: sqlite3.Error) -> StoreError:
        """What is told; the file is opened again the next time, it may have been replaced."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return StoreError(explain(self._file, error))
