"""One row of a transcript: a message, a thought, a tool call, a notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RowKind = Literal["user", "assistant", "thinking", "tool", "notice", "error", "veto"]


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of plain text, of which `start` to `end` is marked, and what it is from."""

    source: str
    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """The quote as a screen reader says it."""
        return f"{self.source}: {self.text}\nmatched: {self.text[self.start : self.end]}"


@dataclass(frozen=True, slots=True)
class TranscriptRow:
    """What a row shows.

    `text` is Markdown for `assistant`, plain text for every other kind. `title` heads the row, `state` is a word
    beside it. `quote` is what a refusal is about. `detail` is plain text that is shown when the row `is_open`. `n` is
    the place of what began the row in the session's log; 0 if it is in none.
    """

    key: str
    kind: RowKind
    text: str = ""
    title: str = ""
    state: str = ""
    detail: str = ""
    is_open: bool = False
    is_streaming: bool = False
    n: int = 0
    quote: Quote | None = None

    @property
    def plain(self) -> str:
        """The row as a screen reader says it."""
        head = " · ".join(part for part in (self.title, self.state) if part)
        quoted = self.quote.plain if self.quote is not None else ""
        return "\n".join(part for part in (head, self.text, quoted, self.detail if self.is_open else "") if part)
