"""Sessions in one SQLite file that several programs may use at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from loom.errors import SessionInUseError, StoreError
from loom.memory import sqlite_rows as rows
from loom.memory.matching import found_in, parse_query
from loom.memory.ownership import Owner, held_here, this_boot, this_host, this_program, this_start
from loom.memory.records import (
    SESSION_CHANGED,
    SESSION_CREATED,
    SESSION_REWOUND,
    DamagedRecord,
    NewRecord,
    Record,
    SearchHit,
    SessionSummary,
)
from loom.memory.recovery import fork_records
from loom.memory.salvage import check_projections, salvage
from loom.memory.sqlite_schema import (
    DamagedStoreError,
    NewerStoreError,
    connect_to_read,
    explain,
    set_aside,
)
from loom.memory.sqlite_writer import Writer
from loom.memory.store import Lease

T = TypeVar("T")

BEAT_S = 1.0
"""How often a writer says that it is there, at most, in seconds; others believe it for minutes."""
_AFTER = f"{rows.EVENT} WHERE session = ? AND n > ? ORDER BY n LIMIT ?"
_OF_KIND = f"{rows.EVENT} WHERE session = ? AND n > ? AND type = ? ORDER BY n LIMIT ?"
_MARKS = {
    kind: f"{rows.EVENT} WHERE session = ? AND n > ? AND type = '{kind}' ORDER BY n LIMIT ?"
    for kind in (SESSION_REWOUND, "files.changed")
}
_GIVE_BACK = "UPDATE leases SET owner = '' WHERE owner = ?"
_SAID = (
    "SELECT texts.session, sessions.title, n, role, at, text FROM texts JOIN sessions ON sessions.id = texts.session"
)
_INDEXED = (
    "(seq IN (SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT ?) "
    "OR seq > (SELECT upto FROM indexed))"
)
SHORTEST_INDEXED = 3
"""The search index knows pieces of three letters; shorter words are looked for in the texts themselves."""


class SQLiteStore:
    """A store in the file `path` (mode 0600), which is made if it is missing.

    A damaged file is set aside whole, and what can be read of it is taken over; a file of a later version, or one that
    can't be written, is only read. `notices` says so, and `problem` why nothing can be written. Opening blocks.
    With `fsync=False` a record is safe from the end of this process, not from that of the machine.
    """

    is_durable = True
    is_immediate = False

    def __init__(self, path: Path | str, *, fsync: bool = True) -> None:
        self.path = Path(path).expanduser().absolute()
        self.problem = ""
        self.notices: list[str] = []
        self._idle_readers: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._closed = False
        self._writer: Writer | None = self._open(fsync)
        if self._writer is not None:
            self._recover()

    def acquire(self, session_id: str) -> Lease:
        """Become the session's one writer. Raises SessionInUseError while another process, or a run here, is."""
        lease = Lease(session_id, uuid.uuid4().hex, 0)
        held_here[lease.owner] = lease
        lease.fence = self._write(lambda connection: _take(connection, lease)).result()
        return lease

    def release(self, lease: Lease) -> None:
        """Give the right to write back. The fence stays: nobody can use an older one again."""
        held_here.pop(lease.owner, None)
        self._write(lambda connection: connection.execute(_GIVE_BACK, (lease.owner,)))

    def append(self, lease: Lease, records: Sequence[NewRecord]) -> Future[int]:
        """Write records after those that were given before; the future has the last one's `n` once they are stored."""

        def job(connection: sqlite3.Connection) -> int:
            mine = (lease.session_id,)
            held = connection.execute("SELECT fence, beat FROM leases WHERE session = ?", mine).fetchone()
            if held is None or held[0] != lease.fence:
                raise SessionInUseError(
                    f"The session {lease.session_id} was taken over by another program, or deleted: "
                    "nothing more is written to it from here"
                )
            if abs((now := time.time()) - (held[1] or 0.0)) > BEAT_S:
                connection.execute("UPDATE leases SET beat = ? WHERE session = ?", (now, *mine))
            return rows.append_records(connection, lease.session_id, records)

        return self._write(job)

    def annotate(self, session_id: str, changes: dict[str, Any]) -> None:
        """Change a session's title, pin, archive, tags or metadata, whoever owns it. Raises StoreError."""

        def job(connection: sqlite3.Connection) -> None:
            if rows.summary_of(connection, session_id) is None:
                raise StoreError(f"There is no session {session_id!r}")
            rows.append_records(connection, session_id, [NewRecord(SESSION_CHANGED, changes)])

        self._write(job).result()

    def records(
        self, session_id: str, after: int = 0, limit: int | None = None, kind: str | None = None
    ) -> list[Record]:
        """A session's records after `after`, of one type or all, oldest first, without damaged ones."""
        most = -1 if limit is None else limit
        with self._reading() as connection:
            if kind is None:
                found = connection.execute(_AFTER, (session_id, after, most))
            elif kind in _MARKS:  # spelled out, so that SQLite sees that the index for them will do
                found = connection.execute(_MARKS[kind], (session_id, after, most))
            else:
                found = connection.execute(_OF_KIND, (session_id, after, kind, most))
            return list(rows.read_rows(found, []))

    def excerpt(
        self,
        session_id: str,
        kinds: Sequence[str],
        after: int = 0,
        upto: int | None = None,
        limit: int | None = None,
        *,
        is_brief: bool = False,
    ) -> list[Record]:
        """A session's records of some types after `after` and up to `upto`, oldest first.

        With `is_brief`, long ones come without their long texts, and none is checked.
        """
        with self._reading() as connection:
            return rows.read_excerpt(connection, session_id, kinds, (after, upto, limit), is_brief=is_brief)

    def last_records(self, session_id: str, before: int | None, limit: int) -> list[Record]:
        """The last `limit` records before `before` (None: the end), oldest first, without damaged ones."""
        with self._reading() as connection:
            found = connection.execute(
                f"{rows.EVENT} WHERE session = ? AND (? IS NULL OR n < ?) ORDER BY n DESC LIMIT ?",
                (session_id, before, before, limit),
            ).fetchall()
            return list(rows.read_rows(found[::-1], []))

    def damaged(self, session_id: str = "") -> list[DamagedRecord]:
        """The records whose bytes are not what they were. Reads every record."""
        damaged: list[DamagedRecord] = []
        with self._reading() as connection:
            where, values = (" WHERE session = ?", (session_id,)) if session_id else ("", ())
            for _ in rows.read_rows(connection.execute(rows.EVENT + where, values), damaged):
                pass
        return damaged

    def sessions(self, *, with_archived: bool = True, since: float = 0.0) -> list[SessionSummary]:
        """Every session used since a time, the last used first; one that nobody works on any more is `interrupted`."""
        with self._reading() as connection:
            where = "" if with_archived else " AND is_archived = 0"
            found = connection.execute(
                f"{rows.SUMMARY} WHERE updated_at >= ?{where} ORDER BY updated_at DESC", (since,)
            ).fetchall()
            return [_with_owner(connection, rows.read_summary(row)) for row in found]

    def session(self, session_id: str) -> SessionSummary | None:
        """One session, or None."""
        with self._reading() as connection:
            summary = rows.summary_of(connection, session_id)
            return None if summary is None else _with_owner(connection, summary)

    def owner_of(self, session_id: str) -> str:
        """Who may write to a session, in words for a person; empty if nobody does."""
        with self._reading() as connection:
            owner = _owner(connection, session_id)
            return str(owner) if owner is not None and owner.is_alive else ""

    def is_elsewhere(self, session_id: str) -> bool:
        """True while another process owns the session."""
        with self._reading() as connection:
            owner = _owner(connection, session_id)
            return owner is not None and owner.is_alive and not owner.is_here

    def search(self, query: str, limit: int = 100) -> list[SearchHit]:
        """Where all words of a query are found in one message, in all sessions, newest first."""
        wanted = parse_query(query)
        if not wanted:
            return []
        with self._reading() as connection:
            found = connection.execute(*_search_statement(wanted, limit)).fetchall()
        hits: list[SearchHit] = []
        for session, title, n, role, at, text in found:
            place = found_in(text, wanted)
            if place is not None:
                hits.append(SearchHit(session, title, n, role, at, *place))
        return hits

    def fork(self, session_id: str, at: int | None, new_id: str) -> SessionSummary:
        """Copy a session up to record `at` (None: all of it) as a new one."""
        return self._write(lambda connection: _fork(connection, session_id, at, new_id)).result()

    def delete(self, session_id: str) -> None:
        """Delete a session for good, also from free pages. Raises SessionInUseError if it is owned elsewhere."""

        def job(connection: sqlite3.Connection) -> None:
            owner = _owner(connection, session_id)
            if owner is not None and owner.is_alive and not owner.is_here:
                raise SessionInUseError(f"The session is open in {owner}: close it there first")
            rows.delete_session(connection, session_id)

        self._write(job).result()
        if self._writer is not None:
            self._writer.tidy()

    def check(self) -> list[str]:
        """Look at the whole file: sentences about pages and records that are not what was written. Reads everything."""
        with self._reading() as connection:
            try:
                found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(20)")]
            except sqlite3.DatabaseError as error:
                found = [str(error)]
        faults = [f"{self.path}: {said}" for said in found if said != "ok"]
        try:
            damaged = self.damaged()
        except StoreError as error:
            return [*faults, str(error)]
        return faults + [f"Session {each.session_id}, record {each.n}: {each.reason}" for each in damaged]

    def repair(self) -> str:
        """Set the file aside whole and take every sound record over to a new one; returns what came of it, in words."""
        if self._writer is None:
            raise StoreError(self.problem)
        self.close()
        self._closed = False
        said = len(self.notices)
        self._writer = self._replace(fsync=True)
        self._recover()
        return ". ".join(self.notices[said:])

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        if self._writer is not None:
            self._writer.close()
        with self._lock:
            self._closed = True
            for reader in self._idle_readers:
                reader.close()
            self._idle_readers.clear()

    def _open(self, fsync: bool) -> Writer | None:
        try:
            return Writer(self.path, rows.index_texts, fsync=fsync)
        except DamagedStoreError:
            return self._replace(fsync=fsync)
        except StoreError as error:
            if not self.path.exists():
                raise
            connect_to_read(self.path).close()  # or raise
            self.problem = str(error)
            self.notices.append(
                self.problem if isinstance(error, NewerStoreError) else f"{error}. Sessions can only be read"
            )
            return None

    def _replace(self, *, fsync: bool) -> Writer:
        """Set the damaged file aside, and save what can be read of it."""
        aside = set_aside(self.path)
        writer = Writer(self.path, rows.index_texts, fsync=fsync)
        saved, lost = writer.submit(lambda connection: salvage(connection, aside)).result()
        read = f"{saved:,} records were saved, {lost:,} could not be read" if saved or lost else "nothing could be read"
        self.notices.append(f"{self.path} was damaged. It is kept as {aside}; of it, {read}")
        return writer

    def _recover(self) -> None:
        rebuilt = self._write(check_projections).result()
        if rebuilt:
            self.notices.append(f"{rebuilt:,} sessions in the list were made again from the log")

    def _write(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        if self._writer is None:
            refused: Future[T] = Future()
            refused.set_exception(StoreError(self.problem))
            return refused
        return self._writer.submit(job)

    @contextlib.contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.path} was closed")
            connection = self._idle_readers.pop() if len(self._idle_readers) > 1 else None
        connection = connection or connect_to_read(self.path)
        try:
            yield connection
        except sqlite3.Error as error:
            raise StoreError(explain(self.path, error)) from None
        finally:
            with self._lock:
                self._idle_readers.append(connection)


