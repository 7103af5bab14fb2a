"""The blocks that a row of the transcript is made of, from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from loom_studio.texts import tr
from loom_studio.transcript_row import CITED, SOURCE_LINK, Source, TranscriptRow
from loom_studio.widgets.markdown_blocks import cuts, is_code

BlockKind = Literal["head", "markdown", "code", "plain", "mono"]

BEGIN, END = r"\[", r"\]"
_CODE = re.compile(r"`[^`\n]*`|\]\([^)\n]*\)")

# Of a longer detail the beginning is shown; the whole stays in the model.
DETAIL_CHARS = 20_000
CODE_HEAD_PX = 26
"""The height of the line above a block of code."""


class Block(NamedTuple):
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
    head = "  ·  ".join(part for part in (row.title, row.state_words) if part)
    if head or row.detail:
        found.append(Block("head", head or tr("Details")))
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
    return tr("Sources: {links}", links=" · ".join(links))


def _literal(text: str) -> str:
    """A text of which nothing is Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&:])", r"\\\1", " ".join(text.split()))


def _markdown(row: TranscriptRow, before: TranscriptRow | None, known: Sequence[Block]) -> list[Block]:
    settled = [block for block in known if block.kind in ("markdown", "code")]
    is_same = before is not None and (before.kind, before.sources) == (row.kind, row.sources)
    if before is None or not is_same or not settled or not row.text.startswith(before.text):
        settled, start = [], 0
    else:
        last = settled.pop()
        # Whether a line begins a block may change until the line has ended: "```" does, "```x`" does not.
        start = settled.pop().start if settled and "\n" not in last.text else last.start
    numbers = {source.number for source in row.sources}
    return settled + [
        Block("code", text, at) if is_code(text) else Block("markdown", with_markers(text, numbers), at)
        for at, text in cuts(row.text, start)
    ]


def with_markers(text: str, numbers: AbstractSet[int]) -> str:
    """Markdown with each number of a source made a link that opens it; in code and other links it stays as it is."""
    if not numbers or "[" not in text:
        return text
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        parts += [_marked(text[at : code.start()], numbers), code[0]]
        at = code.end()
    return "".join([*parts, _marked(text[at:], numbers)])


def _marked(text: str, numbers: AbstractSet[int]) -> str:
    def marker(found: re.Match[str]) -> str:
        cited = [int(number) for number in re.findall(r"\d+", found[0])]
        if not numbers >= set(cited):
            return found[0]
        last = len(cited) - 1
        return "".join(  # what is read is what was written: [1, 2]
            f"[{', ' if n else BEGIN}{number}{END if n == last else ''}]({SOURCE_LINK}{number})"
            for n, number in enumerate(cited)
        )

    return CITED.sub(marker, text)
