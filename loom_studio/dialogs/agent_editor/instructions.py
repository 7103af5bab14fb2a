"""An agent's instructions: written as Markdown, previewed, and counted in tokens."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.context.tokens import estimate_text
from loom_studio.dialogs.agent_editor.section import DraftForm
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label

PLACE = ("instructions",)
SETTLED_MS = 120


class Instructions(QWidget):
    """Writes `instructions`, soon after the last key."""

    def __init__(self, form: DraftForm) -> None:
        super().__init__()
        self._form = form
        self.text = named(QPlainTextEdit(), "Instructions")
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText(tr("What the agent is, how it works, what it never does. Markdown."))
        self.preview = named(_Preview(), "Instructions preview")
        self.preview.setOpenLinks(False)
        self.switch = named(QPushButton(tr("Preview")), "Preview instructions")
        self.switch.setCheckable(True)
        self.switch.setAutoDefault(False)
        self.count = text_label(look="Muted")
        self.fault = text_label(look="Danger")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.preview)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLED_MS)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.fault)
        self.text.textChanged.connect(self._on_text)
        self._soon.timeout.connect(self._write)
        self.switch.toggled.connect(self._on_switch)

    def refresh(self) -> None:
        """Show what the draft has."""
        held = self._form.draft.value(PLACE)
        text = held if isinstance(held, str) else ""
        if not self._soon.isActive() and text != self.text.toPlainText():
            self.text.blockSignals(True)
            self.text.setPlainText(text)
            self.text.blockSignals(False)
        self._show_count()
        if self.switch.isChecked():
            self.preview.show_markdown(self.text.toPlainText())
        said = self._form.faults(PLACE, within=True)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))

    def flush(self) -> None:
        """Write what was typed last."""
        if self._soon.isActive():
            self._soon.stop()
            self._write()

    def _write(self) -> None:
        text = self.text.toPlainText()
        held = self._form.draft.value(PLACE)
        if text != (held if isinstance(held, str) else ""):
            self._form.put(PLACE, text or None)

    def _on_text(self) -> None:
        self._show_count()
        self._soon.start()

    def _show_count(self) -> None:
        text = self.text.toPlainText()
        words = tr(
            "About {tokens:,} tokens, {characters:,} characters; part of every request.",
            tokens=estimate_text(text),
            characters=len(text),
        )
        self.count.setText(words)

    def _on_switch(self, is_on: bool) -> None:
        if is_on:
            self.preview.show_markdown(self.text.toPlainText())
        self._stack.setCurrentIndex(1 if is_on else 0)


class _Preview(QTextBrowser):
    """Shows Markdown, fetches nothing, and takes no HTML in it for markup."""

    def show_markdown(self, text: str) -> None:
        """Show a text."""
        features = QTextDocument.MarkdownFeature
        self.document().setMarkdown(text, features.MarkdownDialectGitHub | features.MarkdownNoHTML)

    @override
    def loadResource(self, type: int, name: QUrl | str) -> Any:
        del type, name
