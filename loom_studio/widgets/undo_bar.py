"""What was deleted just now, with the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from loom_studio.theme import icon
from loom_studio.widgets.named import named, text_label


class UndoBar(QFrame):
    """Hidden until something was deleted; stays until that is taken back or the bar is closed."""

    undo_wanted = Signal(object)

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, f"Deleted {what}", "Card")
        self._deleted: object = None
        self.text = text_label()
        self.undo = named(QPushButton("Undo"), f"Undo deleting the {what}")
        self.close_button = named(QPushButton(), "Keep it deleted")
        self.close_button.setIcon(icon("close"))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 4, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.undo)
        row.addWidget(self.close_button)
        self.undo.clicked.connect(self._on_undo)
        self.close_button.clicked.connect(self.hide)
        self.hide()

    def show_deleted(self, deleted: object, name: str) -> None:
        """Say that something is gone; None takes the bar away."""
        self._deleted = deleted
        self.text.setText(f"{name} was deleted.")
        self.setVisible(deleted is not None)

    def _on_undo(self) -> None:
        self.hide()
        self.undo_wanted.emit(self._deleted)
