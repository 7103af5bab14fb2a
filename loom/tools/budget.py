"""What a run may still use, and what part of that a sub-agent of it gets."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from loom.types.runs import Usage

BUDGET_SHARE: ContextVar[float] = ContextVar("BUDGET_SHARE", default=1.0)
"""The share, from 0 to 1, of what is left to the run whose tool works, for a run that is begun now."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a run's budget: model calls, tokens, US dollars, seconds; None where there is no limit."""

    steps: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    seconds: float | None = None

    def share(self, part: float) -> Left:
        """A part of it."""
        return Left(
            None if self.steps is None else int(self.steps * part),
            None if self.tokens is None else int(self.tokens * part),
            None if self.cost_usd is None else self.cost_usd * part,
            None if self.seconds is None else self.seconds * part,
        )


def no_limit() -> Left:
    """The budget of a caller that has none."""
    return Left()


def nobody_counts(_usage: Usage, _steps: int) -> None:
    """Count nothing: a caller without a budget."""
