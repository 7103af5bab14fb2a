"""Sprints: criteria are agreed, work is made, and each criterion is judged by somebody else, until all hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from loom.errors import ConfigError
from loom.orchestration import prompts
from loom.orchestration.bus import CoordinationEventBus, announce
from loom.orchestration.criteria import CommandCriterion
from loom.orchestration.subagent import Spawner
from loom.orchestration.verdicts import Verdict, read_criteria, read_verdict
from loom.types.results import CriterionVerdict, SprintContract, SprintResult, SubAgentResult
from loom.types.runs import Usage

SENDER = "gen_eval_loop"

Approve = Callable[[SprintContract], Awaitable[SprintContract | None]]


class SprintControls:
    """What a person says while sprints run, from the thread of their loop. What is said counts at the next sprint."""

    def __init__(self) -> None:
        self.is_stopped = False
        self._remarks: list[str] = []
        self._added: list[str] = []
        self._accepted_by = ""

    def stop(self) -> None:
        """End after the sprint that runs."""
        self.is_stopped = True

    def remark(self, text: str) -> None:
        """Tell the generator something with the next sprint."""
        self._remarks.append(text)

    def add_criterion(self, text: str) -> None:
        """Have something judged from the next sprint on."""
        self._added.append(text)

    def accept(self, by: str = "person") -> None:
        """Take the sprint that runs or ran last as it is, whatever the verdict; recorded as such."""
        self._accepted_by = by

    def take_remarks(self) -> list[str]:
        """The remarks since this was last called."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def take_criteria(self) -> list[str]:
        """The criteria that were added since this was last called."""
        added, self._added = self._added, []
        return added

    def take_acceptance(self) -> str:
        """Who accepted the sprint; empty for nobody."""
        by, self._accepted_by = self._accepted_by, ""
        return by


