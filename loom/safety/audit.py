"""The audit: every decision about a tool call, append-only, each record chained to the one before by its hash."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from loom.errors import AuditError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, record TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
);
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One step of one call: `what` is allowed, refused, completed, failed or unknown.

    `rule` and `reason` say why, `by` who; `arguments` are without secrets, `arguments_hash` is of the real ones.
    """

    what: str
    tool: str
    call_id: str
    run_id: str
    session_id: str
    agent: str = ""
    arguments: str = ""
    arguments_hash: str = ""
    rule: str = ""
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A record with its place in the chain; `at` is in seconds since 1970."""

    seq: int
    at: float
    record: AuditRecord
    previous: str
    hash: str


class AuditLog:
    """A file of records (SQLite, mode 0600). Its methods block; several threads and processes may use one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def append(self, record: AuditRecord) -> None:
        """Write a record, on the disk when this returns. Raises AuditError when it can't be."""
        text = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True)
        with self._lock:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
                    seq, previous = (last[0] + 1, last[1]) if last is not None else (1, FIRST)
                    at = time.time()
                    chained = _hash(seq, at, text, previous)
                    connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", (seq, at, text, previous, chained))
                    connection.execute("COMMIT")
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
            except (sqlite3.Error, OSError) as error:
                raise AuditError(f"The audit {self.file} can't be written: {error}") from None

    def entries(self, *, search: str = "", limit: int | None = None) -> list[AuditEntry]:
        """The records, newest first, that hold `search` (case does not matter). Raises AuditError."""
        found = (entry for entry in self._read("DESC") if search.casefold() in str(entry.record).casefold())
        return [entry for entry, _ in zip(found, range(limit), strict=False)] if limit is not None else list(found)

    def verify(self) -> int:
        """Check the chain from its first record; returns how many there are.

        Raises AuditError naming the first record that was changed, or is missing.
        """
        previous, count = FIRST, 0
        for seq, at, text, before, chained in self._rows("ASC"):
            if seq != count + 1:
                raise AuditError(f"Record {count + 1} of the audit {self.file} is missing")
            if before != previous or chained != _hash(seq, at, text, previous):
                raise AuditError(f"Record {seq} of the audit {self.file} was changed, or one before it")
            previous, count = chained, seq
        return count

    def export(self) -> Iterator[str]:
        """Every record as a line of JSON, oldest first. Raises AuditError."""
        for entry in self._read("ASC"):
            yield json.dumps(
                {"seq": entry.seq, "at": entry.at, **asdict(entry.record), "hash": entry.hash}, ensure_ascii=False
            )

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _read(self, order: str) -> Iterator[AuditEntry]:
        known = {each.name for each in fields(AuditRecord)}
        for seq, at, text, previous, chained in self._rows(order):
            try:
                held: dict[str, Any] = json.loads(text)
                record = AuditRecord(**{name: str(value) for name, value in held.items() if name in known})
            except (ValueError, TypeError):
                record = AuditRecord("unreadable", "", "", "", "", reason=str(text)[:200])
            yield AuditEntry(seq, at, record, previous, chained)

    def _rows(self, order: str) -> list[Any]:
        if not self.file.exists():
            return []
        with self._lock:
            try:
                query = f"SELECT seq, at, record, previous, hash FROM audit ORDER BY seq {order}"  # noqa: S608  ours
                return self._open().execute(query).fetchall()
            except (sqlite3.Error, OSError) as error:
                raise AuditError(f"The audit {self.file} can't be read: {error}") from None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self.file, timeout=10, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            weakref.finalize(self, connection.close)  # also where nobody closes it: a profile is let go of
            self._connection = connection
        return self._connection


def _hash(seq: int, at: float, text: str, previous: str) -> str:
    return sha256(f"{previous}\n{seq}\n{at!r}\n{text}".encode()).hexdigest()
