"""Rules about shell commands: `rm *`, `git push*`, `npm run test:*`.

What forbids compares generously: after unwrapping, whatever the spelling, for any part of a line. What permits compares
exactly, and only where the whole line is explained.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache

from loom.config.matching import fold
from loom.safety.commands import CommandReading, read_command
from loom.safety.executing_flags import why_never_allowed
from loom.safety.shell_syntax import found_commands
from loom.safety.wrappers import Unwrapped, unwrapped_all


class Match(StrEnum):
    """Whether a line matches what forbids. UNCLEAR: it may; a person must look, or it must not run."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


def matches_deny(text: str, pattern: str) -> Match:
    """Whether any command that the line `text` amounts to matches `pattern`, in any spelling.

    `*` stands for anything. At the end, ` *` and `:*` stand also for nothing, but not for the rest of a word:
    `rm *` is `rm` and `rm x`, not `rmdir`; `npm run test:*` is `npm run test`, too. Without `*`, the words are all.
    """
    reading, all_of_it = _everything(text)
    folded = fold(pattern)
    if any(_is_denied(fold(" ".join(words)), folded) for words in all_of_it.commands):
        return Match.YES
    return Match.UNCLEAR if reading.unclear or all_of_it.unresolved else Match.NO


def matches_allow(text: str, *patterns: str) -> bool:
    """Whether the line is clear, and each of its commands matches one of `patterns` exactly, word by word.

    A `*` inside a pattern stands for one word, or for a part of one; at the end for the rest of the line. Commands that
    run or write what their words do not show (`xargs`, `env`, `find -exec`, `git -c` …) never match.
    """
    reading = read_command(text)
    return reading.is_clear and all(
        why_never_allowed(words) == "" and any(_matches_exactly(words, pattern) for pattern in patterns)
        for words in reading.simple
    )


@lru_cache(maxsize=256)
def _everything(text: str) -> tuple[CommandReading, Unwrapped]:
    reading = read_command(text)
    commands = list(reading.simple if reading.is_clear else found_commands(text))
    return reading, unwrapped_all(commands)


def _is_denied(command: str, pattern: str) -> bool:
    if pattern.endswith((" *", ":*")):
        begin = pattern[:-2]
        return any(_like(begin + end).fullmatch(command) for end in ("", " *", ":*"))
    return _like(pattern).fullmatch(command) is not None


@lru_cache(maxsize=1024)
def _like(pattern: str) -> re.Pattern[str]:
    """The pattern with `*` alone special; in time that does not explode with the number of stars."""
    return re.compile(translate(re.sub(r"[\[?]", r"[\g<0>]", pattern)))


def _matches_exactly(words: tuple[str, ...], pattern: str) -> bool:
    wanted = pattern.removesuffix(":*").split()
    takes_rest = pattern.endswith(":*")
    if not takes_rest and wanted and wanted[-1] == "*":
        wanted, takes_rest = wanted[:-1], True
    open_end = not takes_rest and bool(wanted) and wanted[-1].endswith("*")
    if not wanted or "*" in wanted[0]:
        return False
    if len(words) < len(wanted) or (len(words) > len(wanted) and not (takes_rest or open_end)):
        return False
    return all(_like(want).fullmatch(word) is not None for word, want in zip(words, wanted, strict=False))
