"""The durable engine on DBOS: runs in SQLite on one machine, or in Postgres for workers on many.

A run is a workflow of DBOS, and each recorded step a step of it. The workflow's body does no work: in a thread of DBOS
it writes down what was done, one step after another. What a step does happens where the run is worked on, on the loop
of whoever drives the harness. So no loop of ours is blocked, adopted, or given another pool of threads.

A run that is taken up again gets its body from the start: it passes the recorded steps in their order, for each of
which DBOS gives what was recorded, and then waits for the next. Who may work on a run is decided by a lease of our own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID
from sqlalchemy.exc import SQLAlchemyError

from loom.errors import LoomError, SessionInUseError, StoreError
from loom.memory.store import Lease
from loom.orchestration.dbos_runs import (
    APP,
    OWN_QUEUE,
    VERSION,
    WORKFLOW,
    DbosRuns,
    data_of,
    failed_outcome,
    outcome_of,
)
from loom.orchestration.durable import CANCEL, Signal, Work, WorkRun, without_sprints
from loom.orchestration.work_database import LEASE_S, Address, WorkDatabase, explain, read_address
from loom.threads import in_thread

log = logging.getLogger(__name__)

QUEUE = "harness"
POLL_S = 0.25
SETTLE_S = 20.0
SETTLE_EVERY_S = 0.005
WORKER = "worker:"
BEATS = 3
"""How often a worker says that it is alive while a lease lasts."""

Serve = Callable[[str, dict[str, Any]], Awaitable[None]]
"""Works on a run of a queue, to its end."""

_launched: DbosEngine | None = None


class _LeftError(BaseException):
    """Ends a workflow's body without an outcome; not an Exception, which DBOS would record as one."""


@dataclass(slots=True)
class _Entry:
    """One thing for the body to write down: a step, or the outcome where it has no name."""

    name: str
    result: dict[str, Any]
    done: Future[None] = field(default_factory=Future[None])


@dataclass(slots=True, eq=False)
class _Desk:
    """A run that is worked on here: its lease, what is recorded, and the way to its body."""

    run_id: str
    data: dict[str, Any]
    lease: Lease
    results: dict[str, dict[str, Any]]
    good_until: float
    is_done: bool = False
    is_lost: bool = False
    inbox: queue.SimpleQueue[_Entry | None] = field(default_factory=queue.SimpleQueue[Any])
    arrived: Future[None] = field(default_factory=Future[None])
    ended: Future[None] = field(default_factory=Future[None])


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
def loom_work(data: dict[str, Any]) -> dict[str, Any]:
    """Write down the steps of one run, and then its outcome."""
    engine, run_id = _launched, DBOS.workflow_id
    desk = engine.desk_for(run_id, data) if engine is not None and run_id is not None else None
    if desk is None:
        raise _LeftError
    try:
        for name in desk.results:
            DBOS.run_step({"name": name}, _recorded)
        _tell(desk.arrived)
        while (entry := desk.inbox.get()) is not None:
            if not entry.name:
                return entry.result
            try:
                DBOS.run_step({"name": entry.name}, _given, entry.result)
            except Exception as error:  # noqa: BLE001  whoever did the step must hear that it is not recorded
                entry.done.set_exception(error)
                break
            entry.done.set_result(None)
    finally:
        _tell(desk.ended)
    raise _LeftError


def _tell(waiting: Future[None]) -> None:
    """End a wait, if somebody still waits."""
    with contextlib.suppress(InvalidStateError):
        waiting.set_result(None)


def _given(result: dict[str, Any]) -> dict[str, Any]:
    return result


def _recorded() -> dict[str, Any]:
    raise _LeftError  # DBOS has what was recorded, and never calls this


