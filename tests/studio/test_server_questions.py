"""What a tool server asks while its tool works is told in the run, in the sidebar, and to the desktop."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from loom.config import AgentConfig, ModelRef
from loom.ecosystem.mcp.entries import AGENT, ServerEntry
from loom.ecosystem.mcp.launch import launch_of
from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom_studio.attention import Attention
from loom_studio.dialogs.server_asks import ServerAsks
from loom_studio.loop import run
from loom_studio.panels.chat.panel import ChatPanel
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.mcp import McpService
from loom_studio.services.settings import Settings
from tests.support.agents import call
from tests.support.mcp_servers import node_server
from tests.support.waiting import until


class Heard(Attention):
    """Keeps what would be told to the desktop, which there is none of here."""

    said: list[str]

    @override
    def tell(self, kind: str, sentence: str) -> None:
        self.said.append(f"{kind}: {sentence}")


@pytest.mark.slow
def test_a_servers_question_waits_in_view_until_it_is_answered(qapp: QApplication, tmp_path: Path) -> None:
    config = node_server("server-everything")

    async def main() -> int:
        service = McpService(tmp_path / "profile")
        pool = await service.load()
        entry = ServerEntry("all", config, AGENT, "test", tmp_path)
        await in_thread(lambda: pool.pins.approve(entry.key, launch_of(entry)))
        turns = [call("all__trigger-elicitation-request"), "done"]
        agent = AgentConfig(ModelRef.scripted(turns), name="Test", mcp_servers={"all": config})
        panel = ChatPanel(Conversation(agent, tmp_path, mcp=service))
        panel.conversation.set_mode(PermissionMode.AUTO)
        window, sidebar = QWidget(), Sidebar()
        attention = Heard(window, Settings(tmp_path))
        attention.said = []
        asks = ServerAsks(service, panel)
        chosen: list[str] = []
        sidebar.question_chosen.connect(chosen.append)

        def look() -> None:
            asks.refresh()
            sidebar.show_questions(asks.waiting())
            attention.look_at_questions(asks.waiting())

        service.asked.connect(look)
        panel.show()
        await panel.conversation.offers.resources()
        await until(lambda: panel.conversation.offers.known() == ["all"])
        panel.submit(Outgoing("go"))
        await until(lambda: panel.conversation.state == "needs you")
        await until(lambda: asks.open)
        (dialog,) = asks.open.values()
        assert not dialog.isModal()
        assert sidebar.needs_you.item(0).text() == "◆  The server all asks you something"
        sidebar.needs_you.setCurrentRow(0)
        assert chosen == [dialog.ask.id]
        assert attention.said == ["approvals: The server all asks you something"]
        await until(lambda: any("The tool server all asks you something: " in row.text for row in panel.model.rows))
        dialog.no.click()
        await until(lambda: panel.conversation.state == "done")
        assert sidebar.needs_you.count() == 0
        assert any(row.text == "It was declined (tool server all)" for row in panel.model.rows)
        await panel.aclose()
        await service.aclose()
        for widget in (panel, sidebar, window):
            widget.deleteLater()
        return 0

    assert run(qapp, main) == 0
