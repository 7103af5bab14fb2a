"""The pieces of work of a harness run as steps of its journal: done once, recorded with when and how long."""

from __future__ import annotations

import logging
import time
from copy import deepcopy
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, cast

from loom.errors import LoomError
from loom.orchestration.answers import asked_for
from loom.orchestration.durable import WORK_STEP, Journal
from loom.orchestration.subagent import Spawner, result_of
from loom.types.handoff import HandoffArtifact
from loom.types.results import CriterionVerdict, SprintContract, SprintResult, SubAgentResult
from loom.types.runs import Usage

log = logging.getLogger(__name__)


async def spawned(
    journal: Journal,
    step: str,
    manager: Spawner,
    goal: str,
    *,
    inherit_context: bool = True,
    answered_by: tuple[str, ...] = (),
) -> tuple[SubAgentResult, bool]:
    """What a sub-agent gave in a step, and whether that was recorded before.

    `answered_by` are tools that it may answer by (`loom.orchestration.answers`). `duration_s` is what the step took. A
    manager that raises has failed, as one that gives something else than a result.
    """

    async def work() -> dict[str, Any]:
        await journal.settled()
        began, clock = time.time(), time.monotonic()
        before = WORK_STEP.set(f"{journal.run_id}.{step}" if journal.engine is not None else "")
        try:
            with asked_for(*answered_by) as answering:
                result = result_of(await manager.spawn(goal, 0, inherit_context))
                result.answers = [*result.answers, *answering.given]
        except LoomError:
            raise
        except Exception as error:
            log.exception("What works in %s of the harness run %s broke", step, journal.run_id)
            result = SubAgentResult(False, None, 1, f"{type(error).__name__}: {error}")
        finally:
            WORK_STEP.reset(before)
        return {**_result_to_data(result), "at": began, "took_s": time.monotonic() - clock}

    data, is_known = await journal.step(step, work)
    return result_from_data(data), is_known


def result_from_data(data: dict[str, Any]) -> SubAgentResult:
    """A recorded result as a value."""
    return SubAgentResult(
        data["success"],
        data["output"],
        data["depth"],
        data["error"],
        Usage(**data["usage"]),
        data.get("took_s", data["duration_s"]),
        data.get("answers", []),
        data.get("trace", {}),
    )


def sprint_to_data(result: SprintResult) -> dict[str, Any]:
    """A sprint as plain data, without the diff, which its files' own step has."""
    return {**plain(result), "diff": ""}


def sprint_from_data(data: dict[str, Any]) -> SprintResult:
    """A recorded sprint as a value."""
    contract, handoff = SprintContract(**data["contract"]), data["handoff"]
    verdicts = [CriterionVerdict(**each) for each in data["verdicts"]]
    plain = {name: value for name, value in data.items() if name not in ("contract", "handoff", "verdicts", "usage")}
    return SprintResult(
        contract=contract,
        handoff=HandoffArtifact(**handoff) if handoff else None,
        verdicts=verdicts,
        usage=Usage(**data["usage"]),
        **plain,
    )


def _result_to_data(result: SubAgentResult) -> dict[str, Any]:
    """A result as plain data; its output as the text that is used of it."""
    return {**plain(result), "output": None if result.output is None else str(result.output)}


def plain(value: Any) -> Any:
    """A value as plain data that shares nothing with it; several times faster than `dataclasses.asdict`."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in cast("dict[str, Any]", value).items()}
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    return deepcopy(value)


@lru_cache(maxsize=64)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))
