"""Rules about shell commands: `rm *`, `git push*`, `npm run test:*`.

What forbids compares generously: after unwrapping, whatever the spelling, for any part of a line. What permits compares
exactly, and only where the whole line is explained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from loom.config.matching import fold
from loom.safety.commands import Command, CommandReading, every_command, read_command, read_either
from loom.safety.executing_flags import why_not_by_pattern
from loom.safety.wrappers import Unwrapped, runs_code, unwrapped_all


def matches_deny(command: Command, pattern: str) -> bool | None:
    """Whether any command that `command` amounts to matches `pattern`, in any spelling; None if that is unclear.

    `*` stands for anything. At the end, ` *` and `:*` stand also for nothing, but not for the rest of a word:
    `rm *` is `rm` and `rm x`, not `rmdir`; `npm run test:*` is `npm run test`, too. Without `*`, the words are all.
    """
    reading, all_of_it = _everything(command)
    folded = fold(pattern)
    if any(_is_denied(fold(" ".join(words)), folded) for words in all_of_it.commands):
        return True
    text = command if isinstance(command, str) else " ".join(command)
    if reading.unclear and _is_seen(fold(text), folded):
        return True
    if reading.unclear or all_of_it.unresolved or any(map(runs_code, all_of_it.commands)):
        return None
    return False


def matches_allow(command: Command, *patterns: str) -> bool:
    """Whether the command is clear, and each of its commands matches one of `patterns` exactly, word by word.

    A `*` inside a pattern stands for one word, or for a part of one; at the end for the rest of the line. Commands that
    run or write what their words do not show (`xargs`, `env`, `find -exec`, `git -c` …) match no pattern with a `*`,
    only one that names all of their words.
    """
    reading = read_either(command)
    return reading.is_clear and all(
        any(_is_allowed(words, pattern) for pattern in patterns) for words in reading.simple
    )


@lru_cache(maxsize=256)
def _everything(command: Command) -> tuple[CommandReading, Unwrapped]:
    return read_either(command), unwrapped_all(every_command(command))


def _is_denied(command: str, pattern: str) -> bool:
    if pattern.endswith((" *", ":*")):
        begin = pattern[:-2]
        return any(_like(begin + end).fullmatch(command) for end in ("", " *", ":*"))
    return _like(pattern).fullmatch(command) is not None


def _is_seen(text: str, pattern: str) -> bool:
    """True if the words of a pattern stand anywhere in a text of which the commands can't all be told."""
    stem = pattern.removesuffix(":*").rstrip("* ")
    return bool(stem) and re.search(rf"(?<![\w-]){re.escape(stem)}(?![\w-])", text) is not None


@lru_cache(maxsize=1024)
def _like(pattern: str) -> re.Pattern[str]:
    """The pattern with `*` alone special; in time that does not explode with the number of stars."""
    return re.compile(translate(re.sub(r"[\[?]", r"[\g<0>]", pattern)))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A pattern that allows: its words, whether `*` is special in them, and whether others may follow."""

    words: tuple[str, ...]
    has_stars: bool
    takes_rest: bool


def _is_allowed(words: tuple[str, ...], pattern: str) -> bool:
    wanted = _wanted(pattern)
    count = len(wanted.words)
    if not count or len(words) < count or (len(words) > count and not wanted.takes_rest):
        return False
    if not wanted.has_stars and not wanted.takes_rest:
        return words == wanted.words
    if wanted.has_stars:
        fits = all(_like(want).fullmatch(word) for word, want in zip(words, wanted.words, strict=False))
    else:
        fits = words[:count] == wanted.words
    return fits and why_not_by_pattern(words) == ""


@lru_cache(maxsize=1024)
def _wanted(pattern: str) -> _Wanted:
    """A pattern's words; none if it is not one plain command, or leaves the program open."""
    stem = pattern.strip()
    takes_rest = stem.endswith((":*", " *"))
    stem = stem[:-2].rstrip() if takes_rest else stem
    if "*" in re.sub(r"'[^']*'|\"[^\"]*\"", "", stem):
        words = tuple(stem.split())
        is_open = words[0].startswith("*")
        return _Wanted(() if is_open else words, has_stars=True, takes_rest=takes_rest or words[-1].endswith("*"))
    read = read_command(stem)
    return _Wanted(read.simple[0] if len(read.simple) == 1 else (), has_stars=False, takes_rest=takes_rest)
