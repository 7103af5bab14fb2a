"""Sprints: criteria are agreed, work is made, and each criterion is judged by somebody else, until all hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from loom.errors import ConfigError
from loom.orchestration import prompts
from loom.orchestration.bus import CoordinationEventBus, announce
from loom.orchestration.criteria import CommandCriterion
from loom.orchestration.durable import WORK_STEP, Journal
from loom.orchestration.subagent import Spawner
from loom.orchestration.verdicts import Verdict, read_criteria, read_verdict
from loom.types.results import CriterionVerdict, SprintContract, SprintResult, SubAgentResult
from loom.types.runs import Usage

SENDER = "gen_eval_loop"

Approve = Callable[[SprintContract], Awaitable[SprintContract | None]]


STOP, REMARK, CRITERION, ACCEPT, CONTRACT = "stop", "remark", "criterion", "accept", "contract"


class SprintControls:
    """What a person says while sprints run, on the loop that they run on; it counts at the next sprint.

    What is said from elsewhere goes through the engine (`DurableEngine.signal`), under the same names: stop, remark
    and criterion (`{"text"}`), accept (`{"by"}`); `approved_by_signal` takes a contract's approval there.
    """

    def __init__(self) -> None:
        self._said: list[tuple[str, dict[str, Any]]] = []

    def stop(self) -> None:
        """End after the sprint that runs."""
        self._said.append((STOP, {}))

    def remark(self, text: str) -> None:
        """Tell the generator something with the next sprint."""
        self._said.append((REMARK, {"text": text}))

    def add_criterion(self, text: str) -> None:
        """Have something judged from the next sprint on."""
        self._said.append((CRITERION, {"text": text}))

    def accept(self, by: str = "person") -> None:
        """Take the sprint that runs as it is, whatever the verdict; recorded as such."""
        self._said.append((ACCEPT, {"by": by}))

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """What was said since this was last called."""
        said, self._said = self._said, []
        return said


@dataclass
class _Heard:
    """What was said and not yet acted upon; `after` is the last signal that was taken in."""

    after: int = 0
    is_stopped: bool = False
    remarks: list[str] = field(default_factory=list[str])
    criteria: list[str] = field(default_factory=list[str])
    accepted_by: str = ""

    def take_in(self, kind: str, data: dict[str, Any]) -> None:
        if kind == STOP:
            self.is_stopped = True
        elif kind == REMARK:
            self.remarks.append(str(data["text"]))
        elif kind == CRITERION:
            self.criteria.append(str(data["text"]))
        elif kind == ACCEPT:
            self.accepted_by = str(data.get("by") or "person")


@dataclass
class GeneratorEvaluatorLoop:
    """Has `generator` work and `evaluator` judge; both are managers, or anything with an async `spawn(goal, …)`.

    Before each sprint the evaluator proposes criteria, which join those of the sprints before and the `criteria` that
    are given: none is dropped. `approve` gets the contract before work begins and gives it back, changed or not, or
    None, which ends the run. More `evaluators` judge too; `quorum` of all must pass a sprint (by default each).
    Commands among the criteria decide by their exit code. `patience` ends a run in which that many sprints in a row
    passed no more criteria than the best before; `max_tokens` and `max_cost_usd` are budgets for all sprints.

    With a `journal` each step is recorded, and running again with the same one goes on after the last of them.
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
    journal: Journal = field(default_factory=Journal)
    reason: str = ""
    """Why the last run ended: passed, accepted, max_sprints, no_progress, budget, cost_unknown or stopped."""
    _heard: _Heard = field(init=False, repr=False, default_factory=_Heard)

    def __post_init__(self) -> None:
        """Check the quorum."""
        judges = 1 + len(self.evaluators)
        if self.quorum is not None and not 1 <= self.quorum <= judges:
            raise ConfigError(f"quorum must be from 1 to {judges}, the number of evaluators, got {self.quorum}")

    async def run(self, goal: str, max_sprints: int = 5) -> list[SprintResult]:
        """Sprints until one passes or `max_sprints` were done; their results, in order. Cancelling ends the work."""
        self._heard = _Heard()
        results: list[SprintResult] = []
        given = [each for each in self.criteria if isinstance(each, str)]
        best, without_progress = -1, 0
        self.reason = "max_sprints"
        while len(results) < max_sprints:
            await self._hear(f"heard.{len(results) + 1}")
            if self._heard.is_stopped:
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
            if spent := self._spent(results):
                self.reason = spent
                break
            if self.patience is not None and without_progress >= self.patience:
                self.reason = "no_progress"
                break
        return results

    async def _contract(
        self, goal: str, sprint: int, given: list[str], before: list[SprintResult]
    ) -> SprintContract | None:
        commands = [each.words for each in self.criteria if isinstance(each, CommandCriterion)]
        asked = prompts.for_criteria(goal, given, before)
        proposed, is_known = await spawned(self.journal, f"criteria.{sprint}", self.evaluator, asked)
        found = read_criteria(str(proposed.output or "")) if proposed.success else []
        added, self._heard.criteria = self._heard.criteria, []
        judged = list(dict.fromkeys([*given, *found, *added]))
        if not judged and not commands:
            judged = [f"Output addresses the goal: {goal}"]
        contract = SprintContract(sprint, goal, judged, list(self.eval_tools))
        if not is_known:
            self._say("sprint.planned", sprint, {"goal": goal, "criteria": [*judged, *commands]})
        agreed, is_known = await self.journal.step(f"contract.{sprint}", lambda: self._agreed(contract))
        if agreed.get("refused"):
            return None
        contract = replace(contract, goal=agreed["goal"], criteria=agreed["criteria"])
        if not is_known:
            self._say("sprint.contract", sprint, {"goal": contract.goal, "criteria": [*contract.criteria, *commands]})
        return contract

    async def _agreed(self, contract: SprintContract) -> dict[str, Any]:
        agreed = contract if self.approve is None else await self.approve(contract)
        return {"refused": True} if agreed is None else {"goal": agreed.goal, "criteria": list(agreed.criteria)}

    async def _sprint(self, contract: SprintContract, before: list[SprintResult]) -> SprintResult:
        began = time.monotonic()
        number = contract.sprint
        remarks, self._heard.remarks = self._heard.remarks, []
        commands = [each for each in self.criteria if isinstance(each, CommandCriterion)]
        told = [*contract.criteria, *(each.words for each in commands)]

        async def begin() -> dict[str, Any]:
            self._say("sprint.started", number, {"goal": contract.goal})
            return {"at": time.time()}

        start, is_resumed = await self.journal.step(f"start.{number}", begin)
        asked = prompts.for_generator(replace(contract, criteria=told), before, remarks)
        made, _ = await spawned(self.journal, f"generate.{number}", self.generator, asked)
        output, usage = str(made.output or ""), made.usage
        if made.success:
            verdict, more = await self._judged(contract, commands, output)
            usage = usage + more
        else:
            output = f"[generator error] {made.error}"
            unjudged = [CriterionVerdict(each) for each in told]
            verdict = Verdict(False, f"The generator failed, so nothing was judged: {made.error}", unjudged)
        await self._hear(f"heard.{number}.after")
        by, self._heard.accepted_by = self._heard.accepted_by, ""
        result = SprintResult(
            number,
            verdict.passed or bool(by),
            output,
            verdict.critique,
            contract,
            verdicts=verdict.criteria,
            usage=usage,
            accepted_by="" if verdict.passed else by,
        )

        async def end() -> dict[str, Any]:
            result.duration_s = time.time() - start["at"] if is_resumed else time.monotonic() - began
            self._say_result(result)
            return {"duration_s": result.duration_s, "passed": result.passed, "result": asdict(result)}

        result.duration_s = (await self.journal.step(f"end.{number}", end))[0]["duration_s"]
        return result

    async def _judged(
        self, contract: SprintContract, commands: list[CommandCriterion], output: str
    ) -> tuple[Verdict, Usage]:
        """The verdict of all: commands first, then the evaluators side by side, each knowing what commands said."""
        sprint = contract.sprint
        ran = [await self._ran(f"command.{sprint}.{n}", each) for n, each in enumerate(commands, 1)]
        judges = [self.evaluator, *self.evaluators] if contract.criteria else []
        asked = prompts.for_verdict(contract, output, ran)
        answers = await asyncio.gather(
            *(
                spawned(self.journal, f"verdict.{sprint}.{n}", judge, asked, inherit_context=False)
                for n, judge in enumerate(judges, 1)
            )
        )
        verdicts = [_verdict_of(answer, contract.criteria) for answer, _ in answers]
        wanted = self.quorum or len(judges)
        has_passed = all(each.passed for each in ran) and sum(each.passed for each in verdicts) >= wanted
        critique = "\n\n".join(
            [
                *(f"{each.criterion} failed.\n{each.evidence}" for each in ran if not each.passed),
                *(each.critique for each in verdicts if each.critique and not (has_passed and not each.passed)),
            ]
        )
        criteria = [*_together(contract.criteria, verdicts, wanted), *ran]
        usage = sum((answer.usage for answer, _ in answers), Usage())
        return Verdict(has_passed, critique, criteria), usage

    async def _ran(self, step: str, command: CommandCriterion) -> CriterionVerdict:
        async def work() -> dict[str, Any]:
            await self.journal.settled()
            return asdict(await command.judge())

        return CriterionVerdict(**(await self.journal.step(step, work))[0])

    async def _hear(self, step: str) -> None:
        """Take in what was said since the last time, here or elsewhere."""

        async def work() -> dict[str, Any]:
            signals = await self.journal.signals(self._heard.after)
            said = [*self.controls.take(), *((signal.kind, signal.data) for signal in signals)]
            return {"after": signals[-1].n if signals else self._heard.after, "said": said}

        heard, _ = await self.journal.step(step, work)
        self._heard.after = heard["after"]
        for kind, data in heard["said"]:
            self._heard.take_in(kind, data)

    def _spent(self, results: Sequence[SprintResult]) -> str:
        """Why there is no budget for another sprint; empty while there is."""
        used = sum((each.usage for each in results), Usage())
        if self.max_tokens is not None and used.total_tokens >= self.max_tokens:
            return "budget"
        if self.max_cost_usd is None:
            return ""
        if used.cost_usd is None:  # what is not known can't be held to a budget
            return "cost_unknown" if used.total_tokens else ""
        return "budget" if used.cost_usd >= self.max_cost_usd else ""

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


