"""Runs that outlive their process: each step is recorded when it is done, and is not done again after that."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol, cast

from loom.errors import SessionInUseError, StoreError, WorkCancelledError
from loom.memory.records import SESSION_CHANGED, SESSION_CREATED, WORK_STEPPED, NewRecord, SessionSummary
from loom.memory.store import Lease, Store
from loom.threads import in_thread
from loom.types.results import HarnessResult

log = logging.getLogger(__name__)

STARTED, STEP, FINISHED, SIGNAL = "work.started", WORK_STEPPED, "work.finished", "work.signal"
SIGNALS = ".signals"
SESSIONS = "harness-sessions.db"
"""The file of a profile in which the agents' sessions are kept, one for each step that they work for."""
CANCEL = "cancel"
"""The signal that ends a run at once, whoever works on it."""
LOOK_EVERY_S = 0.2
TOGETHER_S = 0.005
"""How long a step that was done may wait for the next ones, before all are written."""
BOX_TRIES = 50
BOX_PAUSE_S = 0.02

WorkState = Literal["queued", "running", "interrupted", "done"]
Work = Callable[[], Awaitable[dict[str, Any]]]

WORK_STEP: ContextVar[str] = ContextVar("work_step", default="")
"""Run and step that a sub-agent works for, as the id of the session that it does so in; empty where none is kept."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody said to a run. `n` counts from 1 in each run, in the order in which it was said."""

    n: int
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkRun:
    """A run at a glance: what it was started with, the names of its recorded steps, and its outcome when it is done.

    `owner` says in words who works on it. `state` is queued where nobody began yet, interrupted where nobody works on
    it and it has no outcome. `at` is when it was last used, in seconds since 1970; 0 where only its records were read.
    """

    id: str
    data: dict[str, Any]
    state: WorkState
    steps: list[str] = field(default_factory=list[str])
    outcome: dict[str, Any] | None = None
    owner: str = ""
    at: float = 0.0

    @property
    def brief(self) -> str:
        """What is to be made; empty where it was started with none."""
        return brief_of(self.data)

    @property
    def max_sprints(self) -> int:
        """After how many sprints it ends; 0 where it was started without saying so."""
        most = self.data.get("max_sprints")
        return most if isinstance(most, int) else 0

    @property
    def details(self) -> dict[str, Any]:
        """What it was started with besides."""
        return details_of(self.data)

    @property
    def reason(self) -> str:
        """Why it ended; empty where it did not."""
        return "" if self.outcome is None else str(self.outcome.get("reason") or "done")


