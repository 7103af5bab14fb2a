"""What a row of the transcript looks like: card or plain, its icon, the heads of its code blocks, its selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from loom_studio.texts import tr
from loom_studio.theme import Tokens, body_font, current, icon_picture, px
from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.row_blocks import CODE_HEAD_PX, Block
from loom_studio.widgets.selection import Selection
from loom_studio.widgets.transcript_layout import GAP_PX, MARGIN_PX, Place, TranscriptLayout

if TYPE_CHECKING:
    from loom_studio.widgets.block_document import BlockDocument

ICON_PX = 14
COPY_PX = 72
CARD_INSET_PX = 8

_ICONS = {"tool": "tool", "thinking": "thinking", "veto": "blocked", "error": "error", "notice": "notice"}
_BAD = ("failed", "refused", "outcome unknown")


class Marks(NamedTuple):
    """What is marked: the selected text, the row with the keyboard's focus, the part of it that Enter would use."""

    selection: Selection | None = None
    focus_row: int = -1
    copied: Place | None = None


def copy_rect(corner: QPointF, width: float) -> QRectF:
    """Where the Copy button of a code block is, given the block's corner and width."""
    return QRectF(corner.x() + width - px(COPY_PX) - 4, corner.y() + 3, px(COPY_PX), px(CODE_HEAD_PX) - 6)


class RowPainter:
    """Paints rows of a layout."""

    def __init__(self, layout: TranscriptLayout) -> None:
        self._layout = layout

    def paint(self, painter: QPainter, number: int, top: float, clip: QRectF, marks: Marks) -> None:
        """Paint row `number` with its top at `top`; only blocks that `clip` shows are laid out."""
        laid = self._layout.laid(number)
        tokens = current()
        card = QRectF(0, top, self._layout.width, laid.height)
        self._card(painter, laid.row, _near(card, clip), tokens)
        y = top + laid.top_of(0)
        for block, one in enumerate(laid.blocks):
            if y + one.height >= clip.top() and y <= clip.bottom():
                self._block(painter, (number, block), QPointF(0, y), clip, marks)
            y += one.height + GAP_PX
        if number == marks.focus_row:
            bar = QRectF(2, top + 6, 3, max(4, laid.height - 12))
            painter.fillRect(bar, QColor(tokens.accent))

    def _card(self, painter: QPainter, row: TranscriptRow, rect: QRectF, tokens: Tokens) -> None:
        fill = {"user": tokens.user, "tool": tokens.raised, "veto": tokens.surface, "error": tokens.surface}
        colour = fill.get(row.kind)
        if colour is None:
            return
        edge = tokens.danger if row.kind in ("veto", "error") else tokens.border if row.kind == "tool" else colour
        box = rect.adjusted(CARD_INSET_PX + 0.5, 2.5, -CARD_INSET_PX - 0.5, -2.5)
        _paint_box(painter, box, 6, QColor(colour), QColor(edge))

    def _block(self, painter: QPainter, place: Place, at: QPointF, clip: QRectF, marks: Marks) -> None:
        tokens = current()
        row = self._layout.laid(place[0]).row
        document = self._layout.document(place)
        block = document.block
        indent = self._layout.indent(row, block)
        corner = QPointF(indent, at.y())
        width = self._layout.text_width(row, block)
        if block.kind in ("code", "mono"):
            box = _near(QRectF(corner.x(), corner.y(), width, document.height), clip).adjusted(0.5, 0.5, -0.5, -0.5)
            _paint_box(painter, box, 5, QColor(tokens.code), QColor(tokens.border))
        if block.kind == "code":
            self._code_head(painter, document, corner, width, is_copied=marks.copied == place)
        if block.kind == "head" and indent > MARGIN_PX:
            self._head_icon(painter, row, QPointF(MARGIN_PX, at.y()), tokens)
        offsets = marks.selection.offsets_in(place, document.length) if marks.selection else None
        cursor = document.cursor(*offsets) if offsets else None
        document.paint(painter, corner, clip, self._colour(block, row, tokens), cursor)
        if row.detail and block.kind == "head":
            name = "chevron-down" if row.is_open else "chevron-right"
            self._picture(painter, name, QPointF(corner.x() + width - px(ICON_PX) - 4, at.y() + 1), tokens.muted)

    def _code_head(
        self, painter: QPainter, document: BlockDocument, corner: QPointF, width: float, *, is_copied: bool
    ) -> None:
        tokens = current()
        painter.setFont(body_font())
        painter.setPen(QColor(tokens.muted))
        left = QRectF(corner.x() + 10, corner.y(), width - px(COPY_PX) - 20, px(CODE_HEAD_PX))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, document.language[:40] or tr("text"))
        box = copy_rect(corner, width)
        self._picture(painter, "check" if is_copied else "copy", QPointF(box.x() + 6, box.y() + 3), tokens.muted)
        painter.drawText(box.adjusted(26, 0, 0, 0), middle, tr("Copied") if is_copied else tr("Copy"))
        painter.setPen(QColor(tokens.border))
        y = corner.y() + px(CODE_HEAD_PX)
        painter.drawLine(QPointF(corner.x() + 1, y), QPointF(corner.x() + width - 1, y))

    def _head_icon(self, painter: QPainter, row: TranscriptRow, at: QPointF, tokens: Tokens) -> None:
        colour = tokens.danger if row.kind in ("veto", "error") or row.state in _BAD else tokens.muted
        self._picture(painter, _ICONS.get(row.kind, "notice"), at + QPointF(0, 1), colour)

    def _picture(self, painter: QPainter, name: str, at: QPointF, colour: str) -> None:
        painter.drawPixmap(at, icon_picture(name, colour, px(ICON_PX), painter.device().devicePixelRatioF()))

    def _colour(self, block: Block, row: TranscriptRow, tokens: Tokens) -> str:
        if row.kind in ("veto", "error") or (block.kind == "head" and row.state in _BAD):
            return tokens.danger
        if row.kind in ("thinking", "notice") or row.state == "void":
            return tokens.muted
        return tokens.text


def _near(box: QRectF, clip: QRectF) -> QRectF:
    """A box cut off well outside of what is seen, since filling a long one takes its time."""
    return box.intersected(clip.adjusted(-40, -40, 40, 40))


def _paint_box(painter: QPainter, box: QRectF, radius: int, fill: QColor, edge: QColor) -> None:
    """A filled box with round corners. Only its ends are smoothed: to smooth a large one takes its time."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill)
    painter.setPen(edge)
    if box.height() < 4 * radius:
        painter.drawRoundedRect(box, radius, radius)
        return
    end = QRectF(box.x(), box.y(), box.width(), 3 * radius)
    for shift, band in ((0.0, 0.0), (box.height() - 3 * radius, 2.0 * radius)):
        painter.save()
        painter.setClipRect(
            QRectF(box.x() - 1, box.y() + shift + band - 1, box.width() + 2, radius + 1), Qt.ClipOperation.IntersectClip
        )
        painter.drawRoundedRect(end.translated(0, shift), radius, radius)
        painter.restore()
    middle = box.adjusted(0, radius, 0, -radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.fillRect(middle, fill)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for x in (middle.left(), middle.right()):
        painter.drawLine(QPointF(x, middle.top()), QPointF(x, middle.bottom()))


def paint_focus(painter: QPainter, rect: QRectF) -> None:
    """A ring around what Enter would use."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(current().accent), 1.5))
    painter.drawRoundedRect(rect, 4, 4)
