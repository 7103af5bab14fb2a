"""Budgets as a person reads them."""

import pytest

from loom_studio.services.budget import Budget


@pytest.mark.parametrize(
    ("budget", "words", "share"),
    [
        (Budget("steps", 3, 100), "steps: 3 of 100", 0.03),
        (Budget("tokens", 12_540, 200_000), "tokens: 12,540 of 200,000", 0.0627),
        (Budget("cost", None, 2.0), "cost: not known of $2.00", 0.0),
        (Budget("cost", 0.0123, 2.0), "cost: $0.0123 of $2.00", 0.00615),
        (Budget("time", 75.2, 600), "time: 1 min 15 s of 10 min 00 s", 0.1253),
        (Budget("tokens", 300, 200), "tokens: 300 of 200", 1.0),
    ],
)
def test_a_budget_is_told_in_its_own_unit(budget: Budget, words: str, share: float) -> None:
    assert budget.words == words
    assert budget.share == pytest.approx(share, rel=1e-3)
