"""Finding text in the transcript: as it is typed; Enter goes on, Shift+Enter back, Esc closes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from loom_studio.overriding import override
from loom_studio.texts import tr
from loom_studio.widgets.named import named, text_label

FIND_AFTER_MS = 200


class FindBar(QWidget):
    """A line to find text with; `wanted` carries the text and whether to look forward."""

    wanted = Signal(str, bool)
    typed = Signal(str)
    """What was typed so far."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = named(QLineEdit(), "Find in transcript")
        self.text.setPlaceholderText(tr("Find in transcript"))
        self.result = text_label(look="Muted")
        self.close_button = named(QPushButton(tr("Close")), "Close find")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.result)
        layout.addWidget(self.close_button)
        self._pause = QTimer(self, singleShot=True, interval=FIND_AFTER_MS)
        self._pause.timeout.connect(lambda: self.typed.emit(self.text.text()))
        self.text.textEdited.connect(self._on_typed)
        self.close_button.clicked.connect(self.hide)
        self.hide()

    def open_bar(self) -> None:
        """Show the bar, ready to type into."""
        self.result.clear()
        self.show()
        self.text.setFocus()
        self.text.selectAll()

    def show_result(self, *, found: bool) -> None:
        """Say when there is nothing to find."""
        self.result.setText("" if found else tr("Not found"))

    def _on_typed(self, text: str) -> None:
        self.result.clear()
        if text:
            self._pause.start()
        else:
            self._pause.stop()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pause.stop()
            if self.text.text():
                self.wanted.emit(self.text.text(), not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        else:
            super().keyPressEvent(event)
