"""Where the person writes: Enter sends, Shift+Enter breaks the line, Esc stops."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListWidget, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom.safety.permissions import PermissionMode
from loom_studio.widgets.named import named

MODES = {
    "Plan": PermissionMode.PLAN,
    "Ask": PermissionMode.DEFAULT,
    "Accept edits": PermissionMode.ACCEPT_EDITS,
    "Auto": PermissionMode.AUTO,
}


class _Message(QPlainTextEdit):
    entered = Signal()
    escaped = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


class Composer(QWidget):
    """The message box, mode, Stop and Send, and above them the messages that wait."""

    submitted = Signal(str)
    stopped = Signal()
    mode_chosen = Signal(object)
    send_now = Signal(int)
    queue_removed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = named(_Message(), "Message")
        self.message.setPlaceholderText("Message …   Enter sends, Shift+Enter breaks the line")
        self.message.setFixedHeight(76)
        self.message.setTabChangesFocus(True)
        self.mode = named(QComboBox(), "Mode")
        self.mode.addItems(list(MODES))
        self.mode.setCurrentText("Ask")
        self.stop = named(QPushButton("Stop"), "Stop")
        self.send = named(QPushButton("Send"), "Send")
        self.queue = named(QListWidget(), "Queued messages")
        self.queue.setMaximumHeight(84)
        self.now = named(QPushButton("Send now"), "Send now")
        self.remove = named(QPushButton("Delete"), "Delete queued message")
        queue_row = QHBoxLayout()
        queue_row.addWidget(self.queue, 1)
        queue_row.addWidget(self.now)
        queue_row.addWidget(self.remove)
        row = QHBoxLayout()
        row.addWidget(self.mode)
        row.addStretch(1)
        row.addWidget(self.stop)
        row.addWidget(self.send)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 10)
        layout.addLayout(queue_row)
        layout.addWidget(self.message)
        layout.addLayout(row)
        self.message.entered.connect(self._on_send)
        self.message.escaped.connect(self.stopped)
        self.send.clicked.connect(self._on_send)
        self.stop.clicked.connect(self.stopped)
        self.mode.textActivated.connect(self._on_mode)
        self.now.clicked.connect(lambda: self.send_now.emit(max(0, self.queue.currentRow())))
        self.remove.clicked.connect(lambda: self.queue_removed.emit(max(0, self.queue.currentRow())))
        self.show_state(running=False, queued=[])

    def show_state(self, *, running: bool, queued: list[str]) -> None:
        """Show whether a run works and what waits behind it."""
        self.stop.setEnabled(running)
        self.send.setText("Queue" if running else "Send")
        self.queue.clear()
        self.queue.addItems(queued)
        for widget in (self.queue, self.now, self.remove):
            widget.setVisible(bool(queued))

    def show_mode(self, mode: PermissionMode) -> None:
        """Show the mode of the session in view."""
        self.mode.setCurrentText(next(name for name, value in MODES.items() if value is mode))

    def give_back(self, texts: list[str]) -> None:
        """Put messages that were not sent back into the box."""
        kept = self.message.toPlainText()
        self.message.setPlainText("\n".join([*texts, *([kept] if kept else [])]))

    def _on_mode(self, name: str) -> None:
        self.mode_chosen.emit(MODES[name])

    def _on_send(self) -> None:
        text = self.message.toPlainText().strip()
        if text:
            self.message.clear()
            self.submitted.emit(text)
