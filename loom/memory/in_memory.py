"""A store in this process, gone with it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from loom.errors import SessionInUseError, StoreError
from loom.memory.matching import found_in, parse_query
from loom.memory.records import (
    SESSION_CHANGED,
    SESSION_CREATED,
    DamagedRecord,
    NewRecord,
    Record,
    SearchHit,
    SessionSummary,
)
from loom.memory.recovery import fork_records
from loom.memory.store import Lease
from loom.memory.summary import fold_summary, searched_text


class InMemoryStore:
    """Sessions as lists of records. May be used from several threads."""

    is_durable = False
    is_immediate = True

    def __init__(self) -> None:
        self.problem = ""
        self.notices: list[str] = []
        self._records: dict[str, list[Record]] = {}
        self._summaries: dict[str, SessionSummary] = {}
        self._leases: dict[str, Lease] = {}
        self._lock = threading.RLock()

    def acquire(self, session_id: str) -> Lease:
        """Become the session's one writer."""
        with self._lock:
            held = self._leases.get(session_id)
            if held is not None and held.is_busy:
                raise SessionInUseError(f"The session {session_id} has a run at work elsewhere in this program")
            lease = Lease(session_id, uuid.uuid4().hex, held.fence + 1 if held is not None else 1)
            self._leases[session_id] = lease
            return lease

    def release(self, lease: Lease) -> None:
        """Give the right to write back."""
        with self._lock:
            held = self._leases.get(lease.session_id)
            if held is lease:
                self._leases[lease.session_id] = Lease(lease.session_id, "", lease.fence)

    def append(self, lease: Lease, records: Sequence[NewRecord]) -> Future[int]:
        """Add records; they are there when this returns."""
        done: Future[int] = Future()
        with self._lock:
            if self._leases.get(lease.session_id) is lease:
                done.set_result(self._add(lease.session_id, records))
            else:
                done.set_exception(SessionInUseError(f"The session {lease.session_id} was taken over"))
        return done

    def annotate(self, session_id: str, changes: dict[str, Any]) -> None:
        """Change title, is_pinned, is_archived, tags or metadata of a session."""
        with self._lock:
            if session_id not in self._summaries:
                raise StoreError(f"There is no session {session_id!r}")
            self._add(session_id, [NewRecord(SESSION_CHANGED, changes)])

    def records(
        self, session_id: str, after: int = 0, limit: int | None = None, kind: str | None = None
    ) -> list[Record]:
        """A session's records after `after`, of one type or all, oldest first."""
        with self._lock:
            found = [r for r in self._records.get(session_id, ()) if r.n > after and kind in (None, r.type)]
        return found if limit is None else found[:limit]

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
        """A session's records of some types in a stretch, oldest first; nothing has to be left out here."""
        del is_brief
        wanted = frozenset(kinds)
        with self._lock:
            found = [
                each
                for each in self._records.get(session_id, ())
                if after < each.n and (upto is None or each.n <= upto) and each.type in wanted
            ]
        return found if limit is None else found[:limit]

    def last_records(self, session_id: str, before: int | None, limit: int) -> list[Record]:
        """The last `limit` records before `before` (None: the end), oldest first."""
        with self._lock:
            found = [r for r in self._records.get(session_id, ()) if before is None or r.n < before]
        return found[-limit:]

    def damaged(self, session_id: str = "") -> list[DamagedRecord]:
        """Nothing is ever damaged here."""
        del session_id
        return []

    def sessions(self, *, with_archived: bool = True) -> list[SessionSummary]:
        """Every session, the last used first."""
        with self._lock:
            found = [summary for summary in self._summaries.values() if with_archived or not summary.is_archived]
        return sorted(found, key=lambda summary: -summary.updated_at)

    def session(self, session_id: str) -> SessionSummary | None:
        """One session, or None."""
        return self._summaries.get(session_id)

    def owner_of(self, session_id: str) -> str:
        """Who may write to a session."""
        held = self._leases.get(session_id)
        return "this program" if held is not None and held.owner else ""

    def search(self, query: str, limit: int = 100) -> list[SearchHit]:
        """Where the words of a query are found, newest first."""
        wanted = parse_query(query)
        hits: list[SearchHit] = []
        if not wanted:
            return hits
        with self._lock:
            said = [
                (record, text) for log in self._records.values() for record in log if (text := searched_text(record))
            ]
            titles = {key: summary.title for key, summary in self._summaries.items()}
        for record, (role, text) in sorted(said, key=lambda each: -each[0].at):
            found = found_in(text, wanted)
            if found is not None:
                hits.append(SearchHit(record.session_id, titles[record.session_id], record.n, role, record.at, *found))
        return hits[:limit]

    def fork(self, session_id: str, at: int | None, new_id: str) -> SessionSummary:
        """Copy a session up to record `at` as a new one."""
        with self._lock:
            source = self._summaries.get(session_id)
            if source is None:
                raise StoreError(f"There is no session {session_id!r} to fork")
            if new_id in self._summaries:
                raise StoreError(f"There is a session {new_id!r} already")
            upto = source.last_n if at is None else at
            copied: list[Record] = []
            for record in self._records[session_id]:
                if record.n > upto:
                    break
                data = record.data
                if record.type == SESSION_CREATED:
                    data = {**data, "parent_id": session_id, "parent_n": upto, "title": source.title}
                copied.append(replace(record, session_id=new_id, data=data))
            self._records[new_id] = copied
            self._summaries[new_id] = fold_summary(SessionSummary(new_id), copied)
            self._add(new_id, fork_records(copied))
            return self._summaries[new_id]

    def delete(self, session_id: str) -> None:
        """Delete a session for good."""
        with self._lock:
            self._records.pop(session_id, None)
            self._summaries.pop(session_id, None)
            self._leases.pop(session_id, None)

    def close(self) -> None:
        """Nothing waits, and there is no file."""

    def _add(self, session_id: str, new: Sequence[NewRecord]) -> int:
        summary = self._summaries.get(session_id) or SessionSummary(session_id)
        added = [
            Record(session_id, n, each.type, each.data, each.run_id, each.at)
            for n, each in enumerate(new, summary.last_n + 1)
        ]
        self._records.setdefault(session_id, []).extend(added)
        self._summaries[session_id] = summary = fold_summary(summary, added)
        return summary.last_n
