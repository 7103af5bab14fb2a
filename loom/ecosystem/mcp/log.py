"""What a server says besides its answers: its standard error, its log messages, and what became of it; bounded."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from loom.safety.odd_text import escaped
from loom.safety.redaction import redact

MOST_LINES = 500
LONGEST_CHARS = 1_000


@dataclass(slots=True)
class ServerLog:
    """The last 500 lines, each with its time (seconds since 1970), what is invisible in them shown as escapes."""

    lines: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    on_line: Callable[[], None] | None = None

    def add(self, text: str, source: str = "") -> None:
        """Add a line, or several."""
        mark = f"[{source}] " if source else ""
        for line in text[: LONGEST_CHARS * 20].splitlines()[:100]:
            cut = line if len(line) <= LONGEST_CHARS else f"{line[:LONGEST_CHARS]} …"
            self.lines.append((time.time(), mark + redact(escaped(cut, "\t"))))
        if self.on_line is not None:
            self.on_line()

    def text(self) -> str:
        """All of it, with times of day."""
        return "\n".join(f"{time.strftime('%H:%M:%S', time.localtime(at))} {line}" for at, line in self.lines)
