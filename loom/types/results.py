"""What comes of delegated and judged work: a sub-agent's result, a sprint's contract and verdicts, a harness run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from loom.types.handoff import HandoffArtifact
from loom.types.runs import Usage


@dataclass
class SubAgentResult:
    """How a sub-agent ended. `output` is what it said; `error` says why there is none, where it failed.

    `depth` is the sub-agent's own, counted from the first agent, which has 0. `duration_s` is in seconds. `answers` are
    what it gave by a tool that asked for an answer (`{"tool", …}`); `trace` is what its run went through
    (`loom.orchestration.trace`).
    """

    success: bool
    output: Any
    depth: int
    error: str | None = None
    usage: Usage = field(default_factory=Usage)
    duration_s: float = 0.0
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    trace: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class SprintContract:
    """What was agreed before a sprint: the goal, and the criteria by which its work will be judged, one by one.

    `eval_tools` names the tools that an evaluator is to judge with. `dropped` are criteria that stood or were proposed,
    and that whoever approved the contract took out.
    """

    sprint: int
    goal: str
    criteria: list[str]
    eval_tools: list[str] = field(default_factory=list[str])
    dropped: list[str] = field(default_factory=list[str])


@dataclass
class CriterionVerdict:
    """The judgement of one criterion. `passed` is None where it was not judged; `confidence` is from 0 to 1.

    `file` and `line` (from 1) say where the evidence is, where the evaluator named a place.
    """

    criterion: str
    passed: bool | None = None
    evidence: str = ""
    confidence: float | None = None
    file: str = ""
    line: int | None = None


@dataclass
class SprintResult:
    """One sprint: what was agreed, what was made, and how each criterion was judged.

    `accepted_by` names who took the work although it failed; `passed` is then True. `duration_s` is in seconds, of
    work: what lay between an interruption and its resumption does not count. `usage` is the generator's and the
    evaluators' together. Where a workspace is looked at, `artifacts` are the files that are not as the sprint before
    left them (`{path, what, added_lines, removed_lines}`), `diff` the difference as text, `checkpoint` the name under
    which all files are kept (`CheckpointStore.load`). `handoff` is what the next sprint begins with.
    """

    sprint: int
    passed: bool
    output: str
    critique: str
    contract: SprintContract
    handoff: HandoffArtifact | None = None
    verdicts: list[CriterionVerdict] = field(default_factory=list[CriterionVerdict])
    usage: Usage = field(default_factory=Usage)
    duration_s: float = 0.0
    accepted_by: str = ""
    artifacts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    diff: str = ""
    checkpoint: str = ""


@dataclass
class HarnessResult:
    """A whole harness run. `spec` is the planner's, or the brief where there is none.

    `reason` says why it ended: passed, accepted, max_sprints, no_progress, budget, cost_unknown (a budget
    in money, and a model without a known price), stopped, cancelled, failed, or single_shot.
    """

    spec: str
    output: str
    passed: bool
    sprints: int
    critique: str
    sprint_results: list[SprintResult] = field(default_factory=list[SprintResult])
    reason: str = ""
    usage: Usage = field(default_factory=Usage)
