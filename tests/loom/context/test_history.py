"""Histories: every call keeps its result, and a smaller history is still a valid one."""

from hypothesis import given
from hypothesis import strategies as st

from loom.context.ledger import TokenLedger
from loom.context.pairs import is_valid, repair
from loom.context.tokens import estimate_messages, estimate_text
from loom.context.window import ContextManager
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


def test_long_results_are_made_short_before_turns_are_forgotten() -> None:
    history = [
        Message("user", "read it"),
        Message("assistant", "", [ToolCall("1", "read", {})]),
        Message("tool", "line\n" * 20_000, [], "1"),
        Message("assistant", "I read it."),
        Message("user", "and now?"),
    ]
    manager = ContextManager(40_000, history=list(history))
    smaller = manager.compress("reactive")
    assert len(smaller.messages) == 5
    assert "characters left out" in smaller.messages[2].text
    assert smaller.tokens_after < smaller.tokens_before / 2
    assert list(manager.cut.values()) == [history[2].text]


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
    assert ledger.catch_up(history[:1]) == estimate_messages(history[:1])
    ledger.sending(history[:1])
    ledger.anchor(Usage(100, 20), history)
    assert ledger.tokens == 120
    assert not ledger.is_estimated
    history.append(Message("user", "more"))
    assert ledger.catch_up(history) == 120 + estimate_messages(history[2:])
    assert ledger.is_estimated


def test_the_parts_are_all_of_it() -> None:
    ledger = TokenLedger()
    history = [Message("user", "hello there, what is new?" * 9)]
    ledger.set_fixed({"system": 333, "working": 17, "memory": 0, "skill": 5})
    ledger.sending(history)
    ledger.anchor(Usage(977, 1), history)
    assert list(ledger.by_partition()) == ["system", "working", "memory", "skill", "history"]
    assert sum(ledger.by_partition().values()) == ledger.tokens == 978


def test_a_count_of_a_history_that_was_changed_meanwhile_is_not_taken() -> None:
    ledger = TokenLedger()
    history = [Message("user", "a long word " * 500)]
    ledger.sending(history)
    ledger.restart(history[:0])
    ledger.anchor(Usage(100_000, 20), [])
    assert ledger.tokens == 0


def test_one_odd_count_does_not_move_the_factor_far() -> None:
    ledger = TokenLedger()
    history: list[Message] = []
    real = 0
    for round_ in range(9):
        history.append(Message("user", "some words of a text " * 100))
        real += estimate_messages(history[-1:]) * (40 if round_ == 4 else 1.3)
        ledger.sending(history)
        ledger.anchor(Usage(round(real), 0), history)
    assert 1.28 < ledger.factor < 1.32
