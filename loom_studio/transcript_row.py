"""One row of a transcript: a message, a thought, a tool call, a notice."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from loom_studio.texts import tr

RowKind = Literal["user", "assistant", "thinking", "tool", "notice", "error", "veto"]


CITED = re.compile(r"\[\^?(\d{1,6}(?:\s*[,;]\s*\^?\d{1,6})*)\](?![(:])")
"""How a message cites sources: [1], [^1], [1, 2]."""
SOURCE_LINK = "loom-source:"
"""What the address of a link to a source begins with; its number follows."""


class Quote(NamedTuple):
    """A piece of plain text, of which `start` to `end` is marked, and what it is from."""

    source: str
    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """The quote as a screen reader says it."""
        matched = self.text[self.start : self.end]
        return tr("{source}: {text}\nmatched: {matched}", source=self.source, text=self.text, matched=matched)


class Source(NamedTuple):
    """A piece of knowledge under the number by which it is cited, and where it is.

    `path` is its file, empty for what has none; `start` and `end` are characters of the file's text, `line` begins
    with 1, and `hash` is how that of the file's bytes began. `snippet` is the beginning of the piece.
    """

    number: int
    source: str
    title: str
    uri: str
    snippet: str = ""
    path: str = ""
    start: int = 0
    end: int = 0
    line: int = 0
    hash: str = ""

    @property
    def label(self) -> str:
        """Where it is, in a few words."""
        place = f"{self.uri}:{self.line}" if self.path and self.line else self.uri
        return place or self.title or self.source


class TranscriptRow(NamedTuple):
    """What a row shows.

    `text` is Markdown for `assistant`, plain text for every other kind. `title` heads the row, `state` is a word
    beside it, which is English here where it is a fixed one; what it is about may follow after " · ". `quote` is what a
    refusal is about, `sources` what a message cites, or what was found. `detail` is plain text that is shown when the
    row `is_open`. `n` is the place of what began the row in the session's log; 0 if it is in none.
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
    sources: tuple[Source, ...] = ()

    @property
    def state_words(self) -> str:
        """The state as the person reads it."""
        word, dot, about = self.state.partition(" · ")
        return f"{tr(word)}{dot}{about}"

    @property
    def plain(self) -> str:
        """The row as a screen reader says it."""
        head = " · ".join(part for part in (self.title, self.state_words) if part)
        quoted = self.quote.plain if self.quote is not None else ""
        cited = "\n".join(f"[{each.number}] {each.label}" for each in self.sources) if self.kind == "assistant" else ""
        parts = (head, self.text, cited, quoted, self.detail if self.is_open else "")
        return "\n".join(part for part in parts if part)
