"""The approval card shows the whole call, and lets nothing through by accident."""

from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from loom.types.approvals import Decision
from loom_studio.panels.chat import approval_card
from loom_studio.panels.chat.approval_card import ApprovalCard


def request(**arguments: Any) -> dict[str, Any]:
    return {
        "request_id": "r1", "call_id": "c1", "tool": "run_command", "arguments": arguments, "arguments_hash": "h",
        "reason": "it can destroy things", "rule": "policy.destructive", "risk": "destructive", "description": "",
        "agent": "Coder", "why": "", "preview": {"kind": "command", "text": arguments["command"]},
        "warnings": [], "rule_offered": "", "may_last": True,
    }  # fmt: skip


def card_with(qtbot: QtBot, **arguments: Any) -> ApprovalCard:
    card = ApprovalCard()
    qtbot.addWidget(card)
    card.show_request(request(**arguments))
    return card


def test_nothing_is_allowed_in_the_first_half_second(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    assert approval_card.ARMED_AFTER_MS == 500
    monkeypatch.setattr(approval_card, "ARMED_AFTER_MS", 3000)  # a slow machine takes its time to get here
    card = card_with(qtbot, command="ls")
    answers: list[tuple[str, Decision]] = []
    card.decided.connect(lambda request_id, decision: answers.append((request_id, decision)))
    assert not card.allow.isEnabled()
    qtbot.keyClick(card, Qt.Key.Key_Y)
    assert answers == []
    qtbot.waitUntil(card.allow.isEnabled, timeout=20_000)
    qtbot.mouseClick(card.allow, Qt.MouseButton.LeftButton)
    assert answers == [("r1", Decision.allow_once())]


def test_a_denial_carries_its_reason(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="rm -rf /")
    card.reason.setText("not that")
    with qtbot.waitSignal(card.decided) as said:
        card.deny.click()
    assert said.args == ["r1", Decision.deny("not that")]


def test_a_long_call_is_allowed_only_after_it_was_unfolded(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="echo\n" * 40 + "rm -rf /")
    qtbot.waitUntil(lambda: not card._timer.isActive())
    assert not card.allow.isEnabled()
    card.unfold.click()
    assert card.allow.isEnabled()
    assert "rm -rf /" in card.call.toPlainText()


def test_what_is_hidden_in_a_call_is_shown(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="echo \u202egnihton\u200b")
    assert card.call.toPlainText() == "echo \\u202egnihton\\u200b"


def test_no_button_is_the_default(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="ls")
    assert not any(button.isDefault() or button.autoDefault() for button in (card.allow, card.deny, card.unfold))


def test_a_card_that_comes_into_view_again_allows_nothing_at_once(qtbot: QtBot) -> None:
    session = QWidget()
    qtbot.addWidget(session)
    card = ApprovalCard(parent=session)
    card.show_request(request(command="ls"))
    qtbot.waitUntil(lambda: not card._timer.isActive())
    session.show()
    assert not card.allow.isEnabled()
    qtbot.waitUntil(card.allow.isEnabled)
    card.reason.setText("half a rea")
    session.hide()
    card.show_request(request(command="ls"))
    session.show()
    assert (card.allow.isEnabled(), card.reason.text()) == (False, "half a rea")


def test_letters_with_a_modifier_or_held_down_answer_nothing(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="ls")
    qtbot.waitUntil(card.allow.isEnabled)
    answers: list[str] = []
    card.decided.connect(lambda request_id, _decision: answers.append(request_id))
    for modifier in (Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier):
        qtbot.keyClick(card, Qt.Key.Key_Y, modifier)
    card.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Y, Qt.KeyboardModifier.NoModifier, "y", autorep=True))
    assert answers == []
    qtbot.keyClick(card, Qt.Key.Key_Y)
    assert answers == ["r1"]


def test_a_folded_call_is_not_allowed_in_an_edited_form_either(qtbot: QtBot) -> None:
    card = card_with(qtbot, command="echo\n" * 40)
    card.edit_form.open_with({"command": "ls"})
    card.edit_form.show_fault("")
    qtbot.waitUntil(lambda: not card._timer.isActive())
    assert not card.edit_form.run.isEnabled()
    card.unfold.click()
    assert card.edit_form.run.isEnabled()
