"""The chat panel with a real agent on a script, on the Studio's loop."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from loom.config import AgentConfig, ModelRef
from loom.errors import LoomError
from loom_studio.loop import run
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.services.conversations import Conversation


def with_panel(
    app: QApplication, folder: Path, turns: list[Any], use: Callable[[ChatPanel], Coroutine[Any, Any, None]]
) -> None:
    async def main() -> int:
        panel = ChatPanel(Conversation(AgentConfig(ModelRef.scripted(turns), name="Test"), folder))
        panel.resize(700, 500)
        panel.show()
        try:
            await use(panel)
        finally:
            await panel.aclose()
            panel.deleteLater()
        return 0

    assert run(app, main) == 0


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_what_is_sent_while_a_run_works_waits_and_then_goes(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit("one")
        await until(lambda: panel.conversation.is_running)
        panel.submit("two")
        assert list(panel.conversation.queued) == ["two"]
        await until(lambda: any(row.text == "second" for row in panel.model.rows))
        assert [row.text for row in panel.model.rows] == ["one", "first", "two", "second"]

    with_panel(qapp, tmp_path, [{"text": "first", "delay_s": 0.1}, "second"], use)


def test_stop_gives_queued_messages_back(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit("one")
        await until(lambda: panel.conversation.is_running)
        panel.submit("two")
        panel.composer.stop.click()
        await until(lambda: not panel.conversation.is_running)
        assert panel.composer.message.toPlainText() == "two"
        assert panel.model.rows[-1].text == "Stopped."

    with_panel(qapp, tmp_path, [{"text": "never", "delay_s": 60}], use)


def test_the_model_is_not_changed_under_a_run(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        panel.submit("one")
        await until(lambda: panel.conversation.is_running)
        with pytest.raises(LoomError, match="A run is working"):
            await panel.conversation.use_model(ModelRef.local())
        await until(lambda: any(row.text == "first" for row in panel.model.rows))

    with_panel(qapp, tmp_path, [{"text": "first", "delay_s": 0.1}], use)


def test_another_model_goes_on_with_the_conversation(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await panel.converse("one")
        heard: list[str] = []

        def answer(request: Any) -> str:
            heard.extend(message.text for message in request.messages)
            return "second"

        await panel.conversation.use_model(ModelRef.scripted([answer]))
        await panel.converse("two")
        assert heard == ["one", "first", "two"]

    with_panel(qapp, tmp_path, ["first"], use)


def test_a_link_is_shown_whole_before_it_opens_and_only_web_links_can(qapp: QApplication, tmp_path: Path) -> None:
    def labels(box: QMessageBox) -> set[str]:
        return {button.text().replace("&", "") for button in box.findChildren(QPushButton)}

    async def use(panel: ChatPanel) -> None:
        panel.transcript.link_activated.emit("https://example.com/a?b=c\u202e")
        panel.transcript.link_activated.emit("file:///etc/passwd")
        web, file = panel.findChildren(QMessageBox)
        assert web.informativeText() == "https://example.com/a?b=c\\u202e"
        assert "Open" in labels(web)
        assert "Open" not in labels(file)
        for box in (web, file):
            box.reject()

    with_panel(qapp, tmp_path, [], use)


def test_find_shows_where_and_says_when_nothing_is_there(qapp: QApplication, tmp_path: Path) -> None:
    async def use(panel: ChatPanel) -> None:
        await panel.converse("where is the needle")
        panel.open_find()
        panel.find_bar.wanted.emit("needle", True)
        assert panel.find_bar.result.text() == ""
        panel.find_bar.wanted.emit("camel", True)
        assert panel.find_bar.result.text() == "Not found"

    with_panel(qapp, tmp_path, ["here"], use)
