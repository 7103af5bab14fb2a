"""A source that a message cites: the file at the cited place, to read; with a word if it changed since."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from loom.threads import in_thread
from loom_studio.panels.chat.link_question import ask_about_link
from loom_studio.plain_text import escape_invisible
from loom_studio.services.sources import Excerpt, excerpt_of
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.theme import current
from loom_studio.theme.fonts import mono_font
from loom_studio.transcript_row import Source
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

MARK_ALPHA = 70


class SourceView(QDialog):
    """Shows one source, and reads it again when it is opened."""

    def __init__(self, source: Source, tasks: TaskOwner, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Source")
        self._is_read = False
        title = escape_invisible(source.title or source.label)
        cited = tr("Source [{number}] – {title}", number=source.number, title=title)
        self.setWindowTitle(cited if source.number else tr("{title}, as it is now", title=title))
        self.source = source
        where = source.path or source.uri or source.source
        self.place = text_label(escape_invisible(f"{where}:{source.line}" if source.path and source.line else where))
        named(self.place, "Place of the source", "Muted").setAccessibleDescription(self.place.text())
        self.place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note = named(text_label(tr("Reading…")), "What became of the source", "Muted")
        self.text = named(QPlainTextEdit(), "Text of the source")
        self.text.setReadOnly(True)
        self.text.setFont(mono_font())
        self.open_button = named(QPushButton(tr("Open in its program")), "Open in its program")
        self.open_button.hide()
        copying = named(QPushButton(tr("Copy path") if source.path else tr("Copy address")), "Copy place of the source")
        closing = named(QPushButton(tr("Close")), "Close source")
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_button)
        buttons.addWidget(copying)
        buttons.addStretch(1)
        buttons.addWidget(closing)
        layout = QVBoxLayout(self)
        layout.addWidget(self.place)
        layout.addWidget(self.note)
        layout.addWidget(self.text, 1)
        layout.addLayout(buttons)
        open_at(self, 760, 560)
        copying.clicked.connect(lambda: QApplication.clipboard().setText(where))
        closing.clicked.connect(self.close)
        self.finished.connect(self._on_finished)
        self.open_button.clicked.connect(self._on_open)
        if source.uri.startswith(("http://", "https://")):
            self.open_button.setText(tr("Open the page…"))
            self.open_button.show()
        tasks.start(self.read(), what="read the source")

    async def read(self) -> None:
        """Show what there is at the place now."""
        excerpt = await in_thread(excerpt_of, self.source)
        self._is_read = True
        if self.isVisible():
            self.show_excerpt(excerpt)
        else:
            self.deleteLater()

    def show_excerpt(self, excerpt: Excerpt) -> None:
        """Fill in the text, mark what was cited, and bring it into view."""
        before, cited = excerpt.text[: excerpt.start], excerpt.text[excerpt.start : excerpt.end]
        self.text.setPlainText(escape_invisible(excerpt.text))
        self.note.setText(excerpt.note)
        self.note.setAccessibleDescription(excerpt.note)
        self.note.setVisible(bool(excerpt.note))
        if excerpt.can_open:
            self.open_button.show()
        begin = _units(escape_invisible(before))
        cursor = self.text.textCursor()
        cursor.setPosition(begin)
        cursor.setPosition(begin + _units(escape_invisible(cited)), QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        shade = QColor(current().accent)
        shade.setAlpha(MARK_ALPHA)
        look.setBackground(shade)
        mark = QTextEdit.ExtraSelection()
        mark.cursor, mark.format = cursor, look
        self.text.setExtraSelections([mark])
        cursor.clearSelection()
        cursor.setPosition(begin)
        self.text.setTextCursor(cursor)
        self.text.centerCursor()

    def _on_finished(self) -> None:
        if self._is_read:  # else what reads it still needs it
            self.deleteLater()

    def _on_open(self) -> None:
        if self.source.path:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.source.path))))
        else:
            ask_about_link(self.source.uri, self)


def _units(text: str) -> int:
    """How many places Qt counts in a text: two for a character beyond 16 bits."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
