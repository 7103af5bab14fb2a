"""The card of a call of a harness run that waits: the whole of it, and the answer. It is answered nowhere else."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom.types.approvals import ApprovalRequest, Decision
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import px
from loom_studio.widgets.approval_forms import EditForm, RuleForm
from loom_studio.widgets.call_words import call_text, reason_words, wish_words
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.flow import FlowLayout
from loom_studio.widgets.named import named, text_label

ARMED_AFTER_MS = 500
MOST_LINES, LINE_PX, WRAPPED_AT = 8, 17, 48
"""How much of a call is in view at once, in a tab that has other things to show."""
READ_FIRST = marked("Read the call to its end before you allow it.")


class WaitingCall(QFrame):
    """Shows the call that was asked for, else the oldest that waits.

    Nothing allows in the first 500 ms, nor before all of the call was in view.
    """

    decided = Signal(object, object)
    """The request, and the decision."""
    edit_changed = Signal(object, str)
    rule_changed = Signal(object, str)

    def __init__(self, diff_choice: DiffChoice | None = None) -> None:
        super().__init__()
        named(self, "Call that waits", "Card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.request: ApprovalRequest | None = None
        self._wanted_id = ""
        self._is_armed = self._is_read = False
        self.heading = text_label()
        self.said = text_label(look="Muted")
        self.why = text_label(look="Muted")
        self.warnings = text_label(look="Danger")
        self.view = DiffView(marked("Harness call"), diff_choice, switch_name=marked("Harness call, side by side"))
        self.hint = text_label(tr(READ_FIRST), look="Muted")
        self.allow = named(QPushButton(tr("Allow once")), "Allow this call once")
        self.for_run = named(QPushButton(tr("Allow for run")), "Allow such calls for the run")
        self.always = named(QPushButton(tr("Always allow…")), "Always allow such calls…")
        self.edit = named(QPushButton(tr("Edit arguments")), "Edit arguments of this call")
        self.rule_form = RuleForm(of_harness=True)
        self.edit_form = EditForm(of_harness=True)
        self.lasts = text_label(look="Muted")
        self.deny = named(QPushButton(tr("Deny")), "Deny this call")
        self.reason = named(QLineEdit(), "Reason for the denial")
        self.reason.setPlaceholderText(tr("Reason for the model (optional)"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARMED_AFTER_MS)
        self._timer.timeout.connect(self._on_armed)
        self._lay_out()
        self._connect()
        self._refresh()
        self.hide()

    def _connect(self) -> None:
        self.view.filled.connect(self._on_seen)
        for pane in (self.view.unified, self.view.after):
            pane.verticalScrollBar().valueChanged.connect(self._on_seen)
            pane.verticalScrollBar().rangeChanged.connect(self._on_seen)
        self.allow.clicked.connect(lambda: self._decide(Decision.allow_once()))
        self.for_run.clicked.connect(self._on_for_run)
        self.always.clicked.connect(self._on_always)
        self.edit.clicked.connect(self._on_edit)
        self.deny.clicked.connect(self._on_deny)
        self.reason.returnPressed.connect(self._on_deny)
        self.rule_form.changed.connect(self._on_rule)
        self.rule_form.stored.connect(self._on_store)
        self.edit_form.changed.connect(self._on_text)
        self.edit_form.edited.connect(self._on_edited)
        self.edit_form.back.clicked.connect(self._show_whole)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        for widget in (self.heading, self.said, self.why, self.warnings, self.view, self.hint, self.lasts):
            layout.addWidget(widget)
        buttons = QWidget()
        allowing, denying = FlowLayout(buttons), QHBoxLayout()
        for button in (self.allow, self.for_run, self.always, self.edit):
            allowing.addWidget(button)
        denying.addWidget(self.deny)
        denying.addWidget(self.reason, 1)
        for widget in (buttons, self.rule_form, self.edit_form):
            layout.addWidget(widget)
        layout.addLayout(denying)

    @property
    def in_hand(self) -> ApprovalRequest | None:
        """The call that is shown, while the card or a part of it has the keyboard."""
        focus = QApplication.focusWidget()
        has_it = focus is not None and (focus is self or self.isAncestorOf(focus))
        return self.request if has_it else None

    def want(self, request_id: str) -> None:
        """Show this one, once it is among those that wait, and have the keyboard then."""
        self._wanted_id = request_id

    def show_waiting(self, waiting: list[ApprovalRequest]) -> None:
        """Show the one of these that is wanted, or was shown, or the first; and how many there are."""
        if not waiting:
            self.request = None
            self._is_armed = False
            self._timer.stop()
            self._refresh()
            self.hide()
            return
        request = self._chosen_of(waiting)
        wish, more = wish_words(request.agent, request.tool, request.preview), len(waiting) - 1
        if more:
            wish = plural("{wish} ({n} more waits)", "{wish} ({n} more wait)", more, wish=wish)
        self.heading.setText(escape_invisible(wish))
        is_wanted = request.id == self._wanted_id
        if is_wanted:
            self._wanted_id = ""
        if self.request is not None and self.request.id == request.id:
            if is_wanted:
                self.setFocus()
            return
        self._begin(request)
        if is_wanted:
            self.setFocus()

    def _begin(self, request: ApprovalRequest) -> None:
        """Show this request, which was not shown before."""
        self.request = request
        self.said.setText(escape_invisible(tr("“{words}”", words=request.why)))
        self.said.setVisible(bool(request.why))
        self.why.setText(reason_words(request.reason, request.rule, request.risk, request.preview))
        self.warnings.setText("\n".join(escape_invisible(said(each)) for each in request.warnings))
        self.warnings.setVisible(bool(request.warnings))
        covered = request.rule_offered or tr("exactly these arguments")
        self.lasts.setText(
            escape_invisible(
                tr("For the run: whatever {rule} covers, in every sprint, until the run ends.", rule=covered)
            )
            if request.may_last
            else tr("This is asked about every time: a rule, or the call itself, wants it.")
        )
        self.reason.clear()
        self.rule_form.hide()
        self._show_whole()
        self._is_armed = self._is_read = False
        text = call_text(request.arguments, request.preview)
        self.view.show_text(text, as_diff=request.preview.get("kind") == "diff")
        self._make_room(text)
        self._timer.start()
        self.show()
        self._refresh()

    def _make_room(self, text: str) -> None:
        """Give the call the height of its lines, at most of so many."""
        lines = sum(1 + len(line) // WRAPPED_AT for line in text.split("\n"))
        switch = self.view.switch.sizeHint().height() + 4 if self.view.is_diff else 0
        self.view.setFixedHeight(min(lines, MOST_LINES) * px(LINE_PX) + 24 + switch)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Y and self.allow.isEnabled():
            self._decide(Decision.allow_once())
        elif event.key() == Qt.Key.Key_N:
            self.reason.setFocus()
        elif event.key() == Qt.Key.Key_E:
            self._on_edit()
        else:
            super().keyPressEvent(event)

    def _chosen_of(self, waiting: list[ApprovalRequest]) -> ApprovalRequest:
        shown = self.request.id if self.request is not None else ""
        for wanted in (self._wanted_id, shown):
            for request in waiting:
                if request.id == wanted:
                    return request
        return waiting[0]

    def _on_armed(self) -> None:
        self._is_armed = True
        self._on_seen()

    def _on_seen(self) -> None:
        """Whether the end of the call is, or was, in view."""
        pane = self.view.after if self.view.after.isVisible() else self.view.unified
        bar = pane.verticalScrollBar()
        is_there = self.view.is_filled and not self.view.isHidden()
        if self._is_armed and is_there and bar.value() >= bar.maximum():
            self._is_read = True
        self._refresh()

    def _refresh(self) -> None:
        may = self._is_armed and self._is_read
        self.allow.setEnabled(may)
        may_last = may and self.request is not None and self.request.may_last
        for button in (self.for_run, self.always):
            button.setEnabled(may_last)
        self.edit_form.arm(armed=self._is_armed)
        self.hint.setVisible(self._is_armed and not self._is_read)

    def _on_for_run(self) -> None:
        if self.request is not None:
            self._decide(Decision.allow_for_session(rule=self.request.rule_offered))

    def _on_always(self) -> None:
        if self.request is not None:
            self._show_whole()
            self.rule_form.open_with(self.request.rule_offered)
            self.rule_form.rule.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_store(self, rule: str, expires_in_s: float | None) -> None:
        if self.always.isEnabled():
            self._decide(Decision.allow_always(rule=rule, expires_in_s=expires_in_s))

    def _on_edit(self) -> None:
        if self.request is not None:
            self.rule_form.hide()
            self.view.hide()  # the arguments to edit are in its place: in a low window there is no room for both
            self.edit_form.open_with(self.request.arguments)

    def _show_whole(self) -> None:
        self.edit_form.hide()
        self.view.show()

    def _on_rule(self, rule: str) -> None:
        if self.request is not None:
            self.rule_changed.emit(self.request, rule)

    def _on_text(self, text: str) -> None:
        if self.request is not None:
            self.edit_changed.emit(self.request, text)

    def _on_edited(self, arguments: dict[str, Any]) -> None:
        if self._is_armed:
            self._decide(Decision.allow_once(arguments=arguments))

    def _on_deny(self) -> None:
        self._decide(Decision.deny(self.reason.text().strip()))

    def _decide(self, decision: Decision) -> None:
        if self.request is not None:
            self.decided.emit(self.request, decision)
