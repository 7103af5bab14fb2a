"""The card of a call of a harness run that waits: the whole of it, and the answer. It is answered nowhere else."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from loom.types.approvals import ApprovalRequest, Decision
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label

ARMED_AFTER_MS = 500
CALL_PX = 120
READ_FIRST = marked("Read the call to its end before you allow it.")
RISKS = (marked("read_only"), marked("write"), marked("destructive"))


class WaitingCall(QFrame):
    """Shows the call that was asked for, else the oldest that waits.

    Nothing allows in the first 500 ms, nor before all of the call was in view.
    """

    decided = Signal(object, object)
    """The request, and the decision."""

    def __init__(self, diff_choice: DiffChoice | None = None) -> None:
        super().__init__()
        named(self, "Call that waits", "Card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.request: ApprovalRequest | None = None
        self._wanted_id = ""
        self._is_armed = self._is_read = False
        self.heading = text_label()
        self.why = text_label(look="Muted")
        self.warnings = text_label(look="Danger")
        self.view = DiffView(marked("Harness call"), diff_choice, switch_name=marked("Harness call, side by side"))
        self.view.setFixedHeight(px(CALL_PX))
        self.hint = text_label(tr(READ_FIRST), look="Muted")
        self.allow = named(QPushButton(tr("Allow once")), "Allow this call once")
        self.for_run = named(QPushButton(tr("Allow for run")), "Allow such calls for the run")
        self.lasts = named(text_label(look="Muted"), "What is allowed for the run", "Muted")
        self.deny = named(QPushButton(tr("Deny")), "Deny this call")
        self.reason = named(QLineEdit(), "Reason for the denial")
        self.reason.setPlaceholderText(tr("Reason for the model (optional)"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARMED_AFTER_MS)
        self._timer.timeout.connect(self._on_armed)
        self._lay_out()
        self.view.filled.connect(self._on_seen)
        for pane in (self.view.unified, self.view.after):
            pane.verticalScrollBar().valueChanged.connect(self._on_seen)
            pane.verticalScrollBar().rangeChanged.connect(self._on_seen)
        self.allow.clicked.connect(lambda: self._decide(Decision.allow_once()))
        self.for_run.clicked.connect(self._on_for_run)
        self.deny.clicked.connect(lambda: self._decide(Decision.deny(self.reason.text().strip())))
        self.hide()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        for label in (self.heading, self.why, self.warnings):
            layout.addWidget(label)
        layout.addWidget(self.view)
        layout.addWidget(self.hint)
        layout.addWidget(self.lasts)
        allowing, denying = QHBoxLayout(), QHBoxLayout()
        for widget in (self.allow, self.for_run):
            allowing.addWidget(widget)
        allowing.addStretch(1)
        denying.addWidget(self.deny)
        denying.addWidget(self.reason, 1)
        for row in (allowing, denying):
            layout.addLayout(row)

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
            self._timer.stop()
            self.hide()
            return
        request = self._chosen_of(waiting)
        known = {"agent": request.agent or tr("The agent"), "tool": request.tool, "more": len(waiting) - 1}
        heading = (
            tr("{agent} wants to run {tool} ({more} more wait)", **known)
            if len(waiting) > 1
            else tr("{agent} wants to run {tool}", **known)
        )
        self.heading.setText(escape_invisible(heading))
        is_wanted = request.id == self._wanted_id
        if is_wanted:
            self._wanted_id = ""
        if self.request is not None and self.request.id == request.id:
            if is_wanted:
                self.setFocus()
            return
        self.request = request
        risk = tr(request.risk) if request.risk in RISKS else request.risk
        self.why.setText(escape_invisible(f"{said(request.reason)}  ({request.rule}, {risk})"))
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
        self._is_armed = self._is_read = False
        whole = request.preview.get("text") or json.dumps(request.arguments, ensure_ascii=False, indent=2)
        self.view.show_text(whole, as_diff=request.preview.get("kind") == "diff")
        self._timer.start()
        self.show()
        self._refresh()
        if is_wanted:
            self.setFocus()

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
        if self._is_armed and self.view.is_filled and bar.value() >= bar.maximum():
            self._is_read = True
        self._refresh()

    def _refresh(self) -> None:
        may = self._is_armed and self._is_read
        self.allow.setEnabled(may)
        self.for_run.setEnabled(may and self.request is not None and self.request.may_last)
        self.hint.setVisible(self._is_armed and not self._is_read)

    def _on_for_run(self) -> None:
        if self.request is not None:
            self._decide(Decision.allow_for_session(rule=self.request.rule_offered))

    def _decide(self, decision: Decision) -> None:
        if self.request is not None:
            self.decided.emit(self.request, decision)
