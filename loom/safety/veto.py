"""Safety rules applied: whatever goes wrong while asking one is a veto."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loom.config.safety import SafetyEvaluator, SafetyRule
from loom.deadline import Overdue, within
from loom.foreign import awaited, called
from loom.safety.veto_match import RuleMatch, match_of_veto
from loom.threads import in_thread

EVALUATOR_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Veto:
    """A call that a rule forbids, the rule's reason, and what of the arguments it is about, where that can be said."""

    rule: str
    reason: str
    match: RuleMatch | None = None


async def find_veto(rules: Sequence[SafetyRule], tool_name: str, arguments: dict[str, Any]) -> Veto | None:
    """The veto of the first rule that forbids the call; None if none does.

    A rule whose evaluator raises, hangs (over 5 seconds) or answers anything but True or False forbids the call.
    """
    for rule in rules:
        found = rule.conditions_match(tool_name, arguments)
        if found is False or (found is None and rule.evaluator is None):
            continue
        if rule.evaluator is None:
            return Veto(rule.name, rule.reason, await in_thread(match_of_veto, rule, arguments))
        problem = await _ask(rule.evaluator, tool_name, arguments)
        if problem is not None:
            return Veto(rule.name, rule.reason + problem, await in_thread(match_of_veto, rule, arguments))
    return None


async def _ask(evaluator: SafetyEvaluator, tool_name: str, arguments: dict[str, Any]) -> str | None:
    """None if the evaluator says False; what to add to the rule's reason otherwise."""
    try:
        answer = await within(EVALUATOR_TIMEOUT_S, _answer(evaluator.handler, tool_name, arguments))
    except Overdue:
        return f" (its evaluator gave no answer in {EVALUATOR_TIMEOUT_S:g} s)"
    except Exception as error:  # noqa: BLE001  a rule that can't be asked forbids
        return f" (its evaluator failed: {type(error).__name__}: {error})"
    if answer is True:
        return ""
    return None if answer is False else f" (its evaluator answered {answer!r}, neither True nor False)"


async def _answer(handler: Callable[..., Any], tool_name: str, arguments: dict[str, Any]) -> Any:
    if _is_async(handler):
        return await awaited(handler(tool_name, arguments))
    answer = await in_thread(called, handler, tool_name, arguments)
    return await awaited(answer) if inspect.isawaitable(answer) else answer


def _is_async(handler: Any) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004
