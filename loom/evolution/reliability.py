"""How reliable tools are: calls and outcomes by tool, and by the shape of the arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from loom.evolution.observations import FAILED, OK, REFUSED, UNKNOWN, Observation


@dataclass(frozen=True, slots=True)
class Reliability:
    """The calls of one tool, or of one shape of its arguments.

    `rate` is the share of those that ran which succeeded, None if none ran; `reasons` are the words of failures and
    refusals, the most frequent first. `median_ms` is of those that succeeded, 0 for none.
    """

    tool: str
    shape: str
    calls: int
    ok: int
    failed: int
    refused: int
    unknown: int
    median_ms: float
    reasons: tuple[str, ...] = ()
    shapes: tuple[Reliability, ...] = field(default=())

    @property
    def rate(self) -> float | None:
        """Of the calls that ran and ended, how many succeeded."""
        ran = self.ok + self.failed
        return self.ok / ran if ran else None


def reliability(observations: Iterable[Observation]) -> list[Reliability]:
    """A row for each tool with its shapes, the least reliable first."""
    by_tool: dict[str, list[Observation]] = {}
    for each in observations:
        by_tool.setdefault(each.tool, []).append(each)
    rows = [_row(tool, "", seen, _shapes(tool, seen)) for tool, seen in by_tool.items()]
    return sorted(rows, key=lambda row: (row.rate if row.rate is not None else 2.0, -row.calls, row.tool))


def _shapes(tool: str, seen: Sequence[Observation]) -> tuple[Reliability, ...]:
    by_shape: dict[str, list[Observation]] = {}
    for each in seen:
        by_shape.setdefault(each.shape, []).append(each)
    rows = [_row(tool, shape, those, ()) for shape, those in by_shape.items()]
    return tuple(sorted(rows, key=lambda row: (row.rate if row.rate is not None else 2.0, -row.calls, row.shape)))


def _row(tool: str, shape: str, seen: Sequence[Observation], shapes: tuple[Reliability, ...]) -> Reliability:
    outcomes = Counter(each.outcome for each in seen)
    reasons = Counter(each.reason for each in seen if each.reason and each.outcome != OK)
    took = [each.duration_ms for each in seen if each.outcome == OK]
    return Reliability(
        tool,
        shape,
        len(seen),
        outcomes[OK],
        outcomes[FAILED],
        outcomes[REFUSED],
        outcomes[UNKNOWN],
        median(took) if took else 0.0,
        tuple(reason for reason, _ in reasons.most_common(3)),
        shapes,
    )
