"""The text of an agent file beside its form: what either changes, the other shows."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from loom_studio.texts import tr
from loom_studio.theme import mono_font
from loom_studio.widgets.named import named, text_label

SETTLED_MS = 200


class FileText(QWidget):
    """`edited` has the text, soon after the last key."""

    edited = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.text = named(QPlainTextEdit(), "Agent file text")
        self.text.setFont(mono_font())
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.fault = text_label(look="Danger")
        self._is_listening = True
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLED_MS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(text_label(tr("The file"), "Heading"))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.fault)
        self.text.textChanged.connect(self._on_text)
        self._soon.timeout.connect(self._pass_on)

    def show_text(self, text: str) -> None:
        """Show a text; only what is another is replaced, so cursor, scroll bar and undo stay."""
        held = self.text.toPlainText()
        if held == text:
            return
        start = 0
        while start < min(len(held), len(text)) and held[start] == text[start]:
            start += 1
        end = 0
        while end < min(len(held), len(text)) - start and held[-1 - end] == text[-1 - end]:
            end += 1
        self._is_listening = False
        cursor = self.text.textCursor()
        cursor.setPosition(_units(held[:start]))
        cursor.setPosition(_units(held[: len(held) - end]), cursor.MoveMode.KeepAnchor)
        cursor.insertText(text[start : len(text) - end])
        self._is_listening = True

    def show_fault(self, sentence: str) -> None:
        """Say what is wrong with the file as a whole; an empty sentence takes it away."""
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))

    def flush(self) -> None:
        """Pass on what was typed last."""
        if self._soon.isActive():
            self._soon.stop()
            self._pass_on()

    def _on_text(self) -> None:
        if self._is_listening:
            self._soon.start()

    def _pass_on(self) -> None:
        self.edited.emit(self.text.toPlainText())


def _units(text: str) -> int:
    """The length of a text as Qt counts it, in UTF-16 units."""
    return len(text) + sum(letter > "\uffff" for letter in text)
