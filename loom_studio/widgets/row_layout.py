"""What a row of the transcript looks like: its blocks as small documents, laid out and painted."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QAbstractTextDocumentLayout, QColor, QFont, QFontDatabase, QPainter, QPalette, QTextDocument

from loom_studio.theme import DARK, Tokens, current
from loom_studio.transcript_row import TranscriptRow
from loom_studio.widgets.highlight import highlight
from loom_studio.widgets.markdown_blocks import blocks, code_parts, harmless, is_code
from loom_studio.widgets.plain_text import escape_invisible

MARGIN = 16
PADDING = 8
GAP = 6
KEPT_DOCUMENTS = 400
PLAIN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a row: text of one kind."""

    kind: str
    text: str


def blocks_of(row: TranscriptRow) -> list[Block]:
    """The blocks of a row, from top to bottom."""
    found: list[Block] = []
    head = "  ·  ".join(part for part in (row.title, row.state) if part)
    if head:
        found.append(Block("head", head))
    if row.text:
        if row.kind == "assistant":
            found += [Block("code" if is_code(block) else "markdown", block) for block in blocks(row.text)]
        else:
            found.append(Block("plain", row.text))
    if row.detail and row.is_open:
        cut = row.detail if len(row.detail) <= PLAIN_CHARS else row.detail[:PLAIN_CHARS] + "\n[…]"
        found.append(Block("mono", cut))
    return found or [Block("plain", "…" if row.is_streaming else " ")]


class RowPainter:
    """Lays rows out and paints them; keeps the documents of the blocks that were seen last."""

    def __init__(self) -> None:
        self._documents: OrderedDict[tuple[str, str, int], QTextDocument] = OrderedDict()
        self._mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)

    def forget(self) -> None:
        """Drop every document: width, font or theme changed."""
        self._documents.clear()

    def estimate(self, row: TranscriptRow, width: int) -> float:
        """About how high a row is, without laying it out."""
        per_line = max(20, (width - 2 * MARGIN) // 7)
        size = len(row.text) + (len(row.detail) if row.is_open else 0)
        lines = size / per_line + row.text.count("\n") + (1 if row.title else 0)
        return 19 * (1 + lines) + 2 * PADDING

    def height(self, row: TranscriptRow, width: int) -> float:
        """How high a row is at this width."""
        heights = [self._document(block, row, width).size().height() for block in blocks_of(row)]
        return sum(heights) + GAP * (len(heights) - 1) + 2 * PADDING

    def paint(self, painter: QPainter, row: TranscriptRow, rect: QRectF, *, selected: bool) -> None:
        """Paint a row into its rectangle."""
        tokens = current()
        self._background(painter, row, rect, tokens, selected=selected)
        y = rect.top() + PADDING
        for block in blocks_of(row):
            document = self._document(block, row, int(rect.width()))
            height = document.size().height()
            if block.kind in ("code", "mono"):
                painter.fillRect(QRectF(MARGIN, y, rect.width() - 2 * MARGIN, height), QColor(tokens.code))
            painter.save()
            painter.translate(QPointF(MARGIN, y))
            context = QAbstractTextDocumentLayout.PaintContext()
            context.palette.setColor(QPalette.ColorRole.Text, QColor(self._colour(block, row, tokens)))
            context.palette.setColor(QPalette.ColorRole.Link, QColor(tokens.accent))
            document.documentLayout().draw(painter, context)
            painter.restore()
            y += height + GAP

    def _background(
        self, painter: QPainter, row: TranscriptRow, rect: QRectF, tokens: Tokens, *, selected: bool
    ) -> None:
        colour = {"user": tokens.user, "tool": tokens.raised}.get(row.kind)
        inner = rect.adjusted(6, 2, -6, -2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(colour) if colour else QColor(0, 0, 0, 0))
        edge = tokens.danger if row.kind in ("veto", "error") else tokens.accent if selected else colour
        painter.setPen(QColor(edge) if edge else QColor(0, 0, 0, 0))
        painter.drawRoundedRect(inner, 6, 6)

    def _colour(self, block: Block, row: TranscriptRow, tokens: Tokens) -> str:
        if row.kind in ("veto", "error"):
            return tokens.danger
        if block.kind == "head" or row.kind in ("thinking", "notice"):
            return tokens.muted
        return tokens.text

    def _document(self, block: Block, row: TranscriptRow, width: int) -> QTextDocument:
        key = (block.kind, block.text, width)
        document = self._documents.get(key)
        if document is not None:
            self._documents.move_to_end(key)
            return document
        document = self._make(block, row)
        document.setTextWidth(width - 2 * MARGIN)
        self._documents[key] = document
        if len(self._documents) > KEPT_DOCUMENTS:
            self._documents.popitem(last=False)
        return document

    def _make(self, block: Block, row: TranscriptRow) -> QTextDocument:
        document = QTextDocument()
        document.setUndoRedoEnabled(False)
        document.setDocumentMargin(4)
        font = QFont()
        font.setPixelSize(13)
        document.setDefaultFont(font)
        match block.kind:
            case "markdown":
                document.setDocumentMargin(0)
                document.setMarkdown(harmless(block.text), QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
            case "code":
                language, code, is_closed = code_parts(block.text)
                self._set_mono(document, code)
                if is_closed:
                    highlight(document, code, language, dark=current() is DARK)
            case "mono":
                self._set_mono(document, escape_invisible(block.text))
            case "head":
                font.setBold(True)
                document.setDefaultFont(font)
                document.setPlainText(escape_invisible(block.text))
            case _:
                document.setPlainText(block.text if row.kind == "user" else escape_invisible(block.text))
        return document

    def _set_mono(self, document: QTextDocument, text: str) -> None:
        font = QFont(self._mono)
        font.setPixelSize(12)
        document.setDefaultFont(font)
        document.setPlainText(text)
