"""The estimate against real counts, of ten texts of each of six kinds.

Once as a real tokenizer (cl100k_base) counts them, and once as recorded traffic: six conversations with the embedded
model, each request and answer with the usage that the model itself gave.
"""

import json
import random
import sys
from pathlib import Path
from statistics import median

import pytest

from loom.context.ledger import TokenLedger
from loom.context.tokens import estimate_text
from loom.types.messages import Message
from loom.types.runs import Usage

FIGURES = json.loads((Path(__file__).parents[2] / "fixtures" / "token-figures.json").read_text(encoding="utf-8"))
TRAFFIC = json.loads((Path(__file__).parents[2] / "fixtures" / "local-traffic.json").read_text(encoding="utf-8"))
PER_MESSAGE = 4
RESPONSES = 5


def errors_of(kind: str) -> list[float]:
    """The share by which the context was misjudged before each request after the fifth response."""
    ledger, history, real = TokenLedger(), list[Message](), 0
    errors: list[float] = []
    for number, each in enumerate(FIGURES[kind]):
        history.append(Message("user", each["text"]))
        real += each["tokens"] + PER_MESSAGE
        guess = ledger.catch_up(history)
        if number >= RESPONSES:
            errors.append(abs(guess - real) / real)
        ledger.sending(history)
        ledger.anchor(Usage(real, 0), history)
    return errors


def test_there_are_six_kinds_of_text_with_real_counts() -> None:
    assert len(FIGURES) == 6
    assert all(len(texts) == 10 for texts in FIGURES.values())


@pytest.mark.parametrize("kind", list(FIGURES))
def test_after_five_responses_the_context_is_known_within_five_percent(kind: str) -> None:
    errors = errors_of(kind)
    assert len(errors) == 5
    assert median(errors) <= 0.05


def test_the_error_over_all_kinds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    by_kind = {kind: median(errors_of(kind)) for kind in FIGURES}
    with capsys.disabled():
        told = ", ".join(f"{kind} {error:.1%}" for kind, error in by_kind.items())
        sys.stdout.write(f"\nestimator, median error: {told}\n")
    assert median(error for kind in FIGURES for error in errors_of(kind)) <= 0.05


def test_a_sample_of_a_long_text_stands_for_all_of_it() -> None:
    text = "\n".join(each["text"] for each in FIGURES["python"])
    whole = estimate_text(text)
    assert abs(estimate_text(text * 20) - 20 * whole) < 0.1 * 20 * whole


def test_of_ascii_the_same_pieces_are_counted_as_of_all_letters() -> None:
    chance = random.Random(7)  # noqa: S311  texts, no secrets
    for _ in range(2_000):
        text = "".join(chance.choices("aaaaaaaaaZ00001!!-_\n\n \t\x1b\x1c\x7f", k=chance.randrange(80)))
        assert estimate_text(f"{text} é") == estimate_text(text) + 1, repr(text)


def errors_in_traffic(kind: str) -> list[float]:
    """The same, over a conversation that really took place."""
    ledger, history = TokenLedger(), list[Message]()
    errors: list[float] = []
    for number, turn in enumerate(TRAFFIC[kind]):
        history.append(Message("user", turn["text"]))
        ledger.sending(history)
        if number >= RESPONSES:
            errors.append(abs(ledger.tokens - turn["input_tokens"]) / turn["input_tokens"])
        history.append(Message("assistant", turn["answer"]))
        ledger.anchor(Usage(turn["input_tokens"], turn["output_tokens"]), history)
    return errors


@pytest.mark.parametrize("kind", TRAFFIC)
def test_after_five_answers_of_a_real_model_the_median_error_is_at_most_five_percent(kind: str) -> None:
    assert len(TRAFFIC[kind]) == 10
    assert median(errors_in_traffic(kind)) <= 0.05
