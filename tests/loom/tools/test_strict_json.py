"""What a model may write as arguments: one JSON object, once, and not without end."""

import time

import pytest

from loom.types.strict_json import MAX_CHARS, MAX_DEPTH, canonical, check_depth, parse_object


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ("[1]", "must be a JSON object, got an array"),
        ('"text"', "must be a JSON object, got a string"),
        ("{", "not valid JSON"),
        ('{"a": "\\ud800"}', "half a surrogate pair"),
        ('{"a": ' + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1) + "}", "nested deeper than 64"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 64"),
        ('{"a": "' + "x" * MAX_CHARS + '"}', "the limit is 1,000,000"),
    ],
)
def test_what_two_readers_could_read_differently_or_never_end_is_refused_at_once(text: str, said: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=said):
        parse_object(text)
    assert time.process_time() - began < 1


def test_what_is_just_allowed_is_read_as_it_is() -> None:
    deep = '{"a": ' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    check_depth(parse_object(deep))
    long = "x" * (MAX_CHARS - 20)
    assert parse_object(f'{{"a": "{long}"}}') == {"a": long}
    assert parse_object("  ") == {}
    assert parse_object('{"pair": "\\ud83d\\ude00"}') == {"pair": "😀"}


def test_the_canonical_form_is_the_same_for_the_same_value() -> None:
    assert canonical({"b": 1, "a": "ä"}) == canonical({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'.encode()
