"""What a store of sessions does. `InMemoryStore` and `SQLiteStore` both pass one suite of tests."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from loom.memory.key_value import InMemoryStore, MemoryStore
from loom.memory.records import DamagedRecord, NewRecord, Record, SearchHit, SessionSummary

__all__ = ["InMemoryStore", "Lease", "MemoryStore", "Store"]  # the first and the third are where 0.7.3 had them


@dataclass(slots=True, eq=False, weakref_slot=True)
class Lease:
    """The right to write to one session: who has it, and a fence that a later owner's is above.

    `is_busy` is True while its owner has a run at work; then nobody in the same process takes the session over.
    """

    session_id: str
    owner: str
    fence: int
    is_busy: bool = False


class Store(Protocol):
    """A log of sessions: append-only, each with one writer at a time.

    `append` never blocks; everything else may, and belongs off the event loop. Errors are StoreError.
    """

    is_durable: bool
    """Whether records outlive the process."""
    is_immediate: bool
    """Whether `append` is done when it returns."""

    @property
    def problem(self) -> str:
        """Why nothing can be written, in a sentence; empty while all is well."""
        ...

    @property
    def notices(self) -> list[str]:
        """What the person should know of how the store was opened: what was damaged, kept aside, recovered."""
        ...

    def acquire(self, session_id: str) -> Lease:
        """Become the session's one writer. Raises SessionInUseError while another process, or a run, is."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the right to write back; twice is once."""
        ...

    def append(self, lease: Lease, records: Sequence[NewRecord]) -> Future[int]:
        """Write records after those that were given before; the future has the last one's `n` once all are on the disk.

        It fails with StoreError when they can't be written, and with SessionInUseError when the lease was lost.
        """
        ...

    def annotate(self, session_id: str, changes: dict[str, Any]) -> None:
        """Change title, is_pinned, is_archived, tags or metadata of a session, whoever owns it. Raises StoreError."""
        ...

    def records(
        self, session_id: str, after: int = 0, limit: int | None = None, kind: str | None = None
    ) -> list[Record]:
        """A session's records after `after`, of one type or all, oldest first; without damaged ones (see `damaged`)."""
        ...

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
        ...

    def last_records(self, session_id: str, before: int | None, limit: int) -> list[Record]:
        """The last `limit` records before `before` (None: the end), oldest first."""
        ...

    def damaged(self, session_id: str = "") -> list[DamagedRecord]:
        """The records that can't be read, of one session or of all."""
        ...

    def sessions(self, *, with_archived: bool = True) -> list[SessionSummary]:
        """Every session, the last used first."""
        ...

    def session(self, session_id: str) -> SessionSummary | None:
        """One session, or None."""
        ...

    def owner_of(self, session_id: str) -> str:
        """Who may write to a session, in words for a person; empty if nobody does."""
        ...

    def search(self, query: str, limit: int = 100) -> list[SearchHit]:
        """Where the words of a query are found, in all sessions, best first. Words in quotes must follow each other."""
        ...

    def fork(self, session_id: str, at: int | None, new_id: str) -> SessionSummary:
        """Copy a session up to record `at` (None: all of it) as a new one. Raises StoreError if there is none."""
        ...

    def delete(self, session_id: str) -> None:
        """Delete a session for good. Raises SessionInUseError while another process owns it."""
        ...

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        ...
