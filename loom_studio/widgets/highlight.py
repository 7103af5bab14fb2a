"""Colours for code, by Pygments; only for blocks that are whole and not large."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from PySide6.QtGui import QColor, QTextCharFormat, QTextDocument, QTextLayout

LIMIT_CHARS = 4000

_LIGHT = {"Keyword": "#0b4fa8", "Name.Function": "#6f42c1", "Name.Class": "#6f42c1", "String": "#0a5c2e",
          "Comment": "#5f6872", "Number": "#8a4600", "Name.Builtin": "#0b4fa8", "Operator": "#57606a"}  # fmt: skip
_DARK = {"Keyword": "#8ab8ff", "Name.Function": "#cfa8ff", "Name.Class": "#cfa8ff", "String": "#8fdba8",
         "Comment": "#98a1ae", "Number": "#efb06b", "Name.Builtin": "#8ab8ff", "Operator": "#b5bdc9"}  # fmt: skip


def highlight(document: QTextDocument, code: str, language: str, *, dark: bool) -> None:
    """Colour a document that holds `code`; an unknown language stays plain."""
    lexer = _lexer(language) if language and len(code) <= LIMIT_CHARS else None
    if lexer is None:
        return
    colours = _DARK if dark else _LIGHT
    ranges: dict[int, list[QTextLayout.FormatRange]] = {}
    position = 0
    for token, text in lexer.get_tokens(code):
        colour = _colour(str(token).removeprefix("Token."), colours)
        for piece in text.splitlines(keepends=True) if colour else ():
            block = document.findBlock(position + 0 if piece is text else position)
            span = QTextLayout.FormatRange()
            span.start, span.length = position - block.position(), len(piece.rstrip("\n"))
            span.format = _format(colour)
            ranges.setdefault(block.blockNumber(), []).append(span)
            position += len(piece)
        if not colour:
            position += len(text)
    for number, spans in ranges.items():
        document.findBlockByNumber(number).layout().setFormats(spans)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    from pygments import lexers
    from pygments.util import ClassNotFound

    try:
        return cast("Any", lexers).get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _colour(token: str, colours: dict[str, str]) -> str:
    while token:
        for name in (token, token.removeprefix("Literal.")):
            if name in colours:
                return colours[name]
        token = token.rpartition(".")[0]
    return ""


@lru_cache(maxsize=64)
def _format(colour: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    return made
