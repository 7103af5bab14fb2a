"""Markdown cut into blocks, so that only the last one changes while text streams in."""

from __future__ import annotations

import re

_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_TAG = re.compile(r"<(?=[a-zA-Z/!])")


def blocks(text: str) -> list[str]:
    """The blocks of a Markdown text: paragraphs, lists, tables; a fenced code block is one, closed or not."""
    found: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = line.lstrip()[:3]
        if fence:
            lines.append(line)
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                found.append("".join(lines))
                lines, fence = [], ""
        elif mark in ("```", "~~~"):
            if lines:
                found.append("".join(lines))
            lines, fence = [line], mark
        elif not line.strip():
            if lines:
                found.append("".join(lines))
            lines = []
        else:
            lines.append(line)
    if lines:
        found.append("".join(lines))
    return found


def is_code(block: str) -> bool:
    """True for a fenced code block."""
    return block.lstrip().startswith(("```", "~~~"))


def code_parts(block: str) -> tuple[str, str, bool]:
    """Language, code, and whether the fence is closed."""
    first, _, rest = block.partition("\n")
    fence = first.lstrip()[:3]
    language = first.strip().strip("`~").strip().split(" ")[0]
    lines = rest.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    is_closed = bool(lines) and lines[-1].strip().startswith(fence)
    return language, "\n".join(lines[:-1] if is_closed else lines), is_closed


def harmless(block: str) -> str:
    """A block in which pictures are links, so that nothing is fetched, and HTML is text."""
    return _TAG.sub("&lt;", _IMAGE.sub(r"[\1](\2)", block))
