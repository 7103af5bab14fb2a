"""One file of the memory: its text, and above it who wrote it, when, and on whose words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

FENCE = "---"
KEYS = ("written_by", "session", "run", "at", "on_words", "expires")
WORDS_CHARS = 200
TITLE_CHARS = 100
LONGEST_HEAD_LINES = 12


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a memory comes from: who wrote it last, in which session and run, when, and on whose words.

    `at` and `expires_at` are seconds since 1970; an `expires_at` of None is never. `words` are the beginning of the
    message that the run worked on. All is empty for a file that was written by hand.
    """

    by: str = ""
    session_id: str = ""
    run_id: str = ""
    at: float = 0.0
    words: str = ""
    expires_at: float | None = None

    def told(self) -> str:
        """In a line, for people and models."""
        parts = [f"by {self.by}" if self.by else "by hand, or by another program"]
        if self.at:
            parts.append(f"on {day(self.at)}")
        if self.session_id:
            parts.append(f"in session {self.session_id[:8]}")
        if self.words:
            parts.append(f"on the words “{self.words}”")
        if self.expires_at is not None:
            parts.append(f"expires on {day(self.expires_at)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class MemoryFile:
    """A file as it was read. `path` is the one that models use; `problem` says why its text is not as it is stored."""

    path: str
    body: str
    provenance: Provenance = Provenance()
    size: int = 0
    changed_at: float = 0.0
    problem: str = ""

    @property
    def title(self) -> str:
        """Its first line that says something, in at most a hundred characters."""
        return title_of(self.body)

    def is_expired(self, now: float) -> bool:
        """Whether it was to be kept only until then."""
        expires = self.provenance.expires_at
        return expires is not None and expires <= now


def title_of(body: str) -> str:
    """The first line that says something, without the marks of a heading."""
    line = next((line.strip(" #\t") for line in body.splitlines() if line.strip(" #\t-=")), "")
    return line if len(line) <= TITLE_CHARS else f"{line[:TITLE_CHARS]}…"


def day(at: float) -> str:
    """The day of a moment, as 2026-11-28 (UTC); a moment that no calendar has is said to be unknown."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return "an unknown day"


def render(body: str, provenance: Provenance) -> str:
    """The whole text of a file: where it comes from, between two fences, then the body as it is."""
    fields = {
        "written_by": provenance.by,
        "session": provenance.session_id,
        "run": provenance.run_id,
        "at": _moment(provenance.at) if provenance.at else "",
        "on_words": provenance.words,
        "expires": _moment(provenance.expires_at) if provenance.expires_at is not None else "",
    }
    head = [f"{key}: {_one_line(value)}" for key, value in fields.items() if value or key == "written_by"]
    return "\n".join([FENCE, *head, FENCE, body])


def parse(text: str) -> tuple[str, Provenance]:
    """The body of a file and where it comes from; of a file that has no such head, the whole text."""
    lines = text.split("\n", LONGEST_HEAD_LINES)
    if lines[0].rstrip("\r") != FENCE or len(lines) < 3 or not lines[1].startswith("written_by:"):
        return text, Provenance()
    found: dict[str, str] = {}
    for number, line in enumerate(lines[1:LONGEST_HEAD_LINES], start=1):
        clean = line.rstrip("\r")
        if clean == FENCE:
            return "\n".join(lines[number + 1 :]), _provenance(found)
        key, _, value = clean.partition(": ")
        if key.rstrip(":") in KEYS:
            found[key.rstrip(":")] = value.strip()
    return text, Provenance()


def told_change(payload: Mapping[str, Any]) -> str:
    """What a `memory.changed` event says, in a sentence for a person."""
    path, title = payload["path"], payload.get("title")
    named = f"{path} (“{title}”)" if title else path
    match payload["command"]:
        case "delete":
            return f"Forgotten: {named}."
        case "expire":
            return f"Forgotten, since its time was over: {named}."
        case "rename":
            return f"The memory {path} is {payload['new_path']} now."
        case _:
            return f"Remembered: {named}, +{payload['added_lines']} −{payload['removed_lines']} lines."


def kept_words(text: str) -> str:
    """The beginning of a message, in one line, as a file keeps it."""
    line = _one_line(text)
    return line if len(line) <= WORDS_CHARS else f"{line[:WORDS_CHARS]}…"


def renewed(old: Provenance, new: Provenance) -> Provenance:
    """The provenance after a change: the new one, with the old end where the new one names none."""
    return new if new.expires_at is not None else replace(new, expires_at=old.expires_at)


def _provenance(found: dict[str, str]) -> Provenance:
    return Provenance(
        found.get("written_by", ""),
        found.get("session", ""),
        found.get("run", ""),
        _seconds(found.get("at", "")) or 0.0,
        found.get("on_words", ""),
        _seconds(found.get("expires", "")),
    )


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _seconds(text: str) -> float | None:
    """The moment that a person or we wrote; None for none, and for what is no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _one_line(text: str) -> str:
    return " ".join(text.split())
