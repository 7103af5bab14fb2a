"""Tool calls as a model wrote them, made into calls that can be told apart and trusted to be what they say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from loom.types.ids import generate_id
from loom.types.messages import Message, ToolCall
from loom.types.strict_json import parse_object

MALFORMED_CHARS = 2000


@dataclass(slots=True)
class WrittenCall:
    """A call while it is being written: its arguments as pieces of text, joined once.

    `given` are those with which it began, which count where no piece follows: some servers send a call whole.
    """

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    given: Any = None

    @property
    def arguments(self) -> str:
        """What was written of the arguments so far."""
        written = "".join(self.pieces)
        return json.dumps(self.given, ensure_ascii=False) if self.given and not written else written

    @property
    def is_whole(self) -> bool:
        """Whether what was written of the arguments is all of a JSON value: nothing of it can follow."""
        try:
            json.loads(self.arguments)
        except ValueError:
            return False
        return True


def finish_calls(written: Iterable[WrittenCall], before: Sequence[Message] = ()) -> list[ToolCall]:
    """The calls, with ids that are not empty and stand nowhere else, also not in the messages `before`.

    Arguments are read strictly: those that are no JSON object, and a call without a name, are kept as `malformed`, and
    never run. Raises TypeError where a server wrote something else than text.
    """
    written = list(written)
    if not all(isinstance(text, str) for call in written for text in (call.id, call.name)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("the id and the name of a call must be texts")
    taken = _taken(before, {call.id for call in written}) if written else set[str]()
    calls: list[ToolCall] = []
    for call in written:
        call_id = call.id if call.id and call.id not in taken else f"call_{generate_id()[:24]}"
        taken.add(call_id)
        calls.append(_read(call_id, call))
    return calls


def _taken(messages: Sequence[Message], ids: set[str]) -> set[str]:
    """Those of some ids that calls of the messages have: some servers count anew in each answer."""
    return {call.id for message in messages if message.tool_calls for call in message.tool_calls if call.id in ids}


def _read(call_id: str, call: WrittenCall) -> ToolCall:
    written = call.arguments
    if not call.name:
        return ToolCall(call_id, "unnamed", {}, (written or "a call without a name")[:MALFORMED_CHARS])
    try:
        return ToolCall(call_id, call.name, parse_object(written))
    except ValueError as error:
        return ToolCall(call_id, call.name, {}, f"{error}. The text was: {written}"[:MALFORMED_CHARS])
