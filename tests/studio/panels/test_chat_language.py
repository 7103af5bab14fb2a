"""What the chat does hangs on no word that is shown: in another language it does the same."""

from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loom.config import AgentConfig, ModelRef
from loom.types.events import RunEvent
from loom.types.permissions import PermissionMode
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.texts import use_translation
from loom_studio.viewmodels.session_list import SessionItem, SessionListModel, grouped
from loom_studio.viewmodels.transcript import TranscriptModel, left_open
from loom_studio.widgets.approval_forms import RuleForm
from loom_studio.widgets.row_blocks import blocks_of
from tests.support.chats import with_chat
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def another_language() -> Iterator[None]:
    use_translation(lambda text, _count: f"⟦{text}⟧")
    yield
    use_translation(None)


def with_panel(app: QApplication, folder: Path, use: Callable[[ChatPanel], Coroutine[Any, Any, None]]) -> None:
    agent = AgentConfig(ModelRef.scripted(["heard"]), name="Test")
    with_chat(app, lambda: Conversation(agent, folder), use)


def tool_events(call_id: str, *kinds: str) -> list[RunEvent]:
    payload = {
        "call_id": call_id, "tool": "read_file", "arguments": {"path": "a"}, "malformed": "", "allowed_by": "r",
        "content": "x", "duration_ms": 5, "message": "no", "kind": "denied",
    }  # fmt: skip
    return [RunEvent(f"{call_id}{kind}", "r", f"tool.{kind}", payload=payload, seq=1) for kind in kinds]


def test_a_mode_is_chosen_by_its_place_and_by_either_name(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        mode = panel.composer.mode
        assert [mode.itemText(row) for row in range(mode.count())] == ["⟦Plan⟧", "⟦Ask⟧", "⟦Accept edits⟧", "⟦Auto⟧"]
        assert mode.currentText() == "⟦Ask⟧"
        mode.setCurrentIndex(3)
        mode.activated.emit(3)
        assert panel.conversation.mode is PermissionMode.AUTO
        for typed, meant in {"plan": PermissionMode.PLAN, "⟦accept edits⟧": PermissionMode.ACCEPT_EDITS}.items():
            panel.submit(Outgoing(f"/mode {typed}"))
            await until(lambda meant=meant: panel.conversation.mode is meant)

    with_panel(qapp, tmp_path, use)


def test_a_session_without_a_title_gets_one_from_its_first_message(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        assert panel.conversation.title == "⟦New session⟧"
        await panel.converse(Outgoing("Sort the numbers"))
        assert panel.conversation.title == "Sort the numbers"
        assert panel.conversation.state == "done"
        assert [row.title for row in panel.model.rows][:1] == ["⟦You⟧"]

    with_panel(qapp, tmp_path, use)


def test_a_rule_lasts_as_long_as_was_chosen(qtbot: QtBot) -> None:
    form = RuleForm()
    qtbot.addWidget(form)
    stored: list[tuple[str, float | None]] = []
    form.stored.connect(lambda rule, lasts: stored.append((rule, lasts)))
    for row in (0, 2):
        form.lasts.setCurrentIndex(row)
        form.store.click()
    assert [lasts for _, lasts in stored] == [None, 86400.0]
    assert form.lasts.itemText(2) == "⟦For a day⟧"


def test_the_state_of_a_row_is_the_same_in_every_language(qapp: QApplication) -> None:
    del qapp
    model = TranscriptModel()
    model.apply(tool_events("1", "requested", "failed"))
    model.apply(tool_events("2", "requested", "started"))
    model.apply(tool_events("3", "requested", "approval_requested"))
    model.apply(tool_events("4", "requested", "started", "completed"))
    assert [row.state for row in model.rows[:3]] == ["failed", "running · r", "waits for you"]
    assert [row.plain.partition(" · a · ")[2] for row in model.rows] == [
        "⟦failed⟧", "⟦running⟧ · r", "⟦waits for you⟧", "⟦⟦done in 5 ms⟧⟧",
    ]  # fmt: skip
    assert blocks_of(model.rows[0])[0].text == "read_file · a  ·  ⟦failed⟧"
    assert model.next_trouble(-1) == 0
    assert [row.state_words for row in left_open(model.rows)[1:3]] == [
        "⟦outcome unknown: it may have happened⟧",
        "⟦waits for you, did not run⟧",
    ]


def test_groups_and_states_of_sessions_are_shown_in_it(qapp: QApplication) -> None:
    del qapp
    model = SessionListModel()
    model.show_rows(grouped([SessionItem("s", "Mine", "needs you", 0.0)]))
    heading, session = model.index(0), model.index(1)
    assert (heading.data(), session.data()) == ("⟦Earlier⟧", "◆  Mine")
    assert model.number_of("s") == 1