class DbosEngine:
    """Keeps runs in the database `url`; made in a thread, since it connects. One at a time works in a process.

    `name` tells this process from others that work on the same database. A run whose worker is dead can be gone on
    with after `lease_s`, on one machine at once. Raises ConfigError for a wrong URL, StoreError for a database that
    can't be reached.
    """

    def __init__(self, url: str | Address, name: str = "", lease_s: float = LEASE_S) -> None:
        self.address = read_address(url) if isinstance(url, str) else url
        self.database = WorkDatabase(self.address, lease_s)
        self.executor = f"{name or 'loom'}.{uuid.uuid4().hex[:12]}"
        self._desks: dict[str, _Desk] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._launching = asyncio.Lock()
        self._own_queue = OWN_QUEUE + self.executor
        self._queue, self._concurrency = "", 1
        self._serve: Serve | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._beating: threading.Thread | None = None
        self._extra: list[Lease] = []
        try:
            self._runs = DbosRuns(self.database)
        except BaseException:
            self.database.close()
            raise

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with."""
        known = self._desks.get(run_id)
        if known is not None:
            return known.data
        lease = await in_thread(self.database.take, run_id)
        try:
            desk = await self._opened(run_id, data, lease)
        except BaseException:
            desk = self._desks.pop(run_id, None)
            if desk is not None:
                desk.inbox.put(None)
            await in_thread(self.database.release, lease)
            raise
        return desk.data

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        desk = self._open(run_id)
        known = desk.results.get(name)
        if known is not None:
            return known, True
        if desk.is_done:
            raise StoreError(f"The harness run {run_id} is done, and {name!r} was no step of it: begin another")
        result = await work()
        self._check(desk)
        await self._written(desk, _Entry(name, result))
        desk.results[name] = result
        return result, False

    async def settle(self, run_id: str) -> None:
        """Nothing is under way: each step waits until it is recorded."""

    async def signal(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Say something to a run, from any process. Raises StoreError."""
        await in_thread(self.database.say, run_id, kind, data)

    async def signals(self, run_id: str, after: int = 0) -> list[Signal]:
        """What was said to a run after signal `after`."""
        return await in_thread(self.database.said, run_id, after)

    async def finish(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Record a run's outcome, if it has none, and let go of it."""
        desk = self._open(run_id)
        if not desk.is_done:
            self._check(desk)
            await in_thread(self.database.note_outcome, run_id, without_sprints(outcome))
            desk.inbox.put(_Entry("", outcome))
            until = time.monotonic() + SETTLE_S
            while (await in_thread(self._runs.state_of, run_id)) != "SUCCESS":
                if time.monotonic() > until:
                    await self.leave(run_id)
                    raise StoreError(f"The outcome of the harness run {run_id} could not be recorded")
                await asyncio.sleep(SETTLE_EVERY_S)
        self._desks.pop(run_id, None)
        await in_thread(self.database.release, desk.lease)

    async def leave(self, run_id: str) -> None:
        """Let go of a run without an outcome: it is interrupted, and can be gone on with."""
        desk = self._desks.pop(run_id, None)
        if desk is None:
            return
        desk.inbox.put(None)
        if not desk.is_done:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(desk.ended), SETTLE_S)
        try:
            await in_thread(self.database.release, desk.lease)
        except StoreError as error:
            log.warning("The lease of the harness run %s ends by itself: %s", run_id, error)

    async def enqueue(self, run_id: str, data: dict[str, Any], queue_name: str = QUEUE) -> None:
        """Put a run into a queue, for a worker. Raises StoreError if there is one of that id."""
        await in_thread(self._runs.enqueue, run_id, data, queue_name)

    async def cancel(self, run_id: str, by: str = "person") -> None:
        """End a run that has no outcome: one that somebody works on at its next look, any other now."""
        run = await self.run(run_id)
        if run is None:
            raise StoreError(f"There is no harness run {run_id}")
        if run.state == "running":
            await self.signal(run_id, CANCEL, {"by": by})
        elif run.state != "done":
            await in_thread(self._runs.told, self._runs.client.cancel_workflow, run_id)

    async def delete(self, run_id: str) -> None:
        """Delete a run for good, with what was said to it."""
        await in_thread(self._runs.delete, run_id)

    async def recover(self) -> list[str]:
        """The runs that were begun and that nobody works on any more; those of a queue are put back into it."""
        return await in_thread(self._runs.recover)

    async def run(self, run_id: str) -> WorkRun | None:
        """One run, with its whole outcome."""
        found = await in_thread(self._runs.read, [run_id])
        return found[0] if found else None

    async def runs(self) -> list[WorkRun]:
        """Every run, the last begun first; outcomes are without what the sprints gave."""
        return await in_thread(self._runs.read, None)

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name; what another process recorded too."""
        return await in_thread(self._runs.results, run_id)

    async def workers(self) -> list[str]:
        """The names of the processes that work on a queue of this database now."""
        owners = await in_thread(self.database.owners)
        return [name.removeprefix(WORKER) for name in owners if name.startswith(WORKER)]

    async def hold(self, name: str) -> None:
        """Be the only worker of a name until this is closed. Raises SessionInUseError while another is."""
        self._extra.append(await in_thread(self.database.take, WORKER + name))

    async def work_on(self, queue_name: str, concurrency: int, serve: Serve) -> None:
        """Have `serve` work on the runs of a queue, `concurrency` at a time, until this is closed."""
        self._queue, self._concurrency, self._serve = queue_name, concurrency, serve
        await self._launch()

    async def aclose(self) -> None:
        """Let go of everything: runs of a queue go back into it, others can be gone on with."""
        served = [task.get_name() for task in self._tasks]
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for run_id in list(self._desks):
            await self.leave(run_id)
        await in_thread(self.close, served)

    def close(self, served: Sequence[str] = ()) -> None:
        """Let go of the database, in a thread; `served` are runs that go back into their queue. See `aclose`."""
        global _launched  # noqa: PLW0603
        self._stop.set()
        if _launched is self:
            DBOS.destroy()
            _launched = None
            with contextlib.suppress(StoreError):
                for run_id in served:
                    self._runs.put_back(run_id, self._queue)
                self._runs.told(self._runs.client.delete_queue, self._own_queue)
        if self._beating is not None:
            self._beating.join()
        with contextlib.suppress(StoreError):
            for lease in self._extra:
                self.database.release(lease)
        self._runs.close()
        self.database.close()

    def desk_for(self, run_id: str, data: dict[str, Any]) -> _Desk | None:
        """The desk of a run whose body began, in a thread of DBOS; None if it can't be worked on here."""
        desk = self._desks.get(run_id)
        if desk is not None:
            return None if desk.arrived.done() else desk
        if self._serve is None or self._loop is None:
            return None
        while not self._stop.is_set():
            with contextlib.suppress(SessionInUseError):
                lease = self.database.take(run_id)
                break
            self._stop.wait(POLL_S)
        else:
            return None
        desk = _Desk(run_id, data, lease, self._runs.results(run_id), time.monotonic() + self.database.lease_s)
        self._desks[run_id] = desk
        self._loop.call_soon_threadsafe(self._begin_to_serve, desk)
        return desk

    # ------------------------------------------------------------------ on the loop

    async def _opened(self, run_id: str, data: dict[str, Any], lease: Lease) -> _Desk:
        status = await in_thread(self._runs.status, run_id)
        held = data if status is None else data_of(status)
        results = {} if status is None else await self.results(run_id)
        desk = _Desk(run_id, held, lease, results, time.monotonic() + self.database.lease_s)
        desk.is_done = status is not None and outcome_of(status) is not None
        self._desks[run_id] = desk
        if desk.is_done:
            return desk
        await self._launch()
        if status is None:
            await in_thread(self._runs.told, _begin, run_id, data)
        else:
            await in_thread(self._runs.told, self._take_up, run_id)
        try:
            await asyncio.wait_for(asyncio.wrap_future(desk.arrived), SETTLE_S)
        except TimeoutError:
            raise StoreError(f"The harness run {run_id} could not be begun in {self.address.shown}") from None
        return desk

    async def _written(self, desk: _Desk, entry: _Entry) -> None:
        desk.inbox.put(entry)
        done = asyncio.wrap_future(entry.done)
        await asyncio.wait((done, asyncio.wrap_future(desk.ended)), return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            raise StoreError(f"{entry.name!r} of the harness run {desk.run_id} was not recorded: it was ended")
        error = done.exception()
        if isinstance(error, SQLAlchemyError | OSError):
            raise StoreError(explain(self.address, error))
        if error is not None:
            raise StoreError(f"{entry.name!r} of the harness run {desk.run_id} was not recorded: {error}")

    def _open(self, run_id: str) -> _Desk:
        desk = self._desks.get(run_id)
        if desk is None:
            raise StoreError(f"The harness run {run_id} is not open here")
        return desk

    def _check(self, desk: _Desk) -> None:
        """Raise SessionInUseError if somebody else may work on the run by now."""
        is_late = not self.address.is_file and time.monotonic() > desk.good_until
        if desk.is_lost or is_late:
            raise SessionInUseError(f"The harness run {desk.run_id} was taken over by another worker")

    def _begin_to_serve(self, desk: _Desk) -> None:
        assert self._loop is not None  # noqa: S101  set before anything is served
        task = self._loop.create_task(self._served(desk), name=desk.run_id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served(self, desk: _Desk) -> None:
        assert self._serve is not None  # noqa: S101
        try:
            await self._serve(desk.run_id, desk.data)
        except StoreError as error:
            log.warning("The harness run %s is not worked on here any more: %s", desk.run_id, error)
        except Exception as error:
            if not isinstance(error, LoomError):
                log.exception("The harness run %s failed: a bug in loom", desk.run_id)
            outcome = failed_outcome(desk.data, str(error))
            if desk.run_id in self._desks:
                await self.finish(desk.run_id, outcome)
        finally:
            await self.leave(desk.run_id)

    async def _launch(self) -> None:
        global _launched  # noqa: PLW0603  DBOS is one in a process
        async with self._launching:
            if _launched is self:
                return
            if _launched is not None:
                raise StoreError("This process works on another database already: DBOS allows one at a time")
            self._loop = asyncio.get_running_loop()
            _launched = self
            try:
                await in_thread(self._runs.told, self._launch_here)
            except BaseException:
                _launched = None
                raise

    # ------------------------------------------------------------------ in threads

    def _take_up(self, run_id: str) -> None:
        self._runs.client.register_queue(self._own_queue, polling_interval_sec=POLL_S)  # a restored server may lack it
        self._runs.client.resume_workflow(run_id, queue_name=self._own_queue)

    def _launch_here(self) -> None:
        queues = [self._own_queue, *([self._queue] if self._queue else [])]
        self._runs.client.register_queue(self._own_queue, polling_interval_sec=POLL_S)
        if self._queue:
            self._runs.client.register_queue(
                self._queue, worker_concurrency=self._concurrency, polling_interval_sec=2 * POLL_S
            )
        _have_it_log_here()
        DBOS(
            config={
                "name": APP,
                "system_database_url": self.address.url,
                "executor_id": self.executor,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "ERROR",
                "sys_db_pool_size": 5 + self._concurrency,
            }
        )
        DBOS.listen_queues(queues)
        DBOS.launch()
        self._beating = threading.Thread(target=self._beat, name="loom-harness-beat", daemon=True)
        self._beating.start()

    def _beat(self) -> None:
        while not self._stop.wait(self.database.lease_s / BEATS):
            if self.address.is_file:
                continue
            desks = {desk.lease.session_id: desk for desk in list(self._desks.values())}
            began = time.monotonic()
            try:
                lost = self.database.beat([*(desk.lease for desk in desks.values()), *self._extra])
            except StoreError as error:
                log.warning("This worker could not say that it is alive: %s", error)
                continue
            for desk in desks.values():
                desk.good_until = began + self.database.lease_s
            for lease in lost:
                if lease.session_id in desks:
                    desks[lease.session_id].is_lost = True


def _begin(run_id: str, data: dict[str, Any]) -> None:
    with SetWorkflowID(run_id):
        DBOS.start_workflow(loom_work, data)


def _have_it_log_here() -> None:
    """Have DBOS tell its errors on the standard error that is there now; by itself it keeps that of its import."""
    assert logging.lastResort is not None  # noqa: S101  nobody takes it away
    logging.getLogger("dbos").handlers[:] = [logging.lastResort]
