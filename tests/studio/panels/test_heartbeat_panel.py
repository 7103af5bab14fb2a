"""The Heartbeat tab with a real agent that watches a real folder."""

import asyncio
import os
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, HeartbeatConfig, ModelRef, ResourceThresholds, WatchConfig
from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom_studio.loop import run
from loom_studio.panels.heartbeat.panel import HeartbeatPanel
from loom_studio.services.alerts import thresholds_of
from loom_studio.services.conversations import Conversation, Outgoing
from tests.support.waiting import until

SLEEPERS = tuple(["sleep", f"{seconds}.{os.getpid()}"] for seconds in (61, 62))  # of this process alone


def test_the_liveness_of_a_run_is_shown_and_it_can_be_asked_and_interrupted(qapp: QApplication, tmp_path: Path) -> None:
    turns = [{"delay_s": 0.3, "tool": "list_files", "arguments": {}}] * 3 + [{"delay_s": 30, "text": "late"}]
    config = AgentConfig(ModelRef.scripted(turns), name="Slow", capabilities=["files"])

    async def main() -> int:
        conversation, panel = Conversation(config, tmp_path), HeartbeatPanel()
        panel.show_conversation(conversation)
        panel.show()
        assert panel.liveness.text() == "No run is at work."
        going = asyncio.get_running_loop().create_task(answered(conversation, "go"))
        await until(lambda: conversation.is_running)
        panel.refresh()
        assert panel.liveness.text().startswith("Run: ")
        panel.ask.click()
        assert "next step" in panel.status.text()

        def looping() -> bool:
            panel.refresh()
            return "list_files was called 3 times alike" in panel.liveness.text()

        await until(looping)
        panel.interrupt.click()
        await going
        panel.refresh()
        assert panel.ask.isHidden()
        await panel.aclose()
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0


def test_what_a_command_started_is_killed_and_the_run_goes_on(qapp: QApplication, tmp_path: Path) -> None:
    command = {"tool": "run_command", "arguments": {"command": " & ".join(map(" ".join, SLEEPERS))}}
    config = AgentConfig(ModelRef.scripted([command, "I go on"]), name="Slow", capabilities=["shell"])

    def sleepers() -> list[int]:
        return [each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] in SLEEPERS]

    async def main() -> int:
        conversation, panel = Conversation(config, tmp_path), HeartbeatPanel()
        conversation.set_mode(PermissionMode.AUTO)
        panel.show_conversation(conversation)
        panel.show()
        going = asyncio.get_running_loop().create_task(answered(conversation, "go"))
        async with asyncio.timeout(150):
            while len(await in_thread(sleepers)) < 2:
                await asyncio.sleep(0.05)
        panel.refresh()
        panel.kill.click()
        assert panel.status.text() == "1 command is ended; the run goes on."
        await going
        assert conversation.run is not None
        assert conversation.run.output == "I go on"
        told = [each.text for each in conversation.run.session.history if each.role == "tool"]
        assert "[stopped by the person]" in told[0]
        assert await in_thread(sleepers) == []
        assert conversation.run.end_processes() == 0
        await panel.aclose()
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0


async def answered(conversation: Conversation, text: str) -> None:
    async for _ in conversation.watch(await conversation.start(Outgoing(text))):
        pass


def lines(panel: HeartbeatPanel) -> list[str]:
    panel.refresh()
    return [panel.alerts.item(row).text() for row in range(panel.alerts.count())]


def test_the_tab_shows_what_became_of_an_alert_between_runs(qapp: QApplication, tmp_path: Path) -> None:
    work, other = tmp_path / "work", tmp_path / "other"
    work.mkdir()
    other.mkdir()
    beat = HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])])
    config = AgentConfig(ModelRef.scripted(["one", "two"]), name="Watcher", heartbeat=beat)

    async def main() -> int:
        conversation = Conversation(config, work)
        panel = HeartbeatPanel()
        panel.show_conversation(conversation)
        panel.show()
        assert not panel.pause.isEnabled()
        await answered(conversation, "first")
        heartbeat = conversation.heartbeat
        assert heartbeat is not None
        await heartbeat.ready()
        await in_thread((work / "seen.txt").write_text, "new")
        await until(lambda: any("seen.txt" in line and line.startswith("low · queued · ") for line in lines(panel)))
        assert any("ok" in panel.watches.item(row).text() for row in range(panel.watches.count()))
        await answered(conversation, "second")
        assert lines(panel)[0].startswith("low · told at step 1 · "), lines(panel)
        panel.alerts.setCurrentRow(0)
        wanted: list[str] = []
        panel.alert_wanted.connect(lambda _conversation, summary: wanted.append(summary))
        panel.alert_actions.show_step.click()
        assert wanted == ["seen.txt was created"]
        panel.alert_actions.dismiss.click()
        await until(lambda: lines(panel)[0].startswith("low · dismissed (person) · "))
        assert not panel.alert_actions.dismiss.isEnabled()
        panel.add_folder(str(other))
        await until(lambda: len(heartbeat.config.watch_sources) == 2)
        await heartbeat.ready()
        panel.pause.click()
        assert heartbeat.is_paused
        panel.pause.click()
        await in_thread((other / "late.txt").write_text, "new")
        await until(lambda: any("late.txt" in line for line in lines(panel)))
        await panel.aclose()
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0


def test_thresholds_are_changed_at_once_and_readings_are_drawn(qapp: QApplication, tmp_path: Path) -> None:
    watch = WatchConfig.resource(thresholds=ResourceThresholds(disk_pct=99.0))
    beat = HeartbeatConfig(interval=0.05, watch_sources=[watch])
    config = AgentConfig(ModelRef.scripted(["one"]), name="Watcher", heartbeat=beat)

    async def main() -> int:
        conversation, panel = Conversation(config, tmp_path), HeartbeatPanel()
        panel.show_conversation(conversation)
        panel.show()
        assert not panel.limits["disk_pct"].isEnabled()
        await answered(conversation, "first")
        heartbeat = conversation.heartbeat
        assert heartbeat is not None
        await until(lambda: len(heartbeat.readings()) > 1)
        panel.refresh()
        assert panel.limits["disk_pct"].value() == 99
        assert panel.lines["disk_pct"].accessibleDescription().endswith("told above 99 %")
        panel.lines["disk_pct"].grab()
        panel.limits["memory_pct"].setValue(1)
        panel.limits["memory_pct"].editingFinished.emit()
        await until(lambda: thresholds_of(conversation) == {"cpu_pct": None, "memory_pct": 1.0, "disk_pct": 99.0})
        await until(lambda: any("Memory is" in line for line in lines(panel)))
        await panel.aclose()
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0
