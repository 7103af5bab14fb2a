"""Vetoes compare generously."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.config import SafetyRule
from loom.config.matching import begins_with, contains, fold, same


@pytest.mark.parametrize(
    ("actual", "prefix"),
    [
        ("/etc/passwd", "/etc"),
        (" /etc/x", "/etc"),
        ("//etc", "/etc"),
        ("/tmp/../etc/x", "/etc"),
        ("/./etc", "/etc"),
        ("\\etc", "/etc"),
    ],
)
def test_a_forbidden_path_is_found_however_it_is_written(actual: str, prefix: str) -> None:
    assert begins_with(actual, prefix)


@pytest.mark.parametrize("actual", ["rm  -rf /", "RM -RF /", "rm\t-rf", "x; rm -rf /", "rm\u00a0-rf", "r\u200bm -rf"])
def test_a_forbidden_part_is_found_in_any_spelling(actual: str) -> None:
    assert contains(actual, "rm -rf")


def test_values_are_compared_as_what_they_say() -> None:
    assert same(["staging", "Production"], "production")
    assert same(True, True)
    assert same("TRUE", True)
    assert same(1, 1.0)
    assert not same("staging", "production")
    assert contains({"cmd": ["rm", "-rf"]}, "rm -rf")


def test_a_rule_without_conditions_never_matches() -> None:
    assert not SafetyRule("empty", "r").matches("anything", {})


def test_conditions_are_anded() -> None:
    rule = SafetyRule("r", "x", ["run"], arg_equals={"env": "prod"}, arg_contains_any={"cmd": ["rm", "dd"]})
    assert rule.matches("run", {"env": "prod", "cmd": "rm x"})
    assert not rule.matches("run", {"env": "dev", "cmd": "rm x"})
    assert not rule.matches("run", {"env": "prod", "cmd": "ls"})
    assert not rule.matches("other", {"env": "prod", "cmd": "rm x"})


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(
    st.text(alphabet="abc xyz", min_size=1, max_size=12),
    st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e"]),
    st.integers(0, 12),
)
def test_an_invisible_character_changes_nothing(text: str, hidden: str, at: int) -> None:
    assert same(text[:at] + hidden + text[at:], text.upper())
