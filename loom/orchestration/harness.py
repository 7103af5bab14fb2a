"""The harness: a brief becomes a specification, and then work that is judged until it passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields
from typing import Any

from loom.errors import ConfigError, WorkCancelledError
from loom.orchestration import prompts
from loom.orchestration.bus import CoordinationEventBus
from loom.orchestration.durable import DurableEngine, Journal, brief_of
from loom.orchestration.signals import approved_by_signal
from loom.orchestration.sprints import GeneratorEvaluatorLoop, SprintOptions
from loom.orchestration.steps import plain, spawned
from loom.orchestration.subagent import Spawner
from loom.orchestration.telling import STREAM, tell
from loom.runtime.feed import RunFeed
from loom.runtime.tasks import TaskOwner
from loom.types.events import RunEvent
from loom.types.ids import generate_id
from loom.types.results import HarnessResult
from loom.types.runs import Usage

SENDER = "harness"


@dataclass
class AgentHarness(SprintOptions):
    """Plans with `planner`, makes with `generator`, judges with `evaluator`; each is a manager of sub-agents.

    Without a planner the brief is the specification, without an evaluator the generator works once and nothing is
    judged.

    `waits_for_approval` has each contract wait for the signal that approves it, instead of for `approve`.

    With an `engine` each step is recorded. `resume` goes on with a run whose process ended, and gives what it would
    have given.
    """

    generator: Spawner
    evaluator: Spawner | None = None
    planner: Spawner | None = None
    max_sprints: int = 5
    event_bus: CoordinationEventBus | None = None
    engine: DurableEngine | None = field(default=None, kw_only=True)
    waits_for_approval: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Check that an approval by signal can come."""
        if self.waits_for_approval and self.engine is None:
            raise ConfigError("waits_for_approval needs an engine: its signals carry the approval")

    async def run(self, brief: str, run_id: str = "", details: dict[str, Any] | None = None) -> HarnessResult:
        """Do what the brief asks; failures are in the result. Cancelling ends the work.

        `run_id` is what `resume` wants to know, with an engine; `details` is kept with the run, for whoever lists it.
        Raises StoreError where steps can't be recorded.
        """
        journal = Journal(self.engine, run_id or generate_id())
        if self.engine is None:
            return await self._done(brief, journal)
        data = {"brief": brief, "max_sprints": self.max_sprints, "details": details or {}}
        started = await self.engine.start(journal.run_id, data)
        try:
            result = await self._done(brief_of(started), journal)
        except WorkCancelledError:
            result = await self._cancelled(self.engine, brief_of(started), journal.run_id)
        except BaseException:
            await self.engine.leave(journal.run_id)
            raise
        await self.engine.finish(journal.run_id, _outcome(result))
        return result

    async def stream(
        self, brief: str, run_id: str = "", details: dict[str, Any] | None = None
    ) -> AsyncIterator[RunEvent]:
        """`run`, as its events as they happen: `sprint.*`, and `harness.completed` as the last.

        Leaving early cancels the work. Raises as `run`.
        """
        feed, tasks = RunFeed(run_id or generate_id()), TaskOwner()
        work = tasks.start(self._into(feed, brief, details), name=f"harness run {feed.run_id}")
        try:
            async for event in feed.read():
                yield event
            failure = await work
            if failure is not None:
                raise failure
        finally:
            await tasks.aclose()

    async def _into(self, feed: RunFeed, brief: str, details: dict[str, Any] | None) -> Exception | None:
        STREAM.set(feed)
        try:
            await self.run(brief, feed.run_id, details)
        except Exception as error:  # noqa: BLE001  raised where the stream is read
            return error
        finally:
            feed.close()
        return None

    async def resume(self, run_id: str) -> HarnessResult:
        """Go on with a run after its last recorded step; its brief is the one that it began with.

        Raises ConfigError for an unknown run, SessionInUseError while somebody works on it.
        """
        if self.engine is None or await self.engine.run(run_id) is None:
            raise ConfigError(f"There is no harness run {run_id!r} to go on with")
        return await self.run("", run_id)

    async def _cancelled(self, engine: DurableEngine, brief: str, run_id: str) -> HarnessResult:
        """The result of a run that somebody ended: the sprints that are done are in the journal."""
        sprints = sum(name.startswith("end.") for name in await engine.results(run_id))
        self._say_end(False, sprints, "cancelled", "")
        return HarnessResult(brief, "", False, sprints, "", reason="cancelled")

    def _say_end(self, passed: bool, sprints: int, reason: str, critique: str) -> None:
        payload: dict[str, Any] = {"passed": passed, "sprints": sprints, "reason": reason, "critique": critique}
        tell(self.event_bus, SENDER, "harness.completed", str(sprints), payload)

    async def _done(self, brief: str, journal: Journal) -> HarnessResult:
        spec, planning = await self._spec(brief, journal)
        result = await (
            self._once(spec, journal) if self.evaluator is None else self._judged(spec, self.evaluator, journal)
        )
        result.usage = result.usage + planning
        self._say_end(result.passed, result.sprints, result.reason, result.critique)
        return result

    async def _spec(self, brief: str, journal: Journal) -> tuple[str, Usage]:
        """The planner's specification; the brief itself where there is no planner, or it failed."""
        if self.planner is None:
            return brief, Usage()
        planned, _ = await spawned(journal, "plan", self.planner, prompts.for_plan(brief))
        text = str(planned.output or "").strip()
        return (text if planned.success and text else brief), planned.usage

    async def _once(self, spec: str, journal: Journal) -> HarnessResult:
        made, _ = await spawned(journal, "generate", self.generator, spec)
        if made.success:
            return HarnessResult(spec, str(made.output or ""), True, 1, "", reason="single_shot", usage=made.usage)
        return HarnessResult(spec, f"[error] {made.error}", False, 1, "", reason="failed", usage=made.usage)

    async def _judged(self, spec: str, evaluator: Spawner, journal: Journal) -> HarnessResult:
        options: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(SprintOptions)}
        if self.waits_for_approval:
            options["approve"] = approved_by_signal(journal)
        loop = GeneratorEvaluatorLoop(self.generator, evaluator, self.event_bus, journal=journal, **options)
        results = await loop.run(spec, self.max_sprints)
        usage = sum((each.usage for each in results), Usage())
        if not results:
            return HarnessResult(spec, "", False, 0, "", reason=loop.reason, usage=usage)
        last = next((each for each in results if each.passed), results[-1])
        return HarnessResult(spec, last.output, last.passed, len(results), last.critique, results, loop.reason, usage)


def _outcome(result: HarnessResult) -> dict[str, Any]:
    """The result as plain data, without the diffs, which the steps of the files have."""
    outcome = plain(result)
    for each in outcome["sprint_results"]:
        each["diff"] = ""
    return outcome
