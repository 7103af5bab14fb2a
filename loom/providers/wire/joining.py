"""Messages as bytes, made once and joined once: a request costs what is new in its conversation.

A message's own bytes are kept in its `wire_cache`. So is, in the first message of a conversation, the joined form of
all that stood before its last answer: nothing that is said later changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loom.types.messages import Message

_JOINED = "+joined"


@dataclass(frozen=True, slots=True)
class _Joined:
    """The joined bytes of a conversation's beginning: its first message and those `after` it."""

    after: Sequence[Message]
    data: bytes

    def begins(self, messages: Sequence[Message]) -> bool:
        """Whether `messages` begin with what was joined; cheap, since the same messages are the same objects."""
        return messages[1 : len(self.after) + 1] == self.after


def made_once(message: Message, form: str, make: Callable[[Message], bytes]) -> bytes:
    """What `make` gives for a message, kept under the name `form`."""
    cached = message.wire_cache.get(form)
    if cached is None:
        cached = message.wire_cache[form] = make(message)
    return cached


def joined(
    messages: Sequence[Message],
    form: str,
    join: Callable[[Sequence[Message]], list[bytes]],
    begins: Callable[[Sequence[Message], int], bool],
) -> bytes:
    """What `join` gives for all messages, with commas between.

    `begins(messages, at)` says whether those from `at` on can be joined without those before, and so the other way
    round.
    """
    if not messages:
        return b""
    messages = tuple(messages)
    cache, name = messages[0].wire_cache, form + _JOINED
    known: _Joined | None = cache.get(name)
    if known is None or not known.begins(messages):
        known = cache[name] = _Joined((), b"")
    start = len(known.after) + 1 if known.data else 0
    cut = next((at for at in range(len(messages) - 1, start, -1) if begins(messages, at)), start)
    if cut > start:
        data = b",".join([*([known.data] if known.data else []), *join(messages[start:cut])])
        known = cache[name] = _Joined(messages[1:cut], data)
    return b",".join([*([known.data] if known.data else []), *join(messages[cut:])])


def settled(messages: Sequence[Message], form: str) -> tuple[int, int]:
    """Of what `joined` just gave for the messages: its bytes before the model's last turn, and the messages after."""
    known: _Joined | None = messages[0].wire_cache.get(form + _JOINED) if messages else None
    return (len(known.data), len(messages) - len(known.after) - 1) if known is not None else (0, len(messages))


def is_answer(messages: Sequence[Message], at: int) -> bool:
    """Whether the message at `at` is the model's: where each message stands for itself, a list can be cut there."""
    return messages[at].role == "assistant"


def turns(messages: Sequence[Message], bytes_of: Callable[[Message], bytes]) -> list[tuple[bool, list[bytes]]]:
    """Messages as turns, each with whether it is the model's: neighbours of one side are one turn.

    So all results of one message stand together. Messages without bytes are left out.
    """
    found: list[tuple[bool, list[bytes]]] = []
    for message in messages:
        blocks = bytes_of(message)
        if not blocks:
            continue
        is_models = message.role == "assistant"
        if found and found[-1][0] is is_models:
            found[-1][1].append(blocks)
        else:
            found.append((is_models, [blocks]))
    return found


def is_unsaid(messages: Sequence[Message], bytes_of: Callable[[Message], bytes]) -> bool:
    """Whether the last message is a person's, and nothing of it is sent: then the model would be asked nothing."""
    return bool(messages) and messages[-1].role == "user" and not bytes_of(messages[-1])


def turn_begins(bytes_of: Callable[[Message], bytes]) -> Callable[[Sequence[Message], int], bool]:
    """For `joined`: whether the model's turn begins here, right after something that a person or a tool said."""

    def begins(messages: Sequence[Message], at: int) -> bool:
        here, before = messages[at], messages[at - 1]
        is_change = here.role == "assistant" and before.role != "assistant"
        return is_change and bool(bytes_of(here)) and bool(bytes_of(before))

    return begins
