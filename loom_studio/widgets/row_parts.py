"""The parts of a row that do something: its head opens and folds it, a code block is copied, a link is followed."""

from __future__ import annotations

from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF

from loom_studio.widgets.row_painter import copy_rect
from loom_studio.widgets.transcript_layout import MARGIN_PX, Place, TranscriptLayout


class Part(NamedTuple):
    """One of them: `value` is a link's address; `start` and `end` are where its text lies."""

    kind: Literal["toggle", "copy", "link"]
    place: Place
    value: str = ""
    start: int = 0
    end: int = 0


def parts_of(layout: TranscriptLayout, row: int) -> list[Part]:
    """The parts of a row in reading order."""
    found: list[Part] = []
    laid = layout.laid(row)
    for number, one in enumerate(laid.blocks):
        place = (row, number)
        if one.block.kind == "head" and laid.row.detail:
            found.append(Part("toggle", place))
        elif one.block.kind == "code":
            found.append(Part("copy", place))
        elif one.block.kind == "markdown":
            found += [Part("link", place, *link) for link in layout.document(place).links()]
    return found


def part_at(layout: TranscriptLayout, point: QPointF) -> Part | None:
    """The part at a point, in px from the top of all."""
    if not layout.count or point.y() >= layout.total:
        return None
    place = layout.place_at(point.y())
    laid = layout.laid(place[0])
    block = laid.blocks[place[1]].block
    corner = QPointF(layout.indent(laid.row, block), layout.top(place))
    if block.kind == "head":
        is_on = point.y() < corner.y() + layout.height(place) + 4
        return Part("toggle", place) if laid.row.detail and is_on else None
    if block.kind == "code":
        is_on = copy_rect(corner, layout.text_width(laid.row, block)).contains(point)
        return Part("copy", place) if is_on else None
    link = layout.document(place).link_at(point - corner) if block.kind == "markdown" else ""
    return Part("link", place, link) if link else None


def rect_of(layout: TranscriptLayout, part: Part) -> QRectF:
    """Where a part is, in px from the top of all."""
    laid = layout.laid(part.place[0])
    block = laid.blocks[part.place[1]].block
    corner = QPointF(layout.indent(laid.row, block), layout.top(part.place))
    width = layout.text_width(laid.row, block)
    if part.kind == "copy":
        return copy_rect(corner, width)
    document = layout.document(part.place)
    if part.kind == "toggle":
        return QRectF(MARGIN_PX - 4, corner.y() - 2, layout.width - 2 * MARGIN_PX + 8, document.height + 4)
    first = document.caret_rect(part.start).translated(corner)
    last = document.caret_rect(part.end).translated(corner)
    if first.y() == last.y():
        return first.united(last).adjusted(-2, -1, 2, 1)
    return QRectF(corner.x(), first.y(), width, last.bottom() - first.y())
