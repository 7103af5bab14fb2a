"""Commands that the window does: another agent, another model, a harness run, an export."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom_studio.services.conversations import Outgoing
from loom_studio.windows import Windows
from tests.support.waiting import until
from tests.support.windows import with_windows


def test_a_command_changes_agent_and_model_of_the_chat_in_view(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        window.new_like_this()
        name = window.names("agent")[-1]
        panel = window.panel
        panel.submit(Outgoing(f"/agent {name.upper()}"))
        await until(lambda: panel.conversation.config.name == name)
        panel.submit(Outgoing("/model local:other"))
        await until(lambda: panel.conversation.config.model.name == "other")
        panel.submit(Outgoing("/agent nobody"))
        await until(lambda: any("There is no agent 'nobody'" in row.text for row in panel.model.rows))
        panel.submit(Outgoing("/export"))
        await until(lambda: any("nothing to export yet" in row.text for row in panel.model.rows))
        assert window.names("mode") == ["Plan", "Ask", "Accept edits", "Auto"]

    with_windows(qapp, tmp_path, use)
