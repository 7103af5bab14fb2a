"""The harness runs of the profile: their list, their sprints as they are recorded, and what a person says to them."""

from __future__ import annotations

import asyncio
import importlib
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from loom.errors import ApprovalError, StoreError
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio.runtime_words import said, said_of
from loom_studio.services.live_work import LiveWork
from loom_studio.services.retold import retold
from loom_studio.services.work_elsewhere import WorkElsewhere, recorded_words
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.briefs import Brief
    from loom.orchestration import AgentHarness
    from loom.orchestration.durable import DurableEngine, WorkRun
    from loom.orchestration.record import ToldRun
    from loom.safety.grants import Grant
    from loom.safety.profile import Profile
    from loom.types.approvals import ApprovalRequest, Decision
    from loom_studio.services.keys import Keys
    from loom_studio.services.mcp import McpService
    from loom_studio.services.run_database import RunDatabase
    from loom_studio.services.run_queue import RunQueue, Wanted
    from loom_studio.services.undo import Undo


TOGETHER = 2
"""How many runs of a file of briefs work in this process at a time."""
OWNERS = (marked("{program} (process {number} on {host})"), marked("{program} (process {number})"))
"""How the runtime says who works on a run of this machine's journal."""
HOWS = (
    marked("queued"),
    marked("running"),
    marked("interrupted"),
    marked("done"),
    marked("passed"),
    marked("accepted"),
    marked("failed"),
    marked("stopped"),
    marked("cancelled"),
    marked("max sprints"),
    marked("no progress"),
    marked("single shot"),
    marked("budget"),
    marked("cost unknown"),
)
"""How a run may stand, or have ended."""


def how_words(how: str) -> str:
    """How a run stands or ended, as it is shown."""
    before = how.removeprefix("after ")
    if before not in HOWS:
        return how
    return tr(before) if before == how else tr("after {how}", how=tr(before))


class HarnessRun(NamedTuple):
    """A run in the list. `how` says in words how it stands; `ended` is the number of sprints that are done.

    `steps` is how many of its steps are recorded: with as many, nothing is new. `has_open_contract` is True while a
    contract waits for the person's approval. `owner` says who works on it.
    """

    id: str
    brief: str
    how: str
    ended: int
    max_sprints: int
    is_running: bool
    is_done: bool
    details: dict[str, Any]
    steps: int = 0
    has_open_contract: bool = False
    owner: str = ""
    kept_in: str = ""
    """The database that it is kept in, where that is the queue's and not the journal."""

    @property
    def is_queued(self) -> bool:
        """Whether nobody has begun it yet."""
        return self.how == "queued"

    @property
    def title(self) -> str:
        """The first line of the brief."""
        return next((line.strip()[:120] for line in self.brief.splitlines() if line.strip()), tr("(no brief)"))

    @property
    def words(self) -> str:
        """The run in a line."""
        return tr(
            "{how}, {ended} of {most} sprints · {title}",
            how=how_words(self.how),
            ended=self.ended,
            most=self.max_sprints,
            title=self.title,
        )


