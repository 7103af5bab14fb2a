"""Sprints: criteria are agreed, work is made, and each criterion is judged by somebody else, until all hold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loom.errors import ConfigError
from loom.orchestration import prompts
from loom.orchestration.answers import CRITERIA, engine_of, offer_answers
from loom.orchestration.bus import CoordinationEventBus
from loom.orchestration.criteria import CommandCriterion
from loom.orchestration.durable import Journal
from loom.orchestration.handing_off import handoff_after
from loom.orchestration.judging import judge, proposed_criteria
from loom.orchestration.signals import Approve, Heard, SprintControls
from loom.orchestration.sprint_files import SprintFiles
from loom.orchestration.steps import plain, spawned, sprint_from_data, sprint_to_data
from loom.orchestration.subagent import Spawner
from loom.orchestration.telling import tell
from loom.orchestration.verdicts import Verdict
from loom.types.results import CriterionVerdict, SprintContract, SprintResult
from loom.types.runs import Usage

SENDER = "gen_eval_loop"


@dataclass(kw_only=True)
class SprintOptions:
    """How sprints are agreed upon, judged, watched and ended.

    Before each sprint the evaluator proposes criteria, which join those of the sprints before and the `criteria` that
    are given: none is dropped but by `approve`, which gets the contract before work begins and gives it back, changed
    or not, or None, which ends the run; what it drops is recorded. More `evaluators` judge too; `quorum` of all must
    pass a sprint (by default each). `eval_tools` are tools that each of them must have and is told to judge with.
    Commands among the criteria decide by their exit code. `patience` ends a run in which that many sprints in a row
    passed no more criteria than the best before; `max_tokens` and `max_cost_usd` are budgets for all sprints. With
    `files`, what each sprint made of the workspace is kept and compared.
    """

    evaluators: Sequence[Spawner] = ()
    quorum: int | None = None
    criteria: Sequence[str | CommandCriterion] = ()
    eval_tools: Sequence[str] = ()
    approve: Approve | None = None
    patience: int | None = None
    max_tokens: int | None = None
    max_cost_usd: float | None = None
    controls: SprintControls = field(default_factory=SprintControls)
    files: SprintFiles | None = None


@dataclass
class GeneratorEvaluatorLoop(SprintOptions):
    """Has `generator` work and `evaluator` judge; both are managers, or anything with an async `spawn(goal, …)`.

    With a `journal` each step is recorded, and running again with the same one goes on after the last of them.
    """

    generator: Spawner
    evaluator: Spawner
    event_bus: CoordinationEventBus | None = None
    journal: Journal = field(default_factory=Journal, kw_only=True)
    reason: str = field(default="", kw_only=True)
    """Why the last run ended: passed, accepted, max_sprints, no_progress, budget, cost_unknown or stopped."""
    _heard: Heard = field(init=False, repr=False, default_factory=Heard)
    _looks: list[str] = field(init=False, repr=False, default_factory=list[str])
    _has_just_heard: bool = field(init=False, repr=False, default=False)
    """Nothing that takes time was done since the signals were read."""

    def __post_init__(self) -> None:
        """Check the quorum, and that the evaluators have the tools that they are to judge with."""
        judges = self._judges
        if self.quorum is not None and not 1 <= self.quorum <= len(judges):
            raise ConfigError(f"quorum must be from 1 to {len(judges)}, the number of evaluators, got {self.quorum}")
        for each in judges:
            engine = engine_of(each)
            missing = [] if engine is None else [name for name in self.eval_tools if name not in engine.tools]
            if missing:
                raise ConfigError(f"eval_tools: the evaluator has no tool {missing[0]!r}; give it to its agent")
            offer_answers(each)

    async def run(self, goal: str, max_sprints: int = 5) -> list[SprintResult]:
        """Sprints until one passes or `max_sprints` were done; their results, in order. Cancelling ends the work."""
        self._heard, self._looks, self._has_just_heard = Heard(), [], False
        results: list[SprintResult] = []
        given = [each for each in self.criteria if isinstance(each, str)]
        best, without_progress = -1, 0
        self.reason = "max_sprints"
        await self._look(0)
        while len(results) < max_sprints:
            await self._hear(f"heard.{len(results) + 1}", again=not self._has_just_heard)
            if await self._take_accepted(results):
                break
            contract = None if self._heard.is_stopped else await self._contract(goal, len(results) + 1, given, results)
            if contract is None:
                self.reason = "stopped"
                break
            given = contract.criteria
            result = await self._sprint(contract, results)
            results.append(result)
            if result.passed:
                self.reason = "accepted" if result.accepted_by else "passed"
                break
            if await self._take_accepted(results):
                break
            passed = sum(each.passed is True for each in result.verdicts)
            without_progress = 0 if passed > best else without_progress + 1
            best = max(best, passed)
            if spent := self._spent(results):
                self.reason = spent
                break
            if self.patience is not None and without_progress >= self.patience:
                self.reason = "no_progress"
                break
        return results

    @property
    def _judges(self) -> list[Spawner]:
        return [self.evaluator, *self.evaluators]

    @property
    def _commands(self) -> list[CommandCriterion]:
        return [each for each in self.criteria if isinstance(each, CommandCriterion)]

    async def _contract(
        self, goal: str, sprint: int, given: list[str], before: list[SprintResult]
    ) -> SprintContract | None:
        commands = [each.words for each in self._commands]
        asked = prompts.for_criteria(goal, given, before)
        proposed, is_known = await spawned(
            self.journal, f"criteria.{sprint}", self.evaluator, asked, answered_by=(CRITERIA,)
        )
        added, self._heard.criteria = self._heard.criteria, []
        judged = list(dict.fromkeys([*given, *proposed_criteria(proposed), *added]))
        if not judged and not commands:
            judged = [_about(goal)]
        contract = SprintContract(sprint, goal, judged, list(self.eval_tools))
        if not is_known:
            self._say("sprint.planned", sprint, {"goal": goal, "criteria": [*judged, *commands]})
        agreed, is_known = await self.journal.step(f"contract.{sprint}", lambda: self._agreed(contract))
        if agreed.get("refused"):
            return None
        contract = replace(
            contract, goal=agreed["goal"], criteria=agreed["criteria"], dropped=agreed.get("dropped", [])
        )
        if not is_known:
            told: dict[str, object] = {
                "goal": contract.goal,
                "criteria": [*contract.criteria, *commands],
                "dropped": contract.dropped,
            }
            self._say("sprint.contract", sprint, told)
        return contract

    async def _agreed(self, contract: SprintContract) -> dict[str, Any]:
        agreed = contract if self.approve is None else await self.approve(contract)
        if agreed is None:
            return {"refused": True, "at": time.time()}
        criteria = list(dict.fromkeys(each for each in agreed.criteria if each.strip()))
        if not criteria and not self._commands:  # what nothing judges would pass
            criteria = [_about(agreed.goal)]
        dropped = [each for each in contract.criteria if each not in criteria]
        return {"goal": agreed.goal, "criteria": criteria, "dropped": dropped, "at": time.time()}

    async def _sprint(self, contract: SprintContract, before: list[SprintResult]) -> SprintResult:
        number = contract.sprint
        remarks, self._heard.remarks = self._heard.remarks, []
        told = [*contract.criteria, *(each.words for each in self._commands)]

        async def begin() -> dict[str, Any]:
            self._say("sprint.started", number, {"goal": contract.goal})
            return {"at": time.time()}

        _, was_begun = await self.journal.step(f"start.{number}", begin)
        asked = prompts.for_generator(replace(contract, criteria=told), before, remarks, was_begun=was_begun)
        made, _ = await spawned(self.journal, f"generate.{number}", self.generator, asked)
        output, usage, took_s = str(made.output or ""), made.usage, made.duration_s
        looked = await self._look(number)
        if made.success:
            verdict, more, judging_s = await judge(
                self.journal, contract, output, self._commands, self._judges, self.quorum
            )
            usage, took_s = usage + more, took_s + judging_s
        else:
            output = f"[generator error] {made.error}"
            unjudged = [CriterionVerdict(each) for each in told]
            verdict = Verdict(False, f"The generator failed, so nothing was judged: {made.error}", unjudged)
        await self._hear(f"heard.{number}.after")
        by = self._heard.accepted.pop(0, "") or self._heard.accepted.pop(number, "")
        result = SprintResult(
            number,
            verdict.passed or bool(by),
            output,
            verdict.critique,
            contract,
            verdicts=verdict.criteria,
            usage=usage,
            duration_s=took_s,
            accepted_by="" if verdict.passed else by,
            artifacts=looked.get("files", []),
            checkpoint=looked.get("checkpoint", ""),
        )
        result.handoff = handoff_after(result, before, made.trace.get("handoff"))

        async def end() -> dict[str, Any]:
            self._say_result(result)
            return {
                "duration_s": result.duration_s,
                "passed": result.passed,
                "result": sprint_to_data(result),
                "at": time.time(),
            }

        ended, is_known = await self.journal.step(f"end.{number}", end)
        # A journal of an earlier version has less in it than there is to know now.
        kept = sprint_from_data(ended["result"]) if is_known and "checkpoint" in ended.get("result", {}) else result
        return replace(kept, diff=looked.get("diff", ""))

    async def _look(self, number: int) -> dict[str, Any]:
        """The files after a sprint (0: before the first), against those after the one before."""
        if self.files is None:
            return {}
        files, earlier = self.files, list(self._looks)
        looked, _ = await self.journal.step(f"files.{number}", lambda: files.look(self.journal.run_id, earlier))
        self._looks.append(looked["checkpoint"])
        return looked

    async def _hear(self, step: str, *, again: bool = True) -> None:
        """Take in what was said since the last time, here or elsewhere; not `again`, only here."""

        async def work() -> dict[str, Any]:
            signals = await self.journal.signals(self._heard.after) if again else []
            said = [*self.controls.take(), *((signal.kind, signal.data) for signal in signals)]
            return {"after": signals[-1].n if signals else self._heard.after, "said": said}

        heard, is_known = await self.journal.step(step, work)
        self._has_just_heard = again and not is_known
        self._heard.after = heard["after"]
        for kind, data in heard["said"]:
            self._heard.take_in(kind, data)

    async def _take_accepted(self, results: list[SprintResult]) -> bool:
        """Whether somebody took a sprint that had failed: it has passed then, and the run is over."""
        taken = next((each for each in results if self._heard.accepted.get(each.sprint)), None)
        if taken is None:
            return False
        taken.passed, taken.accepted_by = True, self._heard.accepted.pop(taken.sprint)

        async def overrule() -> dict[str, Any]:
            self._say_ended(taken)
            return {"by": taken.accepted_by, "at": time.time()}

        await self.journal.step(f"overruled.{taken.sprint}", overrule)
        self.reason = "accepted"
        return True

    def _spent(self, results: Sequence[SprintResult]) -> str:
        """Why there is no budget for another sprint; empty while there is."""
        if self.max_tokens is None and self.max_cost_usd is None:
            return ""
        used = sum((each.usage for each in results), Usage())
        if self.max_tokens is not None and used.total_tokens >= self.max_tokens:
            return "budget"
        if self.max_cost_usd is None:
            return ""
        if used.cost_usd is None:  # what is not known can't be held to a budget
            return "cost_unknown" if used.total_tokens else ""
        return "budget" if used.cost_usd >= self.max_cost_usd else ""

    def _say(self, topic: str, sprint: int, payload: dict[str, object]) -> None:
        tell(self.event_bus, SENDER, topic, str(sprint), {"sprint": sprint, **payload})

    def _say_result(self, result: SprintResult) -> None:
        for number, each in enumerate(result.verdicts, 1):
            payload: dict[str, Any] = {"sprint": result.sprint, **plain(each)}
            tell(self.event_bus, SENDER, "sprint.criterion", f"{result.sprint}.{number}", payload)
        self._say_ended(result)

    def _say_ended(self, result: SprintResult) -> None:
        topic = "sprint.passed" if result.passed else "sprint.failed"
        payload: dict[str, object] = {"passed": result.passed, "critique": result.critique}
        if result.accepted_by:
            payload["accepted_by"] = result.accepted_by
        self._say(topic, result.sprint, payload)


def _about(goal: str) -> str:
    return f"Output addresses the goal: {goal}"
