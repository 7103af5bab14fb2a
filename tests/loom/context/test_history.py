"""Histories: every call keeps its result, and a smaller history is still a valid one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.context import compaction
from loom.context.compaction import compact
from loom.context.ledger import TokenLedger
from loom.context.pairs import is_valid, repair
from loom.context.tokens import estimate_message, estimate_text
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage

CALLS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True).map(
    lambda ids: [ToolCall(i, "tool", {}) for i in ids]
)
MESSAGES = st.one_of(
    st.builds(Message, st.just("user"), st.text(max_size=20)),
    st.builds(Message, st.just("assistant"), st.text(max_size=20), CALLS),
    st.builds(Message, st.just("tool"), st.text(max_size=900), st.just([]), st.sampled_from(["a", "b", "c", "x"])),
)
HISTORIES = st.lists(MESSAGES, max_size=20)


@given(HISTORIES)
def test_any_history_is_valid_after_repair_and_repairing_again_changes_nothing(history: list[Message]) -> None:
    repaired = repair(history)
    assert is_valid(repaired)
    assert repair(repaired) == repaired


@given(HISTORIES)
def test_a_valid_history_is_left_as_it_is(history: list[Message]) -> None:
    if is_valid(history):
        assert repair(history) == history


@given(HISTORIES)
def test_compaction_keeps_pairs_and_the_last_user_message(history: list[Message]) -> None:
    valid = repair([*history, Message("user", "the question")])
    smaller = compact(valid)
    assert is_valid(smaller.messages)
    assert smaller.messages[-1] == valid[-1]


def test_compaction_counts_each_message_a_few_times_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Message] = []

    def counting(message: Message) -> int:
        counted.append(message)
        return estimate_message(message)

    monkeypatch.setattr(compaction, "estimate_message", counting)
    history = [Message("user" if n % 2 == 0 else "assistant", f"message {n}") for n in range(2_001)]
    smaller = compact(history)
    assert len(smaller.messages) < 1_100
    assert smaller.tokens_after == sum(map(estimate_message, smaller.messages))
    assert len(counted) < 2 * len(history)


def test_compaction_makes_long_results_short_before_it_forgets_turns() -> None:
    history = [
        Message("user", "read it"),
        Message("assistant", "", [ToolCall("1", "read", {})]),
        Message("tool", "line\n" * 20_000, [], "1"),
        Message("assistant", "I read it."),
        Message("user", "and now?"),
    ]
    smaller = compact(history)
    assert len(smaller.messages) == 5
    assert "characters left out" in smaller.messages[2].text
    assert smaller.tokens_after < smaller.tokens_before / 2


def test_estimates_are_near_real_counts_for_every_script() -> None:
    # Counted once with o200k: these are the real numbers.
    english = "The quick brown fox jumps over the lazy dog. It was a sunny day in the mountains."
    chinese = "今天天气很好，我们去公园散步吧。"
    assert 15 <= estimate_text(english) <= 23
    assert 9 <= estimate_text(chinese) <= 16
    assert estimate_text("") == 0


def test_the_ledger_counts_only_what_is_new() -> None:
    ledger = TokenLedger()
    history = [Message("user", "hello there"), Message("assistant", "hi")]
    assert ledger.catch_up(history) == sum(map(estimate_message, history))
    ledger.anchor(Usage(100, 20), history)
    assert not ledger.is_estimated
    history.append(Message("user", "more"))
    assert ledger.catch_up(history) == 120 + sum(map(estimate_message, history[2:]))
    assert ledger.is_estimated
