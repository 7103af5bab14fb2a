"""The form for a trigger: checked and tried while one types, kept in the agent's file, in force at once."""

from pathlib import Path

from PySide6.QtWidgets import QApplication

from loom.config import AgentConfig, HeartbeatConfig, ModelRef, TriggerConfig, WatchConfig, load_agent
from loom.heartbeat.events import HeartbeatEvent
from loom.threads import in_thread
from loom_studio.loop import run
from loom_studio.panels.heartbeat.panel import HeartbeatPanel
from loom_studio.panels.heartbeat.trigger_form import TriggerForm
from loom_studio.services.agents import AgentLibrary
from loom_studio.services.conversations import Conversation
from tests.support.waiting import until

FILE = """name = "Watcher"  # mine
[model]
provider = "scripted"
name = "s"
[heartbeat]
interval = 5.0
"""


async def watching(config: AgentConfig, folder: Path) -> tuple[Conversation, list[str]]:
    """A conversation whose triggers write down what they are started with."""
    conversation, started = Conversation(config, folder), list[str]()

    async def start(trigger: TriggerConfig, _prompt: str, event: HeartbeatEvent) -> None:
        started.append(f"{trigger.name}: {event.summary}")

    conversation.triggers.run = start
    await conversation.begin_to_watch()
    return conversation, started


def test_a_trigger_is_made_changed_and_removed_and_holds_at_once(qapp: QApplication, tmp_path: Path) -> None:
    agents = tmp_path / "agents"
    agents.mkdir()
    file = agents / "watcher.toml"
    file.write_text(FILE)
    (tmp_path / "reviewer.toml").write_text(FILE)

    library = AgentLibrary(agents)

    async def main() -> int:
        await library.load()
        config = library.entries[0].config
        assert config is not None
        conversation, started = await watching(config, tmp_path)
        heartbeat = conversation.heartbeat
        assert heartbeat is not None
        heartbeat.take(HeartbeatEvent("filesystem", "modified", "a.py was modified", paths=(str(tmp_path / "a.py"),)))
        panel = HeartbeatPanel()
        panel.show_conversation(conversation)
        panel.show()
        asked: list[tuple[str, TriggerConfig | None]] = []

        async def change(before: str, trigger: TriggerConfig | None) -> None:
            triggers = await library.change_trigger("Watcher", before, trigger)
            assert triggers is not None
            assert triggers == conversation.triggers.changed(before, trigger)
            conversation.use_triggers(triggers)
            panel.refresh()
            asked.append((before, trigger))

        panel.trigger_wanted.connect(
            lambda _conversation, before, trigger: panel.tasks.start(change(before, trigger), what="change it")
        )
        assert panel.triggers.edit.isHidden()
        panel.triggers.new.click()
        form = panel.findChild(TriggerForm)
        assert form is not None
        await until(lambda: form.fault.text().startswith("A trigger needs a name"))
        assert not form.save.isEnabled()
        form.name.setText("Review")
        form.prompt.setPlainText("Review it.")
        await until(lambda: form.fault.text().startswith("Say what it starts on"))
        form.path.setText("*.md")
        await until(lambda: form.tried.text() == "It fits none of the last 1 alerts.")
        form.path.setText("*.py")
        form.agent.line.setText("nobody.toml")
        await until(lambda: form.fault.text().startswith("There is no agent file at"))
        form.agent.take(str(tmp_path / "reviewer.toml"))
        assert form.agent.text() == "reviewer.toml"
        await until(lambda: form.tried.text() == "It fits 1 of the last 1 alerts: a.py was modified")
        form.save.click()
        await until(lambda: len(asked) == 1)
        assert "# mine" in await in_thread(file.read_text)
        assert panel.triggers.listed.item(0).text().startswith("Review · Review it.")
        heartbeat.take(HeartbeatEvent("filesystem", "modified", "b.py was modified", paths=(str(tmp_path / "b.py"),)))
        await until(lambda: started == ["Review: b.py was modified"])
        panel.triggers.dry_run.click()
        assert "Review: 2" in panel.status.text()

        panel.triggers.listed.setCurrentRow(0)
        panel.triggers.edit.click()
        again = next(each for each in panel.findChildren(TriggerForm) if each.isVisible())
        assert (again.path.text(), again.cooldown.value(), again.agent.text()) == ("*.py", 60, "reviewer.toml")
        again.dry.setChecked(True)
        again.cooldown.setValue(0)
        await until(again.save.isEnabled)
        again.save.click()
        await until(lambda: len(asked) == 2)
        kept = (await in_thread(load_agent, file)).heartbeat
        assert kept is not None
        assert kept.triggers == conversation.triggers.configs
        assert (kept.triggers[0].dry_run, kept.triggers[0].cooldown_s) == (True, 0.0)
        heartbeat.take(HeartbeatEvent("filesystem", "modified", "c.py was modified", paths=(str(tmp_path / "c.py"),)))
        await until(lambda: conversation.triggers.outcomes["Review"].startswith("dry run"))
        assert len(started) == 1

        panel.triggers.listed.setCurrentRow(0)
        panel.triggers.remove.click()
        await until(lambda: len(asked) == 3)
        assert panel.triggers.listed.isHidden()
        assert conversation.config.heartbeat is not None
        assert conversation.config.heartbeat.triggers == []
        await panel.aclose()
        assert await library.change_trigger("Nobody", "", None) is None
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0


def test_a_second_of_a_name_and_a_path_that_is_none_are_refused(qapp: QApplication, tmp_path: Path) -> None:
    there = TriggerConfig("Review", "Review it.", path="*.py")
    beat = HeartbeatConfig(watch_sources=[WatchConfig.filesystem(paths=["."])], triggers=[there])
    config = AgentConfig(ModelRef.scripted([]), name="Watcher", heartbeat=beat)

    async def main() -> int:
        conversation, _ = await watching(config, tmp_path)
        service = conversation.triggers
        panel = HeartbeatPanel()
        form = TriggerForm(service, None, str(tmp_path), lambda _before, _trigger: None, panel)
        form.name.setText("Review")
        form.prompt.setPlainText("Again.")
        form.source.setCurrentText("mine")
        fields = form.fields()
        assert fields["source"] == "mine"
        assert "already" in service.fault_in(fields, "")
        assert service.fault_in(fields, "Review") == ""
        assert "no pattern" in service.fault_in({**fields, "path": "!"}, "Review")
        form.reject()
        await form.tasks.aclose()
        await panel.aclose()
        await conversation.aclose()
        panel.deleteLater()
        return 0

    assert run(qapp, main) == 0
