"""The blocks that a row of the transcript is made of, from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from loom_studio.transcript_row import SOURCE_LINK, Source, TranscriptRow
from loom_studio.widgets.markdown_blocks import cuts, is_code

BlockKind = Literal["head", "markdown", "code", "plain", "mono"]

# Of a longer detail the beginning is shown; the whole stays in the model.
DETAIL_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a row: text of one kind, where it begins in the row's text, and from where to where it is marked."""

    kind: BlockKind
    text: str
    start: int = 0
    mark: tuple[int, int] | None = None


def blocks_of(row: TranscriptRow, before: TranscriptRow | None = None, known: Sequence[Block] = ()) -> list[Block]:
    """The blocks of a row.

    `before` is what the row was and `known` its blocks then: where the text has only grown, the settled blocks are
    taken over as the same objects, and only the last one is cut again.
    """
    found: list[Block] = []
    head = "  ·  ".join(part for part in (row.title, row.state) if part)
    if head or row.detail:
        found.append(Block("head", head or "Details"))
    if row.text:
        found += _markdown(row, before, known) if row.kind == "assistant" else [Block("plain", row.text)]
    if row.sources and row.kind == "assistant":
        found.append(Block("markdown", footnotes(row.sources), len(row.text)))
    if row.quote is not None:
        quote, begin = row.quote, len(row.quote.source) + 2
        marked = (begin + quote.start, begin + quote.end)
        found.append(Block("mono", f"{quote.source}: {quote.text}", mark=marked))
    if row.detail and row.is_open:
        cut = row.detail if len(row.detail) <= DETAIL_CHARS else row.detail[:DETAIL_CHARS] + "\n[…]"
        found.append(Block("plain" if row.kind == "thinking" else "mono", cut))
    return found or [Block("plain", "…" if row.is_streaming else " ")]


def footnotes(sources: Sequence[Source]) -> str:
    """The sources of a message as a line of links, which open them."""
    links = (f"[\\[{each.number}\\] {_literal(each.label)}]({SOURCE_LINK}{each.number})" for each in sources)
    return "Sources: " + " · ".join(links)


def _literal(text: str) -> str:
    """A text of which nothing is Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&:])", r"\\\1", " ".join(text.split()))


def _markdown(row: TranscriptRow, before: TranscriptRow | None, known: Sequence[Block]) -> list[Block]:
    settled = [block for block in known if block.kind in ("markdown", "code")]
    if before is None or before.kind != row.kind or not settled or not row.text.startswith(before.text):
        settled, start = [], 0
    else:
        last = settled.pop()
        # Whether a line begins a block may change until the line has ended: "```" does, "```x`" does not.
        start = settled.pop().start if settled and "\n" not in last.text else last.start
    return settled + [Block("code" if is_code(text) else "markdown", text, at) for at, text in cuts(row.text, start)]
