"""The words that a person reads, in their language: `tr` stands around each of them, where it is shown.

English is the source, so in English nothing is looked up and nothing loaded. `loom_studio/language.py` brings another
language in, before the first widget is made; which texts there are, `packaging/translations.py` reads from the source:
the first argument of `tr` and `marked`, the first two of `plural`, the second of `named` and `drawn` must be literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

CONTEXT = "Studio"
"""The one context of our texts in Qt Linguist's files."""

ENGLISH = "en"

Translate = Callable[[str, int], str]
"""A text's translation; of one with a number, by its plural form (the number is -1 for one without). "" if unknown."""


class _Spoken:
    translate: Translate | None = None
    language: str = ENGLISH


def use_translation(translate: Translate | None, language: str = ENGLISH) -> None:
    """Have every later text translated so, into the language of this name; None for English."""
    _Spoken.translate, _Spoken.language = translate, language


def language_in_use() -> str:
    """The name, in Qt, of the language that texts are in."""
    return _Spoken.language


def speaks_english() -> bool:
    """Whether texts are shown as they are in the source."""
    return _Spoken.translate is None


def tr(text: str, /, **values: object) -> str:
    """A text as the person reads it, `{name}` replaced by the values; as it is where there is no translation."""
    translate = _Spoken.translate
    said = (translate(text, -1) or text) if translate is not None and text else text
    return said.format(**values) if values else said


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """One of two texts by a count, which is `{n}` in them: `plural("{n} file", "{n} files", 3)`."""
    translate = _Spoken.translate
    said = translate(many, count) if translate is not None else ""
    return (said or (one if count == 1 else many)).format(n=f"{count:,}", **values)


def marked(text: str) -> str:
    """The text itself, marked for translation: for tables of a module, whose texts are given to `tr` when shown."""
    return text


def clauses(parts: Iterable[str]) -> str:
    """Parts of a sentence, one after the other with commas between them; those of a list are joined by `tr(", ")`."""
    said = ""
    for part in parts:
        said = tr("{before}, {after}", before=said, after=part) if said else part
    return said