class DurableEngine(Protocol):
    """Keeps the runs of harnesses. Everything recorded is plain data, as JSON holds it."""

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with.

        Raises SessionInUseError while somebody else works on it, StoreError.
        """
        ...

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step `name` gave, and whether it was recorded before; if not, `work` is done and recorded.

        The record may be under way when this returns: work with effects beyond the run waits for `settle` first.
        """
        ...

    async def settle(self, run_id: str) -> None:
        """Wait until every step that was done is recorded for good. Raises StoreError if one can't be."""
        ...

    async def signal(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Say something to a run, from any process. Raises StoreError."""
        ...

    async def signals(self, run_id: str, after: int = 0) -> list[Signal]:
        """What was said to a run after signal `after`."""
        ...

    async def finish(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Record a run's outcome, and let go of it."""
        ...

    async def leave(self, run_id: str) -> None:
        """Let go of a run without an outcome: it is interrupted, and can be gone on with."""
        ...

    async def enqueue(self, run_id: str, data: dict[str, Any]) -> None:
        """Keep a run that is to be worked on later. Raises StoreError if there is one of that id."""
        ...

    async def cancel(self, run_id: str, by: str = "person") -> None:
        """End a run that has no outcome: one that somebody works on at its next look, any other now.

        Raises StoreError.
        """
        ...

    async def delete(self, run_id: str) -> None:
        """Delete a run for good, with what was said to it.

        Raises SessionInUseError while somebody works on it, StoreError.
        """
        ...

    async def recover(self) -> list[str]:
        """The runs that were begun and that nobody works on any more, for somebody to go on with."""
        ...

    async def run(self, run_id: str) -> WorkRun | None:
        """One run, with its whole outcome."""
        ...

    async def runs(self) -> list[WorkRun]:
        """Every run, the last used first; outcomes are without what the sprints gave."""
        ...

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name, in the order in which they were recorded."""
        ...


@dataclass(frozen=True, slots=True)
class Journal:
    """One run of an engine; without an engine nothing is recorded, and each step is done."""

    engine: DurableEngine | None = None
    run_id: str = ""

    async def step(self, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        if self.engine is None:
            return await work(), False
        return await self.engine.step(self.run_id, name, lambda: self._watched(work))

    async def settled(self) -> None:
        """Wait until all that was done before is recorded for good: what is done now can't be told from less."""
        if self.engine is not None:
            await self.engine.settle(self.run_id)

    async def signals(self, after: int) -> list[Signal]:
        """What was said to the run after signal `after`. Raises WorkCancelledError if that ends it."""
        said = [] if self.engine is None else await self.engine.signals(self.run_id, after)
        for signal in said:
            if signal.kind == CANCEL:
                raise WorkCancelledError(f"The harness run was cancelled by {signal.data.get('by') or 'a person'}")
        return said

    async def wait(self, kind: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first signal of a kind that fits, once there is one; waits for as long as it takes."""
        while True:
            for signal in await self.signals(0):
                if signal.kind == kind and fits(signal.data):
                    return signal.data
            await asyncio.sleep(LOOK_EVERY_S)

    async def _watched(self, work: Work) -> dict[str, Any]:
        """What `work` gives; it is ended when somebody cancels the run. Only work that takes a while is watched."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None  # noqa: S101  this is a coroutine
        before, watching = task.cancelling(), list[asyncio.Task[str]]()

        def watch() -> None:
            watching.append(loop.create_task(self._until_cancelled(task), name="watch over a harness run"))

        soon = loop.call_later(LOOK_EVERY_S, watch)
        try:
            return await work()
        except asyncio.CancelledError:
            ended = watching and watching[0].done() and not watching[0].cancelled() and not watching[0].exception()
            if ended and task.uncancel() <= before:
                raise WorkCancelledError(watching[0].result()) from None
            raise
        finally:
            soon.cancel()
            if watching:
                watching[0].cancel()
                await asyncio.gather(*watching, return_exceptions=True)

    async def _until_cancelled(self, working: asyncio.Task[Any]) -> str:
        """Why the work was ended, once somebody wants that."""
        while True:
            try:
                await self.signals(0)
            except WorkCancelledError as error:
                working.cancel()
                return str(error)
            except StoreError:
                log.warning("What was said to the harness run %s can't be read now", self.run_id, exc_info=True)
            await asyncio.sleep(LOOK_EVERY_S)


def cancelled_outcome(data: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a run that was cancelled before anybody worked on it."""
    return asdict(HarnessResult(str(data.get("brief", "")), "", False, 0, "", reason="cancelled"))


def brief_of(data: dict[str, Any]) -> str:
    """The brief in what a run was started with, by whomever; empty where there is none."""
    brief = data.get("brief")
    return brief if isinstance(brief, str) else ""


def details_of(data: dict[str, Any]) -> dict[str, Any]:
    """The details in what a run was started with, by whomever."""
    details: Any = data.get("details")
    return cast("dict[str, Any]", details) if isinstance(details, dict) else {}


def without_sprints(outcome: dict[str, Any] | None) -> dict[str, Any] | None:
    """An outcome as lists have it."""
    return None if outcome is None else {**outcome, "output": "", "spec": "", "sprint_results": []}


class MemoryEngine:
    """Keeps runs as long as the process lives."""

    def __init__(self) -> None:
        self._runs: dict[str, WorkRun] = {}
        self._results: dict[tuple[str, str], dict[str, Any]] = {}
        self._signals: dict[str, list[Signal]] = {}

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with."""
        known = self._runs.get(run_id)
        if known is None:
            self._runs[run_id] = WorkRun(run_id, data, "running")
        elif known.state != "done":
            self._runs[run_id] = replace(known, state="running")
        return self._runs[run_id].data

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        if (run_id, name) in self._results:
            return self._results[run_id, name], True
        result = self._results[run_id, name] = await work()
        self._runs[run_id].steps.append(name)
        return result, False

    async def settle(self, run_id: str) -> None:
        """Nothing is ever under way here."""

    async def signal(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Say something to a run."""
        said = self._signals.setdefault(run_id, [])
        said.append(Signal(len(said) + 1, kind, data))

    async def signals(self, run_id: str, after: int = 0) -> list[Signal]:
        """What was said to a run after signal `after`."""
        return self._signals.get(run_id, [])[after:]

    async def finish(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Record a run's outcome."""
        run = self._runs[run_id]
        if run.state != "done":
            self._runs[run_id] = WorkRun(run_id, run.data, "done", run.steps, outcome)

    async def leave(self, run_id: str) -> None:
        """Let go of a run without an outcome."""
        run = self._runs[run_id]
        if run.state != "done":
            self._runs[run_id] = replace(run, state="interrupted")

    async def enqueue(self, run_id: str, data: dict[str, Any]) -> None:
        """Keep a run that is to be worked on later."""
        if run_id in self._runs:
            raise StoreError(f"There is a harness run {run_id} already")
        self._runs[run_id] = WorkRun(run_id, data, "queued")

    async def cancel(self, run_id: str, by: str = "person") -> None:
        """End a run that has no outcome."""
        run = _known(self._runs.get(run_id), run_id)
        if run.state == "running":
            await self.signal(run_id, CANCEL, {"by": by})
        elif run.state != "done":
            self._runs[run_id] = replace(run, state="done", outcome=cancelled_outcome(run.data))

    async def delete(self, run_id: str) -> None:
        """Delete a run for good."""
        if _known(self._runs.get(run_id), run_id).state == "running":
            raise SessionInUseError(f"The harness run {run_id} is being worked on: stop it first")
        del self._runs[run_id]
        self._signals.pop(run_id, None)
        self._results = {key: result for key, result in self._results.items() if key[0] != run_id}

    async def recover(self) -> list[str]:
        """The runs that were begun and that nobody works on."""
        return [run.id for run in self._runs.values() if run.state == "interrupted"]

    async def run(self, run_id: str) -> WorkRun | None:
        """One run."""
        return self._runs.get(run_id)

    async def runs(self) -> list[WorkRun]:
        """Every run, the last begun first."""
        return [replace(run, outcome=without_sprints(run.outcome)) for run in reversed(self._runs.values())]

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name."""
        return {name: result for (run, name), result in self._results.items() if run == run_id}


class LogEngine:
    """Keeps runs in a store of their own, such as `SQLiteStore(path)`: a run is a session of it, a step a record.

    Steps are recorded in their order, all before work with effects begins (`settle`); those that follow each other
    without a pause are written together. kill -9 loses the step that was under way, and nothing else that had an
    effect. What lists show of a run stands in its session's metadata, so that
    no result is read for them.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._leases: dict[str, Lease] = {}
        self._results: dict[str, dict[str, dict[str, Any]]] = {}
        self._done: set[str] = set()
        self._under_way: dict[str, list[Future[int]]] = {}
        self._unwritten: dict[str, list[NewRecord]] = {}
        self._boxes = asyncio.Lock()

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with."""
        if run_id not in self._leases:
            self._leases[run_id] = lease = await in_thread(self.store.acquire, run_id)
            lease.is_busy = True
        try:
            run = await in_thread(self._read, run_id)
            if run is None:
                await self._write(run_id, *_first_records(data))
                self._results[run_id] = {}
                return data
            self._results[run_id] = await self.results(run_id)
        except BaseException:
            await self.leave(run_id)
            raise
        if run.outcome is not None:
            self._done.add(run_id)
        return run.data

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        known = self._results[run_id].get(name)
        if known is not None:
            return known, True
        if run_id in self._done:
            raise StoreError(f"The harness run {run_id} is done, and {name!r} was no step of it: begin another")
        result = await work()
        unwritten = self._unwritten.setdefault(run_id, [])
        unwritten.append(NewRecord(STEP, {"name": name, "result": result}))
        if len(unwritten) == 1:  # together with those that are done in a moment
            asyncio.get_running_loop().call_later(TOGETHER_S, self._write_steps, run_id)
        self._results[run_id][name] = result
        return result, False

    async def settle(self, run_id: str) -> None:
        """Wait until every step that was done is on the disk."""
        self._write_steps(run_id)
        for written in self._under_way.pop(run_id, ()):
            await asyncio.wrap_future(written)

    async def signal(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Say something to a run, from any process. Raises StoreError."""
        for _ in range(BOX_TRIES):
            # Whoever loses the box to another before the record is written has written nothing.
            with contextlib.suppress(SessionInUseError):
                async with self._boxes, self._box(run_id) as lease:
                    written = self.store.append(lease, [NewRecord(SIGNAL, {"kind": kind, "data": data})])
                    await asyncio.wrap_future(written)
                return
            await asyncio.sleep(BOX_PAUSE_S)
        raise StoreError(f"Somebody else has been writing to the harness run {run_id} for too long: try again")

    async def signals(self, run_id: str, after: int = 0) -> list[Signal]:
        """What was said to a run after signal `after`."""
        records = await in_thread(self.store.records, run_id + SIGNALS, kind=SIGNAL)
        said = [Signal(n, each.data["kind"], each.data["data"]) for n, each in enumerate(records, 1)]
        return said[after:]

    async def finish(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Record a run's outcome, if it has none, and let go of it."""
        await self.settle(run_id)
        if run_id not in self._done:
            await self._write(run_id, *await in_thread(self._last_records, run_id, outcome))
        await self.leave(run_id)

    async def leave(self, run_id: str) -> None:
        """Let go of a run."""
        self._write_steps(run_id)
        under_way = [asyncio.wrap_future(each) for each in self._under_way.pop(run_id, ())]
        await asyncio.gather(*under_way, return_exceptions=True)
        lease = self._leases.pop(run_id, None)
        self._results.pop(run_id, None)
        self._done.discard(run_id)
        if lease is not None:
            lease.is_busy = False
            await in_thread(self.store.release, lease)

    async def enqueue(self, run_id: str, data: dict[str, Any]) -> None:
        """Keep a run that is to be worked on later."""
        self._leases[run_id] = await in_thread(self.store.acquire, run_id)
        try:
            if await in_thread(self._read, run_id) is not None:
                raise StoreError(f"There is a harness run {run_id} already")
            await self._write(run_id, *_first_records(data, is_queued=True))
        finally:
            await self.leave(run_id)

    async def cancel(self, run_id: str, by: str = "person") -> None:
        """End a run that has no outcome."""
        run = _known(await self.run(run_id), run_id)
        if run.state == "running":
            await self.signal(run_id, CANCEL, {"by": by})
        elif run.state != "done":
            await self.start(run_id, {})
            await self.finish(run_id, cancelled_outcome(run.data))

    async def delete(self, run_id: str) -> None:
        """Delete a run for good, with what was said to it."""
        run = _known(await self.run(run_id), run_id)
        if run.state == "running":
            raise SessionInUseError(f"The harness run {run_id} is being worked on by {run.owner}: stop it first")
        for session in (run_id, run_id + SIGNALS):
            await in_thread(self.store.delete, session)

    async def recover(self) -> list[str]:
        """The runs that were begun and that nobody works on any more."""
        return [run.id for run in await self.runs() if run.state == "interrupted"]

    async def run(self, run_id: str) -> WorkRun | None:
        """One run, with its whole outcome."""
        return await in_thread(self._read, run_id)

    async def runs(self) -> list[WorkRun]:
        """Every run, the last used first."""
        return await in_thread(self._read_all)

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name; what another process recorded too."""
        records = await in_thread(self.store.records, run_id, kind=STEP)
        return {record.data["name"]: record.data["result"] for record in records}

    def _read_all(self) -> list[WorkRun]:
        found = [self._listed(each) for each in self.store.sessions() if not each.id.endswith(SIGNALS)]
        return [run for run in found if run is not None]

    def _listed(self, summary: SessionSummary) -> WorkRun | None:
        """A run from what stands in its session's metadata; an older one from its records."""
        held = summary.metadata
        if "run" not in held:
            run = self._read(summary.id)
            outcome = None if run is None else without_sprints(run.outcome)
            return None if run is None else replace(run, outcome=outcome, at=summary.updated_at)
        steps, outcome, owner = held.get("steps", []), held.get("outcome"), self.store.owner_of(summary.id)
        state = _state(outcome, owner, is_queued=not steps and bool(held.get("is_queued")))
        return WorkRun(summary.id, held["run"], state, steps, outcome, owner, summary.updated_at)

    def _last_records(self, run_id: str, outcome: dict[str, Any]) -> list[NewRecord]:
        summary = self.store.session(run_id)
        held = {} if summary is None else summary.metadata
        listed = {"metadata": {**held, "outcome": without_sprints(outcome)}}
        return [NewRecord(FINISHED, outcome), NewRecord(SESSION_CHANGED, listed)]

    def _read(self, run_id: str) -> WorkRun | None:
        records = self.store.records(run_id)
        started = next((each.data for each in records if each.type == STARTED), None)
        if started is None:
            return None
        steps = [each.data["name"] for each in records if each.type == STEP]
        outcome = next((each.data for each in records if each.type == FINISHED), None)
        owner = self.store.owner_of(run_id)
        is_queued = not steps and bool(records[0].data.get("metadata", {}).get("is_queued"))
        return WorkRun(run_id, started, _state(outcome, owner, is_queued=is_queued), steps, outcome, owner)

    async def _write(self, run_id: str, *records: NewRecord) -> None:
        await asyncio.wrap_future(self._append(run_id, *records))

    def _write_steps(self, run_id: str) -> None:
        """Have the steps written that are done; whoever settles learns what came of it."""
        unwritten = self._unwritten.pop(run_id, [])
        if not unwritten:
            return
        try:
            written = self._append(run_id, *unwritten)
        except StoreError as error:
            written = Future[int]()
            written.set_exception(error)
        self._under_way.setdefault(run_id, []).append(written)

    def _append(self, run_id: str, *records: NewRecord) -> Future[int]:
        lease = self._leases.get(run_id)
        if lease is None:
            raise StoreError(f"The harness run {run_id} is not open here")
        return self.store.append(lease, records)

    @asynccontextmanager
    async def _box(self, run_id: str) -> AsyncGenerator[Lease]:
        """The right to write into a run's box of signals, which others have for moments."""
        lease = await in_thread(self.store.acquire, run_id + SIGNALS)
        lease.is_busy = True
        try:
            yield lease
        finally:
            lease.is_busy = False
            await in_thread(self.store.release, lease)


def _first_records(data: dict[str, Any], *, is_queued: bool = False) -> tuple[NewRecord, NewRecord]:
    listed = {"run": data, **({"is_queued": True} if is_queued else {})}
    return NewRecord(SESSION_CREATED, {"metadata": listed}), NewRecord(STARTED, data)


def _state(outcome: dict[str, Any] | None, owner: str, *, is_queued: bool) -> WorkState:
    if outcome is not None:
        return "done"
    return "running" if owner else "queued" if is_queued else "interrupted"


def _known(run: WorkRun | None, run_id: str) -> WorkRun:
    if run is None:
        raise StoreError(f"There is no harness run {run_id}")
    return run
