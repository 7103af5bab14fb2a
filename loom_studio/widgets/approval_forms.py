"""What the card of a call opens below itself: the rule that "always" stores, and the arguments to edit."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom_studio.plain_text import escape_invisible
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
NAMES = {
    "rule": (marked("Rule"), marked("Rule for the harness call")),
    "lasts": (marked("Expires"), marked("Harness rule expires")),
    "store": (marked("Store rule and allow"), marked("Store rule and allow the harness call")),
    "text": (marked("Arguments"), marked("Arguments of the harness call")),
    "run": (marked("Allow edited call"), marked("Allow edited harness call")),
    "back": (marked("Back to the call"), marked("Back to the harness call")),
}
"""The names on the card of a chat, and on that of a harness run's call: both can be in view."""


class RuleForm(QWidget):
    """The rule to store: shown, changeable, with what else it would have covered."""

    stored = Signal(str, object)
    changed = Signal(str)

    def __init__(self, *, of_harness: bool = False) -> None:
        super().__init__()
        self.rule = named(QLineEdit(), _name("rule", of_harness))
        self.rule.setPlaceholderText(tr("Exactly these arguments"))
        self.lasts = choice(_name("lasts", of_harness))
        for words, seconds in LASTS.items():
            self.lasts.addItem(tr(words), seconds)
        self.covers = text_label(look="Muted")
        self.store = named(QPushButton(tr("Store rule and allow")), _name("store", of_harness))
        self.back = named(QPushButton(tr("Back")), _name("back", of_harness))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        if of_harness:  # beside the chat there is less room
            layout.addWidget(self.rule)
        row = QHBoxLayout()
        for widget in (*(() if of_harness else (self.rule,)), self.lasts, self.store, self.back):
            row.addWidget(widget, 1 if widget is self.rule else 0)
        if of_harness:
            row.addStretch(1)
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

    def __init__(self, *, of_harness: bool = False) -> None:
        super().__init__()
        self._is_armed = self._is_checked = False
        self._keeps_row = not of_harness
        self.text = named(QPlainTextEdit(), _name("text", of_harness))
        self.text.setFixedHeight(px(120))
        self.text.setTabChangesFocus(True)
        self.fault = text_label(look="Danger")
        self.run = named(QPushButton(tr("Allow edited call")), _name("run", of_harness))
        self.back = named(QPushButton(tr("Back")), _name("back", of_harness))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)
        row = QHBoxLayout()
        if of_harness:
            layout.addWidget(self.fault)
            row.addStretch(1)
        else:
            row.addWidget(self.fault, 1)
        row.addWidget(self.run)
        row.addWidget(self.back)
        layout.addLayout(row)
        for button in (self.run, self.back):
            button.setAutoDefault(False)
        self.text.textChanged.connect(self._on_text)
        self.run.clicked.connect(self._on_run)
        self.back.clicked.connect(self.hide)
        self._refresh()
        self.hide()

    def open_with(self, arguments: dict[str, Any]) -> None:
        """Show the arguments to edit, what can't be seen of them as JSON's escapes: so nothing of it gets lost."""
        self.text.setPlainText(_as_json(arguments))
        self.show()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_fault(self, sentence: str) -> None:
        """Say what is wrong with the arguments; nothing if they fit."""
        self._is_checked = True
        self.fault.setText(sentence)
        self.fault.setVisible(self._keeps_row or bool(sentence))
        self._refresh()

    def arm(self, *, armed: bool) -> None:
        """Let the edited call be allowed, or not yet."""
        self._is_armed = armed
        self._refresh()

    def _refresh(self) -> None:
        self.run.setEnabled(self._is_armed and self._is_checked and not self.fault.text())

    def _on_text(self) -> None:
        self._is_checked = False
        self._refresh()
        self.changed.emit(self.text.toPlainText())

    def _on_run(self) -> None:
        self.edited.emit(json.loads(self.text.toPlainText()))


def _name(part: str, of_harness: bool) -> str:
    return NAMES[part][of_harness]


def _as_json(arguments: dict[str, Any]) -> str:
    text = json.dumps(arguments, ensure_ascii=False, indent=2)
    if text == escape_invisible(text):
        return text
    return "".join(char if char == escape_invisible(char) else json.dumps(char)[1:-1] for char in text)
