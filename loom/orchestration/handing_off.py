"""The handoff of a sprint: what the next one has to know, and nothing that was only said on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loom.types.handoff import HandoffArtifact
from loom.types.results import SprintResult

SUMMARY_CHARS = 1_500
EVIDENCE_CHARS = 300


def handoff_after(
    result: SprintResult, before: Sequence[SprintResult], renewed: dict[str, Any] | None
) -> HandoffArtifact:
    """The handoff after a sprint. `renewed` is that of the generator's own last renewal, if its window was renewed.

    Every criterion that does not hold is an open task, with its evidence; the files that were made are the artifacts.
    """
    passed = [each.criterion for each in result.verdicts if each.passed is True]
    artifacts: dict[str, str] = {}
    for each in (*before, result):
        artifacts |= {str(file["path"]): f"{file['what']} in sprint {each.sprint}" for file in each.artifacts}
    counted = f"{len(passed)} of {len(result.verdicts)} criteria hold after sprint {result.sprint}."
    summary = [counted, *(f"Holds: {each}" for each in passed), "What the generator said last:", result.output]
    known = renewed or {}
    return HandoffArtifact(
        goal=result.contract.goal,
        sprint=result.sprint,
        progress_summary=_cut("\n".join(summary), SUMMARY_CHARS + len(counted)),
        produced_artifacts=artifacts,
        open_tasks=[
            f"{each.criterion} ({'failed' if each.passed is False else 'not judged'})"
            + (f": {_cut(each.evidence, EVIDENCE_CHARS)}" if each.evidence else "")
            for each in result.verdicts
            if each.passed is not True
        ],
        context_snapshot={
            "passed": result.passed,
            "tokens": result.usage.total_tokens,
            "checkpoint": result.checkpoint,
        },
        decisions=[
            *(str(each) for each in known.get("decisions", ())),
            *(f"No longer judged: {each}" for each in result.contract.dropped),
            *([f"{result.accepted_by} accepted sprint {result.sprint} as it is"] if result.accepted_by else []),
        ],
        risks=[str(each) for each in known.get("risks", ())],
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
