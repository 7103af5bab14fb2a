"""The Approvals tab and the card, with a real agent, profile and audit, on the Studio's loop."""

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, ModelRef
from loom.safety.profile import Profile
from loom.types.approvals import Decision
from loom_studio.loop import run
from loom_studio.panels.approvals.panel import ApprovalsPanel
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.permissions import PermissionsService
from loom_studio.window import REFRESH_MS
from tests.support.waiting import until

Use = Callable[[list[ChatPanel], ApprovalsPanel], Coroutine[Any, Any, None]]


def with_studio(app: QApplication, folder: Path, turns: list[Any], use: Use, *, sessions: int = 1) -> Profile:
    profile = Profile(folder / "profile")
    workspace = folder / "work"
    workspace.mkdir()
    config = AgentConfig(ModelRef.scripted(turns), name="Coder", capabilities=["shell", "edit"])

    async def main() -> int:
        chats = [ChatPanel(Conversation(config, workspace, profile=profile)) for _ in range(sessions)]
        panel = ApprovalsPanel(PermissionsService(profile), workspace)
        soon = QTimer(panel)  # as the window does: many changes are looked at together
        soon.setSingleShot(True)
        soon.setInterval(REFRESH_MS)
        soon.timeout.connect(lambda: panel.show_sessions([each.conversation for each in chats]))
        for chat in chats:
            chat.conversation.changed.connect(lambda: soon.isActive() or soon.start())
            chat.resize(700, 700)
        chats[0].show()  # the Studio has one chat in view
        panel.show()
        try:
            await use(chats, panel)
        finally:
            for chat in chats:
                await chat.aclose()
                chat.deleteLater()
            soon.timeout.disconnect()
            soon.stop()
            await panel.aclose()
            panel.deleteLater()
            profile.audit.close()
        return 0

    assert run(app, main) == 0
    return profile


def command(text: str) -> dict[str, Any]:
    return {"tool": "run_command", "arguments": {"command": text}}


def test_always_stores_the_rule_that_was_shown_and_revoking_ends_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chats: list[ChatPanel], panel: ApprovalsPanel) -> None:
        card = chats[0].card
        chats[0].submit(Outgoing("go"))
        await until(card.always.isEnabled)
        card.always.click()
        await until(lambda: "would have allowed" in card.rule_form.covers.text())
        assert card.rule_form.rule.text() == "run_command(touch made)"
        card.rule_form.rule.setText("run_command(rm *)")
        await until(lambda: "does not cover" in card.rule_form.covers.text())
        assert not card.rule_form.store.isEnabled()
        card.rule_form.rule.setText("run_command(touch:*)")
        await until(card.rule_form.store.isEnabled)
        card.rule_form.store.click()
        # The second call is covered by the rule, the third is not.
        await until(lambda: bool(chats[0].conversation.pending) and card.call.toPlainText() == "mkdir folder")
        await until(lambda: panel.grants.count() == 1)
        panel.revoke.click()
        await until(lambda: panel.grants.count() == 0)
        card.deny.click()
        await until(lambda: card.call.toPlainText() == "touch third")
        card.stop.click()
        await until(lambda: not chats[0].conversation.is_running)

    turns = [command("touch made"), command("touch second"), command("mkdir folder"), command("touch third"), "done"]
    with_studio(qapp, tmp_path, turns, use)
    assert sorted(file.name for file in (tmp_path / "work").iterdir()) == ["made", "second"]


def test_an_edit_is_checked_as_it_is_typed_and_is_what_runs(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chats: list[ChatPanel], panel: ApprovalsPanel) -> None:
        card = chats[0].card
        chats[0].submit(Outgoing("go"))
        await until(card.allow.isEnabled)
        card.edit.click()
        form = card.edit_form
        assert '"touch made"' in form.text.toPlainText()
        for text, said in (
            ("{", "valid JSON"),
            ('{"command": 5}', "command"),
            ('{"command": "x", "command": "y"}', "twice"),
            ('{"command": "x", "more": 1}', "more"),
        ):
            form.text.setPlainText(text)
            assert said in form.fault.text()
            assert not form.run.isEnabled()
        form.text.setPlainText('{"command": "touch edited"}')
        assert form.fault.text() == ""
        form.run.click()
        await until(lambda: not chats[0].conversation.is_running)

    with_studio(qapp, tmp_path, [command("touch made"), "done"], use)
    assert [file.name for file in (tmp_path / "work").iterdir()] == ["edited"]


