"""Where everything in a transcript is: heights of rows in a Fenwick tree, blocks and documents only near the view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from loom_studio.theme import px
from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.fenwick import Heights
from loom_studio.widgets.highlight import Highlighter
from loom_studio.widgets.row_blocks import CODE_HEAD_PX, Block, blocks_of

# Documents are made when there is something to read: a window is shown without them.
if TYPE_CHECKING:
    from loom_studio.widgets.block_document import BlockDocument

MARGIN_PX = 16
PADDING_PX = 8
GAP_PX = 8
HEAD_ICON_PX = 22
LINE_PX = 18
CHAR_PX = 7
KEPT_DOCUMENTS = 400
KEPT_ROWS = 500

# A block's place: its row, and its number in the row.
Place = tuple[int, int]


class LaidBlock:
    """A block with its height, guessed until a document has measured it."""

    __slots__ = ("block", "document", "height", "is_measured")

    def __init__(self, block: Block, height: int) -> None:
        self.block = block
        self.height = height
        self.is_measured = False
        self.document: BlockDocument | None = None


class LaidRow:
    """A row that is near the view."""

    __slots__ = ("blocks", "row")

    def __init__(self, row: TranscriptRow, blocks: list[LaidBlock]) -> None:
        self.row = row
        self.blocks = blocks

    @property
    def height(self) -> int:
        """The row's height in px, as far as it is known."""
        return sum(laid.height for laid in self.blocks) + GAP_PX * (len(self.blocks) - 1) + 2 * PADDING_PX

    def top_of(self, number: int) -> int:
        """Where a block begins below the row's top."""
        return PADDING_PX + sum(laid.height + GAP_PX for laid in self.blocks[:number])

    def number_at(self, y: float) -> int:
        """The block at a distance below the row's top."""
        below = float(PADDING_PX)
        for number, laid in enumerate(self.blocks):
            below += laid.height + GAP_PX
            if y < below:
                return number
        return len(self.blocks) - 1


