"""A session as a document: what was said and done, in order, without how it is stored or shown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from loom.safety.redaction import redact, redacted

EntryKind = Literal["user", "assistant", "thinking", "tool", "note"]
Outcome = Literal["", "completed", "failed", "vetoed", "unknown", "pending"]

OUTCOMES: dict[Outcome, str] = {
    "": "",
    "completed": "completed",
    "failed": "failed",
    "vetoed": "refused",
    "unknown": "interrupted, outcome not known",
    "pending": "not done yet",
}
"""An outcome as a person reads it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said or done, at `at` seconds since 1970 (0 if not known).

    For a tool, `text` is the result that the model was told, `arguments` the JSON object of the call, and `allowed_by`
    names what permitted it. For a note, `text` is a line such as "context compressed: …" or an error. `images` are
    pairs of a media type and base64.
    """

    kind: EntryKind
    at: float
    text: str
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    outcome: Outcome = ""
    allowed_by: str = ""
    images: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionDocument:
    """A session. `created_at` is in seconds since 1970, 0 if not known; empty texts are not shown."""

    id: str
    title: str
    created_at: float
    agent: str
    model: str
    workspace: str
    entries: tuple[Entry, ...]


def moment(at: float) -> datetime | None:
    """`at` seconds since 1970 as a time in UTC; None for 0 and for what is no time."""
    try:
        return datetime.fromtimestamp(at, UTC) if at else None
    except (ValueError, OverflowError, OSError):
        return None


def clock(at: float) -> str:
    """`at` seconds since 1970 as "2026-05-01 12:03 UTC"; empty for 0 and for what is no time."""
    when = moment(at)
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else ""


def facts(document: SessionDocument) -> list[tuple[str, str]]:
    """What there is to say about the whole session, as names and values; those without a value are left out."""
    count = len(document.entries)
    known = [
        ("Started", clock(document.created_at)),
        ("Agent", document.agent),
        ("Model", document.model),
        ("Workspace", document.workspace),
        ("Session", document.id),
        ("Entries", f"{count:,}" if count else ""),
    ]
    return [(name, value) for name, value in known if value]


def without_secrets(document: SessionDocument) -> SessionDocument:
    """The document with what looks like a secret hidden in titles, texts and arguments; pictures stay."""
    entries = tuple(
        dataclasses.replace(entry, text=redact(entry.text), arguments=redacted(entry.arguments))
        for entry in document.entries
    )
    return dataclasses.replace(document, title=redact(document.title), entries=entries)