class HarnessRuns:
    """The runs in the profile's journal, whoever started them; those that are started here work in this process.

    With a `database` (its URL) the journal is there, shared with workers of other machines; without one it is where
    `place` says, or LOOM_DATABASE_URL. The runs of the `queue` are listed too, from its database. The agents share the
    tool servers of `mcp` with those of the window. The journal is opened when it exists, in a thread. `notices` says
    what was wrong, in sentences for the person.
    """

    def __init__(
        self,
        profile: Profile,
        keys: Keys | None = None,
        database: str | None = None,
        place: RunDatabase | None = None,
        mcp: McpService | None = None,
        undo: Undo | None = None,
        queue: RunQueue | None = None,
    ) -> None:
        self.path = profile.folder / "harness.db"
        self.notices: list[str] = []
        self.judge: Callable[[], str] = str
        """The model that judges where a run names no evaluator, as PROVIDER:NAME; empty for the agent's own."""
        self.ended: Callable[[], None] = lambda: None
        """Called when a run that was worked on here has ended, or was interrupted."""
        self._profile = profile
        self._keys = keys
        self.place = place
        self.moved: Callable[[], None] = lambda: None
        """Is called when the journal has become another."""
        self._database = database if place is None or database is not None else None
        if place is None and database is None:
            self._database = os.environ.get("LOOM_DATABASE_URL", "")
        self._mcp = mcp
        self._undo = undo
        self.queue = queue
        self._told_problem = ""
        self._aside: set[str] = set()
        """Runs that are deleted, but not for good yet."""
        self._opened: DurableEngine | None = None
        self._close: Callable[[], Awaitable[None]] | None = None
        self._opening = asyncio.Lock()
        self._from_queue: set[str] = set()
        self._live: dict[str, LiveWork] = {}
        self._elsewhere = WorkElsewhere(profile.folder)

    @property
    def working(self) -> int:
        """How many runs are worked on in this process."""
        return len(self._live)

    @property
    def is_on_database(self) -> bool:
        """True if the journal is in a database, instead of a file of the profile."""
        return bool(self._database if self._database is not None or self.place is None else self.place.shown)

    @property
    def is_shared(self) -> bool:
        """True if processes of other machines may write to what is listed, so that only looking again shows it."""
        return self.is_on_database or (self.queue is not None and self.queue.is_apart)

    async def move(self, url: str) -> None:
        """Keep runs in another database from now on, or (empty) in the profile; no run is taken along.

        Raises ConfigError and StoreError where it can't be opened; then nothing changes.
        """
        async with self._opening:
            before = self._close
            self._opened, self._close = await self._open(url)
            self._database = url
        if before is not None:
            await before()
        self.moved()

    async def runs(self) -> list[HarnessRun]:
        """Every run, the last used first. Raises StoreError for a journal that can't be read."""
        runs = await self._own_runs()
        listed = [_listed(run) for run in runs]
        if self.queue is not None:
            known = {run.id: run.at for run in runs}
            found = await self.queue.runs()
            queued = {run.id: run.at for run in found if run.id not in known}
            listed += [_listed(run, self.queue.shown) for run in found if run.id in queued]
            if queued:
                at = known | queued
                listed.sort(key=lambda run: -at[run.id])
            self._tell_of(self.queue.problem)
        return [run for run in listed if run.id not in self._aside]

    async def _own_runs(self) -> list[WorkRun]:
        if self._opened is None and not self.is_on_database and not await in_thread(self.path.exists):
            return []
        return await (await self._engine()).runs()

    def _tell_of(self, problem: str) -> None:
        """Say once what is wrong with the queue; the runs of the journal are there all the same."""
        if problem and problem != self._told_problem:
            self.notices.append(problem)
        self._told_problem = problem

    async def told(self, run: HarnessRun) -> ToldRun:
        """A run with its sprints, as far as they are recorded, and as they go on here. Raises StoreError."""
        record = await in_thread(importlib.import_module, "loom.orchestration.record")
        told = await record.told_run(await self._engine(run), _recorded(run))
        live = self._live.get(run.id)
        over = live.over(told.sprints) if live is not None else self._elsewhere.over(run.id, told.sprints)
        return replace(told, sprints=over)

    async def look(self, run: HarnessRun) -> int:
        """See what the agents of a run do now, wherever it works; the number is another where something is new."""
        live = self._live.get(run.id)
        if live is not None or not run.is_running:
            return live.count if live is not None else 0
        try:
            return await in_thread(self._elsewhere.look, run.id)
        except StoreError:  # the journal tells who works, at least
            return 0

    def doing(self, run: HarnessRun, told: ToldRun) -> str:
        """What the agents of a run at work do, in a line, as it was looked at last; empty for any other.

        For one that works in another process by whom, and of what its sessions' logs are not here for who is at work.
        """
        place = run.kept_in or (self.place.shown if self.place is not None else "")
        if run.is_queued and place:
            return tr("Waits for a worker in {place}", place=place)
        live, now = self._live.get(run.id), time.time()
        if live is not None or not run.is_running:
            return live.words(now) if live is not None else ""
        words = self._elsewhere.words(run.id, now) or recorded_words(told, now)
        if not words or not run.owner:
            return words
        return tr("{doing} · worked on by {owner}", doing=words, owner=retold(run.owner, OWNERS))

    async def say(self, run: HarnessRun, kind: str, **data: Any) -> None:
        """Say something to a run, in whatever process it is; it counts at the next sprint. Raises StoreError."""
        await (await self._engine(run)).signal(run.id, kind, data)

    async def approvals(self, run: HarnessRun) -> list[ApprovalRequest]:
        """The calls of a run that wait for a person, oldest first, in whatever process it is. Raises StoreError."""
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        return await asking.pending_approvals(await self._engine(run), run.id)

    async def decide(self, run: HarnessRun, request: ApprovalRequest, decision: Decision) -> None:
        """Answer a call that waits, about the bytes that `request` shows.

        What is always allowed is stored in the profile. Raises ApprovalError if it waits no more, or with other bytes,
        and for what `loom.orchestration.asking.answer_approval` refuses.
        """
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        engine, hashed, grants = await self._engine(run), request.arguments_hash, self._profile.grants
        await asking.answer_approval(engine, run.id, request.id, hashed, decision, grants)

    async def fault_in(self, request: ApprovalRequest, text: str) -> str:
        """Why `text` can't be the arguments of a call that waits, in a sentence; nothing if it can."""
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        try:
            await in_thread(asking.check_edited, request, text)
        except ApprovalError as error:
            return said_of(error)
        return ""

    async def try_rule(self, run: HarnessRun, request: ApprovalRequest, rule: str) -> tuple[str, bool]:
        """What a rule that allows would have covered of the last calls, in a sentence, and whether it can be stored.

        Raises StoreError.
        """
        from loom_studio.services.waiting_calls import tried_rule

        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        try:
            workspace = await asking.check_keepable(await self._engine(run), run.id, request.id, self._profile.grants)
        except ApprovalError as error:
            return said_of(error), False
        return await tried_rule(request, rule, self._profile, workspace or Path())

    async def grants(self, run: HarnessRun) -> list[Grant]:
        """What was allowed for the whole of a run that goes on. Raises StoreError."""
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        return await asking.grants_of(await self._engine(run), run.id)

    async def revoke(self, run: HarnessRun, grant_id: str) -> None:
        """Take back what was allowed for the whole of a run. Raises ApprovalError if it was already, StoreError."""
        asking = await in_thread(importlib.import_module, "loom.orchestration.asking")
        await asking.revoke_grant(await self._engine(run), run.id, grant_id)

    async def cancel(self, run: HarnessRun) -> None:
        """End a run at once, in whatever process it is. Raises StoreError."""
        await (await self._engine(run)).cancel(run.id)

    async def work(self, brief: str, details: dict[str, Any], run_id: str = "", profile: Profile | None = None) -> None:
        """Start a run and work on it to its end; cancelled, it is interrupted, and can be resumed.

        `details` are those of `loom.roles.DETAILS`. Its agents' sessions and files are kept in `profile`, where that is
        another. Raises ConfigError for roles that can't be made, StoreError.
        """
        run_id, details = run_id or generate_id(), {"judge_model": self.judge(), **details}
        async with await self._harness(await self._engine(), run_id, details, profile) as harness:
            await self._to_its_end(run_id, harness.run(brief, run_id, details))

    async def work_on_many(self, briefs: Sequence[Brief], say: Callable[[str], None]) -> None:
        """Work on the briefs of a file, `TOGETHER` at a time, to their ends; `say` hears of those that can't be.

        Those that were not begun yet wait, and can be gone on with. Raises ConfigError for ids that there are already,
        StoreError.
        """
        many = await in_thread(importlib.import_module, "loom.briefs")
        engine = await self._engine()
        chosen = await many.choose(engine, self._judged(briefs), resumes=False)
        await many.enqueue(engine, chosen)

        async def work(brief: Brief) -> None:
            await self.work(brief.brief, brief.details, brief.id)

        await many.work_here(chosen, work, TOGETHER, say)

    async def put_into_queue(self, wanted: Wanted, briefs: Sequence[Brief]) -> str:
        """Have workers do the briefs; gives what the person should know then. Raises ConfigError, StoreError."""
        if self.queue is None:
            raise StoreError(tr("There is no queue here."))
        known = {run.id for run in await self._own_runs()}
        if taken := [each.id for each in briefs if each.id in known]:  # in the list one would hide the other
            raise StoreError(tr("There are runs of these ids already: {ids}. Name others.", ids=", ".join(taken[:5])))
        said = await self.queue.put(wanted, self._judged(briefs), is_busy=bool(self._from_queue))
        self.moved()
        return said

    def _judged(self, briefs: Sequence[Brief]) -> list[Brief]:
        """The briefs with the model that judges where they name no evaluator."""
        judge = self.judge()
        named = [each.details.get("judge_model") or judge for each in briefs]
        return [
            replace(each, details={**each.details, "judge_model": name})
            for each, name in zip(briefs, named, strict=True)
        ]

    async def resume(self, run: HarnessRun) -> None:
        """Go on with an interrupted run to its end. Raises as `work`, and SessionInUseError while another works."""
        self._from_queue.update([run.id] if run.kept_in else [])
        try:
            async with await self._harness(await self._engine(run), run.id, run.details) as harness:
                await self._to_its_end(run.id, harness.resume(run.id))
        finally:
            self._from_queue.discard(run.id)

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
        engine, new_id = await self._engine(run), generate_id()
        kept = self._profile.folder / "checkpoints"
        notes = await forking.fork(engine, _recorded(run), sprint, new_id, kept, changes=changes, into=into)
        then(new_id, notes)
        made = await engine.run(new_id)
        if made is not None:
            await self.resume(_listed(made, run.kept_in))

    async def remove(self, run: HarnessRun) -> None:
        """Delete a run so that it can be taken back, where there is an Undo: until that is final it is not shown."""
        if self._undo is None:
            await self.delete(run)
            return
        self._aside.add(run.id)
        words = tr("The harness run “{title}” was deleted, with what its agents did.", title=run.title)
        self._undo.offer(words, partial(self._bring_back, run.id), partial(self._delete_aside, run))

    async def _bring_back(self, run_id: str) -> None:
        self._aside.discard(run_id)
        self.moved()

    async def _delete_aside(self, run: HarnessRun) -> None:
        try:
            await self.delete(run)
        finally:  # what could not be deleted is shown again
            self._aside.discard(run.id)

    async def delete(self, run: HarnessRun) -> None:
        """Delete a run for good, with the sessions of its agents. Raises SessionInUseError while it is worked on."""
        upkeep, sessions = await self._upkeep()
        await upkeep.delete_run(await self._engine(run), run.id, sessions)
        if self.queue is not None:
            self.queue.look_anew()

    async def prune(self, days: int) -> None:
        """Delete the runs that are done and were not used for so many days, and what their agents did.

        Runs of a shared database are not this person's alone, and stay. Raises StoreError.
        """
        if self.is_on_database or await in_thread(self.path.exists):
            upkeep, sessions = await self._upkeep()
            await upkeep.prune_runs(await self._engine(), days, sessions, with_runs=not self.is_on_database)

    async def _upkeep(self) -> tuple[Any, Path]:
        upkeep = await in_thread(importlib.import_module, "loom.orchestration.upkeep")
        durable = await in_thread(importlib.import_module, "loom.orchestration.durable")
        return upkeep, self._profile.folder / durable.SESSIONS

    async def report(self, run: HarnessRun, *, as_html: bool) -> str:
        """A run as a report, a page of HTML that needs nothing else or Markdown. Raises StoreError."""
        return await in_thread(_report, await self.told(run), as_html)

    @property
    def can_forget(self) -> bool:
        """Whether runs can be taken out of the journal: not where others share it."""
        return not self._database

    async def forget(self, run_id: str) -> None:
        """Take a run that nobody works on out of the journal, if it is there. Raises StoreError."""
        if self.can_forget and await in_thread(self.path.exists):
            engine: Any = await self._engine()
            await in_thread(engine.store.delete, run_id)

    async def aclose(self) -> None:
        """Close the journal, and let go of the queue."""
        await in_thread(self._elsewhere.close)
        if self.queue is not None:
            await self.queue.aclose()
        close, self._opened, self._close = self._close, None, None
        if close is not None:
            await close()

    async def _to_its_end(self, run_id: str, work: Awaitable[Any]) -> None:
        try:
            await work
        finally:
            self._live.pop(run_id, None)
            self.ended()

    async def _harness(
        self, engine: DurableEngine, run_id: str, details: dict[str, Any], profile: Profile | None = None
    ) -> AbstractAsyncContextManager[AgentHarness]:
        roles = await in_thread(importlib.import_module, "loom.roles")
        environment = self._keys.environment if self._keys is not None else None
        servers = await self._mcp.load() if self._mcp is not None else None
        self._live[run_id] = live = LiveWork()
        kept = profile or self._profile
        return roles.harness_of(
            engine, details, kept, environment=environment, run_id=run_id, watch=live.take_in, mcp=servers
        )

    async def _engine(self, run: HarnessRun | None = None) -> DurableEngine:
        """Where a run is kept; without one, where those that are begun here are."""
        if run is not None and run.kept_in and self.queue is not None:
            return await self.queue.engine()
        async with self._opening:
            if self._opened is None:
                if self._database is None:
                    self._database = await self.place.url() if self.place is not None else ""
                self._opened, self._close = await self._open(self._database)
            return self._opened

    async def _open(self, url: str) -> tuple[DurableEngine, Callable[[], Awaitable[None]]]:
        if url:
            opening = await in_thread(importlib.import_module, "loom.orchestration.opening")
            engine = await opening.open_database(url, "studio")
            return engine, engine.aclose
        engine, self.notices = await in_thread(_open_journal, self.path)
        return engine, partial(in_thread, engine.store.close)


def _open_journal(path: Path) -> tuple[Any, list[str]]:
    from loom.memory.sqlite_store import SQLiteStore
    from loom.orchestration.durable import LogEngine

    store = SQLiteStore(path)
    return LogEngine(store), [said(each) for each in store.notices]


def _listed(run: WorkRun, kept_in: str = "") -> HarnessRun:
    how = run.reason.replace("_", " ") or run.state
    return HarnessRun(
        run.id,
        run.brief,
        how,
        sum(name.startswith("end.") for name in run.steps),
        run.max_sprints,
        run.state == "running",
        run.state == "done",
        run.details,
        len(run.steps),
        _has_open_contract(run),
        run.owner,
        kept_in,
    )


def _has_open_contract(run: WorkRun) -> bool:
    """True if criteria were proposed last, and whoever works on the run waits for their approval."""
    if run.state != "running" or not run.details.get("approve_contract"):
        return False
    return bool(run.steps) and run.steps[-1].startswith("criteria.")


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
