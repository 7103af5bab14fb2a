"""One limit of a run, and what is spent of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from loom_studio.texts import marked, tr

MINUTE_S = 60
BudgetName = Literal["steps", "tokens", "cost", "time"]
WORDS: dict[BudgetName, str] = {
    "steps": marked("steps: {spent} of {limit}"),
    "tokens": marked("tokens: {spent} of {limit}"),
    "cost": marked("cost: {spent} of {limit}"),
    "time": marked("time: {spent} of {limit}"),
}


class Budget(NamedTuple):
    """`spent` of `limit`: model calls, tokens, US dollars or seconds. A cost that is not known is None."""

    name: BudgetName
    spent: float | None
    limit: float

    @property
    def share(self) -> float:
        """How much of it is spent, from 0 to 1; 0 where that is not known."""
        return min(1.0, self.spent / self.limit) if self.spent is not None and self.limit else 0.0

    @property
    def words(self) -> str:
        """The budget as a person reads it."""
        spent = tr("not known") if self.spent is None else self._amount(self.spent)
        return tr(WORDS[self.name], spent=spent, limit=self._amount(self.limit))

    def _amount(self, number: float) -> str:
        if self.name == "cost":
            return f"${number:,.2f}" if number == 0 or number >= 1 else f"${number:.4f}"
        if self.name == "time":
            minutes, seconds = divmod(round(number), MINUTE_S)
            if not minutes:
                return tr("{seconds} s", seconds=seconds)
            return tr("{minutes} min {seconds:02} s", minutes=minutes, seconds=seconds)
        return f"{number:,.0f}"
