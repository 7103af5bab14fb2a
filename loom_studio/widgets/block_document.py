"""One block of a row as a small document: laid out at a width, painted, asked what lies at a point."""

from __future__ import annotations

import re
from math import ceil
from typing import Any, cast

from PySide6.QtCore import QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPainter,
    QPalette,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextOption,
    QTextTable,
)
from typing_extensions import override

from loom_studio.plain_text import escape_direction, escape_invisible
from loom_studio.texts import tr
from loom_studio.theme import body_font, current, mono_font, px
from loom_studio.theme.fonts import BODY_PX
from loom_studio.transcript_row import SOURCE_LINK, RowKind
from loom_studio.widgets.highlight import Highlighter
from loom_studio.widgets.markdown_blocks import code_parts
from loom_studio.widgets.row_blocks import CODE_HEAD_PX, Block

CODE_PAD_PX = 10
QUOTE_INDENT_PX = 14
LIST_INDENT_PX = 20
# By Qt's adjustment of size for each level of heading.
HEADING_PX = {3: 18, 2: 16, 1: 14}
PICTURE = "\ufffc"

MARKER_PX = 16
"""The size of a footnote's number before it is raised, which makes it a third smaller."""
_MARKER = re.compile(r"[\[\], \d]+")
_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class _Document(QTextDocument):
    """A document that loads nothing: no picture, remote or local."""

    @override
    def loadResource(self, type: int, name: QUrl | str) -> Any:
        return None


class BlockDocument:
    """A laid-out block. `origin` is where its text begins in the block's rectangle; `height` is the block's, in px."""

    def __init__(self, block: Block, kind: RowKind, width: int, highlighter: Highlighter) -> None:
        self.block = block
        self.language = ""
        self._highlighter = highlighter
        self._shown = ""
        self.document = _Document()
        self.document.setUndoRedoEnabled(False)
        self.document.setDocumentMargin(0)
        self._fill(kind)
        inset = 2 * px(CODE_PAD_PX) if block.kind in ("code", "mono") else 0
        self.document.setTextWidth(max(40, width - inset))
        self.height = self._measured()

    @property
    def origin(self) -> QPointF:
        """Where the text begins in the block."""
        if self.block.kind == "code":
            return QPointF(px(CODE_PAD_PX), px(CODE_HEAD_PX) + 4)
        return QPointF(px(CODE_PAD_PX), px(CODE_PAD_PX)) if self.block.kind == "mono" else QPointF(0, 0)

    def _measured(self) -> int:
        frame = {"code": px(CODE_HEAD_PX) + px(CODE_PAD_PX) + 4, "mono": 2 * px(CODE_PAD_PX)}.get(self.block.kind, 0)
        return ceil(self.document.size().height()) + frame

    @property
    def code(self) -> str:
        """The code of a code block, without its fences."""
        return code_parts(self.block.text)[1]

    def extend(self, block: Block) -> bool:
        """Become `block` by adding text at the end; False where that can't be done and a new document is needed."""
        if block.kind != self.block.kind or block.kind in ("markdown", "head") or block.mark or self.block.mark:
            return False
        text, language, is_closed = _plain(block)
        if not text.startswith(self._shown) or language != self.language:
            return False
        if len(text) > len(self._shown):
            cursor = QTextCursor(self.document)
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(self._shown) :])
            self._shown = text
        self.block = block
        self.height = self._measured()
        if is_closed:
            self._highlighter.add(self.document, text, language)
        return True

    def paint(self, painter: QPainter, corner: QPointF, clip: QRectF, colour: str, cursor: QTextCursor | None) -> None:
        """Paint the text with the block's corner there; of a long one only what `clip` shows, `cursor` as selected."""
        tokens = current()
        at = corner + self.origin
        painter.save()
        painter.translate(at)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, QColor(colour))
        context.clip = clip.translated(-at)
        if cursor is not None:
            selection = QAbstractTextDocumentLayout.Selection()
            marked = QTextCharFormat()
            marked.setBackground(QColor(tokens.accent))
            marked.setForeground(QColor(tokens.on_accent))
            cast("Any", selection).cursor = cursor
            cast("Any", selection).format = marked
            context.selections = [selection]
        self.document.documentLayout().draw(painter, context)
        painter.restore()

    def position_at(self, point: QPointF) -> int:
        """The place in the text nearest to a point of the block."""
        found = self.document.documentLayout().hitTest(point - self.origin, Qt.HitTestAccuracy.FuzzyHit)
        return max(0, found)

    def link_at(self, point: QPointF) -> str:
        """The address of the link at a point of the block, or nothing."""
        return self.document.documentLayout().anchorAt(point - self.origin)

    def links(self) -> list[tuple[str, int, int]]:
        """Each link's address, and where its text begins and ends."""
        found: list[tuple[str, int, int]] = []
        for fragment in _fragments(self.document):
            if fragment.charFormat().isAnchor():
                start, end = fragment.position(), fragment.position() + fragment.length()
                href = fragment.charFormat().anchorHref()
                if found and found[-1][0] == href and found[-1][2] == start:
                    found[-1] = (href, found[-1][1], end)
                else:
                    found.append((href, start, end))
        return found

    def caret_rect(self, position: int) -> QRectF:
        """The line's height at a place in the text, as a rectangle 1 px wide in the block."""
        place = self.document.findBlock(position)
        box = self.document.documentLayout().blockBoundingRect(place)
        line = place.layout().lineForTextPosition(position - place.position())
        if not line.isValid():
            return QRectF(box.left(), box.top(), 1, 16).translated(self.origin)
        # PySide gives the position back beside the x that it may have moved.
        x: float = cast("Any", line.cursorToX(position - place.position()))[0]
        return QRectF(box.left() + x, box.top() + line.y(), 1, line.height()).translated(self.origin)

    def cursor(self, start: int, end: int) -> QTextCursor:
        """A cursor that selects a piece of the text; ends beyond it are moved to its end."""
        last = self.length
        cursor = QTextCursor(self.document)
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        return cursor

    @property
    def length(self) -> int:
        """The last place in the text."""
        return max(0, self.document.characterCount() - 1)

    # -- filling

    def _fill(self, kind: RowKind) -> None:
        if self.block.kind == "markdown":
            self._fill_markdown()
            return
        text, self.language, is_closed = _plain(self.block)
        self._shown = text
        is_mono = self.block.kind in ("code", "mono")
        self.document.setDefaultFont(mono_font() if is_mono else body_font(bold=self.block.kind == "head"))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        option.setTabStopDistance(32)
        self.document.setDefaultTextOption(option)
        # What the person wrote may hold joiners (emoji, Indic scripts); what a tool gave is shown to the last sign.
        self.document.setPlainText(escape_direction(self.block.text) if kind == "user" and not is_mono else text)
        if self.block.mark is not None:
            self._mark(*self.block.mark)
        if is_closed:
            self._highlighter.add(self.document, text, self.language)

    def _mark(self, start: int, end: int) -> None:
        """Mark a piece of the text, of which what can't be seen became escapes: by colour, line and weight."""
        begin = _units(escape_invisible(self.block.text[:start]))
        cursor = self.cursor(begin, begin + _units(escape_invisible(self.block.text[start:end])))
        look = QTextCharFormat()
        look.setBackground(QColor(current().removed))
        look.setFontUnderline(True)
        look.setFontWeight(QFont.Weight.Bold)
        cursor.mergeCharFormat(look)

    def _fill_markdown(self) -> None:
        document = self.document
        document.setDefaultFont(body_font())
        document.setIndentWidth(px(LIST_INDENT_PX))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        document.setDefaultTextOption(option)
        document.setMarkdown(escape_direction(self.block.text), _MARKDOWN)
        if PICTURE in document.toPlainText():
            _name_pictures(document)
        _style(document)


