"""Commands that the window does: another agent, another model, a harness run, an export."""

import argparse
from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom_studio import app as studio
from loom_studio.loop import run
from loom_studio.services.conversations import Outgoing
from loom_studio.services.settings import Settings
from tests.support.skills import workspace_in
from tests.support.waiting import until


def test_a_command_changes_agent_and_model_of_the_chat_in_view(qapp: QApplication, tmp_path: Path) -> None:
    options = argparse.Namespace(
        workspace=str(workspace_in(tmp_path)), agent=None, data_dir=str(tmp_path / "data"), safe_mode=False
    )
    windows = studio._windows(options, Settings(tmp_path / "data"))
    assert windows is not None
    window = windows.front

    async def main() -> int:
        try:
            await window.library.load()
            await window.show_library()
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
        finally:
            await windows.aclose()
        return 0

    assert run(qapp, main) == 0
    window.deleteLater()
