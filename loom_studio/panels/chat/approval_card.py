"""The approval card: the whole call as it would run, and the person's answer. Never a modal, and nothing by default."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.plain_text import escape_invisible

ARMED_AFTER_MS = 500
FOLDED_LINES = 12
LINE_PX = 17


class ApprovalCard(QFrame):
    """Shows one request; emits the answer. Nothing allows in the first 500 ms, nor while a long call is folded."""

    allowed = Signal(str)
    denied = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "Approval request", "Card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._request_id = ""
        self._is_whole = False
        self._is_armed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ARMED_AFTER_MS)
        self._timer.timeout.connect(self._arm)
        self.heading = text_label()
        self.why = text_label(look="Muted")
        self.call = named(QPlainTextEdit(), "Tool call")
        self.call.setReadOnly(True)
        self.unfold = named(QPushButton("Show all"), "Show all")
        self.allow = named(QPushButton("Allow once"), "Allow once")
        self.deny = named(QPushButton("Deny"), "Deny")
        self.reason = named(QLineEdit(), "Reason")
        self.reason.setPlaceholderText("Reason for the model (optional)")
        for button in (self.unfold, self.allow, self.deny):
            button.setAutoDefault(False)
            button.setDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.allow)
        row.addWidget(self.deny)
        row.addWidget(self.reason, 1)
        row.addWidget(self.unfold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        for widget in (self.heading, self.why, self.call):
            layout.addWidget(widget)
        layout.addLayout(row)
        self.allow.clicked.connect(self._on_allow)
        self.deny.clicked.connect(self._on_deny)
        self.reason.returnPressed.connect(self._on_deny)
        self.unfold.clicked.connect(self._on_unfold)
        self.hide()

    def show_request(self, payload: dict[str, Any], agent: str) -> None:
        """Show a request (the payload of `tool.approval_requested`)."""
        if payload["request_id"] == self._request_id and self.isVisible():
            return
        self._request_id = payload["request_id"]
        self.heading.setText(escape_invisible(f"{agent} wants to run {payload['tool']}"))
        self.why.setText(escape_invisible(f"{payload['reason']}  ({payload['rule']}, {payload['risk']})"))
        text = escape_invisible(_call_text(payload["arguments"]))
        self.call.setPlainText(text)
        lines = text.count("\n") + 1 + len(text) // 100
        self._is_whole = lines <= FOLDED_LINES
        self.unfold.setVisible(not self._is_whole)
        self.call.setFixedHeight(min(lines, FOLDED_LINES) * LINE_PX + 16)
        self.reason.clear()
        self._is_armed = False
        self._refresh()
        self._timer.start()
        self.show()

    def clear(self) -> None:
        """Show nothing."""
        self._request_id = ""
        self._timer.stop()
        self.hide()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Y and self.allow.isEnabled():
            self._on_allow()
        elif event.key() == Qt.Key.Key_N:
            self.reason.setFocus()
        else:
            super().keyPressEvent(event)

    def _arm(self) -> None:
        self._is_armed = True
        self._refresh()

    def _refresh(self) -> None:
        self.allow.setEnabled(self._is_armed and self._is_whole)
        self.allow.setToolTip("" if self._is_whole else "Show all of the call first")

    def _on_unfold(self) -> None:
        self._is_whole = True
        self.call.setFixedHeight(min(self.call.blockCount() + 1, 30) * LINE_PX + 16)
        self.unfold.hide()
        self._refresh()

    def _on_allow(self) -> None:
        if self._is_armed and self._is_whole and self._request_id:
            self.allowed.emit(self._request_id)

    def _on_deny(self) -> None:
        if self._request_id:
            self.denied.emit(self._request_id, self.reason.text())


def _call_text(arguments: dict[str, Any]) -> str:
    if list(arguments) == ["command"] or set(arguments) == {"command", "timeout_s"}:
        return str(arguments["command"])
    return json.dumps(arguments, ensure_ascii=False, indent=2)
