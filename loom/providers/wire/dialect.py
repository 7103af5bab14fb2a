"""What a wire format offers a provider: how requests are written in it, and how answers are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic_core import from_json

from loom.providers.base import Completion, CompletionRequest, StreamPart, ToolSchema
from loom.providers.wire.answer import Answer
from loom.providers.wire.sse import Event, EventDecoder
from loom.types.messages import Message

MOST = 2**53
"""No count is larger."""
NOTHING = "(no text)"
"""What a model is told of a message of the user's that says nothing, where its API refuses an empty one."""


_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL
)
_HALF = len(rb"\ud83d")


def json_of(data: bytes) -> Any:
    """The JSON value of an event; half of a pair, where a server cut a text in two, is U+FFFD. Raises ValueError."""
    try:
        return from_json(data)
    except ValueError:
        mended = _ESCAPES.sub(lambda found: rb"\ufffd" if len(found[0]) == _HALF else found[0], data)
        if mended == data:
            raise
        return from_json(mended)


def object_of(value: Any) -> dict[str, Any]:
    """The JSON object that an answer has in this place, or an empty one where it has none."""
    return value or {}


def text_of(value: Any) -> str:
    """The text that an answer has in this place, or an empty one where it has none; TypeError for other values."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"there is a text expected, not {type(value).__name__}")
    return value or ""


def count_of(value: Any) -> int:
    """The number that an answer has in this place; 0 where it has none, or one that counts nothing."""
    return int(value) if isinstance(value, (int, float)) and 0 < value < MOST else 0


def all_read(told: Any, from_cache: int) -> int:
    """The tokens that a model read: those told, and those of the cache where they can't be a part of them."""
    counted = count_of(told)
    return counted if from_cache <= counted else counted + from_cache


class Decoder(Protocol):
    """Turns chunks of bytes, cut anywhere, into whole events."""

    def feed(self, chunk: bytes, /) -> list[Event]:
        """The events that this chunk completes. Raises ValueError for one that is too large."""
        ...

    def end(self) -> list[Event]:
        """The event that the stream ended in, as far as it came."""
        ...


class Parser(Protocol):
    """Puts one answer together from its events."""

    @property
    def answer(self) -> Answer:
        """What is known of it so far."""
        ...

    def feed(self, event: dict[str, Any], /) -> list[StreamPart]:
        """What one event adds. Raises ValueError, KeyError, TypeError for an event of another shape."""
        ...

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer to the messages `before`: no call in it has the id of one in them."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """One wire format.

    `fields` gives a request's fields without those that the server is known to refuse; `body` joins them with the
    system text, the messages and the tools' bytes; `fault_of` is the error that an event brings, or None. `media_type`
    is what the type of a streamed answer contains, `decoder` cuts it into events, `form` names how a body is made.
    """

    path: str
    fields: Callable[[CompletionRequest, Set[str]], dict[str, Any]]
    body: Callable[[dict[str, Any], str, Sequence[Message], bytes], bytes]
    tools: Callable[[Sequence[ToolSchema]], bytes]
    parser: Callable[[str], Parser]
    fault_of: Callable[[dict[str, Any]], Any]
    media_type: str = "event-stream"
    decoder: Callable[[], Decoder] = EventDecoder
    form: str = ""