def _units(text: str) -> int:
    """How many places Qt counts in a text: two for a character beyond 16 bits."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _plain(block: Block) -> tuple[str, str, bool]:
    """What a block that is no Markdown shows, its language, and whether it is closed code."""
    if block.kind == "code":
        language, code, is_closed = code_parts(block.text)
        return escape_direction(code), language, is_closed
    return escape_invisible(block.text), "", False


def _fragments(document: QTextDocument) -> list[Any]:
    found: list[Any] = []
    block = document.begin()
    while block.isValid():
        step: Any = block.begin()
        while not step.atEnd():
            found.append(step.fragment())
            step += 1
        block = block.next()
    return found


def _name_pictures(document: QTextDocument) -> None:
    """Put the address of a picture where the picture would be."""
    while True:
        cursor = document.find(PICTURE)
        if cursor.isNull():
            return
        name = cursor.charFormat().toImageFormat().name() if cursor.charFormat().isImageFormat() else ""
        link = QTextCharFormat()
        if name:
            link.setAnchor(True)
            link.setAnchorHref(name)
            link.setForeground(QColor(current().accent))
        cursor.insertText(tr("[picture: {address}]", address=name) if name else tr("[picture: none]"), link)


def _style(document: QTextDocument) -> None:
    """Quiet tables, headings in pixels, tinted inline code, links in the accent colour, quotes set in a little."""
    tokens = current()
    pieces = [(one.position(), one.length(), one.charFormat(), one.text()) for one in _fragments(document)]
    for start, length, style, text in pieces:
        heading = style.intProperty(QTextFormat.Property.FontSizeAdjustment)
        if not (heading or style.fontFixedPitch() or style.isAnchor()):
            continue
        if heading:
            style.clearProperty(QTextFormat.Property.FontSizeAdjustment)
            style.setProperty(QTextFormat.Property.FontPixelSize, px(HEADING_PX.get(heading, BODY_PX)))
        if style.fontFixedPitch():
            style.setBackground(QColor(tokens.raised))
            style.setFontFamilies([mono_font().family()])
        if style.isAnchor():
            style.setForeground(QColor(tokens.accent))
        if style.anchorHref().startswith(SOURCE_LINK) and _MARKER.fullmatch(text):
            style.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
            style.setProperty(QTextFormat.Property.FontPixelSize, px(MARKER_PX))
        cursor = QTextCursor(document)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.setCharFormat(style)
    _style_blocks(document)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            form = frame.format()
            form.setBorder(1)
            form.setBorderBrush(QColor(tokens.border))
            form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            form.setBorderCollapse(True)
            form.setCellPadding(5)
            form.setCellSpacing(0)
            form.setWidth(QTextLength())
            frame.setFormat(form)


def _style_blocks(document: QTextDocument) -> None:
    """No space above the first line and below the last, since the row has its own; quotes set in by little."""
    last = document.blockCount() - 1
    block = document.begin()
    while block.isValid():
        form, number = block.blockFormat(), block.blockNumber()
        quoted = form.intProperty(QTextFormat.Property.BlockQuoteLevel)
        if quoted or form.headingLevel() or number in (0, last):
            if quoted:
                form.setLeftMargin(px(QUOTE_INDENT_PX) * quoted)
            if form.headingLevel():
                form.setBottomMargin(6)
            form.setTopMargin(0 if number == 0 else form.topMargin())
            form.setBottomMargin(0 if number == last else form.bottomMargin())
            QTextCursor(block).setBlockFormat(form)
        block = block.next()
