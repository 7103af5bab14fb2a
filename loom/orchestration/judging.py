"""The judgement of one sprint: commands first, then the evaluators, each in a context of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from loom.orchestration import prompts
from loom.orchestration.answers import CRITERIA, VERDICT
from loom.orchestration.criteria import CommandCriterion
from loom.orchestration.durable import Journal
from loom.orchestration.steps import spawned
from loom.orchestration.subagent import Spawner
from loom.orchestration.verdicts import Verdict, read_criteria, read_given, read_verdict
from loom.types.results import CriterionVerdict, SprintContract, SubAgentResult
from loom.types.runs import Usage


async def judge(
    journal: Journal,
    contract: SprintContract,
    output: str,
    commands: Sequence[CommandCriterion],
    evaluators: Sequence[Spawner],
    quorum: int | None,
) -> tuple[Verdict, Usage, float]:
    """The verdict of all, what the evaluators used, and how long it took, in seconds of work.

    The evaluators judge side by side, and each knows what commands said. Without criteria for them they are not asked.
    """
    sprint = contract.sprint
    ran, took_s = list[CriterionVerdict](), 0.0
    for number, command in enumerate(commands, 1):
        verdict, seconds = await _run(journal, f"command.{sprint}.{number}", command)
        ran.append(verdict)
        took_s += seconds
    judges = list(evaluators) if contract.criteria else []
    asked = prompts.for_verdict(contract, output, ran)
    answers = await asyncio.gather(
        *(
            spawned(journal, f"verdict.{sprint}.{n}", each, asked, inherit_context=False, answered_by=(VERDICT,))
            for n, each in enumerate(judges, 1)
        )
    )
    verdicts = [verdict_of(answer, contract.criteria) for answer, _ in answers]
    wanted = min(quorum or len(judges), len(judges))
    has_passed = all(each.passed for each in ran) and sum(each.passed for each in verdicts) >= wanted
    critique = "\n\n".join(
        [
            *(f"{each.criterion} failed.\n{each.evidence}" for each in ran if not each.passed),
            *(each.critique for each in verdicts if each.critique and not (has_passed and not each.passed)),
        ]
    )
    criteria = [*_together(contract.criteria, verdicts, wanted), *ran]
    usage = sum((answer.usage for answer, _ in answers), Usage())
    took_s += max((answer.duration_s for answer, _ in answers), default=0.0)
    return Verdict(has_passed and bool(criteria), critique, criteria), usage, took_s


def proposed_criteria(answer: SubAgentResult) -> list[str]:
    """The criteria that an evaluator proposes, by the tool or in words; none where it failed."""
    if not answer.success:
        return []
    given = [each for each in answer.answers if each.get("tool") == CRITERIA]
    if given:
        return read_criteria(given[-1]["criteria"])
    return read_criteria(str(answer.output or ""))


def verdict_of(answer: SubAgentResult, criteria: Sequence[str]) -> Verdict:
    """An evaluator's verdict, by the tool or in words; one that failed passes nothing."""
    if not answer.success:
        unjudged = [CriterionVerdict(each) for each in criteria]
        return Verdict(False, f"Evaluator error: {answer.error}", unjudged)
    given = [each for each in answer.answers if each.get("tool") == VERDICT]
    text = str(answer.output or "")
    return read_given(given, text, criteria) if given else read_verdict(text, criteria)


async def _run(journal: Journal, step: str, command: CommandCriterion) -> tuple[CriterionVerdict, float]:
    async def work() -> dict[str, Any]:
        await journal.settled()
        began, clock = time.time(), time.monotonic()
        verdict = await command.judge()
        return {**asdict(verdict), "at": began, "took_s": time.monotonic() - clock}

    data, _ = await journal.step(step, work)
    told = {name: value for name, value in data.items() if name not in ("at", "took_s")}
    return CriterionVerdict(**told), data.get("took_s", 0.0)


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
        placed = next((one for one in each if one.file), CriterionVerdict(""))
        together.append(
            CriterionVerdict(
                criterion,
                passed >= wanted if judged else None,
                "\n".join(one.evidence for one in each if one.evidence),
                min(sure) if sure else None,
                placed.file,
                placed.line,
            )
        )
    return together
