"""Rows of `loom.db` and the values that they stand for: writing them keeps log, projections and search together."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from loom.memory.records import BELOW, SENT_TO_MODELS, SESSION_REWOUND, DamagedRecord, NewRecord, Record, SessionSummary
from loom.memory.sqlite_schema import checksum
from loom.memory.summary import fold_summary, searched_text

_COLUMNS = (
    *("id", "title", "agent", "model", "workspace", "created_at", "updated_at", "state", "is_pinned", "is_archived"),
    *("tags", "messages", "last_n", "parent_id", "parent_n", "preview", "run_id", "is_named", "metadata"),
)
_TAGS, _METADATA = _COLUMNS.index("tags"), _COLUMNS.index("metadata")
SUMMARY = f"SELECT {', '.join(_COLUMNS)} FROM sessions"  # noqa: S608  our own words
_PUT_SUMMARY = (
    f"INSERT INTO sessions VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
    + ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS[1:])
)
_PUT_EVENT = "INSERT INTO events (session, n, run, type, at, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
EVENT = "SELECT session, n, run, type, at, data, crc FROM events"
INDEXED_TOGETHER = 200
BRIEF_CHARS = 1_000
BEGIN_CHARS = 200
_LONG = (
    "content",
    "arguments",
    "text",
    "thinking",
    "output",
    "prompt",
    "messages",
    "handoff",
    "before",
    "after",
    "plan",
)
_PATHS = ", ".join(f"'$.{name}'" for name in _LONG)
_BEGUN = ", ".join(
    f"'$.{name}', substr(json_extract(data, '$.{name}'), 1, {BEGIN_CHARS})" for name in ("text", "prompt", "message")
)
_BRIEF = f"CASE WHEN length(data) > {BRIEF_CHARS} THEN json_set(json_remove(data, {_PATHS}), {_BEGUN}) ELSE data END"
"""A record's data without what makes records long, but how its text begins; done by SQLite, beside other threads."""

MOST_N = 2**62

Row = Sequence[Any]


def append_records(connection: sqlite3.Connection, session_id: str, new: Sequence[NewRecord]) -> int:
    """Add records at the end of a session's log, and to its projections; returns the last one's `n`."""
    summary = summary_of(connection, session_id) or SessionSummary(session_id)
    records = [
        Record(session_id, n, each.type, each.data, each.run_id, each.at)
        for n, each in enumerate(new, summary.last_n + 1)
    ]
    for record in records:
        put_record(connection, record)
    put_summary(connection, fold_summary(summary, records))
    return records[-1].n if records else summary.last_n


def put_record(connection: sqlite3.Connection, record: Record) -> None:
    """Add one record to the log, and what it says to the texts that are searched."""
    data = _written(record)
    crc = checksum(record.session_id, record.n, record.type, data)
    added = connection.execute(
        _PUT_EVENT, (record.session_id, record.n, record.run_id, record.type, record.at, data, crc)
    )
    if record.type == SESSION_REWOUND:
        forget_texts(connection, record.session_id, record.data["to"])
    elif (said := searched_text(record)) is not None:
        role, text = said
        values = (added.lastrowid, record.session_id, record.n, role, record.at, _sound(text))
        connection.execute("INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)", values)


def index_texts(connection: sqlite3.Connection) -> bool:
    """Make some more texts searchable; True if there are still others."""
    (upto,) = connection.execute("SELECT upto FROM indexed").fetchone()
    rows = connection.execute(
        "SELECT seq, text FROM texts WHERE seq > ? ORDER BY seq LIMIT ?", (upto, INDEXED_TOGETHER)
    ).fetchall()
    if rows:
        connection.executemany("INSERT INTO found (rowid, text) VALUES (?, ?)", rows)
        connection.execute("UPDATE indexed SET upto = ?", (rows[-1][0],))
    return len(rows) == INDEXED_TOGETHER


def forget_texts(connection: sqlite3.Connection, session_id: str, after: int = 0) -> None:
    """Take what a session said after record `after` out of what is searched."""
    (upto,) = connection.execute("SELECT upto FROM indexed").fetchone()
    connection.execute(
        "INSERT INTO found (found, rowid, text) "
        "SELECT 'delete', seq, text FROM texts WHERE session = ? AND n > ? AND seq <= ?",
        (session_id, after, upto),
    )
    connection.execute("DELETE FROM texts WHERE session = ? AND n > ?", (session_id, after))


def delete_session(connection: sqlite3.Connection, session_id: str) -> None:
    """Delete all of a session."""
    connection.execute("INSERT OR IGNORE INTO deleting VALUES (?)", (session_id,))
    forget_texts(connection, session_id)
    for table, column in (("events", "session"), ("sessions", "id"), ("leases", "session"), ("deleting", "session")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (session_id,))  # noqa: S608  our own words


