"""A summary made of what was said: the lines that state something, word for word."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set

from loom.context.compression.task import SUMMARY_BEGINS, SUMMARY_ENDS, words_of
from loom.context.tokens import estimate_text
from loom.types.messages import Message

LONGEST_LINE_CHARS = 280
LONGEST_CALL_CHARS = 120
HEAD_CHARS, TAIL_CHARS = 1_000, 300
WRITTEN_SHARE = 1 / 3
"""How much a model may add to a summary, as a share of the room that its lines have."""
_WRITTEN = "[What happened, as "
_DIGITS = re.compile(r"\d+")
_COUNTED = re.compile(r"^\[This stands for (\d+) earlier messages")
_STATES = re.compile(
    r"\d|[\w./-]+/[\w.-]+|\w+\.[a-z]{1,5}\b|`[^`]+`|"
    r"\b(?:decid|chos|choose|agree|must|never|always|because|fact|found|fixed|fail|error|plan|todo|remember|name)\w*|"
    r"决定|必须|不要|因为|发现|错误|计划",
    re.IGNORECASE,
)
_WEIGHTS = {"user": 3.0, "assistant": 2.0, "tool": 1.0}
FROM_SUMMARY = 3.5
LEAST_WORTH = 1.0
FOR_STATING = 2.0
FOR_GOAL_WORD = 0.5


def extract(messages: Sequence[Message], room_tokens: int, goal_words: Set[str]) -> list[str]:
    """The lines of `messages` that state most, in their order, of at most `room_tokens` together.

    What was in an earlier summary comes first: it was chosen before. A line of which there are many that differ in
    numbers only says little.
    """
    found: dict[str, float] = {}
    for message in messages:
        for line, weight in _lines(message):
            found.setdefault(line, weight)
    shapes = {line: _DIGITS.sub("#", line) for line, weight in found.items() if weight < FROM_SUMMARY}
    alike = Counter(shapes.values())
    scored: dict[str, tuple[float, int]] = {}
    for line, weight in found.items():
        worth = weight - (math.log2(alike[shapes[line]]) if line in shapes else 0.0)
        if worth + FOR_STATING + FOR_GOAL_WORD * len(goal_words) < LEAST_WORTH:
            continue
        worth += FOR_STATING if _STATES.search(line) else 0.0
        if goal_words and worth + FOR_GOAL_WORD * len(goal_words) >= LEAST_WORTH:
            worth += FOR_GOAL_WORD * len(goal_words & words_of(line))
        scored[line] = (worth, len(scored))
    chosen: list[tuple[int, str]] = []
    for line, (worth, place) in sorted(scored.items(), key=lambda each: (-each[1][0], -each[1][1])):
        if worth < LEAST_WORTH:
            break
        cost = estimate_text(line) + 2
        if cost > room_tokens:
            continue
        room_tokens -= cost
        chosen.append((place, line))
    return [line for _, line in sorted(chosen)]


def summary_message(lines: Sequence[str], messages: int) -> Message:
    """The message that stands for as many others."""
    told = [f"[This stands for {messages} earlier messages, which no longer fit. Lines of them, word for word:]"]
    return Message("user", "\n".join([SUMMARY_BEGINS, *told, *lines, SUMMARY_ENDS]))


def is_summary(message: Message) -> bool:
    """Whether a message stands for others."""
    return message.role == "user" and message.text.startswith(SUMMARY_BEGINS)


def written_lines(text: str, model: str, room_tokens: int) -> list[str]:
    """What a model wrote of what happened, as lines that say whose they are; as many as have room."""
    lines = [f"{_WRITTEN}{model} sums it up:]"]
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith((SUMMARY_BEGINS, SUMMARY_ENDS, _WRITTEN)):
            continue
        room_tokens -= estimate_text(line) + 2
        if room_tokens < 0:
            break
        lines.append(line)
    return lines if len(lines) > 1 else []


def with_lines(summary: Message, lines: Sequence[str]) -> Message:
    """A summary with further lines at its end."""
    return Message("user", "\n".join([*summary.text.splitlines()[:-1], *lines, SUMMARY_ENDS]))


def _lines_of_summary(lines: Sequence[str]) -> Iterator[tuple[str, float]]:
    """What was chosen before counts most; what a model wrote of it counts as what it said."""
    weight = FROM_SUMMARY
    for line in lines:
        if line.startswith(_WRITTEN):
            weight = _WEIGHTS["assistant"]
        elif not _COUNTED.match(line):
            yield line, weight


def _lines(message: Message) -> list[tuple[str, float]]:
    text, weight = message.text, _WEIGHTS.get(message.role, 1.0)
    if is_summary(message):
        return list(_lines_of_summary(text.splitlines()[1:-1]))
    if len(text) > HEAD_CHARS + TAIL_CHARS:
        text = f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"
    found = [(_short(line, LONGEST_LINE_CHARS), weight) for line in text.splitlines() if line.strip()]
    for call in message.tool_calls:
        made = f"{call.name} {json.dumps(call.arguments, ensure_ascii=False, default=str)}"
        found.append((_short(made, LONGEST_CALL_CHARS), 0.0))
    return found


def _short(line: str, limit: int) -> str:
    line = line.strip()
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
