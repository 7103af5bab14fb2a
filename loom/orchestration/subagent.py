"""Sub-agents: part of the work, in a context of its own, for a result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from loom.context.working import SUB_AGENT_DEPTH
from loom.errors import ConfigError
from loom.orchestration.trace import trace_of
from loom.tools.budget import BUDGET_SHARE
from loom.types.results import SubAgentResult
from loom.types.runs import RunResult, RunState

MAX_DEPTH_EXCEEDED = "MAX_DEPTH_EXCEEDED"
BRIEF_CHARS = 4000


class Spawner(Protocol):
    """Whatever can give a piece of work to an agent: generator, evaluator, planner."""

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        """What came of `goal`; a failure is a result, too."""
        ...


class SubAgentManager:
    """Gives work to `parent`: an Agent, or any object with an async `run(goal)`; each piece has a session of its own.

    No more than `max_parallel` pieces of a `spawn_many` are worked on at a time. Where a tool of a run gives the work,
    a piece gets `budget_share` (0 to 1) of what is left to that run, divided among those that work side by side, and
    what it uses counts as the run's. A piece is at least as deep as the run that gives it. `brief` is what a piece
    inherits where it inherits: a text, or a function that gives it when it is needed; what is longer than 4,000
    characters is cut.
    """

    def __init__(
        self,
        parent: Any,
        max_depth: int = 5,
        *,
        max_parallel: int = 8,
        timeout_s: float | None = None,
        brief: str | Callable[[], str] = "",
        budget_share: float = 1.0,
    ) -> None:
        if not 0 < budget_share <= 1:
            raise ConfigError(f"budget_share must be above 0 and at most 1, got {budget_share:g}")
        if max_parallel < 1:
            raise ConfigError(f"max_parallel must be 1 or more, got {max_parallel}")
        self.parent = parent
        self.max_depth = max_depth
        self.timeout_s = timeout_s
        self._brief = brief
        self._max_parallel = max_parallel
        self._budget_share = budget_share

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        """Have one piece of work done by an agent one level deeper than `depth`.

        Errors and time-outs are results; only cancellation is raised, and ends the work.
        """
        return await self._spawned(goal, depth, inherit_context, self._budget_share)

    async def _spawned(self, goal: str, depth: int, inherit_context: bool, share: float) -> SubAgentResult:
        depth = max(depth, SUB_AGENT_DEPTH.get())
        if depth >= self.max_depth:
            return SubAgentResult(False, None, depth, MAX_DEPTH_EXCEEDED)
        began = time.monotonic()
        above, shared = SUB_AGENT_DEPTH.set(depth + 1), BUDGET_SHARE.set(share)
        try:
            async with asyncio.timeout(self.timeout_s):
                answer = await self.parent.run(self._told(goal) if inherit_context else goal)
        except TimeoutError as error:
            said = str(error) or f"not done within {self.timeout_s:g} s" if self.timeout_s else "timeout"
            result = SubAgentResult(False, None, depth + 1, said)
        except Exception as error:  # noqa: BLE001  whatever a sub-agent does, its parent goes on
            result = SubAgentResult(False, None, depth + 1, str(error) or type(error).__name__)
        else:
            result = _result(answer, depth + 1)
        finally:
            SUB_AGENT_DEPTH.reset(above)
            BUDGET_SHARE.reset(shared)
        result.duration_s = time.monotonic() - began
        return result

    async def spawn_many(
        self, goals: Sequence[str], depth: int = 0, inherit_context: bool = True
    ) -> list[SubAgentResult]:
        """Have several pieces done side by side; the results stand in the order of the goals."""
        free = asyncio.Semaphore(self._max_parallel)
        share = self._budget_share / max(1, min(self._max_parallel, len(goals)))

        async def one(goal: str) -> SubAgentResult:
            async with free:
                return await self._spawned(goal, depth, inherit_context, share)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(goal), name="sub-agent") for goal in goals]
        return [task.result() for task in tasks]

    def _told(self, goal: str) -> str:
        brief = self._brief if isinstance(self._brief, str) else self._brief()
        if not brief.strip():
            return goal
        if len(brief) > BRIEF_CHARS:
            brief = f"{brief[:BRIEF_CHARS]}\n[… {len(brief) - BRIEF_CHARS:,} characters left out …]"
        return f"{goal}\n\n<brief>\nWhat the agent that gives you this work knows of it:\n{brief}\n</brief>"


def result_of(given: Any) -> SubAgentResult:
    """What a manager gave; of another kind, what there is to see of a result in it."""
    if isinstance(given, SubAgentResult):
        return given
    if not hasattr(given, "success") or not hasattr(given, "output"):
        return SubAgentResult(False, None, 1, f"It gave {type(given).__name__!r} instead of a SubAgentResult")
    error: Any = getattr(given, "error", None)
    return SubAgentResult(given.success is True, given.output, 1, None if error is None else str(error))


def _result(answer: Any, depth: int) -> SubAgentResult:
    if isinstance(answer, SubAgentResult):
        return answer
    if not isinstance(answer, RunResult):
        return SubAgentResult(True, getattr(answer, "output", answer), depth)
    trace = trace_of(answer)
    if answer.state is RunState.COMPLETED:
        return SubAgentResult(True, answer.output, depth, usage=answer.usage, trace=trace)
    why = answer.error["message"] if answer.error else f"the run ended as {answer.state.value}"
    return SubAgentResult(False, answer.output or None, depth, why, usage=answer.usage, trace=trace)
