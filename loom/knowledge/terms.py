"""The terms of texts and questions: words, CJK letters in pairs, and the parts of identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

CJK = "\u2e80-\u2fdf\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
LONGEST_QUESTION_CHARS = 4_000
MOST_TERMS = 48

_CJK_RUN = re.compile(f"[{CJK}]+")
_IDENTIFIER = re.compile(
    r"\b(?:[A-Za-z_][A-Za-z0-9]*+(?:[_.\-/:]++[A-Za-z0-9]++)++|[A-Za-z0-9]*[a-z0-9][A-Z]\w*+|[A-Z]{2,}+[a-z]\w++|_\w++)"
)
"""Words joined by marks (a_b, a.b, a-b, a/b), with humps (aB, ABc), or that begin with a line."""
_CODE_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_STOP = frozenset(
    (  # noqa: SIM905  a text is easier to read than a list of words
        "a about after all also am an and any are as at be because been being but by can could did do does doing for "
        "from get had has have how i if in into is it its me my no not of on or our out should so some than that the "
        "their them then there these they this those to up us was we were what when where which while who whom whose "
        "why will with would you your"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a question looks for: `words` in the word index, `pieces` (three letters and more) in the trigram index."""

    words: tuple[str, ...]
    pieces: tuple[str, ...]


def indexed_terms(text: str, *, is_code: bool) -> tuple[str, str]:
    """What the word index gets besides a text, and what the trigram index gets of it; both are often empty.

    The former are CJK letters in pairs, and the humps of identifiers; the latter runs of CJK letters and identifiers,
    of code every longer word.
    """
    identifiers: list[str] = _IDENTIFIER.findall(text)
    runs: list[str] = [] if text.isascii() else _CJK_RUN.findall(text)
    words = [pair for run in runs for pair in pairs(run)]
    for identifier in identifiers:
        if not (identifier.islower() or identifier.isupper()):
            humps = _HUMP.findall(identifier)
            if len(humps) > 1:
                words += humps
    pieces = [*(_CODE_WORD.findall(text) if is_code else identifiers), *runs]
    return " ".join(words), " ".join(pieces)


def pairs(run: str) -> list[str]:
    """A run of letters as overlapping pairs; a single letter is itself."""
    return [run[index : index + 2] for index in range(len(run) - 1)] or [run]


def terms_of(question: str) -> Terms:
    """The terms of a question, without words that say nothing; those are kept only where there is nothing else."""
    question = question[:LONGEST_QUESTION_CHARS]
    words: dict[str, None] = {}
    pieces: dict[str, None] = {}
    for run in _CJK_RUN.findall(question):
        words.update(dict.fromkeys(pairs(run)))
        pieces.update(dict.fromkeys(run[index : index + 3] for index in range(len(run) - 2)))
    latin = _CJK_RUN.sub(" ", question)
    for identifier in _IDENTIFIER.findall(latin):
        if len(identifier) >= 3:
            pieces[identifier] = None
        words.update(dict.fromkeys(hump.lower() for hump in _HUMP.findall(identifier)))
    plain = [word.lower() for word in _WORD.findall(latin)]
    words.update(dict.fromkeys(word for word in plain if word not in _STOP))
    if not words:
        words.update(dict.fromkeys(plain))
    if len(plain) == 1 and len(plain[0]) >= 3:
        pieces[plain[0]] = None
    return Terms(tuple(words)[:MOST_TERMS], tuple(pieces)[:MOST_TERMS])
