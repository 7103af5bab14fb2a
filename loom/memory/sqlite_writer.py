"""The one thread that writes to a store's file: what waits together is committed together."""

from __future__ import annotations

import atexit
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from loom.errors import StoreError
from loom.file_lock import FileLock
from loom.memory.sqlite_schema import BUSY_TIMEOUT_S, connect_to_write, explain

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

MOST_TOGETHER = 256
CLOSE_LIMIT_S = 10.0
IDLE_AFTER_S = 0.3


class Writer:
    """Runs jobs on the file in the order they were given, in transactions of one or more.

    A job that refuses raises StoreError before it changes anything. `idle` is a job for when nothing waits; it is
    called again while it returns True.
    """

    def __init__(self, path: Path, idle: Callable[[sqlite3.Connection], bool], *, fsync: bool = True) -> None:
        self.path = path
        self._idle = idle
        self._connection = connect_to_write(path, fsync=fsync)
        # SQLite before 3.51.3 can damage a file when two connections write or checkpoint at the very same moment.
        self._lock = FileLock(path.with_name(f"{path.name}.lock"), BUSY_TIMEOUT_S)
        self._identity = self._file_identity()
        self._jobs: SimpleQueue[tuple[Job, Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="loom log writer", daemon=True)
        self._closed = False
        self._is_untidy = False
        self._thread.start()
        atexit.register(self.close)

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Have a job done soon; the future is done once its transaction is on the disk. It can't be cancelled."""
        future: Future[T] = Future()
        # What is given is written, whoever still waits for it: a task that is cancelled would cancel what it waits for.
        future.set_running_or_notify_cancel()
        if self._closed:
            future.set_exception(StoreError(f"{self.path} was closed"))
            return future
        self._jobs.put((job, future))
        return future

    def tidy(self) -> None:
        """Have what was deleted removed from the file and its journal too, when nothing else waits."""
        self._is_untidy = True
        self.submit(lambda _connection: None)

    def close(self) -> None:
        """Do what waits, and close the file; twice is once."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join(CLOSE_LIMIT_S)
            atexit.unregister(self.close)

    def _work(self) -> None:
        more_idle = True
        while True:
            batch, is_last = self._next(IDLE_AFTER_S if more_idle else None)
            if batch:
                self._commit(batch)
                more_idle = True
            elif not is_last and more_idle:
                more_idle = self._do_idle()
            if is_last:
                break
        try:
            with self._lock.held():
                self._connection.close()
            self._lock.close()
        except (sqlite3.Error, OSError, TimeoutError) as error:
            log.warning("%s was not closed in order: %s", self.path, error)

    def _next(self, timeout_s: float | None) -> tuple[list[tuple[Job, Future[Any]]], bool]:
        batch: list[tuple[Job, Future[Any]]] = []
        try:
            item = self._jobs.get(timeout=timeout_s)
            while item is not None and len(batch) < MOST_TOGETHER:
                batch.append(item)
                item = self._jobs.get_nowait()
            if item is not None:
                batch.append(item)
                return batch, False
        except Empty:
            return batch, False
        return batch, True

    def _commit(self, batch: list[tuple[Job, Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any, StoreError | None]] = []
        try:
            with self._transaction():
                for job, future in batch:
                    try:
                        results.append((future, job(self._connection), None))
                    except StoreError as refusal:
                        results.append((future, None, refusal))
        except Exception as error:  # noqa: BLE001  whatever it was must reach who waits, and must not end the thread
            failed = self._explained(error)
            results = [(future, None, failed) for _, future in batch]
        for future, result, refusal in results:
            if refusal is not None:
                future.set_exception(refusal)
            else:
                future.set_result(result)

    def _do_idle(self) -> bool:
        """Bring the search index up to date, and remove what was deleted; True if there is more to do."""
        try:
            with self._transaction():
                more = self._idle(self._connection)
            if self._is_untidy and not more:
                self._is_untidy = False
                with self._lock.held():
                    self._connection.execute("INSERT INTO found (found) VALUES ('optimize')")
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (sqlite3.Error, OSError, TimeoutError, StoreError) as error:
            log.warning("The search index of %s was not brought up to date: %s", self.path, error)
            return False
        return more

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        with self._lock.held():
            self._check_file()
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _explained(self, error: Exception) -> StoreError:
        if isinstance(error, StoreError):
            return error
        if not isinstance(error, (sqlite3.Error, OSError)):
            log.error("Writing to %s failed: a bug in loom", self.path, exc_info=error)
        return StoreError(explain(self.path, error))

    def _file_identity(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def _check_file(self) -> None:
        """Raise StoreError if the file is no longer where it was: what is written to it now would be lost."""
        try:
            same = self._file_identity() == self._identity
        except FileNotFoundError:
            same = False
        if not same:
            raise StoreError(
                f"{self.path} was moved or deleted while it was in use, so nothing more is written. "
                "Put it back, or start the program again"
            )
