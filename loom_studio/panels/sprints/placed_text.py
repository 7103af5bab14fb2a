"""Text of an evaluator in which each file and line that it names is a link."""

from __future__ import annotations

import html
from urllib.parse import quote, unquote

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtWidgets import QTextBrowser
from typing_extensions import override

from loom.orchestration.findings import places_in
from loom_studio.plain_text import escape_invisible
from loom_studio.theme import current
from loom_studio.widgets.named import named

SCHEME = "place:"


class PlacedText(QTextBrowser):
    """Shows a page that is made anew when the theme changes; `place_wanted` has a file and its line, 0 for none."""

    place_wanted = Signal(str, int)

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.setOpenLinks(False)
        self._text = self._page = ""
        self.anchorClicked.connect(self._on_link)

    def show_text(self, text: str) -> None:
        """Show a text, its places as links."""
        self._text = text
        self.render_page()

    def page(self) -> str:
        """What is to be shown, as HTML in the colours of now."""
        return placed(self._text)

    def render_page(self) -> None:
        """Show the page, if it is another than before; what is read in it keeps its place."""
        page = self.page()
        if page != self._page:
            self._page = page
            at = self.verticalScrollBar().value()
            self.setHtml(page)
            self.verticalScrollBar().setValue(at)

    @override
    def changeEvent(self, e: QEvent) -> None:
        super().changeEvent(e)
        if e.type() == QEvent.Type.PaletteChange and self._page:
            self.render_page()

    def _on_link(self, url: QUrl) -> None:
        file, _, line = unquote(url.toString().removeprefix(SCHEME)).rpartition(":")
        self.place_wanted.emit(file, int(line))


def placed(text: str) -> str:
    """A text as HTML, its places as links."""
    parts: list[str] = []
    done = 0
    for begin, end, file, line in places_in(text):
        parts += [escaped(text[done:begin]), link(text[begin:end], file, line)]
        done = end
    return "".join([*parts, escaped(text[done:])])


def link(words: str, file: str, line: int | None) -> str:
    """A link to a place, as HTML."""
    address = f"{SCHEME}{quote(f'{file}:{line or 0}', safe='')}"
    return f'<a href="{address}" style="color:{current().accent}">{escaped(words)}</a>'


def escaped(text: str) -> str:
    """A text as HTML that is nothing but text."""
    return html.escape(escape_invisible(text)).replace("\n", "<br>")
