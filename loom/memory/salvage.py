"""Making the list of sessions again from the log, and saving what can be read of a damaged file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loom.memory import sqlite_rows as rows
from loom.memory.sqlite_schema import checksum

READ_TOGETHER = 512


def check_projections(connection: sqlite3.Connection) -> int:
    """Make again what the list of sessions does not say as the log does; returns how many sessions that were."""
    logged: dict[str, int] = {}
    session = ""
    while True:  # one step in the index a session, however long their logs are
        row = connection.execute("SELECT MIN(session) FROM events WHERE session > ?", (session,)).fetchone()
        if row[0] is None:
            break
        session = row[0]
        (logged[session],) = connection.execute("SELECT MAX(n) FROM events WHERE session = ?", (session,)).fetchone()
    listed: dict[str, int] = dict(connection.execute("SELECT id, last_n FROM sessions").fetchall())
    wrong = [key for key, last in logged.items() if listed.get(key) != last]
    for key in wrong:
        rows.rebuild(connection, key)
    for key in listed.keys() - logged.keys():
        connection.execute("DELETE FROM sessions WHERE id = ?", (key,))
    return len(wrong)


def salvage(connection: sqlite3.Connection, damaged: Path) -> tuple[int, int]:
    """Take every sound record of a damaged file over; returns how many were saved, and how many were not.

    Of pages that can't be read at all, nobody knows how many records they held: such gaps are not counted.
    """
    saved = lost = 0
    try:
        source = sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0, 0
    with contextlib.closing(source):
        for session, n, run, kind, at, data, crc in _readable(source):
            try:
                sound = checksum(session, n, kind, data) == crc
            except (TypeError, AttributeError):
                sound = False
            if not sound:
                lost += 1
                continue
            connection.execute(
                "INSERT OR IGNORE INTO events (session, n, run, type, at, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session, n, run, kind, at, data, crc),
            )
            saved += 1
    return saved, lost


def _readable(source: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """The rows that can be read; around those that can't, smaller and smaller pieces are tried."""
    try:
        last = source.execute("SELECT MAX(seq) FROM events").fetchone()[0] or 0
    except sqlite3.Error:
        last = 0
    pieces = [(start, min(start + READ_TOGETHER, last + 1)) for start in range(1, last + 1, READ_TOGETHER)][::-1]
    statement = "SELECT session, n, run, type, at, data, crc FROM events NOT INDEXED WHERE seq >= ? AND seq < ?"
    while pieces:
        start, end = pieces.pop()
        try:
            yield from source.execute(statement, (start, end)).fetchall()
        except sqlite3.Error:
            if end - start > 1:
                middle = (start + end) // 2
                pieces += [(middle, end), (start, middle)]
