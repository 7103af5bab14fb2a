"""What the runtime says to a person who is asked, in their language; `loom` says it in English, as its log keeps it.

Only what is said to the person alone: alerts, vetoes and results stand in the transcript as the model gets them.
"""

from __future__ import annotations

import re
from functools import cache

from loom_studio.texts import marked, speaks_english, tr

SENTENCES = (
    # why a call is asked about, or not (loom.safety.permissions, loom.tools.gate)
    marked("it would change a protected path"),
    marked("the rule {rule} asks about it"),
    marked("the rule {rule} allows it"),
    marked("it can't be told whether the rule {rule} is about it"),
    marked("{tool} is named in the policy's allow list"),
    marked("{tool} needs no permission"),
    marked("{tool} can destroy things"),
    marked("{tool} can change things"),
    marked("{tool} only reads, but is not to without being asked about"),
    marked("a hook wants a person to see it"),
    marked("a hook allows it"),
    marked("two hooks want different arguments"),
    marked("the hook {hook}, which might refuse this, is not run in safe mode"),
    # what a command would do (loom.tools.effects, loom.safety.command_risk)
    marked("It only reads."),
    marked("Its risk can't be told: {reasons}."),
    marked("Risk {level}: {reasons}."),
    marked("low"),
    marked("medium"),
    marked("high"),
    marked("It deletes {many} file, {where}."),
    marked("It deletes {many} files, {where}."),
    marked("more than {count}"),
    marked("all in the workspace"),
    marked("{count} of them outside the workspace"),
    marked("runs as root"),
    marked("deletes files recursively"),
    marked("writes to a disk itself"),
    marked("changes permissions recursively"),
    marked("rewrites shared history"),
    marked("throws work away"),
    marked("sends to a remote repository"),
    marked("publishes"),
    marked("changes the machine itself"),
    marked("overwrites files beyond recovery"),
    marked("downloads and runs"),
    marked("writes outside the workspace"),
    marked("uses the network"),
    marked("runs code that is written in the line"),
    marked("runs {name}, which can change things"),
    # how it runs (loom.tools.sandbox, loom.tools.preview)
    marked("In a sandbox: the workspace is writable, everything else read-only, {network}."),
    marked("with network"),
    marked("no network"),
    marked("Not in a sandbox: {why}."),
    marked("the agent file switches it off"),
    marked("bubblewrap runs on Linux only"),
    marked("bubblewrap is not installed"),
    marked("bubblewrap does not work here ({error})"),
    marked("Read by a shell."),
    marked("Without a shell, {count} words."),
    # what is odd about its text (loom.safety.odd_text, loom.safety.commands)
    marked("It holds characters that change the direction of the text, shown as escapes."),
    marked("It holds {hidden} invisible character, shown as escapes."),
    marked("It holds {hidden} invisible characters, shown as escapes."),
    marked("It holds control characters, shown as escapes."),
    marked("The word {word} mixes alphabets; it may look like another."),
    marked("The command can't be explained in full: it {why}"),
    # what is cut from the context (loom.context.compression)
    marked("{count} tool outputs cut"),
    marked("{count} messages became a summary"),
    marked("nothing could be cut"),
)
"""Each as the runtime says it, what changes in braces. A test finds every one in its source."""

_COUNT, _GAP = re.compile(r"\\\{(count|hidden)\\\}"), re.compile(r"\\\{(\w+)\\\}")
_BETWEEN = (re.compile(r"(?<=\.)\s+|\n"), re.compile(r", "))
"""What stands between sentences, and between what is said in one: tried in this order."""


def said(text: str) -> str:
    """What the runtime said, sentence by sentence as far as they are known; the others stay as they are."""
    if speaks_english() or not text:
        return text
    return _apart(text, 0)


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
    for pattern, template in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            return tr(template, **{name: _within(name, value) for name, value in found.groupdict().items()})
    return sentence


def _within(name: str, value: str) -> str:
    if name == "reasons":
        return tr("; ").join(_one(each) for each in value.split("; "))
    return _one(value) if name in ("why", "where", "many", "network", "level") else value


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    counted = [(_COUNT.sub(r"(?P<\1>[\\d,]+)", re.escape(sentence)), sentence) for sentence in SENTENCES]
    return tuple((re.compile(_GAP.sub(r"(?P<\1>.+?)", text), re.DOTALL), sentence) for text, sentence in counted)