@dataclass
class GeneratorEvaluatorLoop:
    """Has `generator` work and `evaluator` judge; both are managers, or anything with an async `spawn(goal, …)`.

    Before each sprint the evaluator proposes criteria, which join those of the sprints before and the `criteria` that
    are given: none is dropped. `approve` gets the contract before work begins and gives it back, changed or not, or
    None, which ends the run. More `evaluators` judge too; `quorum` of all must pass a sprint (by default each).
    Commands among the criteria decide by their exit code. `patience` ends a run in which that many sprints in a row
    passed no more criteria than the best before; `max_tokens` and `max_cost_usd` are budgets for all sprints.
    """

    generator: Spawner
    evaluator: Spawner
    event_bus: CoordinationEventBus | None = None
    evaluators: Sequence[Spawner] = ()
    quorum: int | None = None
    criteria: Sequence[str | CommandCriterion] = ()
    eval_tools: Sequence[str] = ()
    approve: Approve | None = None
    patience: int | None = None
    max_tokens: int | None = None
    max_cost_usd: float | None = None
    controls: SprintControls = field(default_factory=SprintControls)
    reason: str = ""
    """Why the last run ended: passed, accepted, max_sprints, no_progress, budget, stopped or failed."""

    def __post_init__(self) -> None:
        """Check the quorum."""
        judges = 1 + len(self.evaluators)
        if self.quorum is not None and not 1 <= self.quorum <= judges:
            raise ConfigError(f"quorum must be from 1 to {judges}, the number of evaluators, got {self.quorum}")

    async def run(self, goal: str, max_sprints: int = 5) -> list[SprintResult]:
        """Sprints until one passes or `max_sprints` were done; their results, in order. Cancelling ends the work."""
        results: list[SprintResult] = []
        given = [each for each in self.criteria if isinstance(each, str)]
        best, without_progress = -1, 0
        self.reason = "max_sprints"
        while len(results) < max_sprints:
            if self.controls.is_stopped:
                self.reason = "stopped"
                break
            contract = await self._contract(goal, len(results) + 1, given, results)
            if contract is None:
                self.reason = "stopped"
                break
            given = contract.criteria
            result = await self._sprint(contract, results)
            results.append(result)
            if result.passed:
                self.reason = "accepted" if result.accepted_by else "passed"
                break
            passed = sum(each.passed is True for each in result.verdicts)
            without_progress = 0 if passed > best else without_progress + 1
            best = max(best, passed)
            if self._is_spent(results):
                self.reason = "budget"
                break
            if self.patience is not None and without_progress >= self.patience:
                self.reason = "no_progress"
                break
        return results

    async def _contract(
        self, goal: str, sprint: int, given: list[str], before: list[SprintResult]
    ) -> SprintContract | None:
        commands = [each.words for each in self.criteria if isinstance(each, CommandCriterion)]
        proposed = await self.evaluator.spawn(prompts.for_criteria(goal, given, before))
        found = read_criteria(str(proposed.output or "")) if proposed.success else []
        judged = list(dict.fromkeys([*given, *found, *self.controls.take_criteria()]))
        if not judged and not commands:
            judged = [f"Output addresses the goal: {goal}"]
        contract = SprintContract(sprint, goal, judged, list(self.eval_tools))
        self._say("sprint.planned", sprint, {"goal": goal, "criteria": [*judged, *commands]})
        if self.approve is not None:
            agreed = await self.approve(contract)
            if agreed is None:
                return None
            contract = replace(agreed, sprint=sprint)
        self._say("sprint.contract", sprint, {"goal": contract.goal, "criteria": [*contract.criteria, *commands]})
        return contract

    async def _sprint(self, contract: SprintContract, before: list[SprintResult]) -> SprintResult:
        began = time.monotonic()
        self._say("sprint.started", contract.sprint, {"goal": contract.goal})
        remarks = self.controls.take_remarks()
        commands = [each for each in self.criteria if isinstance(each, CommandCriterion)]
        told = [*contract.criteria, *(each.words for each in commands)]
        made = await self.generator.spawn(prompts.for_generator(replace(contract, criteria=told), before, remarks))
        output, usage = str(made.output or ""), made.usage
        if made.success:
            verdict, more = await self._judged(contract, commands, output)
            usage = usage + more
        else:
            output = f"[generator error] {made.error}"
            unjudged = [CriterionVerdict(each) for each in told]
            verdict = Verdict(False, f"The generator failed, so nothing was judged: {made.error}", unjudged)
        by = self.controls.take_acceptance()
        result = SprintResult(
            contract.sprint,
            verdict.passed or bool(by),
            output,
            verdict.critique,
            contract,
            verdicts=verdict.criteria,
            usage=usage,
            duration_s=time.monotonic() - began,
            accepted_by="" if verdict.passed else by,
        )
        self._say_result(result)
        return result

    async def _judged(
        self, contract: SprintContract, commands: list[CommandCriterion], output: str
    ) -> tuple[Verdict, Usage]:
        """The verdict of all: commands first, then the evaluators side by side, each knowing what commands said."""
        ran = [await command.judge() for command in commands]
        judges = [self.evaluator, *self.evaluators] if contract.criteria else []
        asked = prompts.for_verdict(contract, output, ran)
        answers = await asyncio.gather(*(judge.spawn(asked, 0, False) for judge in judges))
        verdicts = [_verdict_of(answer, contract.criteria) for answer in answers]
        wanted = self.quorum or len(judges)
        has_passed = all(each.passed for each in ran) and sum(each.passed for each in verdicts) >= wanted
        if not judges:
            has_passed = all(each.passed for each in ran)
        critique = "\n\n".join(
            [
                *(f"{each.criterion} failed.\n{each.evidence}" for each in ran if not each.passed),
                *(each.critique for each in verdicts if each.critique and not (has_passed and not each.passed)),
            ]
        )
        criteria = [*_together(contract.criteria, verdicts, wanted), *ran]
        usage = sum((answer.usage for answer in answers), Usage())
        return Verdict(has_passed, critique, criteria), usage

    def _is_spent(self, results: Sequence[SprintResult]) -> bool:
        used = sum((each.usage for each in results), Usage())
        if self.max_tokens is not None and used.total_tokens >= self.max_tokens:
            return True
        return self.max_cost_usd is not None and (used.cost_usd or 0.0) >= self.max_cost_usd

    def _say(self, topic: str, sprint: int, payload: dict[str, object]) -> None:
        announce(self.event_bus, SENDER, topic, str(sprint), {"sprint": sprint, **payload})

    def _say_result(self, result: SprintResult) -> None:
        for number, each in enumerate(result.verdicts, 1):
            announce(
                self.event_bus,
                SENDER,
                "sprint.criterion",
                f"{result.sprint}.{number}",
                {
                    "sprint": result.sprint,
                    "criterion": each.criterion,
                    "passed": each.passed,
                    "evidence": each.evidence,
                    "confidence": each.confidence,
                },
            )
        topic = "sprint.passed" if result.passed else "sprint.failed"
        payload: dict[str, object] = {"passed": result.passed, "critique": result.critique}
        if result.accepted_by:
            payload["accepted_by"] = result.accepted_by
        self._say(topic, result.sprint, payload)


def _verdict_of(answer: SubAgentResult, criteria: Sequence[str]) -> Verdict:
    if not answer.success:
        unjudged = [CriterionVerdict(each) for each in criteria]
        return Verdict(False, f"Evaluator error: {answer.error}", unjudged)
    return read_verdict(str(answer.output or ""), criteria)


def _together(criteria: Sequence[str], verdicts: Sequence[Verdict], wanted: int) -> list[CriterionVerdict]:
    """Each criterion's verdict over all evaluators: passed where as many as are wanted say so."""
    if len(verdicts) == 1:
        return list(verdicts[0].criteria)
    together: list[CriterionVerdict] = []
    for number, criterion in enumerate(criteria):
        each = [verdict.criteria[number] for verdict in verdicts]
        passed = sum(one.passed is True for one in each)
        judged = any(one.passed is not None for one in each)
        sure = [one.confidence for one in each if one.confidence is not None]
        together.append(
            CriterionVerdict(
                criterion,
                passed >= wanted if judged else None,
                "\n".join(one.evidence for one in each if one.evidence),
                min(sure) if sure else None,
            )
        )
    return together
