"""The approval card: the whole call as it would run, and the person's answer. Never a modal, and nothing by default."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom.types.approvals import Decision
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.approval_forms import EditForm, RuleForm
from loom_studio.widgets.call_words import call_text, reason_words, wish_words
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label

ARMED_AFTER_MS = 500
FOLDED_LINES = 12
LINE_PX = 17
WRAPPED_AT = 100
NOT_LETTERS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class ApprovalCard(QFrame):
    """Shows one request; emits the answer. Nothing allows in the first 500 ms, nor while a long call is folded."""

    decided = Signal(str, object)
    edit_wanted = Signal(str)
    edit_changed = Signal(str, str)
    rule_changed = Signal(str, str)

    def __init__(self, diff_choice: DiffChoice | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Approval request", "Card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._request_id = ""
        self._rule = ""
        self._may_last = False
        self._is_whole = False
        self._lines = 0
        self._size = ""
        self._is_armed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARMED_AFTER_MS)
        self._timer.timeout.connect(self._arm)
        self.heading = text_label(look="Title")
        self.said = text_label(look="Muted")
        self.why = text_label(look="Muted")
        self.warnings = text_label(look="Danger")
        self.view = DiffView(marked("Tool call"), diff_choice)
        self.call = self.view.unified
        self.size_label = text_label(look="Muted")
        self.unfold = named(QPushButton(tr("Show all")), "Show all")
        self.allow = named(QPushButton(tr("Allow once")), "Allow once")
        self.session = named(QPushButton(tr("Allow for session")), "Allow for session")
        self.always = named(QPushButton(tr("Always allow…")), "Always allow…")
        self.edit = named(QPushButton(tr("Edit arguments")), "Edit arguments")
        self.deny = named(QPushButton(tr("Deny")), "Deny")
        self.stop = named(QPushButton(tr("Stop run")), "Stop run")
        self.reason = named(QLineEdit(), "Reason")
        self.reason.setPlaceholderText(tr("Reason for the model (optional)"))
        self.rule_form = RuleForm()
        self.edit_form = EditForm()
        self._lay_out()
        self._connect()
        self._refresh()
        self.hide()

    def show_request(self, payload: dict[str, Any], title: str = "") -> None:
        """Show a request (the payload of `tool.approval_requested`) of the session with this title."""
        if payload["request_id"] == self._request_id:
            return
        self._request_id = payload["request_id"]
        self._rule, self._may_last = payload["rule_offered"], payload["may_last"]
        session = f" · {title}" if title else ""
        preview: dict[str, str] = payload["preview"]
        self.heading.setText(escape_invisible(f"{wish_words(payload['agent'], payload['tool'], preview)}{session}"))
        self.said.setText(escape_invisible(f"“{payload['why']}”" if payload["why"] else ""))
        self.said.setVisible(bool(payload["why"]))
        self.why.setText(reason_words(payload["reason"], payload["rule"], payload["risk"], preview))
        self.warnings.setText("\n".join(escape_invisible(said(each)) for each in payload["warnings"]))
        self.warnings.setVisible(bool(payload["warnings"]))
        self._show_call(payload)
        self.rule_form.hide()
        self.edit_form.hide()
        self.reason.clear()
        self._disarm()
        self.show()

    def clear(self) -> None:
        """Show nothing."""
        self._request_id = ""
        self._timer.stop()
        self.hide()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        """Give the person the time to see a card that waited in a session out of view."""
        super().showEvent(event)
        self._disarm()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_command = bool(event.modifiers() & NOT_LETTERS) or event.isAutoRepeat()
        if is_command:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Y and self.allow.isEnabled():
            self._on_allow()
        elif event.key() == Qt.Key.Key_N:
            self.reason.setFocus()
        elif event.key() == Qt.Key.Key_E:
            self._on_edit()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.allow, self.session, self.always, self.edit):
            buttons.addWidget(button)
        buttons.addStretch(1)
        size = QHBoxLayout()
        size.addWidget(self.size_label, 1)
        size.addWidget(self.unfold)
        refusal = QHBoxLayout()
        refusal.addWidget(self.deny)
        refusal.addWidget(self.reason, 1)
        refusal.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        for widget in (self.heading, self.said, self.why, self.warnings, self.view):
            layout.addWidget(widget)
        layout.addLayout(size)
        layout.addLayout(buttons)
        layout.addWidget(self.rule_form)
        layout.addWidget(self.edit_form)
        layout.addLayout(refusal)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)
            button.setDefault(False)

    def _connect(self) -> None:
        self.allow.clicked.connect(self._on_allow)
        self.session.clicked.connect(self._on_session)
        self.always.clicked.connect(lambda: self.rule_form.open_with(self._rule))
        self.edit.clicked.connect(self._on_edit)
        self.deny.clicked.connect(self._on_deny)
        self.reason.returnPressed.connect(self._on_deny)
        self.stop.clicked.connect(self._on_stop)
        self.unfold.clicked.connect(self._on_unfold)
        self.view.filled.connect(self._on_filled)
        self.rule_form.stored.connect(self._on_store)
        self.rule_form.changed.connect(self._on_rule)
        self.edit_form.changed.connect(self._on_text)
        self.edit_form.edited.connect(self._on_edited)

    def _show_call(self, payload: dict[str, Any]) -> None:
        preview: dict[str, str] = payload["preview"]
        whole = call_text(payload["arguments"], preview)
        size = tr("{count:,} characters", count=len(whole))
        self._size = f"{size} · #{payload['arguments_hash'][:8]}"
        self._lines = whole.count("\n") + 1 + sum(len(line) // WRAPPED_AT for line in whole.split("\n"))
        self._is_whole = self._lines <= FOLDED_LINES
        self.unfold.setVisible(not self._is_whole)
        self.view.show_text(whole, as_diff=preview.get("kind") == "diff")
        self._make_room(FOLDED_LINES)

    def _make_room(self, most: int) -> None:
        """Give the call the height of its lines, at most of so many."""
        switch = self.view.switch.sizeHint().height() + 4 if self.view.is_diff else 0
        self.view.setFixedHeight(min(self._lines, most) * px(LINE_PX) + 24 + switch)

    def _on_filled(self) -> None:
        hidden = tr("with characters that can't be seen, shown as escapes") if self.view.hidden else ""
        self.size_label.setText(f"{self._size} · {hidden}" if hidden else self._size)
        self._refresh()

    def _disarm(self) -> None:
        self._is_armed = False
        self._refresh()
        self._timer.start()

    def _arm(self) -> None:
        self._is_armed = True
        self._refresh()

    @property
    def _is_shown(self) -> bool:
        """True if all of the call is there to be read."""
        return self._is_whole and self.view.is_filled

    def _refresh(self) -> None:
        may = self._is_armed and self._is_shown
        self.edit_form.arm(armed=may)
        for button in (self.allow, self.session):
            button.setEnabled(may)
            button.setToolTip("" if self._is_whole else tr("Show all of the call first"))
        self.session.setEnabled(may and self._may_last)
        self.always.setEnabled(may and self._may_last)
        for button in (self.session, self.always):
            button.setToolTip(
                "" if self._may_last else tr("This is asked about every time: a rule, or the call itself, wants it")
            )

    def _on_unfold(self) -> None:
        self._is_whole = True
        # All of it can be scrolled to; the card must not push the window's other parts off the screen.
        self._make_room(max(FOLDED_LINES, self.window().height() // 3 // px(LINE_PX)))
        self.unfold.hide()
        self._refresh()

    def _decide(self, decision: Decision) -> None:
        if self._request_id:
            self.decided.emit(self._request_id, decision)

    def _on_allow(self) -> None:
        if self._is_armed and self._is_shown:
            self._decide(Decision.allow_once())

    def _on_session(self) -> None:
        if self._is_armed and self._is_shown:
            self._decide(Decision.allow_for_session())

    def _on_store(self, rule: str, expires_in_s: float | None) -> None:
        if self._is_armed and self._is_shown:
            self._decide(Decision.allow_always(rule=rule, expires_in_s=expires_in_s))

    def _on_edit(self) -> None:
        if self._request_id:
            self.edit_wanted.emit(self._request_id)

    def _on_rule(self, rule: str) -> None:
        self.rule_changed.emit(self._request_id, rule)

    def _on_text(self, text: str) -> None:
        self.edit_changed.emit(self._request_id, text)

    def _on_edited(self, arguments: dict[str, Any]) -> None:
        if self._is_armed and self._is_shown:
            self._decide(Decision.allow_once(arguments=arguments))

    def _on_deny(self) -> None:
        self._decide(Decision.deny(self.reason.text()))

    def _on_stop(self) -> None:
        self._decide(Decision.stop(self.reason.text()))
