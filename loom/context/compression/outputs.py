"""The two levels that only shorten outputs of tools: snip the long ones, name the repeated ones."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from loom.context.compression.task import READ_ARTIFACT, CompressionTask, message_key
from loom.types.content import content_text
from loom.types.messages import Message

SHARE_OF_HEAD = 0.4
SHARE_OF_MENTIONS = 0.3
REFERENCE_FROM_CHARS = 240
LONGEST_LINE_CHARS = 400
MOST_MENTIONS = 50
_CUT_KEY = re.compile(rf'{READ_ARTIFACT}\("([0-9a-f]{{16}})"\)')


def snip(history: Sequence[Message], task: CompressionTask, before: int | None = None) -> list[Message]:
    """The history with long outputs cut: head, tail, and the lines that the goal's words are in.

    Outputs from `before` on stay whole (None: the recent ones); the whole text can be read again by the id in its
    place.
    """
    end = task.recent_from(history) if before is None else before
    return [
        _snipped(message, task) if at < end and message.role == "tool" and not task.is_kept(message) else message
        for at, message in enumerate(history)
    ]


def micro(history: Sequence[Message], task: CompressionTask) -> list[Message]:
    """The history with repeated outputs named instead of said again.

    An output that is word for word a later one's, or whose call was made again later with the same arguments, becomes
    a line that says so; the latest stays.
    """
    calls = _calls(history)
    seen_calls: set[str] = set()
    seen_texts: set[str] = set()
    kept: list[Message] = []
    for at in range(len(history) - 1, -1, -1):
        message = history[at]
        text = message.text if message.role == "tool" else ""
        if len(text) < REFERENCE_FROM_CHARS or not isinstance(message.content, str) or is_cut(text):
            kept.append(message)
            continue
        made = calls[at]
        why = "The same output comes again later" if text in seen_texts else ""
        if not why and made and made in seen_calls:
            why = "Out of date: the same call was made again later"
        seen_calls.add(made)
        seen_texts.add(text)
        kept.append(_reference(message, why) if why and not task.is_kept(message) else message)
    kept.reverse()
    return kept


def is_cut(text: str) -> bool:
    """Whether an output was cut before."""
    return f'{READ_ARTIFACT}("' in text


def cut_keys(text: str) -> list[str]:
    """The keys by which the whole of a cut output can be read again."""
    return _CUT_KEY.findall(text)


def _snipped(message: Message, task: CompressionTask) -> Message:
    text, limit = content_text(message.content), task.policy.snip_chars
    if is_cut(text):
        return message
    if len(text) <= limit:
        is_text = isinstance(message.content, str)
        return message if is_text else replace(message, content=text or "[picture left out]")
    head, room = text[: int(limit * SHARE_OF_HEAD)], int(limit * SHARE_OF_MENTIONS)
    tail = text[-(limit - len(head) - room) :]
    middle = text[len(head) : len(text) - len(tail)]
    mentions = _mentions(middle, task.goal_words, room)
    left_out = len(middle) - len(mentions)
    note = f'[… {left_out:,} characters left out; {READ_ARTIFACT}("{message_key(message)}") gives the whole …]'
    parts = [head, note, *([mentions, "[…]"] if mentions else []), tail]
    return replace(message, content="\n".join(parts))


def _mentions(text: str, words: frozenset[str], room: int) -> str:
    """The lines in which the goal's words are, those with most of them first, in their order."""
    searched = text.lower()
    if len(searched) != len(text):  # a letter that has two in lower case
        searched = text
    hits: Counter[tuple[int, int]] = Counter()
    for word in words:
        at, found = searched.find(word), 0
        while at >= 0 and found < MOST_MENTIONS:
            start, end = searched.rfind("\n", 0, at) + 1, searched.find("\n", at)
            end = len(text) if end < 0 else end
            hits[start, end] += 1
            at, found = searched.find(word, end), found + 1
    chosen: list[tuple[int, int]] = []
    for (start, end), _ in sorted(hits.items(), key=lambda each: (-each[1], each[0])):
        if end - start < min(room, LONGEST_LINE_CHARS):
            room -= end - start + 1
            chosen.append((start, end))
    return "\n".join(text[start:end] for start, end in sorted(chosen))


def _reference(message: Message, why: str) -> Message:
    return replace(message, content=f'[{why}; {READ_ARTIFACT}("{message_key(message)}") gives this one.]')


def _calls(history: Sequence[Message]) -> list[str]:
    """For each message that is a result, its call with the arguments; empty for the others."""
    made: dict[str, str] = {}
    found: list[str] = []
    for message in history:
        if message.role != "tool":
            made = {
                call.id: f"{call.name} {json.dumps(call.arguments, sort_keys=True, default=str)}"
                for call in message.tool_calls
            }
        found.append(made.get(message.tool_call_id or "", "") if message.role == "tool" else "")
    return found
