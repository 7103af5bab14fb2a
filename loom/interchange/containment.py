"""Markdown of a message, so that it can stand in a larger document and not reach out of its place.

Headings go down two levels, so that they are below the document's own. A fence that was left open is closed. A block
with raw HTML in it (a lone `</details>`, a comment that never ends) is put into a fence: what it would have done to
the rest of the document, nobody can tell. Everything else stays, character by character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

LIMIT_CHARS = 100_000
"""A longer text is not looked into: it goes into a fence as a whole."""

DEEPEST = 6
DOWN = 2

_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")
_LINE_END = re.compile(r"\r\n?")
_ATX = re.compile(r"( {0,3})(#+)")


def fence_for(text: str) -> str:
    """A fence of backticks longer than any run of them in `text`, at least three."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(3, longest + 1)


def fenced(text: str, language: str = "") -> str:
    """`text` as a fenced code block, verbatim but for its line ends."""
    text = _LINE_END.sub("\n", text)
    fence = fence_for(text)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def contained(text: str) -> str:
    """The Markdown `text` so that it neither has headings of the first two levels nor reaches beyond its end."""
    text = _LINE_END.sub("\n", text).replace("\0", "\ufffd")
    if len(text) > LIMIT_CHARS:
        return fenced(text)
    lines = text.split("\n")
    changes = sorted(_changes(lines, _parser().parse(text)), key=lambda change: change.start)
    made: list[str] = []
    at = 0
    for change in changes:
        made += [*lines[at : change.start], *change.lines]
        at = max(at, change.end)
    return "\n".join([*made, *lines[at:]])


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines from `start` up to `end` become `lines`."""

    start: int
    end: int
    lines: list[str]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _changes(lines: list[str], tokens: list[Token]) -> list[_Change]:
    found: list[_Change] = []
    for group in _blocks(tokens):
        first = group[0]
        start, end = first.map or (0, 0)
        here = lines[start:end]
        if any(_has_html(token) for token in group):
            while here and not here[-1].strip():
                here.pop()
            found.append(_Change(start, end, ["", *fenced("\n".join(here)).split("\n"), ""]))
        elif first.type == "heading_open":
            found.append(_Change(start, end, _lower(here, first)))
        elif first.type == "fence" and not _is_closed(here, first.markup):
            found.append(_Change(start, end, [*here, first.markup]))
    return found


def _blocks(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each block of the outermost level."""
    groups: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            groups.append([])
        groups[-1].append(token)
        depth += token.nesting
    return groups


def _has_html(token: Token) -> bool:
    if token.type == "html_block":
        return True
    return any(
        inner.type == "html_inline" and not _BREAK.fullmatch(inner.content)
        for inner in (token.children or [])
        if token.type == "inline"
    )


def _lower(lines: list[str], heading: Token) -> list[str]:
    level = min(DEEPEST, int(heading.tag[1:]) + DOWN)
    if heading.markup.startswith("#"):
        return [_ATX.sub(rf"\g<1>{'#' * level}", lines[0], count=1), *lines[1:]]
    # A heading that is underlined has one of the first two levels; only the other notation has more.
    words = " ".join(line.strip(" \t") for line in lines[:-1])
    return ["#" * level + " " + words, ""]


def _is_closed(lines: list[str], mark: str) -> bool:
    last = lines[-1].strip(" \t") if len(lines) > 1 else ""
    return len(last) >= len(mark) and not last.strip(mark[0])
