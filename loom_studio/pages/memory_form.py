"""A new memory that a person writes: whose it is, its name, its text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from loom_studio.plain_text import escape_invisible
from loom_studio.texts import tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

WIDTH, HEIGHT = 520, 380


class MemoryForm(QDialog):
    """`then` is told the name, the text, and whether it is the workspace's, once Write was pressed.

    It stays open until `done_with` is called, so that a name that is taken loses no text.
    """

    def __init__(self, workspace: str, then: Callable[[MemoryForm], None], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "New memory")
        self.setWindowTitle(tr("New memory"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.scope = choice("For")
        self.scope.addItem(tr("Everywhere"), False)
        self.scope.addItem(tr("This workspace ({name})", name=escape_invisible(workspace)), True)
        self.name = named(QLineEdit(), "Memory name")
        self.name.setPlaceholderText(tr("such as preferences, or project/decisions"))
        self.text = named(QPlainTextEdit(), "New memory text")
        self.text.setPlaceholderText(
            tr("What agents are to know in later sessions. The first line is what the list shows.")
        )
        self.fault = text_label(look="Danger")
        self.fault.hide()
        self.write = named(QPushButton(tr("Write")), "Write memory")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        form = QFormLayout()
        form.addRow(text_label(tr("For")), self.scope)
        form.addRow(text_label(tr("Name")), self.name)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.write)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.text, 1)
        layout.addWidget(text_label(tr("Never write keys or passwords: agents and their providers read it."), "Muted"))
        layout.addWidget(self.fault)
        layout.addLayout(row)
        for button in (self.write, self.cancel):
            button.setAutoDefault(False)
        self.name.textChanged.connect(self._check)
        self.text.textChanged.connect(self._check)
        self.write.clicked.connect(lambda: then(self))
        self.cancel.clicked.connect(self.reject)
        self._check()
        self.resize(WIDTH, HEIGHT)

    def show_fault(self, sentence: str) -> None:
        """Say why it could not be written; what was typed stays."""
        self.fault.setText(escape_invisible(sentence))
        self.fault.show()

    def _check(self) -> None:
        self.fault.hide()
        self.write.setEnabled(bool(self.name.text().strip() and self.text.toPlainText().strip()))
