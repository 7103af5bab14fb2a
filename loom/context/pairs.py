"""Every tool call keeps its result: what providers demand of a history, whatever happened to it."""

from __future__ import annotations

from collections.abc import Sequence

from loom.memory.recovery import MISSING
from loom.types.messages import Message, ToolCall


def repair(history: Sequence[Message]) -> list[Message]:
    """A history that every provider takes; the same messages where it was one already.

    Each tool call has exactly one result, right after its message and in its order; results without a call and
    messages without content are gone. Repairing what was repaired changes nothing.
    """
    repaired: list[Message] = []
    index = 0
    while index < len(history):
        message = history[index]
        index += 1
        if message.role == "tool":
            continue  # its call is not the message before: nobody asked for it
        if message.tool_calls:
            results: list[Message] = []
            while index < len(history) and history[index].role == "tool":
                results.append(history[index])
                index += 1
            repaired.append(message)
            repaired.extend(_paired(message.tool_calls, results))
        elif _has_content(message):
            repaired.append(message)
    return repaired


def is_valid(history: Sequence[Message]) -> bool:
    """Whether `repair` would change nothing; costs no copies."""
    waiting: list[str | None] = []
    for message in history:
        if message.role == "tool":
            if not waiting or waiting.pop(0) != message.tool_call_id:
                return False
        elif waiting or not (message.tool_calls or _has_content(message)):
            return False
        else:
            waiting = [call.id for call in message.tool_calls]
    return not waiting


def _paired(calls: Sequence[ToolCall], results: Sequence[Message]) -> list[Message]:
    first = {result.tool_call_id: result for result in reversed(results)}
    return [first.get(call.id) or Message("tool", MISSING, [], call.id, call.name, is_error=True) for call in calls]


def _has_content(message: Message) -> bool:
    return bool(message.content.strip()) if isinstance(message.content, str) else bool(message.content)
