"""Sessions that watch before their first message, and alerts that outlive the window; on a desk with a real store."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from loom import tool
from loom.config import AgentConfig, HeartbeatConfig, ModelRef, TriggerConfig, UrgencyRule, WatchConfig
from loom.heartbeat.heartbeat import Heartbeat
from loom.memory.sqlite_store import SQLiteStore
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom_studio.dialogs.run_agent import RunAgentDialog
from loom_studio.loop import run
from loom_studio.panels.chat.burst_card import BurstCard
from loom_studio.panels.heartbeat.panel import HeartbeatPanel
from loom_studio.services.changes import ChangesService
from loom_studio.services.conversations import Conversation, Outgoing
from loom_studio.services.drafts import Drafts
from loom_studio.services.keys import Keys
from loom_studio.services.sessions import SessionsService
from loom_studio.session_desk import SessionDesk
from loom_studio.tasks import TaskOwner
from tests.support.waiting import until


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

    @property
    def burst(self) -> BurstCard:
        return self.desk.panel.burst_card

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
        await until(
            lambda: any("urgent.txt" in line and line.startswith("high · queued · ") for line in studio.lines())
        )
        assert alerted == ["urgent.txt was created"]
        assert studio.sessions.summaries == {}, "watching alone stores nothing"
        await studio.desk.panel.converse(Outgoing("go"))
        assert studio.lines()[0].startswith("high · told at step 1 · ")
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


def test_where_several_sessions_watch_a_folder_the_one_that_ran_last_acts(qapp: QApplication, tmp_path: Path) -> None:
    config = watcher("one", "two")
    assert config.heartbeat is not None
    triggers = [TriggerConfig("Review", "Review it.", path="*.txt", cooldown_s=0.0)]
    config = replace(config, heartbeat=replace(config.heartbeat, triggers=triggers))

    async def use(studio: Desk) -> None:
        alerted: list[str] = []
        studio.desk.alerted.connect(alerted.append)
        watching: list[Conversation] = []
        for _ in range(3):
            studio.desk.new(config, studio.work)
            await studio.watching()
            watching.append(studio.conversation)
        for name in ("urgent.txt", "second.txt"):
            await in_thread((studio.work / name).write_text, "new")
            for each in watching:
                held = each.heartbeat
                assert held is not None
                await until(lambda held=held, name=name: any(name in p.event.summary for p in held.pending()))
            await until(lambda: any("Review" in each.triggers.outcomes for each in watching))
            await until(lambda: studio.desk.conversations[-1].state == "done")
            acted = [each.triggers.outcomes for each in watching]
            assert sum("Review" in each for each in acted) == 1, "one change starts one agent"
            if name == "urgent.txt":
                assert "Review" in acted[0]
                assert len(studio.desk.conversations) == 4
                assert alerted == ["urgent.txt was created"]
                acted[0].clear()
                studio.desk.show_panel(studio.desk.panels[1])
                await studio.desk.panel.converse(Outgoing("go"))
        assert "Review" in watching[1].triggers.outcomes, "it ran last"
        assert len(studio.desk.conversations) == 5

    with_desk(qapp, tmp_path, config, use)


def test_an_alert_that_interrupted_a_tool_says_so(qapp: QApplication, tmp_path: Path) -> None:
    @tool(read_only=True)
    async def sleep_long() -> str:
        """Sleep."""
        await asyncio.sleep(30)
        return "slept"

    turns = [{"tool": "sleep_long", "arguments": {}}, "I stop."]
    config = replace(watcher(*turns), tools=[sleep_long])
    assert config.heartbeat is not None
    critical = [UrgencyRule("critical", path="urgent.*")]
    config = replace(config, heartbeat=replace(config.heartbeat, urgency_rules=critical))

    async def use(studio: Desk) -> None:
        studio.desk.new(config, studio.work)
        await studio.watching()
        studio.desk.panel.submit(Outgoing("go"))
        await until(lambda: any(row.state.startswith("running") for row in studio.desk.panel.model.rows))
        await in_thread((studio.work / "urgent.txt").write_text, "new")
        await until(lambda: studio.conversation.state == "done")
        assert studio.lines()[0].startswith("critical · interrupted the run, told at step 2 · ")

    with_desk(qapp, tmp_path, config, use)


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
        studio.tab.alert_actions.dismiss.click()
        await until(lambda: studio.lines()[0].startswith("low · dismissed (person) · "))

    async def after(studio: Desk) -> None:
        studio.desk.new(AgentConfig(ModelRef.scripted([])), studio.work)
        await studio.desk.open(ids[0])
        await studio.watching()
        fates = [line.split(" · ")[1] for line in studio.lines()]
        assert fates == ["dismissed (person)", "queued", "told at step 1"], studio.lines()
        wanted: list[str] = []
        studio.tab.alert_wanted.connect(lambda _conversation, summary: wanted.append(summary))
        studio.tab.alerts.setCurrentRow(2)
        studio.tab.alert_actions.show_step.click()
        assert wanted == ["told.txt was created"]
        studio.tab.alerts.setCurrentRow(1)
        studio.tab.alert_actions.dismiss.click()
        await until(lambda: studio.lines()[1].startswith("low · dismissed (person) · "))

    with_desk(qapp, tmp_path, watcher("one"), before)
    with_desk(qapp, tmp_path, watcher("one"), after)
    store = SQLiteStore(tmp_path / "loom.db")
    kept = [record.data["summary"] for record in store.records(ids[0], kind="heartbeat.disposed")]
    store.close()
    assert kept == ["gone.txt was created", "late.txt was created"], "each dismissal is in the log"


async def change_many(folder: Path, count: int, text: str) -> None:
    def change() -> None:
        (folder / "src").mkdir(exist_ok=True)
        for number in range(count):
            (folder / "src" / f"{number}.py").write_text(text)

    await in_thread(change)


def test_a_burst_is_one_card_that_can_be_looked_at_and_told(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.resize(700, 500)
        studio.desk.show()
        studio.desk.new(studio.config, studio.work)
        await studio.watching()
        assert "burst_card" not in vars(studio.desk.panel), "there is no card without a burst"
        await change_many(studio.work, 12, "one")
        await until(lambda: "burst_card" in vars(studio.desk.panel) and studio.burst.isVisible())
        assert studio.burst.said.text() == "12 files changed at once"
        assert studio.burst.where.text() == "12 created · most in src/ 12"
        assert not studio.burst.files.isVisible()
        studio.burst.look.click()
        assert studio.burst.files.isVisible()
        assert {studio.burst.files.item(row).text() for row in range(12)} == {f"src/{n}.py" for n in range(12)}
        studio.burst.tell.click()
        await until(lambda: studio.conversation.state == "done")
        assert "12 files changed at once" in studio.desk.panel.model.rows[0].text
        assert not studio.burst.isVisible(), "the model was told"

    with_desk(qapp, tmp_path, watcher("one"), use)


def test_a_burst_that_is_muted_is_settled_and_none_follows_it(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.new(studio.config, studio.work)
        await studio.watching()
        await change_many(studio.work, 12, "one")
        await until(lambda: "burst_card" in vars(studio.desk.panel))
        studio.burst.mute.click()
        await until(lambda: studio.lines()[0].startswith("low · muted for 60 minutes (person) · "))
        assert studio.burst.isHidden()
        assert studio.tab.watches.item(0).text().startswith("Muted until ")
        await change_many(studio.work, 12, "two")
        await in_thread((studio.work / "single.txt").write_text, "new")
        await until(lambda: studio.heartbeat.seen >= 2)
        assert len(studio.heartbeat.pending()) <= 1, "a single change is still told, no burst is"
        studio.tab.alerts.setCurrentRow(len(studio.lines()) - 1)
        assert studio.tab.alert_actions.mute.text() == "Unmute"
        studio.tab.alert_actions.mute.click()
        await until(lambda: not studio.heartbeat.muted())
        assert studio.tab.alert_actions.mute.text() == "Mute 1 h"
        before = len(studio.lines())
        await change_many(studio.work, 12, "three")
        await until(lambda: len(studio.lines()) > before)

    with_desk(qapp, tmp_path, watcher("one"), use)


def test_an_agent_is_started_on_an_alert_in_a_session_of_its_own(qapp: QApplication, tmp_path: Path) -> None:
    async def use(studio: Desk) -> None:
        studio.desk.new(studio.config, studio.work)
        await studio.watching()
        watching = studio.conversation
        await in_thread((studio.work / "odd\nname.txt").write_text, "new")
        await until(lambda: bool(studio.lines()))
        studio.desk.ask_to_run(watching, "evt_unknown")
        assert studio.desk.findChild(RunAgentDialog) is None
        studio.desk.ask_to_run(watching, studio.heartbeat.pending()[0].event.id)
        dialog = studio.desk.findChild(RunAgentDialog)
        assert dialog is not None
        dialog.prompt.setPlainText(" ")
        assert not dialog.start.isEnabled()
        dialog.prompt.setPlainText("Read it.")
        dialog.start.click()
        await until(lambda: len(studio.desk.conversations) == 2 and studio.desk.conversations[1].state == "done")
        started = studio.desk.panels[1]
        assert started.model.rows[0].text.startswith("Read it.")
        assert r"odd\nname.txt was created" in started.model.rows[0].text
        assert studio.conversation is watching, "the session in view stays"
        assert started.conversation.triggers.cause is not None
        assert started.conversation.triggers.cause["trigger"] == "By hand"

    with_desk(qapp, tmp_path, watcher("one"), use)
