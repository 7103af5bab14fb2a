"""What an event of a run says of itself only once somebody asks: most are never asked, and both cost more than it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

T = TypeVar("T")


class Said:
    """The base of an event that was said as number `number` of its run at `said_at`, in seconds since 1970."""

    __slots__ = ("number", "said_at")


class _Late:
    """A field with a slot, which is filled when it is first asked for."""

    def __init__(self, slot: Any, make: Callable[[Any], Any]) -> None:
        self._slot = slot
        self._make = make

    def __get__(self, event: Any, owner: Any = None) -> Any:
        if event is None:
            return self
        try:
            return self._slot.__get__(event)
        except AttributeError:
            self._slot.__set__(event, made := self._make(event))
            return made

    def __set__(self, event: Any, value: Any) -> None:
        self._slot.__set__(event, value)


def made_late(kind: type[T]) -> type[T]:
    """The same class of events with slots, of which `id` and `ts` need not be set: they are made of how it was said."""
    made: Any = kind
    made.id = _Late(made.id, lambda event: f"{event.run_id}.{event.number}")
    made.ts = _Late(made.ts, lambda event: datetime.fromtimestamp(event.said_at, UTC))
    return kind