def _owner(connection: sqlite3.Connection, session_id: str) -> Owner | None:
    row = connection.execute(
        "SELECT owner, fence, pid, started, boot, host, program, beat FROM leases WHERE session = ?", (session_id,)
    ).fetchone()
    return None if row is None else Owner(*row)


def _take(connection: sqlite3.Connection, lease: Lease) -> int:
    """Make a lease the session's, if nobody alive has it; returns its fence."""
    owner = _owner(connection, lease.session_id)
    if owner is not None and owner.is_alive:
        held = held_here.get(owner.owner) if owner.is_here else None
        if held is None or held.is_busy:
            raise SessionInUseError(
                f"The session is open in {owner}: here it can be read, or forked. Close it there to go on with it here"
            )
    fence = owner.fence + 1 if owner is not None else 1
    values = (lease.session_id, lease.owner, fence, *_this_process(), time.time())
    connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return fence


def _this_process() -> tuple[int, float, str, str, str]:
    return os.getpid(), this_start(), this_boot(), this_host(), this_program()


def _with_owner(connection: sqlite3.Connection, summary: SessionSummary) -> SessionSummary:
    if summary.state in ("running", "waiting"):
        owner = _owner(connection, summary.id)
        if owner is None or not owner.is_alive:
            return replace(summary, state="interrupted")
    return summary


