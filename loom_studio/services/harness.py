"""The harness runs of the profile: their list, their sprints as they are recorded, and what a person says to them."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.orchestration.record import Criterion, Sprint, SprintState, ToldRun
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio.services.journal import JournalReader
from loom_studio.services.live_work import LiveWork

if TYPE_CHECKING:
    from loom.orchestration import AgentHarness
    from loom.orchestration.durable import LogEngine, WorkRun
    from loom.safety.profile import Profile
    from loom_studio.services.keys import Keys

__all__ = ["Criterion", "HarnessRun", "HarnessRuns", "Sprint", "SprintState", "ToldRun"]


@dataclass(frozen=True, slots=True)
class HarnessRun:
    """A run in the list. `how` says in words how it stands; `ended` is the number of sprints that are done.

    `last_n` is the number of its last record: with the same one, nothing is new.
    """

    id: str
    brief: str
    how: str
    ended: int
    max_sprints: int
    is_running: bool
    is_done: bool
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    last_n: int = 0

    @property
    def words(self) -> str:
        """The run in a line."""
        first = next((line.strip() for line in self.brief.splitlines() if line.strip()), "(no brief)")
        return f"{self.how}, {self.ended} of {self.max_sprints} sprints · {first[:120]}"


class HarnessRuns:
    """The runs in the profile's journal, whoever started them; those that are started here work in this process.

    The journal is opened when it exists, in a thread. `notices` says what was wrong with it when it was opened, in
    sentences for the person.
    """

    def __init__(self, profile: Profile, keys: Keys | None = None) -> None:
        self.path = profile.folder / "harness.db"
        self.notices: list[str] = []
        self._profile = profile
        self._keys = keys
        self._opened: tuple[LogEngine, JournalReader] | None = None
        self._opening = asyncio.Lock()
        self._live: dict[str, LiveWork] = {}

    async def runs(self) -> list[HarnessRun]:
        """Every run, the last used first. Raises StoreError for a journal that can't be read."""
        if self._opened is None and not await in_thread(self.path.exists):
            return []
        _, reader = await self._journal()
        return await in_thread(_listed, reader)

    async def told(self, run: HarnessRun) -> ToldRun:
        """A run with its sprints, as far as they are recorded, and as they go on here. Raises StoreError."""
        engine, reader = await self._journal()
        signals = await engine.signals(run.id) if run.is_done else []
        said = [(each.kind, each.data) for each in signals]
        told = await in_thread(_told, reader, run, said)
        live = self._live.get(run.id)
        return told if live is None else replace(told, sprints=live.over(told.sprints))

    def doing(self, run_id: str) -> str:
        """What the agents of a run that works here do now, in a line; empty for any other."""
        live = self._live.get(run_id)
        return live.words(time.time()) if live is not None else ""

    async def say(self, run: HarnessRun, kind: str, **data: Any) -> None:
        """Say something to a run, in whatever process it is; it counts at the next sprint. Raises StoreError."""
        engine, _ = await self._journal()
        await engine.signal(run.id, kind, data)

    async def work(self, brief: str, details: dict[str, Any]) -> None:
        """Start a run and work on it to its end; cancelled, it is interrupted, and can be resumed.

        `details` are those of `loom.roles.DETAILS`. Raises ConfigError for roles that can't be made, StoreError.
        """
        run_id = generate_id()
        async with await self._harness(run_id, details) as harness:
            await self._to_its_end(run_id, harness.run(brief, run_id, details))

    async def resume(self, run: HarnessRun) -> None:
        """Go on with an interrupted run to its end. Raises as `work`, and SessionInUseError while another works."""
        async with await self._harness(run.id, run.details) as harness:
            await self._to_its_end(run.id, harness.resume(run.id))

    async def fork(
        self,
        run: HarnessRun,
        sprint: int,
        changes: dict[str, Any],
        into: Path | None,
        then: Callable[[str, list[str]], None],
    ) -> None:
        """Make a run that begins after a sprint of another, and work on it to its end.

        `then` is told its id, and sentences about files that are not as they were, once it is made. See
        `loom.orchestration.forking.fork`.
        """
        from loom.orchestration.durable import WorkRun

        forking = await in_thread(importlib.import_module, "loom.orchestration.forking")
        engine, _ = await self._journal()
        new_id = generate_id()
        source = WorkRun(run.id, _data_of(run), "running" if run.is_running else "interrupted")
        kept = self._profile.folder / "checkpoints"
        then(new_id, await forking.fork(engine, source, sprint, new_id, kept, changes=changes, into=into))
        made = next(each for each in await self.runs() if each.id == new_id)
        await self.resume(made)

    async def report(self, run: HarnessRun, *, as_html: bool) -> str:
        """A run as a report, a page of HTML that needs nothing else or Markdown. Raises StoreError."""
        return await in_thread(_report, await self.told(run), as_html)

    async def aclose(self) -> None:
        """Close the journal."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await in_thread(opened[0].store.close)

    async def _to_its_end(self, run_id: str, work: Any) -> None:
        try:
            await work
        finally:
            self._live.pop(run_id, None)

    async def _harness(self, run_id: str, details: dict[str, Any]) -> AbstractAsyncContextManager[AgentHarness]:
        roles = await in_thread(importlib.import_module, "loom.roles")
        environment = self._keys.environment if self._keys is not None else None
        engine, _ = await self._journal()
        self._live[run_id] = live = LiveWork()
        return roles.harness_of(engine, details, self._profile, environment=environment, watch=partial(_watch, live))

    async def _journal(self) -> tuple[LogEngine, JournalReader]:
        async with self._opening:
            if self._opened is None:
                engine, self.notices = await in_thread(_open_journal, self.path)
                self._opened = engine, JournalReader(engine.store)
            return self._opened


def _watch(live: LiveWork, role: str, event: Any) -> None:
    live.take_in(role, event)


def _open_journal(path: Path) -> tuple[LogEngine, list[str]]:
    from loom.memory.sqlite_store import SQLiteStore
    from loom.orchestration.durable import LogEngine

    store = SQLiteStore(path)
    return LogEngine(store), list(store.notices)


def _listed(reader: JournalReader) -> list[HarnessRun]:
    return [_entry(run, ended, last_n) for run, ended, last_n in reader.runs()]


def _entry(run: WorkRun, ended: int, last_n: int) -> HarnessRun:
    how = run.state if run.outcome is None else str(run.outcome["reason"]).replace("_", " ")
    return HarnessRun(
        run.id,
        run.data["brief"],
        how,
        ended,
        run.data["max_sprints"],
        run.state == "running",
        run.state == "done",
        run.data.get("details", {}),
        last_n,
    )


def _told(reader: JournalReader, run: HarnessRun, said: list[tuple[str, dict[str, Any]]]) -> ToldRun:
    from loom.orchestration.durable import WorkRun
    from loom.orchestration.record import told

    state = "running" if run.is_running else "done" if run.is_done else "interrupted"
    outcome = {"reason": run.how} if run.is_done else None
    return told(WorkRun(run.id, _data_of(run), state, [], outcome), reader.steps(run.id), said)


def _data_of(run: HarnessRun) -> dict[str, Any]:
    return {"brief": run.brief, "max_sprints": run.max_sprints, "details": run.details}


def _report(run: ToldRun, as_html: bool) -> str:
    if as_html:
        from loom.interchange.harness_html import report_html

        return report_html(run)
    from loom.interchange.harness_report import report_markdown

    return report_markdown(run)
