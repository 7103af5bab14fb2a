"""A unified diff as rows: below each other, or the old beside the new, with long lines broken to a width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

RowKind = Literal["text", "head", "hunk", "same", "removed", "added", "gap"]

TAB_COLUMNS = 4
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_MARKED: dict[str, RowKind] = {"+": "added", "-": "removed"}


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A line of a diff, as it stands there with its mark.

    `old` and `new` are the lines of the files that it is, counted from 1; of an added line `old` is 0, of a removed one
    `new` is the line that comes next. `hunk` is the part of the diff, the first is 0; -1 is above the first.
    `continues` if it is the rest of a line that is broken.
    """

    kind: RowKind
    text: str = ""
    old: int = 0
    new: int = 0
    hunk: int = -1
    continues: bool = False


Pair = tuple[DiffRow, DiffRow]


def plain_rows(text: str) -> Iterator[DiffRow]:
    """The lines of a text that is no diff."""
    for number, line in enumerate(_lines(text), 1):
        yield DiffRow("text", line, number, number)


def diff_rows(text: str) -> Iterator[DiffRow]:
    """The lines of a unified diff, of one file or of several."""
    old = new = old_left = new_left = 0  # by the counts of the hunk: a removed line may look like a head
    hunk = -1
    for line in _lines(text):
        begin = _HUNK.match(line) if old_left <= 0 and new_left <= 0 else None
        if begin is not None:
            old, new, hunk = int(begin[1]), int(begin[3]), hunk + 1
            old_left, new_left = int(begin[2] or 1), int(begin[4] or 1)
            yield DiffRow("hunk", line, hunk=hunk, new=new)
        elif (old_left <= 0 and new_left <= 0) or line.startswith("\\"):
            yield DiffRow("head", line, hunk=hunk, new=new)
        else:
            kind = _MARKED.get(line[:1], "same")
            yield DiffRow(kind, line, 0 if kind == "added" else old, new, hunk)
            if kind != "added":
                old, old_left = old + 1, old_left - 1
            if kind != "removed":
                new, new_left = new + 1, new_left - 1


def side_by_side(rows: Iterable[DiffRow]) -> Iterator[Pair]:
    """The rows in pairs: what was removed beside what came in its place, every other line beside itself."""
    removed: list[DiffRow] = []
    added: list[DiffRow] = []
    for row in rows:
        if row.kind == "removed" and not added:
            removed.append(row)
            continue
        if row.kind == "added":
            added.append(row)
            continue
        yield from _paired(removed, added)
        removed, added = ([row], []) if row.kind == "removed" else ([], [])
        if not removed:
            yield row, row
    yield from _paired(removed, added)


def broken(row: DiffRow, columns: int) -> list[DiffRow]:
    """A row as rows of at most so many columns of a fixed font."""
    if len(row.text) * 2 <= columns or (row.text.isascii() and "\t" not in row.text and len(row.text) <= columns):
        return [row]
    return [
        DiffRow(row.kind, piece, row.old, row.new, row.hunk, continues=number > 0)
        for number, piece in enumerate(_pieces(row.text, columns))
    ]


def broken_pair(pair: Pair, columns: int) -> Iterator[Pair]:
    """A pair as pairs of at most so many columns each; what is shorter is filled up, so that both stay level."""
    left, right = broken(pair[0], columns), broken(pair[1], columns)
    for number in range(max(len(left), len(right))):
        yield (
            left[number] if number < len(left) else DiffRow("gap"),
            right[number] if number < len(right) else DiffRow("gap"),
        )


def _paired(removed: list[DiffRow], added: list[DiffRow]) -> Iterator[Pair]:
    for number in range(max(len(removed), len(added))):
        yield (
            removed[number] if number < len(removed) else DiffRow("gap", hunk=added[number].hunk),
            added[number]
            if number < len(added)
            else DiffRow("gap", new=removed[number].new, hunk=removed[number].hunk),
        )


def _lines(text: str) -> Iterator[str]:
    """The lines one after the other, so that a long text costs nothing at once."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1
    yield text[begin:]


def _pieces(text: str, columns: int) -> list[str]:
    if text.isascii() and "\t" not in text:
        return [text[at : at + columns] for at in range(0, len(text), columns)]
    pieces: list[str] = []
    begin = used = 0
    for at, char in enumerate(text):
        wide = TAB_COLUMNS - used % TAB_COLUMNS if char == "\t" else _columns(char)
        if used + wide > columns and at > begin:
            pieces.append(text[begin:at])
            begin, used = at, 0
            wide = TAB_COLUMNS if char == "\t" else wide
        used += wide
    return [*pieces, text[begin:]]


def _columns(char: str) -> int:
    if char < "\u0300":
        return 1
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
