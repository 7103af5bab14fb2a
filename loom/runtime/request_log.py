"""What each request of a session consists of, in its log: what is new since the one before, and what that was.

A request repeats all that was said. Its record names the messages that came since the request before it by the ids that
they have in the log, and counts those that stayed; system text and tools stand in the log once for each that differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

from loom.memory.codec import is_logged, message_id, message_to_log, new_log_id
from loom.memory.records import REQUEST_PART, REQUEST_SENT, REQUEST_WIRE, NewRecord
from loom.providers.base import CompletionRequest, Sending, ToolSchema
from loom.runtime.session_log import SessionLog
from loom.types.messages import WORKING_CONTEXT, Message

SHORT_CHARS = 300
"""A working part up to this length stands in the record as it is."""


class RequestLog:
    """Adds to a session's log what is sent to the model. One for a session; its runs follow each other."""

    def __init__(self) -> None:
        self._parts: set[str] = set()
        self._forget()

    def take(self, parts: set[str]) -> None:
        """Begin with a session that was read: the parts of these keys are in its log."""
        self._parts = parts
        self._forget()

    def note(
        self, log: SessionLog, request: CompletionRequest, step: int, run_id: str, changes: int
    ) -> CompletionRequest:
        """Add a request that is about to be sent; what this returns tells the log how it goes out.

        In one run the history only grows while `changes` stays the same.
        """
        messages, working = _apart(request.messages)
        before = self._messages
        kept = len(before) if (run_id, changes) == self._grown else 0
        if not 0 < kept <= len(messages) or messages[kept - 1] is not before[-1]:
            kept = _begin_alike(before, messages)
        self._grown = run_id, changes
        data: dict[str, Any] = {
            "id": new_log_id(),
            "after": self._last,
            "step": step,
            "model": request.model,
            "kept": kept,
            "messages": [_told(message) for message in messages[kept:]],
            "system": self._system_key(log, request.system, run_id),
            "tools": self._tools_key(log, request.tools, run_id),
        }
        if working:
            data["working"] = _told_text(working, self._working)
        log.add(NewRecord(REQUEST_SENT, data, run_id))
        self._messages, self._working, self._last = messages, working, data["id"]
        return request.watched(partial(self._sending, log, step, run_id))

    def _forget(self) -> None:
        self._messages: tuple[Message, ...] = ()
        self._grown: tuple[str, int] = ("", 0)
        self._working = ""
        self._last = ""
        self._system: tuple[str, str] = ("", "")
        self._tools: tuple[Sequence[ToolSchema], str] = ((), "")
        self._wire: Sending | None = None

    def _sending(self, log: SessionLog, step: int, run_id: str, how: Sending) -> None:
        """Note how a request goes out, where that is another way than that of the last."""
        if how == self._wire:
            return
        self._wire = how
        data = {
            "request": self._last,
            "step": step,
            "provider": how.provider,
            "form": how.form,
            "path": how.path,
            "fields": how.fields,
        }
        log.add(NewRecord(REQUEST_WIRE, data, run_id))

    def _system_key(self, log: SessionLog, text: str, run_id: str) -> str:
        known, key = self._system
        if text is not known and text != known:
            key = self._kept(log, {"text": text}, text, run_id)
        self._system = text, key
        return key

    def _tools_key(self, log: SessionLog, tools: Sequence[ToolSchema], run_id: str) -> str:
        known, key = self._tools
        if tools is not known and tools:
            listed = [
                {"name": each.name, "description": each.description, "input_schema": each.input_schema}
                for each in tools
            ]
            key = self._kept(log, {"tools": listed}, repr(listed), run_id)
        elif not tools:
            key = ""
        self._tools = tools, key
        return key

    def _kept(self, log: SessionLog, data: dict[str, Any], content: str, run_id: str) -> str:
        """The key of a part, which is added to the log if it is not there yet."""
        key = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        if key not in self._parts:
            self._parts.add(key)
            log.add(NewRecord(REQUEST_PART, {"key": key, **data}, run_id))
        return key


def _apart(messages: Sequence[Message]) -> tuple[tuple[Message, ...], str]:
    """The messages of the history, and the text of the working part behind them."""
    held = tuple(messages)
    if held and held[-1].name == WORKING_CONTEXT:
        return held[:-1], held[-1].text
    return held, ""


def _begin_alike(before: tuple[Message, ...], now: tuple[Message, ...]) -> int:
    """With how many of the same messages both begin. Mostly all of those before: compared at once, by identity."""
    if now[: len(before)] == before:
        return len(before)
    return next(
        (place for place, (one, other) in enumerate(zip(before, now, strict=False)) if one is not other),
        min(len(before), len(now)),
    )


def _told(message: Message) -> str | dict[str, Any]:
    """A message by its id; whole, with an id from then on, where no record of the log tells it."""
    return message_id(message) if is_logged(message) else message_to_log(message)


def _told_text(text: str, before: str) -> dict[str, Any]:
    """A text as what differs from the one before, between what both begin and end with."""
    if len(text) <= SHORT_CHARS:
        return {"text": text}
    begin = _same(text, before)
    end = min(_same(text[::-1], before[::-1]), len(text) - begin, len(before) - begin)
    return {"begin": begin, "text": text[begin : len(text) - end], "end": end}


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
