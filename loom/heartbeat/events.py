"""What a watch saw: one value for every source, with an identity that stays until somebody disposed of it."""

from __future__ import annotations

import os
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

LOW, HIGH, CRITICAL = "low", "high", "critical"
SHOWN_PATHS = 50
"""How many of an event's paths are passed on; `count` says how many there were."""


def _new_id() -> str:
    return f"evt_{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class HeartbeatEvent:
    """One thing that a watch noticed, or many alike that are told as one (`count`).

    `source` is the kind of watch, `kind` what happened, `summary` a sentence in which nothing unprintable stands.
    `paths` are as the system has them (undecodable bytes as surrogates, `os.fsdecode`). `urgency` is low, high or
    critical, or another name that the interrupt policy knows. `at` is in seconds since 1970, `gain` the information
    gain that it was let through with.
    """

    source: str
    kind: str
    summary: str
    urgency: str = LOW
    paths: tuple[str, ...] = ()
    count: int = 1
    payload: dict[str, Any] = field(default_factory=dict[str, Any])
    id: str = field(default_factory=_new_id)
    at: float = field(default_factory=time.time)
    gain: float = 0.0

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two events alike: source, kind, and what it is about (a path, a folder, `payload["about"]`)."""
        about = self.payload.get("about") or "\0".join(self.paths[:3])
        return self.source, self.kind, str(about)

    def to_payload(self) -> dict[str, Any]:
        """The event as run events carry it: everything can be written as JSON, and odd names are escaped."""
        return {
            "id": self.id,
            "source": self.source,
            "kind": self.kind,
            "summary": self.summary,
            "urgency": self.urgency,
            "paths": [shown(path) for path in self.paths[:SHOWN_PATHS]],
            "count": self.count,
            "at": self.at,
            "gain": round(self.gain, 4),
            "detail": self.payload,
        }


def event_from(data: Mapping[str, Any]) -> HeartbeatEvent:
    """The event that a payload tells of; odd names in its paths stay escaped.

    Raises KeyError, TypeError or ValueError for a payload that tells of none.
    """
    return HeartbeatEvent(
        source=data["source"],
        kind=data["kind"],
        summary=data["summary"],
        urgency=data["urgency"],
        paths=tuple(data["paths"]),
        count=int(data["count"]),
        payload=dict(data["detail"]),
        id=data["id"],
        at=float(data["at"]),
        gain=float(data["gain"]),
    )


Emit = Callable[[HeartbeatEvent], None]
"""Takes an event; may be called from any thread."""


def shown(name: str) -> str:
    r"""A name that can't break a line, turn its direction, or fail to be encoded: what is unprintable is escaped.

    Bytes that are no UTF-8 are shown as `\xff`, a newline as `\n`, U+202E as `\u202e`.
    """
    if name.isascii() and name.isprintable():
        return name
    return "".join(_shown(char) for char in name)


def _shown(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    if unicodedata.category(char)[0] in "CZ" and char != " ":
        return char.encode("unicode_escape", "surrogatepass").decode()
    return char


def shown_under(path: str, root: str) -> str:
    """A path as a summary names it: relative to its root where it is below it, and escaped."""
    return shown(path.removeprefix(root.rstrip(os.sep) + os.sep))
