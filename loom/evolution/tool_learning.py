"""Which tools are reliable, and a hint for the agent where one is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from loom.config.agent import AgentConfig
from loom.evolution.observations import FAILED, Observation, labels_of
from loom.evolution.proposals import HINT, Change, Proposal
from loom.evolution.reliability import Reliability, reliability
from loom.evolution.strategies import FAILURES, EvolutionStrategy, feedback_of, keep_state, proposed, tool_of

LEAST_FAILURES = 3
GOOD_FROM = 0.8
REASON_CHARS = 160


class ToolLearningStrategy(EvolutionStrategy):
    """A tool is preferred from `success_threshold` on, after `min_examples` calls; one that mostly fails is not.

    Proposes a hint where at least three calls of one shape, of a tool or in all, failed and fewer than the threshold
    succeeded.
    """

    def __init__(self, success_threshold: float = 0.6, min_examples: int = 1) -> None:
        self.success_threshold = success_threshold
        self.min_examples = min_examples

    @override
    def apply(self, agent: Any) -> dict[str, Any]:
        feedback = feedback_of(agent)
        by_tool: dict[str, list[dict[str, Any]]] = {}
        for item in feedback:
            if tool := tool_of(item):
                by_tool.setdefault(tool, []).append(item)
        stats = {tool: _stats(items) for tool, items in by_tool.items()}
        enough = {tool: each for tool, each in stats.items() if each["calls"] >= self.min_examples}
        preferred = [tool for tool, each in enough.items() if each["success_rate"] >= self.success_threshold]
        preferred.sort(
            key=lambda tool: (
                -stats[tool]["success_rate"],
                -(stats[tool]["avg_score"] if stats[tool]["avg_score"] is not None else -1.0),
                -stats[tool]["calls"],
            )
        )
        learned: dict[str, Any] = {
            "preferred_tools": preferred,
            "discouraged_tools": sorted(tool for tool, each in enough.items() if each["failures"] > each["successes"]),
            "tool_stats": stats,
            "feedback_count": len(feedback),
        }
        return keep_state(agent, "tool_learning", learned)

    @override
    def propose(self, seen: Sequence[Observation], config: AgentConfig | None) -> list[Proposal]:
        made: list[Proposal] = []
        for row in reliability(seen):
            bad = next((shape for shape in row.shapes if self._is_bad(shape)), row if self._is_bad(row) else None)
            if bad is None:
                continue
            good = next((shape for shape in reversed(row.shapes) if _is_good(shape)), None) if bad.shape else None
            text = _hint(bad, good, labels_of([shape.shape for shape in row.shapes]))
            if config is not None and f"When you call {row.tool}" in config.instructions:
                continue  # a hint about it is there already
            failed = [each for each in seen if each.tool == row.tool and each.outcome == FAILED]
            if bad.shape:
                failed = [each for each in failed if each.shape == bad.shape]
            rate = bad.rate or 0.0
            why = f"{bad.failed} of {bad.ok + bad.failed} calls failed ({rate:.0%} succeeded)"
            change = Change(HINT, text, row.tool)
            made.append(proposed(seen, f"hint:{row.tool}", f"Tell the agent how {row.tool} fails", why, change, failed))
        return made

    def _is_bad(self, row: Reliability) -> bool:
        return row.failed >= LEAST_FAILURES and row.rate is not None and row.rate < self.success_threshold


def _is_good(row: Reliability) -> bool:
    return row.ok >= LEAST_FAILURES and (row.rate or 0.0) >= GOOD_FROM


def _hint(bad: Reliability, good: Reliability | None, labels: dict[str, str]) -> str:
    with_shape = f" {labels[bad.shape]}" if bad.shape else ""
    reason = f", most often with “{_short(bad.reasons[0])}”" if bad.reasons else ""
    ran = bad.ok + bad.failed
    text = f"When you call {bad.tool}{with_shape}: {bad.failed} of {ran} such calls failed{reason}."
    if good is None:
        return text
    how = labels[good.shape]
    return f"{text} {how[0].upper()}{how[1:]} it worked {good.ok} of {good.ok + good.failed} times."


def _short(reason: str) -> str:
    return reason if len(reason) <= REASON_CHARS else f"{reason[:REASON_CHARS]}…"


def _stats(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    scores = [float(item["score"]) for item in items if isinstance(item.get("score"), (int, float))]
    outcomes = [_succeeded(item) for item in items]
    counts = Counter(outcomes)
    return {
        "calls": len(items),
        "successes": counts[True],
        "failures": counts[False],
        "success_rate": counts[True] / len(items),
        "avg_score": sum(scores) / len(scores) if scores else None,
        "last_outcome": "success" if outcomes[-1] else "failure",
    }


def _succeeded(item: dict[str, Any]) -> bool:
    if "success" in item:
        return bool(item["success"])
    kind = str(item.get("type", "")).lower()
    if item.get("is_error") is True or kind in FAILURES:
        return False
    score = item.get("score")
    if kind in ("success", "completed") or not isinstance(score, (int, float)):
        return True
    return score >= 0.5