class TranscriptLayout:
    """Rows by number, at one width. It asks `row_of` for a row's value when it first needs it."""

    def __init__(self, row_of: Callable[[int], TranscriptRow], highlighter: Highlighter) -> None:
        self._row_of = row_of
        self._highlighter = highlighter
        self._laid: OrderedDict[int, LaidRow] = OrderedDict()
        self._documents: OrderedDict[LaidBlock, None] = OrderedDict()
        self.heights = Heights()
        self.width = 400

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.heights)

    @property
    def total(self) -> int:
        """The height of all rows in px."""
        return int(self.heights.total)

    @property
    def document_count(self) -> int:
        """How many documents are kept."""
        return len(self._documents)

    # -- changes

    def load(self, count: int, width: int) -> None:
        """Begin anew with so many rows at this width; nothing is laid out yet."""
        self.width = width
        self.forget()
        self.heights = Heights(self._guess_row(self._row_of(number)) for number in range(count))

    def forget(self) -> None:
        """Drop everything that was laid out; the heights stay as guesses."""
        self._laid.clear()
        self._documents.clear()

    def append(self) -> None:
        """There is one more row at the end."""
        self.heights.append(self._guess_row(self._row_of(self.count)))

    def put_before(self, count: int) -> None:
        """There are so many more rows before the first; what is laid out keeps its documents."""
        self.heights.put_before([self._guess_row(self._row_of(number)) for number in range(count)])
        self._laid = OrderedDict((number + count, laid) for number, laid in self._laid.items())

    def change(self, number: int) -> None:
        """A row has another value; blocks that are the same keep their documents, one that only grew is added to."""
        row = self._row_of(number)
        laid = self._laid.get(number)
        if laid is None:
            self.heights.set(number, self._guess_row(row))
            return
        before, old = laid.row, laid.blocks
        blocks = blocks_of(row, before, [one.block for one in old])
        laid.row = row
        if before.kind != row.kind:
            old = []
        laid.blocks = [self._carried(block, old[n] if n < len(old) else None) for n, block in enumerate(blocks)]
        self.heights.set(number, laid.height)

    def _carried(self, block: Block, old: LaidBlock | None) -> LaidBlock:
        if old is None:
            return LaidBlock(block, self._guess(block))
        if old.block is block or old.block == block:
            return old
        if old.document is not None and old.document.extend(block):
            old.block, old.height = block, old.document.height
            return old
        self._documents.pop(old, None)
        return LaidBlock(block, old.height if old.block.kind == block.kind else self._guess(block))

    # -- what is where

    def row(self, number: int) -> TranscriptRow:
        """A row's value."""
        return self._row_of(number)

    def laid(self, number: int) -> LaidRow:
        """A row with its blocks."""
        found = self._laid.get(number)
        if found is not None:
            self._laid.move_to_end(number)
            return found
        row = self._row_of(number)
        found = LaidRow(row, [LaidBlock(block, self._guess(block)) for block in blocks_of(row)])
        self._laid[number] = found
        self.heights.set(number, found.height)
        if len(self._laid) > KEPT_ROWS:
            self._laid.popitem(last=False)
        return found

    def document(self, place: Place) -> BlockDocument:
        """A block's document, made now if need be; the block's height is its own from then on."""
        laid = self.laid(place[0])
        block = laid.blocks[place[1]]
        if block.document is None:
            from loom_studio.widgets.block_document import BlockDocument

            block.document = BlockDocument(
                block.block, laid.row.kind, self.text_width(laid.row, block.block), self._highlighter
            )
        self._documents[block] = None
        self._documents.move_to_end(block)
        while len(self._documents) > KEPT_DOCUMENTS:
            self._documents.popitem(last=False)[0].document = None
        if block.height != block.document.height:
            block.height = block.document.height
            self.heights.set(place[0], laid.height)
        block.is_measured = True
        return block.document

    def height(self, place: Place) -> int:
        """A block's true height; it is laid out for that once."""
        block = self.laid(place[0]).blocks[place[1]]
        return block.height if block.is_measured else self.document(place).height

    def top(self, place: Place) -> int:
        """A block's top, in px from the beginning of all."""
        return int(self.heights.top(place[0])) + self.laid(place[0]).top_of(place[1])

    def place_at(self, y: float) -> Place:
        """The block at a height; there must be a row."""
        number = max(0, self.heights.row_at(y))
        return number, self.laid(number).number_at(y - self.heights.top(number))

    def indent(self, row: TranscriptRow, block: Block) -> int:
        """How far a block's text is set in from the left edge."""
        is_iconed = block.kind == "head" and row.kind not in ("user", "assistant")
        return MARGIN_PX + (px(HEAD_ICON_PX) if is_iconed else 0)

    def text_width(self, row: TranscriptRow, block: Block) -> int:
        """How wide a block's text may be."""
        return self.width - self.indent(row, block) - MARGIN_PX

    def after(self, place: Place) -> Iterator[Place]:
        """The places from here on, this one first."""
        number, block = place
        while number < self.count:
            for one in range(block, len(self.laid(number).blocks)):
                yield number, one
            number, block = number + 1, 0

    def before(self, place: Place) -> Iterator[Place]:
        """The places above, the nearest first."""
        number, block = place
        while number >= 0:
            for one in range(block - 1, -1, -1):
                yield number, one
            number -= 1
            block = len(self.laid(number).blocks) if number >= 0 else 0

    def clamp(self, place: Place) -> Place:
        """The place itself, or the nearest that is still there; there must be a row."""
        number = min(max(0, place[0]), self.count - 1)
        return number, min(place[1], len(self.laid(number).blocks) - 1)

    # -- guesses

    def _guess_row(self, row: TranscriptRow) -> int:
        size, lines = len(row.text), row.text.count("\n")
        if row.is_open:
            size, lines = size + len(row.detail), lines + row.detail.count("\n")
        head = px(LINE_PX) + GAP_PX if row.title or row.state or row.detail else 0
        body = px(LINE_PX) * (lines + 1 + size * px(CHAR_PX) // max(60, self.width)) if size else 0
        return head + body + 2 * PADDING_PX

    def _guess(self, block: Block) -> int:
        lines = 1 + block.text.count("\n") + len(block.text) * px(CHAR_PX) // max(60, self.width)
        return px(LINE_PX) * lines + (px(CODE_HEAD_PX) if block.kind == "code" else 0)
