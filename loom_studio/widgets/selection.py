"""What is selected in a transcript, from a place in one block to a place in another, and its Markdown source."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from loom_studio.widgets.transcript_layout import Place, TranscriptLayout

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCursor


class Position(NamedTuple):
    """A place in the text: the row, the block of the row, and the place in the block's text as shown."""

    row: int
    block: int
    offset: int

    @property
    def place(self) -> Place:
        """The block that it lies in."""
        return self.row, self.block


class Selection(NamedTuple):
    """From where it was begun to where the caret is."""

    anchor: Position
    caret: Position

    @property
    def start(self) -> Position:
        """The end that comes first in the text."""
        return min(self.anchor, self.caret)

    @property
    def end(self) -> Position:
        """The end that comes last in the text."""
        return max(self.anchor, self.caret)

    @property
    def is_empty(self) -> bool:
        """True when nothing lies between the ends."""
        return self.anchor == self.caret

    def offsets_in(self, place: Place, length: int) -> tuple[int, int] | None:
        """The selected piece of a block whose text has this length, or None."""
        if not self.start.place <= place <= self.end.place:
            return None
        start = self.start.offset if place == self.start.place else 0
        end = self.end.offset if place == self.end.place else length
        return (start, end) if start < end else None


def whole(layout: TranscriptLayout) -> Selection | None:
    """A selection of everything, or None when there is nothing."""
    if not layout.count:
        return None
    last = layout.count - 1
    block = len(layout.laid(last).blocks) - 1
    return Selection(Position(0, 0, 0), Position(last, block, layout.document((last, block)).length))


def source_of(selection: Selection, layout: TranscriptLayout) -> str:
    """What is selected, as the Markdown that it was written in; within one block, as it reads."""
    start, end = selection.start, selection.end
    if start.place == end.place:
        return _text(layout.document(start.place).cursor(start.offset, end.offset))
    pieces = [_row_piece(number, selection, layout) for number in range(start.row, end.row + 1)]
    return "\n\n".join(piece for piece in pieces if piece)


def _row_piece(number: int, selection: Selection, layout: TranscriptLayout) -> str:
    start, end = selection.start, selection.end
    is_cut_above = number == start.row and (start.block > 0 or start.offset > 0)
    is_cut_below = number == end.row
    if not is_cut_above and not is_cut_below:
        return layout.row(number).plain.strip("\n")
    laid = layout.laid(number)
    first = start.block if number == start.row else 0
    last = end.block if is_cut_below else len(laid.blocks) - 1
    pieces: list[tuple[str, str]] = []
    for block in range(first, last + 1):
        is_edge = (number, block) in (start.place, end.place)
        text = _edge((number, block), selection, layout) if is_edge else laid.blocks[block].block.text.strip("\n")
        if text:
            pieces.append((laid.blocks[block].block.kind, text))
    joined = ""
    for kind, text in pieces:
        joined += text + ("\n" if kind == "head" else "\n\n")
    return joined.rstrip("\n")


def _edge(place: Place, selection: Selection, layout: TranscriptLayout) -> str:
    document = layout.document(place)
    offsets = selection.offsets_in(place, document.length)
    if offsets is None:
        return ""
    if offsets[0] == 0 and offsets[1] >= document.length:
        return document.block.text.strip("\n")
    cursor = document.cursor(*offsets)
    if document.block.kind == "markdown":
        from PySide6.QtGui import QTextDocument  # a window is shown without it

        return cursor.selection().toMarkdown(QTextDocument.MarkdownFeature.MarkdownDialectGitHub).strip("\n")
    return _text(cursor)


def _text(cursor: QTextCursor) -> str:
    return cursor.selectedText().replace("\u2029", "\n").replace("\u2028", "\n")
