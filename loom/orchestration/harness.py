"""The harness: a brief becomes a specification, and then work that is judged until it passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loom.orchestration import prompts
from loom.orchestration.bus import CoordinationEventBus, announce
from loom.orchestration.criteria import CommandCriterion
from loom.orchestration.sprints import Approve, GeneratorEvaluatorLoop, SprintControls
from loom.orchestration.subagent import Spawner
from loom.types.results import HarnessResult
from loom.types.runs import Usage

SENDER = "harness"


@dataclass
class AgentHarness:
    """Plans with `planner`, makes with `generator`, judges with `evaluator`; each is a manager of sub-agents.

    Without a planner the brief is the specification, without an evaluator the generator works once and nothing is
    judged. The other fields are those of `GeneratorEvaluatorLoop`.
    """

    generator: Spawner
    evaluator: Spawner | None = None
    planner: Spawner | None = None
    max_sprints: int = 5
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

    async def run(self, brief: str) -> HarnessResult:
        """Do what the brief asks; failures are in the result. Cancelling ends the work."""
        spec, planning = await self._spec(brief)
        result = await (self._once(spec) if self.evaluator is None else self._judged(spec, self.evaluator))
        result.usage = result.usage + planning
        payload = {
            "passed": result.passed,
            "sprints": result.sprints,
            "reason": result.reason,
            "critique": result.critique,
        }
        announce(self.event_bus, SENDER, "harness.completed", str(result.sprints), payload)
        return result

    async def _spec(self, brief: str) -> tuple[str, Usage]:
        """The planner's specification; the brief itself where there is no planner, or it failed."""
        if self.planner is None:
            return brief, Usage()
        planned = await self.planner.spawn(prompts.for_plan(brief))
        text = str(planned.output or "").strip()
        return (text if planned.success and text else brief), planned.usage

    async def _once(self, spec: str) -> HarnessResult:
        made = await self.generator.spawn(spec)
        if made.success:
            return HarnessResult(spec, str(made.output or ""), True, 1, "", reason="single_shot", usage=made.usage)
        return HarnessResult(spec, f"[error] {made.error}", False, 1, "", reason="failed", usage=made.usage)

    async def _judged(self, spec: str, evaluator: Spawner) -> HarnessResult:
        loop = GeneratorEvaluatorLoop(
            self.generator,
            evaluator,
            self.event_bus,
            self.evaluators,
            self.quorum,
            self.criteria,
            self.eval_tools,
            self.approve,
            self.patience,
            self.max_tokens,
            self.max_cost_usd,
            self.controls,
        )
        results = await loop.run(spec, self.max_sprints)
        usage = sum((each.usage for each in results), Usage())
        if not results:
            return HarnessResult(spec, "", False, 0, "", reason=loop.reason, usage=usage)
        last = results[-1]
        return HarnessResult(spec, last.output, last.passed, len(results), last.critique, results, loop.reason, usage)
