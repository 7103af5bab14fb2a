"""Generous comparison, for what forbids: the spellings of one thing are one thing.

Only vetoes and denials compare like this; whatever permits compares exactly.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, cast

SHORT_CHARS = 200
"""Names and the texts of rules are compared again and again, so what short ones fold to is kept."""

_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def _fold_short(text: str) -> str:
    return _fold(text)


def fold(text: str) -> str:
    """`text` without the differences that do not matter to a rule.

    NFKC, case folded, control and default-ignorable characters (category C) removed, runs of white space as one
    space, none at the ends.
    """
    return _fold_short(text) if len(text) <= SHORT_CHARS else _fold(text)


def _fold(text: str) -> str:
    if text.isascii() and text.isprintable():
        return " ".join(text.casefold().split())
    spaced = _SPACE.sub(" ", unicodedata.normalize("NFKC", text))
    visible = "".join(char for char in spaced if unicodedata.category(char)[0] != "C" and char not in _IGNORABLE)
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", visible.casefold())).strip()


# Default-ignorable, but in a letter or mark category: fillers and variation selectors.
_IGNORABLE = frozenset(
    [*map(chr, range(0xFE00, 0xFE10)), "\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"]
)


def names(pattern: str, name: str) -> bool:
    """Whether a glob is about a name; one with a bracket in it is also meant by itself."""
    wanted, given = fold(pattern), fold(name)
    return wanted == given or fnmatchcase(given, wanted)


def same(actual: Any, forbidden: Any) -> bool:
    """Whether an argument is the forbidden value in some spelling; a list is, if one of its items is."""
    if isinstance(actual, (list, tuple)) and not isinstance(forbidden, (list, tuple)):
        return any(same(item, forbidden) for item in cast("list[Any]", actual))
    if isinstance(actual, dict) or isinstance(forbidden, (dict, list, tuple)):
        return bool(actual == forbidden)
    if isinstance(actual, (int, float)) and isinstance(forbidden, (int, float)):
        return actual == forbidden
    return fold(_text(actual)) == fold(_text(forbidden))


def begins_with(actual: Any, prefix: str) -> bool:
    """Whether an argument's text begins with `prefix`; for paths, whichever way the path is written."""
    if isinstance(actual, (list, tuple)):
        return any(begins_with(item, prefix) for item in cast("list[Any]", actual))
    text, wanted = fold(_text(actual)), fold(prefix)
    if text.startswith(wanted):
        return True
    if "/" not in wanted and "\\" not in wanted:
        return False
    return _path(text).startswith(_path(wanted))


def contains(actual: Any, part: str) -> bool:
    """Whether an argument's text holds `part`; in a list or object, whether one of its texts does."""
    if isinstance(actual, dict):
        return any(contains(item, part) for item in cast("dict[str, Any]", actual).values())
    if isinstance(actual, (list, tuple)):
        items = cast("list[Any]", actual)
        return any(contains(item, part) for item in items) or contains(" ".join(map(_text, items)), part)
    return fold(part) in fold(_text(actual))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _path(text: str) -> str:
    slashed = text.replace("\\", "/")
    normal = posixpath.normpath(slashed)
    while normal.startswith("//"):
        normal = normal[1:]
    return normal + "/" if slashed.endswith("/") and normal != "/" else normal
