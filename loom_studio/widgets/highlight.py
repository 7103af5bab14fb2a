"""Colours for code, by Pygments, a few milliseconds at a time: lexing 1,000 characters takes about nine.

A lexer is made once, in a thread: to compile the expressions of one takes up to a fifth of a second.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, QTimerEvent, Signal
from PySide6.QtGui import QColor

from loom.threads import start_in_thread
from loom_studio.overriding import override
from loom_studio.theme import current

if TYPE_CHECKING:
    from concurrent.futures import Future

    from PySide6.QtGui import QTextCharFormat, QTextDocument

SLICE_S = 0.003
LOOK_MS = 10
"""How often is looked whether the lexer that the next piece of work needs is made."""
LIMIT_CHARS = 200_000
KEPT_RESULTS = 400
MOST_JOBS = 60

# A colour's name in the theme, and a piece of a line in UTF-16 units, as Qt counts.
Span = tuple[str, int, int]
Spans = dict[int, list[Span]]

_COLOURS = {
    "Keyword": "keyword", "Name.Builtin": "keyword", "Name.Tag": "keyword", "Name.Function": "name",
    "Name.Class": "name", "Name.Decorator": "name", "Name.Attribute": "name", "Literal.String": "string",
    "Literal.Number": "number", "Comment": "comment", "Operator": "comment", "Generic.Inserted": "string",
    "Generic.Deleted": "number", "Generic.Heading": "name", "Generic.Subheading": "name",
}  # fmt: skip


class Highlighter(QObject):
    """Colours documents in turn, the latest first; its timer runs only while there is work."""

    coloured = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._jobs: deque[Iterator[bool]] = deque(maxlen=MOST_JOBS)
        self._done: OrderedDict[tuple[str, str], Spans] = OrderedDict()
        self._timer = self._every_ms = 0

    @property
    def is_busy(self) -> bool:
        """True while there is code to colour."""
        return bool(self._jobs)

    def add(self, document: QTextDocument, code: str, language: str) -> None:
        """Colour a document that holds `code`: at once if it was done before; an unknown language stays plain."""
        if not language or len(code) > LIMIT_CHARS:
            return
        known = self._done.get((language, code))
        if known is not None:
            for line, spans in known.items():
                _apply(document, line, spans)
            return
        self._jobs.append(self._colour(document, code, language))
        self._tick(0)

    @override
    def timerEvent(self, event: QTimerEvent) -> None:
        until = time.perf_counter() + SLICE_S
        waits = False
        while self._jobs and not waits and time.perf_counter() < until:
            job = self._jobs[-1]
            goes_on = next(job, None)
            if goes_on is None:
                self._jobs.remove(job)
            waits = goes_on is False
        self.coloured.emit()
        self._tick(LOOK_MS if waits else 0)

    def _tick(self, every_ms: int) -> None:
        """Have the timer run so often while there is work, and not at all without."""
        if self._timer and (not self._jobs or every_ms != self._every_ms):
            self.killTimer(self._timer)
            self._timer = 0
        if self._jobs and not self._timer:
            self._timer, self._every_ms = self.startTimer(every_ms), every_ms

    def _colour(self, document: QTextDocument, code: str, language: str) -> Iterator[bool]:
        """One step after another; False is one that has to wait."""
        making = _making(language.lower())
        while not making.done():
            yield False
        lexer = lexer_of(language.lower())
        spans: Spans = {}
        yield True
        if lexer is not None:
            for line, found in lines_of(lexer, code):
                spans[line] = found
                _apply(document, line, found)
                yield True
        self._done[(language, code)] = spans
        if len(self._done) > KEPT_RESULTS:
            self._done.popitem(last=False)


def lines_of(lexer: Any, code: str) -> Iterator[tuple[int, list[Span]]]:
    """The coloured pieces of each line that has any, as the lexer goes through the code."""
    line, column = 0, 0
    spans: list[Span] = []
    for _, token, text in lexer.get_tokens_unprocessed(f"{code}\n"):  # some know a line by its end alone
        colour = _colour_of(str(token).removeprefix("Token."))
        for number, piece in enumerate(text.split("\n")):
            if number:
                if spans:
                    yield line, spans
                line, column, spans = line + 1, 0, []
            width = len(piece) if piece.isascii() else len(piece.encode("utf-16-le", "surrogatepass")) // 2
            if colour and width:
                spans.append((colour, column, width))
            column += width
    if spans:
        yield line, spans


@lru_cache(maxsize=256)
def _making(language: str) -> Future[None]:
    return start_in_thread(partial(lexer_of, language))


@lru_cache(maxsize=256)
def lexer_of(language: str) -> Any:
    """Pygments' lexer of a language, or None. Blocks for what the first one of a language takes."""
    from pygments import lexers
    from pygments.lexers._mapping import LEXERS

    # Pygments' own look-up asks every installed package for plugins before it says that it knows no such name.
    aliases = cast("Any", LEXERS).values()
    if not any(language in entry[2] for entry in aliases):
        return None
    return cast("Any", lexers).get_lexer_by_name(language)


@lru_cache(maxsize=512)
def _colour_of(token: str) -> str:
    while token:
        if token in _COLOURS:
            return _COLOURS[token]
        token = token.rpartition(".")[0]
    return ""


def _apply(document: QTextDocument, line: int, spans: list[Span]) -> None:
    block = document.findBlockByNumber(line)
    if not block.isValid():
        return
    from PySide6.QtGui import QTextLayout  # a window is shown without it

    ranges: list[QTextLayout.FormatRange] = []
    for colour, start, width in spans:
        made = QTextLayout.FormatRange()
        made.start, made.length = start, width
        made.format = _format(getattr(current(), colour))
        ranges.append(made)
    block.layout().setFormats(ranges)
    document.markContentsDirty(block.position(), block.length())


@lru_cache(maxsize=64)
def _format(colour: str) -> QTextCharFormat:
    from PySide6.QtGui import QTextCharFormat  # a window is shown without it

    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    return made
