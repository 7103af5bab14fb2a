"""What is deleted can be taken back, in one place for all of it."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom.config import MCPServerConfig, TriggerConfig, load_agent
from loom.ecosystem.mcp.entries import PROFILE, ServerEntry
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, LogEngine
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.loop import run
from loom_studio.panels.undo_bar import UndoBar
from loom_studio.services.conversations import Outgoing
from loom_studio.services.keys import Keys
from loom_studio.services.loading import load_runtime
from loom_studio.services.mcp import McpService
from loom_studio.services.permissions import PermissionsService
from loom_studio.services.undo import Undo
from loom_studio.tasks import TaskOwner
from loom_studio.windows import Windows
from tests.e2e.scenes import Generator
from tests.support.waiting import until
from tests.support.windows import with_windows

GIVEN: dict[str, Any] = {"tool": "note", "schema_hash": "h", "arguments": {"text": "x"}, "arguments_hash": "a"}


def with_undo(qapp: QApplication, use: Callable[[Undo], Coroutine[Any, Any, None]]) -> None:
    async def main() -> int:
        said: list[str] = []
        tasks = TaskOwner(said.append)
        undo = Undo(tasks)
        await use(undo)
        await undo.aclose()
        await tasks.aclose()
        assert said == []
        return 0

    assert run(qapp, main) == 0


def test_the_next_deletion_makes_the_one_before_final_and_so_does_the_end(qapp: QApplication) -> None:
    done: list[str] = []

    def noting(word: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def note() -> None:
            done.append(word)

        return note

    async def use(undo: Undo) -> None:
        bar = UndoBar(undo)
        assert bar.isHidden()
        undo.offer("A went.", noting("A back"), noting("A gone"))
        assert not bar.isHidden()
        assert bar.text.text() == "A went."
        undo.offer("B went.", noting("B back"), noting("B gone"))
        await until(lambda: done == ["A gone"])
        bar.undo.click()
        await until(lambda: done == ["A gone", "B back"])
        assert bar.isHidden()
        undo.offer("C went.", noting("C back"), noting("C gone"))
        bar.close_button.click()
        await until(lambda: done[-1] == "C gone")
        undo.offer("D went.", noting("D back"), noting("D gone"))
        bar.deleteLater()

    with_undo(qapp, use)
    assert done == ["A gone", "B back", "C gone", "D gone"]


def test_a_grant_and_a_rule_hold_again_as_they_were(qapp: QApplication, tmp_path: Path) -> None:
    async def use(undo: Undo) -> None:
        profile = Profile(tmp_path)
        service = PermissionsService(profile, undo=undo)
        grant = await in_thread(partial(profile.grants.add, **GIVEN, workspace=tmp_path))
        await service.revoke(grant.id)
        assert await service.grants() == []
        undo.take_back()
        await until(lambda: profile.grants.grants == [grant])
        later = Profile(tmp_path)
        await in_thread(later.load)
        assert later.grants.grants == [grant]
        await service.change_rule(None, ("deny", "run_command(rm *)"))
        await service.change_rule(("deny", "run_command(rm *)"), None)
        assert await service.rules() == []
        undo.take_back()
        while not await service.rules():
            await asyncio.sleep(0.01)
        assert await service.rules() == [("deny", "run_command(rm *)")]

    with_undo(qapp, use)


def test_a_tool_server_comes_back_with_all_that_was_said_of_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(undo: Undo) -> None:
        service = McpService(tmp_path, undo=undo)
        config = MCPServerConfig(command="serve", args=["--fast"], env={"A": "b"})
        await service.put("s", config)
        await service.remove(ServerEntry("s", config, PROFILE, "settings"))
        assert (await service.rows(tmp_path, None))[0] == []
        undo.take_back()
        while not (rows := (await service.rows(tmp_path, None))[0]):
            await asyncio.sleep(0.01)
        assert rows[0].entry.config == config
        await service.aclose()

    with_undo(qapp, use)


def test_a_key_that_was_forgotten_is_held_again(qapp: QApplication, tmp_path: Path) -> None:
    async def use(undo: Undo) -> None:
        keys = Keys(file=tmp_path / "keys.json")
        keys.use("openai", "sk-not-a-real-one")
        back = keys.way_back("openai")
        await keys.forget("openai")
        assert "OPENAI_API_KEY" not in keys.environment
        undo.offer("The key was forgotten.", back)
        undo.take_back()
        await until(lambda: keys.environment.get("OPENAI_API_KEY") == "sk-not-a-real-one")

    with_undo(qapp, use)


def test_an_agent_that_is_deleted_is_offered_back_in_the_window(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        window = windows.front
        names = [entry.name for entry in window.entries]
        entry = next(entry for entry in window.entries if entry.name == "Coder")
        window.agents.act("delete", entry)
        bar = window.findChild(UndoBar)
        assert bar is not None
        await until(bar.isVisible)
        await until(lambda: "Coder" not in [each.name for each in window.entries])
        bar.undo.click()
        await until(lambda: [each.name for each in window.entries] == names)
        await until(lambda: window.sidebar.agents.count() == len(names))

    with_windows(qapp, tmp_path, use)


SLOW = """name = "Slow"
[model]
provider = "scripted"
name = "script"
[model.extensions]
turns = [{ text = "never", delay_s = 60 }]
"""


def test_a_queued_message_waits_again_or_is_in_the_message_box(qapp: QApplication, tmp_path: Path) -> None:
    agent = tmp_path / "slow.toml"
    agent.write_text(SLOW)

    async def use(windows: Windows) -> None:
        window = windows.front
        panel, undo = window.panel, windows.services.undo
        panel.submit(Outgoing("one"))
        await until(lambda: panel.conversation.is_running)
        panel.submit(Outgoing("two"))
        await until(lambda: [each.text for each in panel.conversation.queued] == ["two"])
        panel.composer.remove.click()
        assert not panel.conversation.queued
        undo.take_back()
        await until(lambda: [each.text for each in panel.conversation.queued] == ["two"])
        panel.composer.remove.click()
        panel.composer.stop.click()
        await until(lambda: not panel.conversation.is_running)
        assert panel.composer.message.toPlainText() == ""
        undo.take_back()
        await until(lambda: panel.composer.message.toPlainText() == "two")

    with_windows(qapp, tmp_path, use, agent=str(agent))


def test_a_trigger_is_in_the_agents_file_again(qapp: QApplication, tmp_path: Path) -> None:
    (tmp_path / "data" / "agents").mkdir(parents=True)
    (tmp_path / "data" / "agents" / "watcher.toml").write_text(SLOW + "[heartbeat]\ninterval = 30\n")

    async def use(windows: Windows) -> None:
        window = windows.front
        await load_runtime()
        window.inspector.fill()
        conversation = window.panel.conversation
        trigger = TriggerConfig("Review", "Review it.", path="*.txt")

        def triggers() -> list[TriggerConfig]:
            watched = conversation.config.heartbeat
            return watched.triggers if watched is not None else []

        wanted = window.inspector.trigger_wanted
        wanted.emit(conversation, "", trigger)
        await until(lambda: triggers() == [trigger])
        wanted.emit(conversation, "Review", None)
        await until(lambda: triggers() == [] and windows.services.undo.last is not None)
        windows.services.undo.take_back()
        await until(lambda: triggers() == [trigger])
        file = next(each.file for each in window.entries if each.name == conversation.config.name)
        assert file is not None
        heartbeat = (await in_thread(load_agent, file)).heartbeat
        assert heartbeat is not None
        assert heartbeat.triggers == [trigger]

    with_windows(qapp, tmp_path, use)


def test_a_harness_run_is_only_not_shown_until_its_deletion_is_final(qapp: QApplication, tmp_path: Path) -> None:
    async def use(windows: Windows) -> None:
        harness, undo = windows.services.harness, windows.services.undo
        store = await in_thread(SQLiteStore, harness.path)
        await AgentHarness(Generator(), None, engine=LogEngine(store)).run("Write it", "r1")
        await in_thread(store.close)
        (made,) = await harness.runs()
        await harness.remove(made)
        assert await harness.runs() == []
        undo.take_back()
        while not await harness.runs():
            await asyncio.sleep(0.01)
        await harness.remove(made)
        undo.let_be()
        engine = await harness._engine()
        while await engine.run("r1") is not None:
            await asyncio.sleep(0.01)

    with_windows(qapp, tmp_path, use)