async def spawned(
    journal: Journal, step: str, manager: Spawner, goal: str, *, inherit_context: bool = True
) -> tuple[SubAgentResult, bool]:
    """What a sub-agent gave in a step, and whether that was recorded before."""

    async def work() -> dict[str, Any]:
        await journal.settled()
        before = WORK_STEP.set(f"{journal.run_id}.{step}" if journal.engine is not None else "")
        try:
            return _result_to_data(await manager.spawn(goal, 0, inherit_context))
        finally:
            WORK_STEP.reset(before)

    data, is_known = await journal.step(step, work)
    return _result_from_data(data), is_known


def approved_by_signal(journal: Journal) -> Approve:
    """An `approve` that waits for the signal `contract`: `{"sprint", "criteria"}`, or `{"sprint", "refused": true}`."""

    async def approve(contract: SprintContract) -> SprintContract | None:
        said = await journal.wait(CONTRACT, lambda data: data.get("sprint") == contract.sprint)
        if said.get("refused"):
            return None
        return replace(contract, criteria=[str(each) for each in said.get("criteria", contract.criteria)])

    return approve


def _result_to_data(result: SubAgentResult) -> dict[str, Any]:
    """A result as plain data; its output as the text that is used of it."""
    return {**asdict(result), "output": None if result.output is None else str(result.output)}


def _result_from_data(data: dict[str, Any]) -> SubAgentResult:
    return SubAgentResult(
        data["success"], data["output"], data["depth"], data["error"], Usage(**data["usage"]), data["duration_s"]
    )


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
