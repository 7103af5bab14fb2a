"""The harness runs of the profile: their list, their sprints as they are recorded, and what a person says to them."""

from __future__ import annotations

import asyncio
import importlib
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom.orchestration.record import Criterion, Sprint, SprintState, ToldRun
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio.services.live_work import LiveWork

if TYPE_CHECKING:
    from loom.orchestration import AgentHarness
    from loom.orchestration.durable import DurableEngine, WorkRun
    from loom.safety.profile import Profile
    from loom.types.approvals import ApprovalRequest, Decision
    from loom_studio.services.keys import Keys
    from loom_studio.services.mcp import McpService

__all__ = ["Criterion", "HarnessRun", "HarnessRuns", "Sprint", "SprintState", "ToldRun"]


@dataclass(frozen=True, slots=True)
class HarnessRun:
    """A run in the list. `how` says in words how it stands; `ended` is the number of sprints that are done.

    `steps` is how many of its steps are recorded: with as many, nothing is new.
    """

    id: str
    brief: str
    how: str
    ended: int
    max_sprints: int
    is_running: bool
    is_done: bool
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    steps: int = 0

    @property
    def words(self) -> str:
        """The run in a line."""
        first = next((line.strip() for line in self.brief.splitlines() if line.strip()), "(no brief)")
        return f"{self.how}, {self.ended} of {self.max_sprints} sprints · {first[:120]}"


