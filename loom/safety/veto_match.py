"""Which part of which argument a rule is about, for the person who reads why a call was refused. It decides nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from loom.config.matching import begins_with, contains, fold, same
from loom.config.permissions import RulePattern
from loom.config.safety import SafetyRule
from loom.safety.redaction import redact
from loom.safety.rules import main_argument

AROUND_CHARS = 80
LONGEST_CHARS = 20_000
"""In a longer text only its beginning is looked through, since each look folds what it looks at."""

Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A piece of an argument with its surroundings, secrets hidden; `text[start:end]` is what matched.

    `argument` is the argument's name, with the item of a list: `argv[2]`.
    """

    argument: str
    text: str
    start: int
    end: int

    @property
    def matched(self) -> str:
        """What matched."""
        return self.text[self.start : self.end]


def match_of_veto(rule: SafetyRule, arguments: dict[str, Any]) -> RuleMatch | None:
    """What a safety rule found in the arguments; None where it is about the tool, or a function decided. Slow."""
    for name, test in _tests(rule):
        for place, text in _texts(name, arguments.get(name)):
            found = _marked(place, redact(text)[:LONGEST_CHARS], test)
            if found is not None:
                return found
    return None


def match_of_rule(pattern: RulePattern, arguments: dict[str, Any]) -> RuleMatch | None:
    """The part of the argument that a permission rule denies: its words, or all of it; None for a rule on a tool."""
    name, value = main_argument(pattern, arguments)
    if pattern.pattern is None or value is None:
        return None
    text = redact(" ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value))
    stem = fold(pattern.pattern).removesuffix(":*").strip("* ")
    words = r"\s+".join(map(re.escape, stem.split()))
    seen = re.search(rf"(?<![\w-]){words}(?![\w-])", text[:LONGEST_CHARS], re.IGNORECASE) if words else None
    return _cut(name, text, *(seen.span() if seen is not None else (0, len(text))))


def _tests(rule: SafetyRule) -> Iterator[tuple[str, Test]]:
    """Of each condition the argument that it is about, and whether a text fulfils it."""
    for name, parts in rule.arg_contains_any.items():
        for part in parts:
            yield name, lambda text, part=part: contains(text, part)
    for name, prefix in rule.arg_prefixes.items():
        yield name, lambda text, prefix=prefix: begins_with(text, prefix)
    for name, value in rule.arg_equals.items():
        yield name, lambda text, value=value: same(text, value)


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for number, item in enumerate(cast("list[Any]", value)):
            yield from _texts(f"{name}[{number}]", item)
        yield name, " ".join(map(str, cast("list[Any]", value)))
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _texts(f"{name}.{key}", item)
    elif isinstance(value, bool) or value is None:
        yield name, {True: "true", False: "false", None: "null"}[value]
    else:
        yield name, str(value)


def _marked(name: str, text: str, test: Test) -> RuleMatch | None:
    """The shortest piece of the text that fulfils the test: its first end, and from there its last beginning."""
    if not test(text):
        return None
    end = _first(len(text), lambda at: test(text[:at]))
    begin = end - _first(end, lambda size: test(text[end - size : end]))
    if not test(text[begin:end]):
        begin, end = 0, len(text)
    return _cut(name, text, begin, end)


def _first(last: int, holds: Callable[[int], bool]) -> int:
    """The first number up to `last` for which something holds that, once it does, goes on to; halving what is left."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return high


def _cut(name: str, text: str, begin: int, end: int) -> RuleMatch:
    """A match with what stands around it."""
    end = min(end, begin + 4 * AROUND_CHARS)
    left, right = max(0, begin - AROUND_CHARS), min(len(text), end + AROUND_CHARS)
    before = ("…" if left else "") + text[left:begin]
    after = text[end:right] + ("…" if right < len(text) else "")
    return RuleMatch(name, before + text[begin:end] + after, len(before), len(before) + end - begin)