def test_deny_all_answers_what_waits_in_every_session_and_the_ledger_shows_it(
    qapp: QApplication, tmp_path: Path
) -> None:
    async def use(chats: list[ChatPanel], panel: ApprovalsPanel) -> None:
        for chat in chats:
            chat.submit(Outgoing("go"))
        await until(lambda: panel.pending.count() == 20)
        panel.deny_all.click()
        await until(lambda: not any(chat.conversation.is_running for chat in chats))
        await until(lambda: panel.pending.count() == 0)
        panel.refresh()
        await until(lambda: panel.ledger.rowCount() == 20)
        panel.search.setText("nothing like this")
        await until(lambda: panel.ledger.rowCount() == 0)
        panel.search.clear()
        panel.rule.setText("run_command(rm *)")
        panel.test.click()
        await until(lambda: panel.result.text().startswith("About 20 of the last 20 calls"))
        panel.rule.setText("((")
        panel.test.click()
        await until(lambda: "is no permission rule" in panel.result.text())
        panel._on_file(str(tmp_path / "out.jsonl"))
        await until(lambda: "20 records" in panel.status.text())

    with_studio(qapp, tmp_path, [command("rm x"), "done"], use, sessions=20)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 20


def test_two_hundred_wait_and_each_answer_reaches_its_own_request(qapp: QApplication, tmp_path: Path) -> None:
    turns: list[float] = []
    order = [number * 73 % 200 for number in range(200)]

    async def watch() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            turns.append(time.thread_time() - began)

    async def use(chats: list[ChatPanel], panel: ApprovalsPanel) -> None:
        for number, chat in enumerate(chats):
            chat.submit(Outgoing(f"session {number}"))
        await until(lambda: panel.pending.count() == 200)
        gc.collect()
        watching = asyncio.ensure_future(watch())
        for number in order[:100]:
            conversation = chats[number].conversation
            request = conversation.request(conversation.pending[0].payload["request_id"])
            assert request is not None
            text = f"touch {number}" if number % 2 else "false"
            decision = Decision.allow_once(arguments={"command": text}) if number % 2 else Decision.deny(f"no {number}")
            conversation.decide(request.id, decision)
            await asyncio.sleep(0)
        await until(lambda: panel.pending.count() == 100)
        shown = [panel.pending.item(row).text().split("\n")[1] for row in range(100)]
        assert shown == [f"session {number}" for number in sorted(order[100:])]
        await until(lambda: sum(chat.conversation.is_running for chat in chats) == 100)
        panel.deny_all.click()
        await until(lambda: not any(chat.conversation.is_running for chat in chats))
        await until(lambda: panel.pending.count() == 0)
        watching.cancel()
        await until(lambda: all(any(row.text == "done" for row in chat.model.rows) for chat in chats))
        for number, chat in enumerate(chats):
            said = "\n".join(row.text for row in chat.model.rows)
            assert (f"no {number}" in said) is (number in order[:100] and number % 2 == 0)
            assert ("denied all" in said) is (number in order[100:])

    with_studio(qapp, tmp_path, [command("rm x"), "done"], use, sessions=200)
    allowed = {str(number) for number in order[:100] if number % 2}
    assert {file.name for file in (tmp_path / "work").iterdir()} == allowed
    slow = sorted(turns)[-5:]
    assert slow[-1] < 0.25, [f"{turn * 1000:.0f} ms" for turn in slow]


def test_each_answer_goes_to_its_own_request(qapp: QApplication, tmp_path: Path) -> None:
    async def use(chats: list[ChatPanel], panel: ApprovalsPanel) -> None:
        chats[0].submit(Outgoing("go"))
        card = chats[0].card
        for number in range(6):
            await until(lambda number=number: card.call.toPlainText() == f"touch f{number}" and card.allow.isEnabled())
            (card.allow if number % 2 else card.deny).click()
        await until(lambda: not chats[0].conversation.is_running)

    with_studio(qapp, tmp_path, [*(command(f"touch f{n}") for n in range(6)), "done"], use)
    assert sorted(file.name for file in (tmp_path / "work").iterdir()) == ["f1", "f3", "f5"]
