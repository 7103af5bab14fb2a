"""One row of a transcript: a message, a thought, a tool call, a notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RowKind = Literal["user", "assistant", "thinking", "tool", "notice", "error", "veto"]


@dataclass(frozen=True, slots=True)
class TranscriptRow:
    """What a row shows.

    `text` is Markdown for `assistant`, plain text for every other kind. `title` heads the row, `state` is a word
    beside it. `detail` is plain text that is shown when the row `is_open`. `n` is the place of what
    began the row in the session's log; 0 if it is in none.
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

    @property
    def plain(self) -> str:
        """The row as a screen reader says it."""
        head = " · ".join(part for part in (self.title, self.state) if part)
        return "\n".join(part for part in (head, self.text, self.detail if self.is_open else "") if part)
