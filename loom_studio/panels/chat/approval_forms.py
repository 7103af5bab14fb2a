"""What the approval card opens below itself: the rule that "always" stores, and the arguments to edit."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

LASTS = {
    marked("Until I revoke it"): None,
    marked("For 30 days"): 30 * 86400.0,
    marked("For a day"): 86400.0,
    marked("For an hour"): 3600.0,
}


class RuleForm(QWidget):
    """The rule to store: shown, changeable, with what else it would have covered."""

    stored = Signal(str, object)
    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.rule = named(QLineEdit(), "Rule")
        self.rule.setPlaceholderText(tr("Exactly these arguments"))
        self.lasts = choice("Expires")
        for words, seconds in LASTS.items():
            self.lasts.addItem(tr(words), seconds)
        self.covers = text_label(look="Muted")
        self.store = named(QPushButton(tr("Store rule and allow")), "Store rule and allow")
        self.back = named(QPushButton(tr("Back")), "Back to the call")
        row = QHBoxLayout()
        row.addWidget(self.rule, 1)
        row.addWidget(self.lasts)
        row.addWidget(self.store)
        row.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.covers)
        for button in (self.store, self.back):
            button.setAutoDefault(False)
        self.rule.textChanged.connect(self.changed)
        self.store.clicked.connect(self._on_store)
        self.back.clicked.connect(self.hide)
        self.hide()

    def open_with(self, rule: str) -> None:
        """Show the rule that is offered."""
        self.rule.setText(rule)
        self.changed.emit(rule)
        self.show()

    def show_covered(self, sentence: str, *, usable: bool) -> None:
        """Say what the rule would have covered, or what is wrong with it."""
        self.covers.setText(sentence)
        self.store.setEnabled(usable)

    def _on_store(self) -> None:
        self.stored.emit(self.rule.text().strip(), self.lasts.currentData())


class EditForm(QWidget):
    """The arguments as JSON, checked as they are typed; the edited call is what runs."""

    edited = Signal(dict)
    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._is_armed = False
        self.text = named(QPlainTextEdit(), "Arguments")
        self.text.setFixedHeight(px(120))
        self.text.setTabChangesFocus(True)
        self.fault = text_label(look="Danger")
        self.run = named(QPushButton(tr("Allow edited call")), "Allow edited call")
        self.back = named(QPushButton(tr("Back")), "Back to the call")
        row = QHBoxLayout()
        row.addWidget(self.fault, 1)
        row.addWidget(self.run)
        row.addWidget(self.back)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        layout.addLayout(row)
        for button in (self.run, self.back):
            button.setAutoDefault(False)
        self.text.textChanged.connect(self._on_text)
        self.run.clicked.connect(self._on_run)
        self.back.clicked.connect(self.hide)
        self.hide()

    def open_with(self, arguments: dict[str, Any]) -> None:
        """Show the arguments to edit."""
        self.text.setPlainText(json.dumps(arguments, ensure_ascii=False, indent=2))
        self.show()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_fault(self, sentence: str) -> None:
        """Say what is wrong with the arguments; nothing if they fit."""
        self.fault.setText(sentence)
        self.run.setEnabled(self._is_armed and not sentence)

    def arm(self, *, armed: bool) -> None:
        """Let the edited call be allowed, or not yet."""
        self._is_armed = armed
        self.run.setEnabled(armed and not self.fault.text())

    def _on_text(self) -> None:
        self.changed.emit(self.text.toPlainText())

    def _on_run(self) -> None:
        self.edited.emit(json.loads(self.text.toPlainText()))
