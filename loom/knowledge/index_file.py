"""The file of an index: its tables, and what happens when it is damaged, of another version or in use."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path

from loom.errors import KnowledgeError

log = logging.getLogger(__name__)

VERSION = 1
BUSY_TIMEOUT_S = 10.0
UNUSED_S = 60 * 86_400.0
_DAMAGE = ("file is not a database", "malformed", "disk image", "not a database", "encrypted", "no such table")

_TABLES = """
CREATE TABLE documents (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, title TEXT NOT NULL, hash TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, problem TEXT NOT NULL, kind TEXT NOT NULL,
  metadata TEXT NOT NULL);
CREATE INDEX documents_with_problems ON documents (key) WHERE problem != '';
CREATE TABLE chunks (id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, start INTEGER NOT NULL,
  end INTEGER NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL,
  parts TEXT NOT NULL, grams TEXT NOT NULL);
CREATE INDEX chunks_by_document ON chunks (document);
CREATE VIRTUAL TABLE words USING fts5 (heading, text, parts, content='chunks', content_rowid='id',
  tokenize='porter unicode61');
CREATE VIRTUAL TABLE pieces USING fts5 (grams, content='chunks', content_rowid='id', tokenize='trigram');
CREATE TABLE vectors (chunk INTEGER PRIMARY KEY, embedder TEXT NOT NULL, vector BLOB NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def open_index(path: Path | None) -> tuple[sqlite3.Connection, str]:
    """A connection to the index in a file, or in memory; and what happened to the one before, for a person.

    What an index holds can be made again: a damaged file, or one of another version, is deleted and begun anew.
    Raises KnowledgeError when the file can't be written.
    """
    if path is None:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.executescript(_TABLES)
        return connection, ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        os.utime(path)  # that it is used
    except OSError as error:
        raise KnowledgeError(f"The index {path} can't be written: {error.strerror or error}") from None
    try:
        return _connect(path), ""
    except sqlite3.Error as error:
        if not is_damage(error):
            raise explain(path, error) from None
        why = f"The index {path} was damaged ({error}): it is made anew"
    log.warning(why)
    remove_index(path)
    try:
        return _connect(path), why
    except sqlite3.Error as error:
        raise explain(path, error) from None


def remove_index(path: Path) -> None:
    """Delete the file of an index, and those that SQLite has beside it. Raises KnowledgeError."""
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise KnowledgeError(f"The index {file} can't be deleted: {error.strerror or error}") from None


def remove_unused(folder: Path, now: float | None = None) -> list[str]:
    """Delete the indexes in a folder that nobody opened for sixty days; their names. They can be made again.

    An index outlives the agent file that named its source, and the folder that it was made of; nothing else takes it.
    """
    before = (time.time() if now is None else now) - UNUSED_S
    gone: list[str] = []
    for path in sorted(folder.glob("*.db")):
        with contextlib.suppress(OSError, KnowledgeError):
            if path.stat().st_mtime < before:
                remove_index(path)
                path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
                gone.append(path.name)
    return gone


def is_damage(error: sqlite3.Error) -> bool:
    """True if an error of SQLite says that the file itself is broken."""
    return any(words in str(error) for words in _DAMAGE)


def explain(path: Path | None, error: sqlite3.Error) -> KnowledgeError:
    """The error for a person: what happened to which index, and what to do."""
    said = str(error)
    if "locked" in said or "busy" in said:
        return KnowledgeError(f"The index {path} is in use by another program: try again when that is done")
    if "full" in said:
        return KnowledgeError(f"The disk is full: the index {path} can't be written. Make room, and index again")
    if "readonly" in said or "read-only" in said:
        return KnowledgeError(f"The index {path} can't be written: {said}")
    if is_damage(error):
        return DamagedIndexError(f"The index {path} is damaged: {said}. Index the source again")
    return KnowledgeError(f"The index {path} can't be used: {said}")


class DamagedIndexError(KnowledgeError):
    """The file is no index, or a broken one; opening it again begins it anew."""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-32000")
        if _version(connection) != VERSION:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _make(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        connection.execute("SELECT count(*) FROM facts").fetchone()
    except BaseException:
        connection.close()
        raise
    for beside in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with contextlib.suppress(OSError):
            beside.chmod(0o600)
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make(connection: sqlite3.Connection) -> None:
    found = _version(connection)  # another process may have been quicker
    if found == VERSION:
        return
    if found:
        raise sqlite3.DatabaseError(f"its tables are of version {found}, not a database of version {VERSION}")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={VERSION}")
