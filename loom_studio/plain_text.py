"""Text shown as it is: nothing in it is markup, and nothing in it is invisible."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Blank or taking no room, though Unicode files them under letters, marks, symbols or spaces: fillers, joiners, the
# blank of Braille, selectors of variants. The ideographic space is a space to its readers and stays.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def escape_invisible(text: str) -> str:
    """`text` with control, invisible and direction-changing characters as visible escapes; new lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _to_look_at().sub(_shown, text)


def escape_direction(text: str) -> str:
    """`text` with only the characters that change its direction as escapes: for prose, where joiners are in use."""
    if text.isascii() or _DIRECTION.isdisjoint(text):
        return text
    return "".join(char.encode("unicode_escape").decode() if char in _DIRECTION else char for char in text)


@cache
def _to_look_at() -> re.Pattern[str]:
    """Only what is outside of these common letters and marks is looked at one by one; compiled with the first text."""
    return re.compile(
        "[^ -~\n\t\u00a1-\u00ac\u00ae-\u024f\u0410-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3]"
    )


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return char.encode("unicode_escape").decode() if _is_hidden(char) else char


def _is_hidden(char: str) -> bool:
    if char in "\n\t \u3000":
        return False
    is_selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return unicodedata.category(char)[0] in "CZ" or char in _BLANK or is_selector
