"""The harness runs of the profile: their list, their sprints as they are recorded, and what a person says to them."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from loom.threads import in_thread
from loom.types.ids import generate_id

if TYPE_CHECKING:
    from loom.orchestration import AgentHarness
    from loom.orchestration.durable import DurableEngine, WorkRun
    from loom.safety.profile import Profile
    from loom.types.approvals import ApprovalRequest, Decision
    from loom_studio.services.keys import Keys

SprintState = Literal["waiting", "working", "passed", "failed", "accepted"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion in one sprint. `passed` is None where it was not judged; `confidence` is from 0 to 1."""

    text: str
    passed: bool | None = None
    evidence: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Sprint:
    """One sprint as far as it is recorded.

    `doing` says in words what happens now, while it does. `duration_s` is in seconds, None until the sprint ended;
    `cost_usd` is None where no price is known.
    """

    number: int
    state: SprintState
    criteria: tuple[Criterion, ...] = ()
    output: str = ""
    critique: str = ""
    doing: str = ""
    duration_s: float | None = None
    tokens: int = 0
    cost_usd: float | None = None
    accepted_by: str = ""

    @property
    def words(self) -> str:
        """The sprint in a line, such as `Sprint 2, failed, 3 of 5 criteria`."""
        how = f"accepted by {self.accepted_by}" if self.accepted_by else self.doing or self.state
        passed = sum(each.passed is True for each in self.criteria)
        return f"Sprint {self.number}, {how}, {passed} of {len(self.criteria)} criteria"


@dataclass(frozen=True, slots=True)
class HarnessRun:
    """A run in the list. `how` says in words how it stands; `ended` is the number of sprints that are done."""

    id: str
    brief: str
    how: str
    ended: int
    max_sprints: int
    is_running: bool
    is_done: bool
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    outcome: dict[str, Any] | None = None

    @property
    def words(self) -> str:
        """The run in a line."""
        first = next((line.strip() for line in self.brief.splitlines() if line.strip()), "(no brief)")
        return f"{self.how}, {self.ended} of {self.max_sprints} sprints · {first[:120]}"


class HarnessRuns:
    """The runs in the profile's journal, whoever started them; those that are started here work in this process.

    With a `database` (its URL; by default LOOM_DATABASE_URL) the journal is there, shared with workers of other
    machines. It is opened when it exists, in a thread. `notices` says what was wrong with it when it was opened, in
    sentences for the person.
    """

    def __init__(self, profile: Profile, keys: Keys | None = None, database: str | None = None) -> None:
        self.path = profile.folder / "harness.db"
        self.notices: list[str] = []
        self._profile = profile
        self._keys = keys
        self._database = os.environ.get("LOOM_DATABASE_URL", "") if database is None else database
        self._opened: DurableEngine | None = None
        self._close: Callable[[], Awaitable[None]] | None = None
        self._opening = asyncio.Lock()

    async def runs(self) -> list[HarnessRun]:
        """Every run, the last used first. Raises StoreError for a journal that can't be read."""
        if self._opened is None and not self._database and not await in_thread(self.path.exists):
            return []
        return [_listed(run) for run in await (await self._engine()).runs()]

    async def sprints(self, run: HarnessRun) -> list[Sprint]:
        """The sprints of a run, as far as they are recorded. Raises StoreError."""
        return fold(await (await self._engine()).results(run.id), run)

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
        run_id = generate_id()
        async with await self._harness(run_id, details) as harness:
            await harness.run(brief, run_id, details)

    async def resume(self, run: HarnessRun) -> None:
        """Go on with an interrupted run to its end. Raises as `work`, and SessionInUseError while another works."""
        async with await self._harness(run.id, run.details) as harness:
            await harness.resume(run.id)

    async def aclose(self) -> None:
        """Close the journal."""
        close, self._opened, self._close = self._close, None, None
        if close is not None:
            await close()

    async def _harness(self, run_id: str, details: dict[str, Any]) -> AbstractAsyncContextManager[AgentHarness]:
        roles = await in_thread(importlib.import_module, "loom.roles")
        environment = self._keys.environment if self._keys is not None else None
        engine = await self._engine()
        return roles.harness_of(engine, details, self._profile, environment=environment, run_id=run_id)

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


def fold(results: dict[str, dict[str, Any]], run: HarnessRun) -> list[Sprint]:
    """The sprints that the recorded steps of a run make."""
    done = {each["sprint"]: each for each in (run.outcome or {}).get("sprint_results", ())}
    sprints: list[Sprint] = []
    number = 1
    while f"criteria.{number}" in results:
        result = results.get(f"end.{number}", {}).get("result") or done.get(number)
        if result is not None:
            sprints.append(_ended(result))
        elif not results.get(f"contract.{number}", {}).get("refused"):
            sprints.append(_open(results, run, number))
        number += 1
    return sprints


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
        run.outcome,
    )


def _ended(result: dict[str, Any]) -> Sprint:
    usage, by = result["usage"], result["accepted_by"]
    return Sprint(
        result["sprint"],
        "accepted" if by else "passed" if result["passed"] else "failed",
        tuple(
            Criterion(each["criterion"], each["passed"], each["evidence"], each["confidence"])
            for each in result["verdicts"]
        ),
        result["output"],
        result["critique"],
        duration_s=result["duration_s"],
        tokens=usage["input_tokens"] + usage["output_tokens"],
        cost_usd=usage["cost_usd"],
        accepted_by=by,
    )


def _open(results: dict[str, dict[str, Any]], run: HarnessRun, number: int) -> Sprint:
    """A sprint that did not end."""
    contract, made = results.get(f"contract.{number}"), results.get(f"generate.{number}")
    if contract is None:
        asks = bool(run.details.get("approve_contract"))
        doing = "its contract waits for approval" if asks else "its contract is being agreed"
        criteria = _proposed(results, number)
    else:
        doing = "the generator works" if made is None else "the evaluator judges"
        criteria = tuple(contract["criteria"])
    ran = [results[name] for name in results if name.startswith(f"command.{number}.")]
    judged = tuple(Criterion(each["criterion"], each["passed"], each["evidence"], each["confidence"]) for each in ran)
    return Sprint(
        number,
        "waiting" if contract is None or not run.is_running else "working",
        (*(Criterion(each) for each in criteria), *judged),
        str((made or {}).get("output") or ""),
        doing=doing if run.is_running else "interrupted",
    )


def _proposed(results: dict[str, dict[str, Any]], number: int) -> tuple[str, ...]:
    from loom.orchestration.verdicts import read_criteria

    before = results.get(f"contract.{number - 1}", {}).get("criteria", ())
    return tuple(dict.fromkeys([*before, *read_criteria(str(results[f"criteria.{number}"].get("output") or ""))]))
