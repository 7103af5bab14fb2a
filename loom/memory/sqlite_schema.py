"""The tables of `loom.db`, how they are made, brought up to date, and opened when something is wrong with the file.

`events` is the log: rows are added, never changed, and deleted only for a session that stands in `deleting`. All other
tables are projections of it. Each row carries a checksum of its bytes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from loom.errors import StoreError

VERSION = 1
"""The version of the tables that this code writes. A file of a later one is only read."""

BUSY_TIMEOUT_S = 10.0
_NOT_OURS = ("file is not a database", "malformed", "disk image", "not a database", "file is encrypted")

_TABLES = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, n INTEGER NOT NULL, run TEXT NOT NULL,
  type TEXT NOT NULL, at REAL NOT NULL, data TEXT NOT NULL, crc INTEGER NOT NULL, UNIQUE (session, n)
);
CREATE INDEX events_marks ON events (session, type, n) WHERE type IN ('session.rewound', 'files.changed');
CREATE TABLE deleting (session TEXT PRIMARY KEY);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
  WHEN NOT EXISTS (SELECT 1 FROM deleting WHERE session = OLD.session)
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, title TEXT, agent TEXT, model TEXT, workspace TEXT, created_at REAL, updated_at REAL, state TEXT,
  is_pinned INTEGER, is_archived INTEGER, tags TEXT, messages INTEGER, last_n INTEGER, parent_id TEXT,
  parent_n INTEGER, preview TEXT, run_id TEXT, is_named INTEGER, metadata TEXT
);
CREATE INDEX sessions_by_time ON sessions (updated_at DESC);
CREATE TABLE texts (seq INTEGER PRIMARY KEY, session TEXT NOT NULL, n INTEGER NOT NULL, role TEXT NOT NULL,
  at REAL NOT NULL, text TEXT NOT NULL);
CREATE INDEX texts_by_session ON texts (session);
CREATE VIRTUAL TABLE found USING fts5 (text, content='texts', content_rowid='seq', tokenize='trigram');
CREATE TABLE leases (
  session TEXT PRIMARY KEY, owner TEXT NOT NULL, fence INTEGER NOT NULL, pid INTEGER, started REAL, boot TEXT,
  host TEXT, program TEXT, beat REAL
);
CREATE TABLE indexed (upto INTEGER NOT NULL);
INSERT INTO indexed VALUES (0);
"""

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""From version n to n + 1; each runs in one transaction, after a copy of the file was made."""


def checksum(session: str, n: int, kind: str, data: str) -> int:
    """What a row's `crc` must be."""
    return zlib.crc32(f"{session}\0{n}\0{kind}\0{data}".encode("utf-8", "surrogatepass"))


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that can't write. Raises StoreError."""
    uri = path.absolute().as_uri()
    try:
        return _reader(f"{uri}?mode=ro")
    except sqlite3.Error as error:
        if is_damage(error) or path.with_name(f"{path.name}-wal").exists():
            raise StoreError(explain(path, error)) from None
    try:  # in a folder that can't be written, a file that nobody has open
        return _reader(f"{uri}?mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise StoreError(explain(path, error)) from None


def _reader(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_write(path: Path, *, fsync: bool) -> sqlite3.Connection:
    """A connection with the tables as this code knows them. Raises StoreError, and DamagedStoreError for a bad file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(explain(path, error)) from None
    try:
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute(f"PRAGMA synchronous={'FULL' if fsync else 'OFF'}")
        connection.execute("PRAGMA secure_delete=ON")
        _bring_up_to_date(connection, path)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise DamagedStoreError(explain(path, error)) from None
        raise StoreError(explain(path, error)) from None
    except StoreError:
        connection.close()
        raise
    for beside in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):
            beside.chmod(0o600)
    return connection


class DamagedStoreError(StoreError):
    """The file is no database, or a broken one; its bytes are to be kept."""


class NewerStoreError(StoreError):
    """The file was written by a later version of the program."""


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in the file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_damage(error: sqlite3.Error) -> bool:
    """True if an error of SQLite says that the file itself is broken."""
    return any(words in str(error) for words in _NOT_OURS)


def explain(path: Path, error: Exception) -> str:
    """A sentence for the person: what happened to which file, and what to do."""
    said = str(error)
    if "locked" in said or "busy" in said:
        return f"{path} is locked by another program: {said}. Close that program, and try again"
    if "full" in said:
        return f"The disk is full: {path} can't be written. Nothing is lost; make room, and try again"
    if "readonly" in said or "read-only" in said.lower():
        return f"{path} can't be written: {said}. Its rights, or those of its folder, would have to change"
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return f"{path} is damaged: {said}"
    return f"The sessions in {path} can't be reached: {said}"


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    found = version_of(connection)
    if found > VERSION:
        raise NewerStoreError(
            f"{path} was written by a later version of loom (tables {found}, known are {VERSION}): "
            "its sessions can be read, not continued. Update loom"
        )
    if found == VERSION:
        connection.execute("SELECT upto FROM indexed").fetchone()
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(connection)  # another process may have been quicker
        if found == 0:
            for statement in _statements(_TABLES):
                connection.execute(statement)
        elif found < VERSION:
            _copy(path, found)
            for step in range(found, VERSION):
                MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version={max(found, VERSION)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """The statements of a script one by one; a trigger's own semicolons do not end it."""
    found: list[str] = []
    held = ""
    for line in script.strip().splitlines():
        held += line + "\n"
        if sqlite3.complete_statement(held):
            found.append(held)
            held = ""
    return found


def _copy(path: Path, version: int) -> None:
    """Keep the file as it is beside itself, before it is changed."""
    target = path.with_name(f"{path.name}.v{version}-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        kept = sqlite3.connect(target)
        with contextlib.closing(source), contextlib.closing(kept):
            source.backup(kept)
        target.chmod(0o600)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path} was not brought up to date, since no copy of it could be made: {error}") from None


def set_aside(path: Path) -> Path:
    """Move a damaged file, and what belongs to it, aside; returns where it is now. Raises StoreError."""
    kept = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}-{number}")
    try:
        for suffix in ("", "-wal", "-shm"):
            source = path.with_name(path.name + suffix)
            if source.exists():
                shutil.move(source, kept.with_name(kept.name + suffix))
    except OSError as error:
        raise StoreError(f"{path} is damaged, and can't be set aside: {error}") from None
    return kept
