"""A session's log while it is written: records in order, stored together, each told when it is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import cached_property

from loom.errors import SessionInUseError, StoreError
from loom.memory.records import NewRecord, Record
from loom.memory.replay import StoredSession, replay
from loom.memory.store import Lease, Store

OnStored = Callable[[int], None]
"""Told a record's `n` once it is stored, or 0 if it could not be."""


class SessionLog:
    """The log of one session in one store, of which this is the writer.

    What is added in one turn of the loop is stored together. `problem` says why nothing can be stored any more.
    """

    def __init__(self, get_store: Callable[[], Store], session_id: str, created: Callable[[], list[NewRecord]]) -> None:
        self._get_store = get_store
        self.session_id = session_id
        self.problem: StoreError | None = None
        self.told: Callable[[NewRecord], None] | None = None
        """Told each record, where the log of another session has what happens in this one."""
        self._created = created
        self._lease: Lease | None = None
        self._waiting: list[tuple[NewRecord, OnStored | None]] = []
        self._under_way: dict[Future[int], list[tuple[NewRecord, OnStored | None]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flush_is_due = False
        self._settled: list[asyncio.Future[None]] = []

    @cached_property
    def store(self) -> Store:
        """The store; opening it blocks."""
        return self._get_store()

    @property
    def is_open(self) -> bool:
        """True while this may write."""
        return self._lease is not None

    def open(self) -> StoredSession:
        """Become the session's writer, and read what it holds; blocks. Raises SessionInUseError, StoreError."""
        if self._lease is None:
            self._lease = self.store.acquire(self.session_id)
        stored = self.read()
        self.problem = None
        if not stored.last_n and (first := self._created()):
            self.store.append(self._lease, first).result()
            stored = self.read()
        return stored

    def read(self) -> StoredSession:
        """What the session holds, also where another writes to it; blocks."""
        records = self.store.records(self.session_id)
        stored = replay(records)
        damaged = self.store.damaged(self.session_id) if _has_gaps(records) else []
        stored.faults += [f"Record {each.n} can't be read: {each.reason}" for each in damaged]
        return stored

    def set_busy(self, *, is_busy: bool) -> None:
        """Say whether a run is at work: then nobody in this process takes the session over."""
        if self._lease is not None:
            self._lease.is_busy = is_busy

    def add(self, record: NewRecord, on_stored: OnStored | None = None) -> None:
        """Add a record; it is stored soon, after those before it."""
        if self._lease is None or self.problem is not None:
            if on_stored is not None:
                on_stored(0)
            return
        if self.told is not None:
            self.told(record)
        if self.store.is_immediate:
            self._store(self._lease, [(record, on_stored)])
            return
        self._waiting.append((record, on_stored))
        if not self._flush_is_due:
            self._flush_is_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    async def barrier(self) -> None:
        """Wait until all that was added is stored. Raises StoreError if it can't be; then nothing may be done."""
        self._flush()
        self._hear_here()
        if self._under_way:
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settled.append(settled)
            await settled
        if self.problem is not None:
            raise self.problem
        if self._lease is None:
            raise StoreError(f"The session {self.session_id} is closed: nothing more is written to it")

    async def write(self, records: list[NewRecord]) -> None:
        """Add records and wait until they are stored. Raises StoreError."""
        for record in records:
            self.add(record)
        await self.barrier()

    def close(self) -> None:
        """Store what waits, and let others write."""
        self._flush()
        lease, self._lease = self._lease, None
        if lease is not None:
            self.store.release(lease)

    def abandon(self) -> None:
        """Let others write, and store nothing more: what is under way stays without an end, to be resumed."""
        lease, self._lease = self._lease, None
        self._waiting.clear()
        if lease is not None:
            self.store.release(lease)

    def _flush(self) -> None:
        self._flush_is_due = False
        batch, self._waiting = self._waiting, []
        if batch and self._lease is not None:
            self._store(self._lease, batch)

    def _store(self, lease: Lease, batch: list[tuple[NewRecord, OnStored | None]]) -> None:
        done = self.store.append(lease, [record for record, _ in batch])
        if done.done():
            self._take(batch, done)
            return
        self._hear_here()
        self._under_way[done] = batch
        self._hear_of(done)

    def _hear_here(self) -> None:
        """Hear on this loop also of what an earlier one was to hear of: a program may run one after the other."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            for done in self._under_way:
                self._hear_of(done)

    def _hear_of(self, done: Future[int]) -> None:
        loop = asyncio.get_running_loop()

        def deliver(future: Future[int]) -> None:
            with suppress(RuntimeError):  # the loop has ended; the next one asks again
                loop.call_soon_threadsafe(self._stored, future)

        done.add_done_callback(deliver)

    def _stored(self, done: Future[int]) -> None:
        batch = self._under_way.pop(done, None)
        if batch is None:
            return  # another loop heard of it
        self._take(batch, done)
        if not self._under_way:
            settled, self._settled = self._settled, []
            for waiter in settled:
                if not waiter.done():
                    waiter.set_result(None)

    def _take(self, batch: list[tuple[NewRecord, OnStored | None]], done: Future[int]) -> None:
        error = done.exception()
        if error is not None:
            self.problem = error if isinstance(error, StoreError) else StoreError(str(error))
            if isinstance(error, SessionInUseError):
                self._lease = None
        first = 0 if error is not None else done.result() - len(batch) + 1
        for place, (_, on_stored) in enumerate(batch):
            if on_stored is not None:
                on_stored(first + place if first else 0)


def _has_gaps(records: list[Record]) -> bool:
    return bool(records) and records[-1].n - records[0].n + 1 != len(records)
