"""What the runtime says to a person, in their language; `loom` says it in English, as its log keeps it.

Only what is said to the person alone: alerts, vetoes and results stand in the transcript as the model gets them. The
sentences are in `loom_studio/sentences`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from loom_studio.texts import speaks_english, tr

_HOLE = re.compile(r"\{(\w+)\}")
_BETWEEN = (re.compile(r"(?<=\.)\s+|\n"), re.compile(r"; "), re.compile(r", "))
"""What stands between sentences, and between what is said in one: tried in this order."""
_COUNTS = ("count", "hidden")
_MAYBE = "said"
"""What may also be nothing: words of somebody else at a sentence's end."""
_TOLD = ("error", "fault", "many", "network", "place", "problem", "reason", "said", "told", "unknown", "where", "why")
"""What a sentence holds that may be one of ours again."""
MOST_SUBJECTS = 3
"""How many times it may be said of what a sentence is, before it."""
LONGEST_CHARS = 2000
"""What is longer is no sentence."""
_WORDS = ("level", "state", "who")


class _Sentence(NamedTuple):
    text: str
    longest: str
    """The longest of its words in a row that never change, by which most texts are told not to be it."""
    fixed: int


def said(text: str) -> str:
    """What the runtime said, as far as its sentences are known; the others stay as they are."""
    return text if speaks_english() or not text or len(text) > LONGEST_CHARS else _told(text)


def said_of(error: BaseException) -> str:
    """What an error says, in the person's language: of the system's the words alone; of one without words its kind."""
    return said(getattr(error, "strerror", None) or str(error)) or type(error).__name__


def _told(text: str) -> str:
    return _known(text) or _apart(text, 0)


def _known(text: str) -> str | None:
    """A sentence, or several, which may begin with what it is about: `/a.toml: model.name is required`."""
    start = 0
    for _ in range(MOST_SUBJECTS + 1):
        faults = [_fitting(each, _faults()) for each in text[start:].split("; ")]
        if all(faults):
            return text[:start] + tr("; ").join(each for each in faults if each)
        known = _fitting(text[start:], _faults())
        if known is not None:
            return text[:start] + known
        at = text.find(": ", start)
        if at < 0:
            return None
        start = at + 2
    return None


def _apart(text: str, depth: int) -> str:
    """The text by its parts, the larger ones first."""
    if depth == len(_BETWEEN):
        return _one(text)
    known = _one(text) if depth else text
    if known != text:
        return known
    parts, gaps = _BETWEEN[depth].split(text), _BETWEEN[depth].findall(text)
    return "".join(_apart(part, depth + 1) + gap for part, gap in zip(parts, [*gaps, ""], strict=True))


def _one(sentence: str) -> str:
    known = _fitting(sentence, _calls()) or _known(sentence)
    if known is None and sentence.endswith("."):
        known = _known(sentence[:-1])
        return sentence if known is None else tr("{error}.", error=known)
    return sentence if known is None else known


def _fitting(text: str, sentences: Sequence[_Sentence]) -> str | None:
    for each in sentences:
        if each.longest in text and (found := _pattern(each.text).fullmatch(text)) is not None:
            return tr(each.text, **{name: _within(name, value) for name, value in found.groupdict().items()})
    return None


def _within(name: str, value: str) -> str:
    if name == "reasons":
        return tr("; ").join(_one(each) for each in value.split("; "))
    if name in _WORDS:
        return tr(value)
    return _told(value) if name in _TOLD else value


@cache
def _calls() -> list[_Sentence]:
    from loom_studio.sentences.calls import SENTENCES

    return _sorted(SENTENCES)


@cache
def _faults() -> list[_Sentence]:
    from loom_studio.sentences import files, models, servers, system, work

    return _sorted([each for module in (files, models, servers, system, work) for each in module.SENTENCES])


def _sorted(sentences: Sequence[str]) -> list[_Sentence]:
    """Those that say most first: another may fit the same text, with more of it in its holes."""
    made = [_Sentence(text, max(parts, key=len), sum(map(len, parts))) for text, parts in _split(sentences)]
    return sorted(made, key=lambda each: -each.fixed)


def _split(sentences: Sequence[str]) -> list[tuple[str, list[str]]]:
    return [(text, _HOLE.split(text)[::2]) for text in sentences]


@lru_cache(maxsize=1000)
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _HOLE.split(sentence)
    is_first = not parts[0]
    fitting = [
        f"(?P<{part}>{_hole(part, is_first and at == 1)})" if at % 2 else re.escape(part)
        for at, part in enumerate(parts)
    ]
    return re.compile("".join(fitting), re.DOTALL)


def _hole(name: str, is_first: bool) -> str:
    """What may stand there; at a sentence's beginning nothing that says of what the sentence is: `/a.toml: `."""
    if name in _COUNTS:
        return r"[\d,]+"
    if is_first and name not in _TOLD:
        return "(?:(?!: ).)+?"
    return ".*?" if name == _MAYBE else ".+?"
