"""Sessions that watch before their first message, and alerts that outlive the window; on a desk with a real store."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, HeartbeatConfig, ModelRef, UrgencyRule, WatchConfig
from loom.heartbeat.heartbeat import Heartbeat
from loom.memory.sqlite_store import SQLiteStore
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.loop import run
from loom_studio.panels.heartbeat.panel import HeartbeatPanel
from loom_studio.services.changes import ChangesService
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


def watcher(*turns: Any) -> AgentConfig:
    rules = [UrgencyRule("high", path="urgent.*")]
    beat = HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])], urgency_rules=rules)
    return AgentConfig(ModelRef.scripted(list(turns)), name="Watcher", heartbeat=beat)


class Desk:
    """A desk with its Heartbeat tab over a profile folder."""

    def __init__(self, folder: Path, config: AgentConfig) -> None:
        self.work = folder / "work"
        self.said: list[str] = []
        self.tasks = TaskOwner(self.said.append)
        self.drafts = Drafts(folder / "drafts", self.tasks)
        self.sessions = SessionsService(folder / "loom.db")
        changes = ChangesService(self.sessions, folder / "checkpoints")
        self.desk = SessionDesk(self.sessions, changes, self.drafts, Keys(), Profile(folder), lambda _name: config)
        self.tab = HeartbeatPanel()
        self.desk.changed.connect(self.show)
        self.config = config

    def show(self) -> None:
        if self.desk.panels:
            self.tab.show_conversation(self.conversation)

    @property
    def conversation(self) -> Conversation:
        return self.desk.panel.conversation

    @property
    def heartbeat(self) -> Heartbeat:
        heartbeat = self.conversation.heartbeat
        assert heartbeat is not None
        return heartbeat

    def lines(self) -> list[str]:
        self.tab.refresh()
        return [self.tab.alerts.item(row).text() for row in range(self.tab.alerts.count())]

    async def watching(self) -> None:
        await until(lambda: self.conversation.heartbeat is not None and self.heartbeat.is_watching)
        await self.heartbeat.ready()

    async def aclose(self) -> None:
        await self.desk.aclose()
        await self.tab.aclose()
        await self.drafts.aclose()
        await self.tasks.aclose()
        await self.sessions.aclose()
        for widget in (self.desk, self.tab):
            widget.deleteLater()


def with_desk(
    qapp: QApplication, folder: Path, config: AgentConfig, use: Callable[[Desk], Coroutine[Any, Any, None]]
) -> None:
    (folder / "work").mkdir(exist_ok=True)

    async def main() -> int:
        made = Desk(folder, config)
        try:
            await made.sessions.open()
            await use(made)
        finally:
            await made.aclose()
        assert not made.said
        return 0

    assert run(qapp, main) == 0


def test_a_new_session_watches_and_its_alerts_wait_for_the_first_step(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        alerted: list[str] = []
        studio.desk.alerted.connect(alerted.append)
        studio.desk.new(studio.config, studio.work)
        await studio.watching()
        await in_thread((studio.work / "urgent.txt").write_text, "new")
        await until(lambda: any("urgent.txt" in line and line.endswith("queued") for line in studio.lines()))
        assert alerted == ["urgent.txt was created"]
        assert studio.sessions.summaries == {}, "watching alone stores nothing"
        await studio.desk.panel.converse(Outgoing("go"))
        assert studio.lines()[0].endswith("told at step 1")
        assert alerted == ["urgent.txt was created"], "it is notified of once"
        assert studio.conversation.run is not None
        result = await studio.conversation.run.wait()
        told = [event.payload["text"] for event in result.events if event.type == "heartbeat.told"]
        assert "urgent.txt was created" in told[0]

    with_desk(qapp, tmp_path, watcher("one"), use)


def test_an_agent_without_a_heartbeat_is_not_made_before_it_is_needed(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.new(AgentConfig(ModelRef.scripted([])), studio.work)
        await asyncio.sleep(0)
        await studio.conversation.begin_to_watch()
        assert studio.conversation.heartbeat is None

    with_desk(qapp, tmp_path, watcher(), use)


def test_a_session_that_waited_for_its_agent_watches_once_it_has_one(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.new(None, studio.work)
        studio.desk.give_agent(studio.config)
        await studio.watching()

    with_desk(qapp, tmp_path, watcher(), use)


def test_another_agent_watches_in_place_of_the_one_before(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.new(studio.config, studio.work)
        await studio.watching()
        before = studio.heartbeat
        await studio.conversation.use(watcher("other"))
        await studio.watching()
        assert studio.heartbeat is not before
        assert not before.is_watching

    with_desk(qapp, tmp_path, watcher(), use)


def test_a_reopened_session_shows_its_alerts_with_the_step_that_was_told(qapp: QApplication, tmp_path: Path) -> None:
    ids: list[str] = []

    async def before(studio: Desk) -> None:
        studio.desk.new(studio.config, studio.work)
        ids.append(studio.conversation.id)
        await studio.watching()
        for name in ("told.txt", "late.txt", "gone.txt"):
            await in_thread((studio.work / name).write_text, "new")
            await until(lambda name=name: any(name in line for line in studio.lines()))
            if name == "told.txt":
                await studio.desk.panel.converse(Outgoing("go"))
        studio.tab.alerts.setCurrentRow(0)
        studio.tab.dismiss.click()
        await until(lambda: studio.lines()[0].endswith("dismissed (person)"))

    async def after(studio: Desk) -> None:
        studio.desk.new(AgentConfig(ModelRef.scripted([])), studio.work)
        await studio.desk.open(ids[0])
        await studio.watching()
        fates = [line.rsplit(" · ", 1)[-1] for line in studio.lines()]
        assert fates == ["dismissed (person)", "queued", "told at step 1"], studio.lines()
        wanted: list[str] = []
        studio.tab.alert_wanted.connect(lambda _conversation, summary: wanted.append(summary))
        studio.tab.alerts.setCurrentRow(2)
        studio.tab.show_step.click()
        assert wanted == ["told.txt was created"]
        studio.tab.alerts.setCurrentRow(1)
        studio.tab.dismiss.click()
        await until(lambda: studio.lines()[1].endswith("dismissed (person)"))

    with_desk(qapp, tmp_path, watcher("one"), before)
    with_desk(qapp, tmp_path, watcher("one"), after)
    store = SQLiteStore(tmp_path / "loom.db")
    kept = [record.data["summary"] for record in store.records(ids[0], kind="heartbeat.disposed")]
    store.close()
    assert kept == ["gone.txt was created", "late.txt was created"], "each dismissal is in the log"
