"""Figures of an agent over time, as in 0.7.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GROWTH_FROM = 0.15


@dataclass
class EvolutionMetrics:
    """How an agent did: shares of 0 to 1, the cost in whatever unit, and a count."""

    success_rate: float
    avg_cost: float
    skill_reuse_rate: float
    constraint_count: int


class EvolutionDashboard:
    """Figures in the order in which they were recorded."""

    def __init__(self) -> None:
        self.history: list[EvolutionMetrics] = []

    def record(self, metrics: EvolutionMetrics) -> None:
        """Add figures."""
        self.history.append(metrics)

    def analyze_growth(self) -> dict[str, Any]:
        """The last figures compared with the first; `{"growth": False}` for fewer than two."""
        if len(self.history) < 2:
            return {"growth": False}
        first, last = self.history[0], self.history[-1]
        return {
            "capability_growth": last.success_rate > first.success_rate + GROWTH_FROM,
            "success_delta": last.success_rate - first.success_rate,
            "cost_reduction": first.avg_cost - last.avg_cost,
            "skill_growth": last.skill_reuse_rate - first.skill_reuse_rate,
        }