def _search_statement(wanted: Sequence[str], limit: int) -> tuple[str, tuple[Any, ...]]:
    """Words of three letters and more through the index, shorter ones in the texts; and all in what waits for it."""
    long = [word for word in wanted if len(word) >= SHORTEST_INDEXED]
    likes = " AND ".join("text LIKE ? ESCAPE '\\'" for _ in wanted)
    patterns = [f"%{_escaped(word)}%" for word in wanted]
    if long:
        match = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
        where, values = f"{_INDEXED} AND {likes}", (match, 20 * limit, *patterns)
    else:
        where, values = likes, tuple(patterns)
    return f"{_SAID} WHERE {where} ORDER BY seq DESC LIMIT ?", (*values, limit)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fork(connection: sqlite3.Connection, session_id: str, at: int | None, new_id: str) -> SessionSummary:
    source = rows.summary_of(connection, session_id)
    if source is None:
        raise StoreError(f"There is no session {session_id!r} to fork")
    if rows.summary_of(connection, new_id) is not None:
        raise StoreError(f"There is a session {new_id!r} already")
    upto = source.last_n if at is None else at
    found = connection.execute(f"{rows.EVENT} WHERE session = ? AND n <= ? ORDER BY n", (session_id, upto)).fetchall()
    copied: list[Record] = []
    for record in rows.read_rows(found, []):
        data = record.data
        if record.type == SESSION_CREATED:
            data = {**data, "parent_id": session_id, "parent_n": upto, "title": source.title}
        copied.append(replace(record, session_id=new_id, data=data))
        rows.put_record(connection, copied[-1])
    made = rows.rebuild(connection, new_id)
    if ends := fork_records(copied):
        rows.append_records(connection, new_id, ends)
        made = rows.summary_of(connection, new_id) or made
    return made
