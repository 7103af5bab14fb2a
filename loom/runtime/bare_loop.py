"""The loop L* over functions of one's own, for programs that have no model: reason → act → observe → Δ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from loom.types.loop import Dashboard, LoopResult, LoopState

T = TypeVar("T")

INSIDE = (LoopState.REASON, LoopState.ACT, LoopState.OBSERVE, LoopState.DELTA)


@dataclass
class LoopConfig:
    """Where a loop ends: after so many turns, `d_max` agents deep, or with a context as full as `rho_threshold`."""

    max_iterations: int = 100
    d_max: int = 5
    rho_threshold: float = 1.0


class AgentLoop:
    """Goes round until the goal is reached, a limit is, or somebody else has to act. An agent's runs have their own."""

    def __init__(self, config: LoopConfig) -> None:
        self.config = config

    def run(
        self,
        goal: str,
        context: T,
        reason_fn: Callable[[str, T], Any],
        act_fn: Callable[[Any], Any],
        observe_fn: Callable[[T, Any], T],
        delta_fn: Callable[[T], LoopState | LoopResult],
    ) -> dict[str, Any]:
        """Turn by turn: what to do, doing it, the context with what came of it, and the state that follows.

        `status` of what this gives is the value of the state that ended it (`goal_reached`; `renew` and `decompose`
        are the caller's to do), `failed` for a result with an error, `max_iterations` or `max_depth`. Beside it are
        the last `context`, `iterations`, `output` and `error`. A context whose `working` is a Dashboard says how full
        and how deep it is. What the functions raise passes through.
        """
        for iteration in range(1, self.config.max_iterations + 1):
            context = observe_fn(context, act_fn(reason_fn(goal, context)))
            told = delta_fn(context)
            result = told if isinstance(told, LoopResult) else LoopResult(told)
            status = self._status(result, getattr(context, "working", None))
            if status:
                return _outcome(status, context, iteration, result)
        return _outcome("max_iterations", context, self.config.max_iterations, LoopResult(LoopState.REASON))

    def _status(self, result: LoopResult, working: Any) -> str:
        """How the loop ends with a turn's result; empty where it goes on."""
        here = working if isinstance(working, Dashboard) else Dashboard()
        if result.error is not None:
            return "failed"
        if result.state is LoopState.DECOMPOSE and here.depth >= self.config.d_max:
            return "max_depth"
        if result.state not in INSIDE or not result.should_continue:
            return result.state.value
        return LoopState.RENEW.value if here.rho >= self.config.rho_threshold else ""


def _outcome(status: str, context: Any, iterations: int, result: LoopResult) -> dict[str, Any]:
    return {
        "status": status,
        "context": context,
        "iterations": iterations,
        "output": result.output,
        "error": result.error,
    }
