"""Runs that outlive their process: each step is recorded when it is done, and is not done again after that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from loom.errors import SessionInUseError, StoreError
from loom.memory.records import SESSION_CREATED, NewRecord
from loom.memory.store import Lease, Store
from loom.threads import in_thread

STARTED, STEP, FINISHED, SIGNAL = "work.started", "work.step", "work.finished", "work.signal"
SIGNALS = ".signals"
LOOK_EVERY_S = 0.2
BOX_TRIES = 50
BOX_PAUSE_S = 0.02

WorkState = Literal["running", "interrupted", "done"]
Work = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody said to a run. `n` counts from 1 in each run, in the order in which it was said."""

    n: int
    kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkRun:
    """A run at a glance: what it was started with, the names of its recorded steps, and its outcome when it is done.

    `owner` says in words who works on it; `state` is interrupted where nobody does and it has no outcome.
    """

    id: str
    data: dict[str, Any]
    state: WorkState
    steps: list[str] = field(default_factory=list[str])
    outcome: dict[str, Any] | None = None
    owner: str = ""


class DurableEngine(Protocol):
    """Keeps the runs of harnesses. Everything recorded is plain data, as JSON holds it."""

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with.

        Raises SessionInUseError while somebody else works on it, StoreError.
        """
        ...

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step `name` gave, and whether it was recorded before; if not, `work` is done and recorded."""
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

    async def runs(self) -> list[WorkRun]:
        """Every run, the last used first."""
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
        return (await work(), False) if self.engine is None else await self.engine.step(self.run_id, name, work)

    async def signals(self, after: int) -> list[Signal]:
        """What was said to the run after signal `after`."""
        return [] if self.engine is None else await self.engine.signals(self.run_id, after)

    async def wait(self, kind: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first signal of a kind that fits, once there is one; waits for as long as it takes."""
        while True:
            for signal in await self.signals(0):
                if signal.kind == kind and fits(signal.data):
                    return signal.data
            await asyncio.sleep(LOOK_EVERY_S)


class MemoryEngine:
    """Keeps runs as long as the process lives."""

    def __init__(self) -> None:
        self._runs: dict[str, WorkRun] = {}
        self._results: dict[tuple[str, str], dict[str, Any]] = {}
        self._signals: dict[str, list[Signal]] = {}

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with."""
        known = self._runs.get(run_id)
        self._runs[run_id] = WorkRun(run_id, data, "running") if known is None else known
        return self._runs[run_id].data

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        if (run_id, name) in self._results:
            return self._results[run_id, name], True
        result = self._results[run_id, name] = await work()
        self._runs[run_id].steps.append(name)
        return result, False

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
        self._runs[run_id] = WorkRun(run_id, run.data, "done", run.steps, outcome)

    async def leave(self, run_id: str) -> None:
        """Let go of a run without an outcome."""
        run = self._runs[run_id]
        self._runs[run_id] = WorkRun(run_id, run.data, "interrupted", run.steps)

    async def runs(self) -> list[WorkRun]:
        """Every run, the last begun first."""
        return list(reversed(self._runs.values()))

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name."""
        return {name: result for (run, name), result in self._results.items() if run == run_id}


class LogEngine:
    """Keeps runs in a store of their own, such as `SQLiteStore(path)`: a run is a session of it, a step a record.

    A step is recorded before the next begins. kill -9 loses the step that was under way, and nothing else.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._leases: dict[str, Lease] = {}
        self._results: dict[str, dict[str, dict[str, Any]]] = {}

    async def start(self, run_id: str, data: dict[str, Any]) -> dict[str, Any]:
        """Begin a run, or go on with it; returns what it was first started with."""
        if run_id not in self._leases:
            self._leases[run_id] = lease = await in_thread(self.store.acquire, run_id)
            lease.is_busy = True
        try:
            run = await in_thread(self._read, run_id)
            if run is None:
                await self._write(run_id, NewRecord(SESSION_CREATED, {}), NewRecord(STARTED, data))
                self._results[run_id] = {}
                return data
        except BaseException:
            await self.leave(run_id)
            raise
        self._results[run_id] = await self.results(run_id)
        return run.data

    async def step(self, run_id: str, name: str, work: Work) -> tuple[dict[str, Any], bool]:
        """What the step gave, and whether it was recorded before."""
        known = self._results[run_id].get(name)
        if known is not None:
            return known, True
        result = await work()
        await self._write(run_id, NewRecord(STEP, {"name": name, "result": result}))
        self._results[run_id][name] = result
        return result, False

    async def signal(self, run_id: str, kind: str, data: dict[str, Any]) -> None:
        """Say something to a run, from any process. Raises StoreError."""
        async with self._box(run_id) as lease:
            written = self.store.append(lease, [NewRecord(SIGNAL, {"kind": kind, "data": data})])
            await asyncio.wrap_future(written)

    async def signals(self, run_id: str, after: int = 0) -> list[Signal]:
        """What was said to a run after signal `after`."""
        records = await in_thread(self.store.records, run_id + SIGNALS, kind=SIGNAL)
        said = [Signal(n, each.data["kind"], each.data["data"]) for n, each in enumerate(records, 1)]
        return said[after:]

    async def finish(self, run_id: str, outcome: dict[str, Any]) -> None:
        """Record a run's outcome, and let go of it."""
        await self._write(run_id, NewRecord(FINISHED, outcome))
        await self.leave(run_id)

    async def leave(self, run_id: str) -> None:
        """Let go of a run."""
        lease = self._leases.pop(run_id, None)
        self._results.pop(run_id, None)
        if lease is not None:
            lease.is_busy = False
            await in_thread(self.store.release, lease)

    async def runs(self) -> list[WorkRun]:
        """Every run, the last used first."""
        return await in_thread(self._read_all)

    async def results(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, by name; what another process recorded too."""
        records = await in_thread(self.store.records, run_id, kind=STEP)
        return {record.data["name"]: record.data["result"] for record in records}

    def _read_all(self) -> list[WorkRun]:
        found = [self._read(each.id) for each in self.store.sessions() if not each.id.endswith(SIGNALS)]
        return [run for run in found if run is not None]

    def _read(self, run_id: str) -> WorkRun | None:
        records = self.store.records(run_id)
        started = next((each.data for each in records if each.type == STARTED), None)
        if started is None:
            return None
        steps = [each.data["name"] for each in records if each.type == STEP]
        outcome = next((each.data for each in reversed(records) if each.type == FINISHED), None)
        owner = self.store.owner_of(run_id)
        state: WorkState = "done" if outcome is not None else "running" if owner else "interrupted"
        return WorkRun(run_id, started, state, steps, outcome, owner)

    async def _write(self, run_id: str, *records: NewRecord) -> None:
        lease = self._leases.get(run_id)
        if lease is None:
            raise StoreError(f"The harness run {run_id} is not open here")
        await asyncio.wrap_future(self.store.append(lease, records))

    @asynccontextmanager
    async def _box(self, run_id: str) -> AsyncGenerator[Lease]:
        """The right to write into a run's box of signals, which others have for moments."""
        for _ in range(BOX_TRIES):
            with contextlib.suppress(SessionInUseError):
                lease = await in_thread(self.store.acquire, run_id + SIGNALS)
                break
            await asyncio.sleep(BOX_PAUSE_S)
        else:
            raise StoreError(f"Somebody else has been writing to the harness run {run_id} for too long: try again")
        lease.is_busy = True
        try:
            yield lease
        finally:
            lease.is_busy = False
            await in_thread(self.store.release, lease)