class HarnessRuns:
    """The runs in the profile's journal, whoever started them; those that are started here work in this process.

    With a `database` (its URL; by default LOOM_DATABASE_URL) the journal is there, shared with workers of other
    machines. The agents share the tool servers of `mcp` with those of the window. It is opened when it exists, in a
    thread. `notices` says what was wrong with it when it was opened, in sentences for the person.
    """

    def __init__(
        self,
        profile: Profile,
        keys: Keys | None = None,
        database: str | None = None,
        mcp: McpService | None = None,
    ) -> None:
        self.path = profile.folder / "harness.db"
        self.notices: list[str] = []
        self.judge: Callable[[], str] = str
        """The model that judges where a run names no evaluator, as PROVIDER:NAME; empty for the agent's own."""
        self._profile = profile
        self._keys = keys
        self._mcp = mcp
        self._database = os.environ.get("LOOM_DATABASE_URL", "") if database is None else database
        self._opened: DurableEngine | None = None
        self._close: Callable[[], Awaitable[None]] | None = None
        self._opening = asyncio.Lock()
        self._live: dict[str, LiveWork] = {}

    async def runs(self) -> list[HarnessRun]:
        """Every run, the last used first. Raises StoreError for a journal that can't be read."""
        if self._opened is None and not self._database and not await in_thread(self.path.exists):
            return []
        return [_listed(run) for run in await (await self._engine()).runs()]

    async def told(self, run: HarnessRun) -> ToldRun:
        """A run with its sprints, as far as they are recorded, and as they go on here. Raises StoreError."""
        record = await in_thread(importlib.import_module, "loom.orchestration.record")
        told = await record.told_run(await self._engine(), _recorded(run))
        live = self._live.get(run.id)
        return told if live is None else replace(told, sprints=live.over(told.sprints))

    def doing(self, run_id: str) -> str:
        """What the agents of a run that works here do now, in a line; empty for any other."""
        live = self._live.get(run_id)
        return live.words(time.time()) if live is not None else ""

    async def say(self, run: HarnessRun, kind: str, **data: Any) -> None:
        """Say something to a run, in whatever process it is; it counts at the next sprint. Raises StoreError."""
        await (await self._engine()).signal(run.id, kind, data)

    async def approvals(self, run: HarnessRun) -> list[ApprovalRequest]:
        """The calls of a run that wait for a person, oldest first, in whatever process it is. Raises StoreError."""
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        return await asking.pending_approvals(await self._engine(), run.id)

    async def decide(self, run: HarnessRun, request: ApprovalRequest, decision: Decision) -> None:
        """Answer a call that waits, about the bytes that `request` shows.

        Raises ApprovalError if it waits no more, or with other bytes, and for a decision with edited arguments.
        """
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        await asking.answer_approval(await self._engine(), run.id, request.id, request.arguments_hash, decision)

    async def cancel(self, run: HarnessRun) -> None:
        """End a run at once, in whatever process it is. Raises StoreError."""
        await (await self._engine()).cancel(run.id)

    async def work(self, brief: str, details: dict[str, Any]) -> None:
        """Start a run and work on it to its end; cancelled, it is interrupted, and can be resumed.

        `details` are those of `loom.roles.DETAILS`. Raises ConfigError for roles that can't be made, StoreError.
        """
        run_id, details = generate_id(), {"judge_model": self.judge(), **details}
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
        forking = await in_thread(importlib.import_module, "loom.orchestration.forking")
        engine, new_id = await self._engine(), generate_id()
        kept = self._profile.folder / "checkpoints"
        notes = await forking.fork(engine, _recorded(run), sprint, new_id, kept, changes=changes, into=into)
        then(new_id, notes)
        made = next(each for each in await self.runs() if each.id == new_id)
        await self.resume(made)

    async def report(self, run: HarnessRun, *, as_html: bool) -> str:
        """A run as a report, a page of HTML that needs nothing else or Markdown. Raises StoreError."""
        return await in_thread(_report, await self.told(run), as_html)

    async def aclose(self) -> None:
        """Close the journal."""
        close, self._opened, self._close = self._close, None, None
        if close is not None:
            await close()

    async def _to_its_end(self, run_id: str, work: Awaitable[Any]) -> None:
        try:
            await work
        finally:
            self._live.pop(run_id, None)

    async def _harness(self, run_id: str, details: dict[str, Any]) -> AbstractAsyncContextManager[AgentHarness]:
        roles = await in_thread(importlib.import_module, "loom.roles")
        environment = self._keys.environment if self._keys is not None else None
        engine = await self._engine()
        servers = await self._mcp.load() if self._mcp is not None else None
        self._live[run_id] = live = LiveWork()
        return roles.harness_of(
            engine,
            details,
            self._profile,
            environment=environment,
            run_id=run_id,
            watch=live.take_in,
            mcp=servers,
        )

    async def _engine(self) -> DurableEngine:
        async with self._opening:
            if self._opened is not None:
                return self._opened
            if self._database:
                opening = await in_thread(importlib.import_module, "loom.orchestration.opening")
                engine = await opening.open_database(self._database, "studio")
                self._close = engine.aclose
            else:
                engine, self.notices = await in_thread(_open_journal, self.path)
                self._close = partial(in_thread, engine.store.close)
            self._opened = engine
            return engine


def _open_journal(path: Path) -> tuple[Any, list[str]]:
    from loom.memory.sqlite_store import SQLiteStore
    from loom.orchestration.durable import LogEngine

    store = SQLiteStore(path)
    return LogEngine(store), list(store.notices)


def _listed(run: WorkRun) -> HarnessRun:
    how = run.state if run.outcome is None else str(run.outcome["reason"]).replace("_", " ")
    return HarnessRun(
        run.id,
        run.data["brief"],
        how,
        sum(name.startswith("end.") for name in run.steps),
        run.data["max_sprints"],
        run.state == "running",
        run.state == "done",
        run.data.get("details", {}),
        len(run.steps),
    )


def _recorded(run: HarnessRun) -> WorkRun:
    """A run as the runtime knows it, as far as lists tell it."""
    from loom.orchestration.durable import WorkRun

    data = {"brief": run.brief, "max_sprints": run.max_sprints, "details": run.details}
    state = (
        "running" if run.is_running else "done" if run.is_done else "queued" if run.how == "queued" else "interrupted"
    )
    return WorkRun(run.id, data, state, [], {"reason": run.how} if run.is_done else None)


def _report(run: ToldRun, as_html: bool) -> str:
    if as_html:
        from loom.interchange.harness_html import report_html

        return report_html(run)
    from loom.interchange.harness_report import report_markdown

    return report_markdown(run)
