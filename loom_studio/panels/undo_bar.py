"""What was deleted just now, with the way back."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.services.undo import Undo
from loom_studio.texts import tr
from loom_studio.theme import set_icon
from loom_studio.widgets.named import named, text_label


class UndoBar(QFrame):
    """Hidden until something was deleted; it goes with the offer to take that back.

    `has_keys` has Ctrl+Z take it back in a window that has no action for that.
    """

    def __init__(self, undo: Undo, parent: QWidget | None = None, *, has_keys: bool = False) -> None:
        super().__init__(parent)
        named(self, "Deleted", "Card")
        self._undo = undo
        self.text = text_label()
        self.undo = named(QPushButton(tr("Undo")), "Undo the deletion")
        self.close_button = named(QPushButton(), "Keep it deleted")
        set_icon(self.close_button, "close")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.addWidget(self.text, 1)
        for button in (self.undo, self.close_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        self.undo.clicked.connect(undo.take_back)
        self.close_button.clicked.connect(undo.let_be)
        undo.changed.connect(self._show)
        if has_keys:
            keys = QShortcut(QKeySequence.StandardKey.Undo, self)
            keys.activated.connect(undo.take_back)
        self._show()

    def _show(self) -> None:
        deletion = self._undo.last
        self.text.setText(escape_invisible(deletion.sentence) if deletion is not None else "")
        self.setVisible(deletion is not None)
