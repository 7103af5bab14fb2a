"""Markdown cut into blocks, so that only the last one changes while text streams in."""

from __future__ import annotations

import re

# A longer paragraph or list is cut in two, so that what is laid out again while it streams stays small.
LIMIT_CHARS = 3000

_LINE = re.compile(rf"[^\n]{{{LIMIT_CHARS}}}\S{{0,200}}[ \t]?|[^\n]*\n|[^\n]+")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^`\n]*)$")
_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]")
_INDENTED = re.compile(r"(?:  |\t)")


class _Cutter:
    """Takes lines, gives blocks. What it decides hangs only on the lines since the block's own start."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self._lines: list[str] = []
        self._start = 0
        self._size = 0
        self._fence = ""
        self._is_ended = False

    def take(self, start: int, line: str) -> None:
        """The next line, and where it begins."""
        if self._fence:
            self._add(start, line)
            mark = line.strip()
            if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
                self.flush()
        elif fence := _FENCE.match(line.rstrip("\r\n")):
            self.flush()
            self._add(start, line)
            self._fence = fence[1]
        elif line.strip():
            if self._lines and self._begins_another(line):
                self.flush()
            self._add(start, line)
            self._is_ended = False
        elif self._lines:
            self._add(start, line)
            self._is_ended = True

    def flush(self) -> None:
        """End the block."""
        if self._lines:
            self.found.append((self._start, "".join(self._lines)))
        self._lines, self._size, self._fence, self._is_ended = [], 0, "", False

    def _begins_another(self, line: str) -> bool:
        is_list = _ITEM.match(self._lines[0]) is not None
        if self._is_ended:
            return not (is_list and _INDENTED.match(line))
        if self._size < LIMIT_CHARS or self._lines[0].lstrip().startswith("|"):
            return False
        return not is_list or _ITEM.match(line) is not None

    def _add(self, start: int, line: str) -> None:
        if not self._lines:
            self._start = start
        self._lines.append(line)
        self._size += len(line)


def cuts(text: str, start: int = 0) -> list[tuple[int, str]]:
    """The blocks of a Markdown text from `start` on, each with where it begins.

    A block is a paragraph, a list, a table, or a fenced code block, closed or not. When the text grows, all blocks but
    the last stay as they are, and cutting again may begin where the last one begins.
    """
    cutter = _Cutter()
    for line in _LINE.finditer(text, start):
        cutter.take(line.start(), line[0])
    cutter.flush()
    return cutter.found


def blocks(text: str) -> list[str]:
    """The blocks of a Markdown text."""
    return [block for _, block in cuts(text)]


def is_code(block: str) -> bool:
    """True for a fenced code block."""
    return _FENCE.match(block.partition("\n")[0].rstrip("\r")) is not None


def code_parts(block: str) -> tuple[str, str, bool]:
    """Language, code without the fence's indent, and whether the fence is closed."""
    first, _, rest = block.partition("\n")
    fence = first.strip()
    mark = fence[: len(fence) - len(fence.lstrip(fence[:1]))]
    language = fence[len(mark) :].strip().split(" ")[0] if rest or block.endswith("\n") else ""
    lines = rest.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    is_closed = bool(lines) and lines[-1].strip().startswith(mark) and not lines[-1].strip().strip(mark[0])
    code = lines[:-1] if is_closed else lines
    indent = len(first) - len(first.lstrip())
    if indent:
        code = [line[min(indent, len(line) - len(line.lstrip())) :] for line in code]
    return language, "\n".join(code).replace("\r", ""), is_closed
