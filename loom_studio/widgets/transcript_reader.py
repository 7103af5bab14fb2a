"""Reading a transcript: what is selected in it, where the caret goes, and where a text is found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from PySide6.QtCore import QPointF

from loom_studio.widgets.selection import Position, Selection, source_of, whole
from loom_studio.widgets.transcript_layout import Place, TranscriptLayout

Step = Literal["left", "right", "word-left", "word-right", "up", "down", "first", "last"]

# Signs of Markdown that stand in the source but not in what is shown.
_MARKUP = dict.fromkeys(map(ord, "*_`~\\[]"))


class Reader:
    """The selection over a layout. Points are in px from the top of all rows."""

    def __init__(self, layout: TranscriptLayout) -> None:
        self._layout = layout
        self.selection: Selection | None = None

    @property
    def has_text(self) -> bool:
        """True when something is selected."""
        return self.selection is not None and not self.selection.is_empty

    @property
    def source(self) -> str:
        """What is selected, as Markdown."""
        return source_of(self.selection, self._layout) if self.selection is not None and self.has_text else ""

    def clear(self) -> None:
        """Select nothing."""
        self.selection = None

    def keep_within(self) -> None:
        """Drop a selection whose blocks are gone."""
        selection = self.selection
        if selection is None:
            return
        for end in (selection.anchor, selection.caret):
            if end.row >= self._layout.count or end.block >= len(self._layout.laid(end.row).blocks):
                self.selection = None

    def move_down(self, rows: int) -> None:
        """Stay on the same text when so many rows were put before it."""
        if self.selection is not None:
            anchor, caret = self.selection.anchor, self.selection.caret
            self.selection = Selection(
                Position(anchor.row + rows, anchor.block, anchor.offset),
                Position(caret.row + rows, caret.block, caret.offset),
            )

    def select_all(self) -> None:
        """Select everything."""
        self.selection = whole(self._layout)

    def position_at(self, point: QPointF) -> Position:
        """The place in the text nearest to a point; there must be a row."""
        layout = self._layout
        place = layout.place_at(max(0.0, min(point.y(), layout.total - 1)))
        laid = layout.laid(place[0])
        corner = QPointF(layout.indent(laid.row, laid.blocks[place[1]].block), layout.top(place))
        return Position(*place, layout.document(place).position_at(point - corner))

    def begin(self, point: QPointF) -> None:
        """Begin a selection at a point."""
        position = self.position_at(point)
        self.selection = Selection(position, position)

    def extend(self, point: QPointF) -> None:
        """Let the selection reach to a point."""
        position = self.position_at(point)
        self.selection = Selection(self.selection.anchor if self.selection else position, position)

    def select_word(self, point: QPointF) -> None:
        """Select the word at a point."""
        position = self.position_at(point)
        cursor = self._layout.document(position.place).cursor(position.offset, position.offset)
        from PySide6.QtGui import QTextCursor  # a window is shown without it

        cursor.select(QTextCursor.SelectionType.WordUnderCursor)
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        self.selection = Selection(Position(*position.place, start), Position(*position.place, end))

    def select_block(self, point: QPointF) -> None:
        """Select the whole block at a point."""
        place = self.position_at(point).place
        self.selection = Selection(Position(*place, 0), Position(*place, self._layout.document(place).length))

    def move(self, step: Step, row: int) -> None:
        """Move the end of the selection that moves; without one it begins at the top of `row`."""
        if not self._layout.count:
            return
        if self.selection is None:
            start = Position(max(0, row), 0, 0)
            self.selection = Selection(start, start)
        self.selection = Selection(self.selection.anchor, self._moved(self.selection.caret, step))

    def caret_rect_top_bottom(self) -> tuple[float, float] | None:
        """The upper and lower edge of the line with the caret."""
        if self.selection is None:
            return None
        caret = self.selection.caret
        rect = self._layout.document(caret.place).caret_rect(caret.offset)
        top = self._layout.top(caret.place) + rect.top()
        return top, top + rect.height()

    def _moved(self, caret: Position, step: Step) -> Position:
        layout = self._layout
        if step == "first":
            return Position(0, 0, 0)
        if step == "last":
            everything = whole(layout)
            return everything.caret if everything else caret
        if step in ("up", "down"):
            return self._beside(caret, step)
        from PySide6.QtGui import QTextCursor  # a window is shown without it

        document = layout.document(caret.place)
        moves = {
            "left": QTextCursor.MoveOperation.PreviousCharacter,
            "right": QTextCursor.MoveOperation.NextCharacter,
            "word-left": QTextCursor.MoveOperation.PreviousWord,
            "word-right": QTextCursor.MoveOperation.NextWord,
        }
        cursor = document.cursor(caret.offset, caret.offset)
        if cursor.movePosition(moves[step]) and cursor.position() != caret.offset:
            return Position(*caret.place, cursor.position())
        if step.endswith("left"):
            place = next(layout.before(caret.place), None)
            return Position(*place, layout.document(place).length) if place else caret
        places = layout.after(caret.place)
        next(places)
        place = next(places, None)
        return Position(*place, 0) if place else caret

    def _beside(self, caret: Position, step: Step) -> Position:
        layout = self._layout
        laid = layout.laid(caret.row)
        document = layout.document(caret.place)
        rect = document.caret_rect(caret.offset)
        x = layout.indent(laid.row, document.block) + rect.x()
        top = layout.top(caret.place) + rect.top()
        reach = 4.0
        while reach < 200:
            y = top - reach if step == "up" else top + rect.height() + reach
            if not 0 <= y < layout.total:
                return self._moved(caret, "first" if step == "up" else "last")
            found = self.position_at(QPointF(x, y))
            if (found < caret) if step == "up" else (found > caret):
                return found
            reach += 6
        return caret

    # -- finding

    def find(self, text: str, start: Place, *, forward: bool = True, stays: bool = False) -> bool:
        """Select the next piece that reads as `text`, upper or lower case, from the selection or else `start` on.

        It goes on at the other end; False when the text is nowhere. What is folded is not searched. With `stays`, a
        selection that reads so far as the text is selected again: for a text that is still being typed.
        """
        if not text or not self._layout.count:
            return False
        if self.selection is not None:
            origin = self.selection.end if forward and not stays else self.selection.start
        else:
            origin = Position(*start, 0)
        from PySide6.QtGui import QTextDocument  # a window is shown without it

        flags = QTextDocument.FindFlag(0) if forward else QTextDocument.FindFlag.FindBackward
        is_first = True
        for place in self._places(text, origin, forward=forward):
            document = self._layout.document(place)
            offset = origin.offset if is_first and place == origin.place else 0 if forward else document.length
            is_first = False
            found = document.document.find(text, offset, flags)
            if not found.isNull():
                start_at, end_at = found.selectionStart(), found.selectionEnd()
                self.selection = Selection(Position(*place, start_at), Position(*place, end_at))
                return True
        return False

    def _places(self, text: str, origin: Position, *, forward: bool) -> Iterator[Place]:
        """The blocks to look in, the one of `origin` first and last; rows that can't hold the text are left out."""
        layout, wanted = self._layout, _loose(text)
        step = 1 if forward else -1
        for turn in range(layout.count + 1):
            row = (origin.row + step * turn) % layout.count
            if wanted not in _loose(layout.row(row).plain) and wanted:
                continue
            blocks = list(range(len(layout.laid(row).blocks)))
            if turn == 0:
                blocks = blocks[origin.block :] if forward else blocks[: origin.block + 1]
            yield from ((row, block) for block in (blocks if forward else reversed(blocks)))


def _loose(text: str) -> str:
    return text.translate(_MARKUP).lower()
