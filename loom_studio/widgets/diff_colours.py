"""The lines of a diff in the theme's colours, in a plain text that stays plain."""

from __future__ import annotations

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from typing_extensions import override

from loom_studio.theme import current


class DiffColours(QSyntaxHighlighter):
    """Colours added and removed lines of a document while it is switched on."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._on = False

    def switch(self, *, on: bool) -> None:
        """Colour what is shown next as a diff, or not at all."""
        self._on = on
        self.rehighlight()

    @override
    def highlightBlock(self, text: str) -> None:
        if not self._on:
            return
        tokens = current()
        colour = {"+": tokens.success, "-": tokens.danger, "@": tokens.muted}.get(text[:1])
        if colour is not None:
            look = QTextCharFormat()
            look.setForeground(QColor(colour))
            self.setFormat(0, len(text), look)
