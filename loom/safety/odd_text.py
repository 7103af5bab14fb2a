"""Texts that may not be what they look like: invisible and direction-changing characters, look-alike letters."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, cast

from loom.safety.redaction import HIDDEN

_WORD = re.compile(r"[^\W\d_]+")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_ALIKE = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
_UNUSUAL = re.compile(r"[^ -~\u00a1-\u00ac\u00ae-\u024f]")


def warnings_about(value: Any) -> tuple[str, ...]:
    """Sentences about what is odd in the texts of a JSON value; none for plain ones."""
    found: dict[str, None] = {}
    for text in _texts(value):
        if not text.isascii():
            for sentence in _about(text):
                found[sentence] = None
        elif any((ord(char) < 32 and char not in "\n\t\r") or char == "\x7f" for char in text):
            found["It holds control characters, shown as escapes."] = None
    return tuple(found)


def may_be_odd(canonical: bytes) -> bool:
    """Whether arguments need a closer look: letters beyond ASCII, or the escapes of control characters."""
    return not canonical.isascii() or any(mark in canonical for mark in (b"\\u00", b"\\b", b"\\f", b"\x7f"))


def escaped(text: str, keep: str = "\n") -> str:
    """`text` with control, invisible and direction-changing characters shown as escapes; those in `keep` stay."""
    return _UNUSUAL.sub(lambda found: found[0] if found[0] in keep else _shown(found[0]), text)


def _shown(char: str) -> str:
    return char if unicodedata.category(char)[0] != "C" else char.encode("unicode_escape").decode()


def _about(text: str) -> list[str]:
    sentences: list[str] = []
    if any(char in _BIDI for char in text):
        sentences.append("It holds characters that change the direction of the text, shown as escapes.")
    hidden = sum(unicodedata.category(char) in ("Cf", "Cc", "Co") and char not in "\n\t\r" for char in text)
    if hidden:
        sentences.append(f"It holds {hidden} invisible character{'s' if hidden > 1 else ''}, shown as escapes.")
    if HIDDEN in text:
        sentences.append(f"It holds {HIDDEN}, which stood for a secret that the model was not told.")
    for word in _WORD.findall(text):
        if not word.isascii() and _is_mixed(word):
            sentences.append(f"The word {word!r} mixes alphabets; it may look like another.")
            break
    return sentences


def _is_mixed(word: str) -> bool:
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in word}
    return ("LATIN" in scripts and any(alike in scripts for alike in _ALIKE)) or "FULLWIDTH" in scripts


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return [text for name, inner in items.items() for text in (name, *_texts(inner))]
    if isinstance(value, list):
        return [text for inner in cast("list[Any]", value) for text in _texts(inner)]
    return []
