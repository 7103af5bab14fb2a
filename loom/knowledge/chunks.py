"""A document's text in pieces that an index holds and a model can read, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loom.knowledge.terms import CJK

LEAST = 300
MOST = 1_600
"""How long a piece is at least, where a section begins after it, and at most, in letters; a CJK letter counts three."""
LONGEST_HEADING_CHARS = 200

_CJK_LETTER = re.compile(f"[{CJK}]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_DEFINITION = re.compile(
    r"\s*(?:export |default |public |private |protected |static |async |abstract |final |pub(?:\([a-z]+\))? |unsafe )*"
    r"(?:def|class|func|fn|function|struct|enum|trait|impl|interface|type|module|namespace|object|CREATE TABLE)\s+\S"
)
_SENTENCE_END = re.compile("[.!?;]\\s+|[\u3002\uff01\uff1f\uff1b]|\\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: characters `start` to `end` of its text, which begin in `line` and end in `end_line`.

    Lines count from 1. `heading` is what stands above the piece: headings, or the definition that code is in.
    """

    start: int
    end: int
    line: int
    end_line: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    heading: str
    begins_section: bool


def chunks_of(text: str, kind: str = "text") -> list[Chunk]:
    """The pieces of a text, in their order, without empty ones; `kind` is markdown, code or text.

    Every character that is no white space is in exactly one of them, and `text[start:end]` is the piece's text.
    """
    blocks = {"markdown": _markdown_blocks, "code": _code_blocks}.get(kind, _text_blocks)
    spans = _packed(text, blocks(text))
    return list(_placed(text, spans))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each line, with its line feed."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _markdown_blocks(text: str) -> Iterator[_Block]:
    """Headings begin sections; paragraphs, and fenced code whole, are blocks."""
    above: list[tuple[int, str]] = []
    heading, fence, start, begins = "", "", 0, False
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if fence:
            if line.lstrip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if found := _FENCE.match(line):
            fence = found[1]
        elif line.startswith(("#", " ")) and (found := _HEADING.match(line)):
            if line_start > start:
                yield _Block(start, line_start, heading, begins)
            level = len(found[1])
            above = [*(each for each in above if each[0] < level), (level, found[2])]
            heading = " > ".join(title for _, title in above)[:LONGEST_HEADING_CHARS]
            start, begins = line_start, True
        elif not line.strip() and text[start:line_start].strip():
            yield _Block(start, line_end, heading, begins)
            start, begins = line_end, False
    if start < len(text):
        yield _Block(start, len(text), heading, begins)


def _code_blocks(text: str) -> Iterator[_Block]:
    """What stands at the left edge after an empty line begins a section; empty lines end blocks."""
    heading, start, begins, after_empty = "", 0, False, False
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if not line.strip():
            after_empty = True
            continue
        if after_empty and line_start > start:
            yield _Block(start, line_start, heading, begins)
            start, begins = line_start, not line[0].isspace()
        after_empty = False
        if _DEFINITION.match(line) and (start == line_start or not heading):
            heading = line.strip()[:LONGEST_HEADING_CHARS]
    if start < len(text):
        yield _Block(start, len(text), heading, begins)


def _text_blocks(text: str) -> Iterator[_Block]:
    start = 0
    for found in re.finditer(r"\n[ \t]*\n\s*", text):
        yield _Block(start, found.end(), "", begins_section=False)
        start = found.end()
    if start < len(text):
        yield _Block(start, len(text), "", begins_section=False)


def _packed(text: str, blocks: Iterable[_Block]) -> Iterator[tuple[int, int, str]]:
    """Blocks that follow each other together, as long as they have room; a long one by itself, in parts."""
    start = end = weight = 0
    heading = ""
    for block in blocks:
        size = _weight(text, block.start, block.end)
        if end > start and (weight + size > MOST or (block.begins_section and weight >= LEAST)):
            yield start, end, heading
            start = end
        if end == start:
            start, heading, weight = block.start, block.heading, 0
        if size > MOST:
            for part_start, part_end in _split(text, block.start, block.end):
                yield part_start, part_end, block.heading
            start = end = block.end
            continue
        end, weight = block.end, weight + size
    if end > start:
        yield start, end, heading


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A long block in parts: at line feeds, else after sentences or words, else anywhere."""
    while start < end:
        room = _room(text, start, end)
        if start + room >= end:
            yield start, end
            return
        least = start + room // 2
        cut = text.rfind("\n", least, start + room) + 1
        if not cut:
            ends = [found.end() for found in _SENTENCE_END.finditer(text, least, start + room)]
            cut = ends[-1] if ends else start + room
        yield start, cut
        start = cut


def _room(text: str, start: int, end: int) -> int:
    """How many characters from `start` on a part may have."""
    room = min(MOST, end - start)
    while room > 1 and (weight := _weight(text, start, start + room)) > MOST:
        room = max(1, min(room - 1, room * MOST // weight))
    return room


def _weight(text: str, start: int, end: int) -> int:
    piece = text[start:end]
    return len(piece) if piece.isascii() else len(piece) + 2 * len(_CJK_LETTER.findall(piece))


def _placed(text: str, spans: Iterable[tuple[int, int, str]]) -> Iterator[Chunk]:
    line, counted = 1, 0
    for begin, end, heading in spans:
        piece = text[begin:end].lstrip()
        start, piece = end - len(piece), piece.rstrip()
        if not piece:
            continue
        line += text.count("\n", counted, start)
        counted = start
        yield Chunk(start, start + len(piece), line, line + piece.count("\n"), heading, piece)
