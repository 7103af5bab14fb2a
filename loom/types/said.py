"""What an event of a run says of itself only once somebody asks: most are never asked, and both cost more than it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any


class Said:
    """The base of an event that was said as number `number` at `said_at`, in seconds since 1970.

    Its fields `id` and `ts` need not be set: they are made of that when they are first asked for.
    """

    __slots__ = ("number", "said_at")
    if not TYPE_CHECKING:  # it would be taken to say that an event has every attribute

        def __getattr__(self, name: str) -> Any:
            if name == "id":
                made: Any = f"{self.run_id}.{self.number}"
            elif name == "ts":
                made = datetime.fromtimestamp(self.said_at, UTC)
            else:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            setattr(self, name, made)
            return made