def rebuild(connection: sqlite3.Connection, session_id: str) -> SessionSummary:
    """Make a session's summary and texts again from its log."""
    forget_texts(connection, session_id)
    summary = SessionSummary(session_id)
    rows = connection.execute(f"{EVENT} WHERE session = ? ORDER BY n", (session_id,)).fetchall()
    for record in read_rows(rows, []):
        summary = fold_summary(summary, [record])
        if record.type == SESSION_REWOUND:
            forget_texts(connection, session_id, record.data["to"])
        elif (said := searched_text(record)) is not None:
            connection.execute(
                "INSERT INTO texts SELECT seq, session, n, ?, at, ? FROM events WHERE session = ? AND n = ?",
                (said[0], _sound(said[1]), session_id, record.n),
            )
    if rows:
        last = max(summary.last_n, rows[-1][1])
        first = connection.execute("SELECT MIN(seq) FROM texts WHERE session = ?", (session_id,)).fetchone()[0]
        if first is not None:
            _index_again_from(connection, first)
        summary = fold_summary(summary, [Record(session_id, last, "", {}, "", 0.0)])
        put_summary(connection, summary)
    return summary


def summary_of(connection: sqlite3.Connection, session_id: str) -> SessionSummary | None:
    """The summary in the projection."""
    row = connection.execute(f"{SUMMARY} WHERE id = ?", (session_id,)).fetchone()
    return None if row is None else read_summary(row)


def put_summary(connection: sqlite3.Connection, summary: SessionSummary) -> None:
    """Put a summary in place of the one that is there."""
    values = [getattr(summary, column) for column in _COLUMNS]
    values[_TAGS], values[_METADATA] = _quickly(summary.tags), _quickly(summary.metadata)
    connection.execute(_PUT_SUMMARY, [_sound(value) if isinstance(value, str) else value for value in values])


def read_summary(row: Row) -> SessionSummary:
    """The summary in a row."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in ("is_pinned", "is_archived", "is_named"):
        values[name] = bool(values[name])
    values["tags"] = tuple(from_json(values["tags"]))
    values["metadata"] = from_json(values["metadata"])
    return SessionSummary(**values)


def read_rows(rows: Iterable[Row], damaged: list[DamagedRecord]) -> Iterator[Record]:
    """The records in rows of `EVENT`; those whose bytes are not what they were go to `damaged` instead."""
    for session, n, run, kind, at, data, crc in rows:
        try:
            held = json.loads(data) if checksum(session, n, kind, data) == crc else None
        except (ValueError, TypeError, AttributeError):
            held = None
        if held is not None:
            yield Record(session, n, kind, held, run, at)
        else:
            damaged.append(DamagedRecord(str(session), n, "its bytes are not those that were written"))


def read_excerpt(
    connection: sqlite3.Connection,
    session_id: str,
    kinds: Sequence[str],
    stretch: tuple[int, int | None, int | None],
    *,
    is_brief: bool,
) -> list[Record]:
    """A session's records of some types, in a stretch `(after, upto, limit)`; without those that can't be read."""
    after, upto, limit = stretch
    data, crc = (_BRIEF, "NULL") if is_brief else ("data", "crc")
    found = connection.execute(
        f"SELECT session, n, run, type, at, {data}, {crc} FROM events "  # noqa: S608  our own words
        f"WHERE session = ? AND n > ? AND n <= ? AND type IN ({', '.join('?' * len(kinds))}) ORDER BY n LIMIT ?",
        (session_id, after, MOST_N if upto is None else upto, *kinds, -1 if limit is None else limit),
    )
    return list(_read_brief(found) if is_brief else read_rows(found, []))


def _read_brief(rows: Iterable[Row]) -> Iterator[Record]:
    """The records in rows that are not checked."""
    for session, n, run, kind, at, data, _ in rows:
        with contextlib.suppress(ValueError):  # a record that says nothing is left out
            try:
                held = from_json(data)
            except ValueError:  # it is stricter than what wrote it
                held = json.loads(data)
            yield Record(session, n, kind, held, run, at)


def _index_again_from(connection: sqlite3.Connection, seq: int) -> None:
    """Have the texts from `seq` on indexed again, when nothing else waits."""
    (upto,) = connection.execute("SELECT upto FROM indexed").fetchone()
    if seq <= upto:
        connection.execute("UPDATE indexed SET upto = 0")
        connection.execute("INSERT INTO found (found) VALUES ('delete-all')")


def _written(record: Record) -> str:
    """A record's data as JSON. What is sent to models keeps halves of surrogate pairs, as they are sent."""
    data = json.dumps(record.data, ensure_ascii=False, separators=(",", ":"), default=str)
    sound = _sound(data)
    if sound is not data and sound != data and record.type.removeprefix(BELOW) in SENT_TO_MODELS:
        return json.dumps(record.data, separators=(",", ":"), default=str)
    return sound


def _quickly(value: Any) -> str:
    """A part of a summary as JSON: it is written again with every record."""
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except ValueError:  # halves of surrogate pairs, or what is no JSON
        return json.dumps(value, ensure_ascii=False, default=str)


def _sound(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which is no text that SQLite takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
