"""Triggers: what starts an agent, how often, and what never does."""

import asyncio
from typing import Any

import pytest

from loom import ConfigError
from loom.config import HeartbeatConfig, TriggerConfig
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.heartbeat import PendingEvent
from loom.heartbeat.triggers import Fired, Triggers, cause_of, prompt_of


def changed(path: str = "/project/src/a.py", **fields: Any) -> PendingEvent:
    event = HeartbeatEvent("filesystem", "modified", f"{path} was modified", paths=(path,), **fields)
    return PendingEvent(event, "queue")


class Runs:
    """Notes what is started; a run goes on until `finish`."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.cancelled = 0
        self.now = 0.0
        self.fired: list[Fired] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def start(self, trigger: TriggerConfig, prompt: str, event: HeartbeatEvent) -> None:
        del trigger, event
        self.prompts.append(prompt)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def triggers(self, **options: Any) -> Triggers:
        given: dict[str, Any] = {"path": "src/**/*.py", "cooldown_s": 10.0, **options}
        config = TriggerConfig("Review", "Look at it", **given)
        return Triggers([config], self.start, root="/project", on_fired=self.fired.append, clock=lambda: self.now)

    @property
    def outcomes(self) -> list[str]:
        return [each.outcome for each in self.fired]


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_event_that_fits_starts_the_agent_with_its_cause() -> None:
    runs = Runs()
    triggers = runs.triggers()
    for path in ("/project/src/deep/a.py", "/project/docs/a.py", "/project/src/a.txt"):
        triggers.take(changed(path))
    await turn()
    assert runs.prompts == ["Look at it\n\n<cause>\n/project/src/deep/a.py was modified\n</cause>"]
    assert runs.outcomes == ["started"]
    await triggers.aclose()


async def test_it_cools_down_and_is_bounded_in_a_minute() -> None:
    runs = Runs()
    triggers = runs.triggers(most_per_minute=2)
    for now in (0, 5, 12, 30, 65):
        runs.now = now
        triggers.take(changed())
        await turn()
    assert [each.split(":")[0] for each in runs.outcomes] == [
        "started", "not started", "started", "not started", "started",
    ]  # fmt: skip
    assert "5 s more" in runs.outcomes[1]
    assert "2 times in this minute" in runs.outcomes[3]
    await triggers.aclose()


@pytest.mark.parametrize(("concurrency", "prompts", "cancelled"), [("skip", 1, 0), ("queue", 2, 0), ("replace", 2, 1)])
async def test_what_happens_while_the_last_run_works_is_chosen(concurrency: str, prompts: int, cancelled: int) -> None:
    runs = Runs()
    runs.goes_on.clear()
    triggers = runs.triggers(concurrency=concurrency, cooldown_s=0)
    triggers.take(changed())
    await turn()
    triggers.take(changed())
    await turn()
    runs.goes_on.set()
    await turn()
    assert (len(runs.prompts), runs.cancelled) == (prompts, cancelled)
    await triggers.aclose()


async def test_what_an_agent_s_own_tool_may_have_caused_starts_nothing() -> None:
    runs = Runs()
    triggers = runs.triggers()
    own = changed()
    own.during = "run_command"
    triggers.take(own)
    await turn()
    assert runs.prompts == []
    await triggers.aclose()


async def test_a_dry_run_starts_nothing_and_says_what_it_would_do() -> None:
    runs = Runs()
    triggers = runs.triggers(dry_run=True)
    triggers.take(changed())
    await turn()
    assert (runs.prompts, runs.outcomes) == ([], ["dry run: it would have started"])
    found = triggers.would_fire([changed().event, changed("/project/x").event])
    assert [len(events) for events in found.values()] == [1]
    await triggers.aclose()


async def test_a_run_that_fails_is_told_and_the_next_event_starts_another() -> None:
    fired: list[Fired] = []

    async def fail(_trigger: TriggerConfig, _prompt: str, _event: HeartbeatEvent) -> None:
        raise ConfigError("no such agent")

    triggers = Triggers([TriggerConfig("T", "Go", cooldown_s=0)], fail, on_fired=fired.append)
    triggers.take(changed())
    await turn()
    triggers.take(changed())
    await turn()
    assert [each.outcome for each in fired] == ["started", "failed: no such agent"] * 2
    await triggers.aclose()


async def test_other_triggers_hold_at_once_and_those_that_stay_know_what_they_did() -> None:
    runs = Runs()
    triggers = runs.triggers()
    review = TriggerConfig("Review", "Look again", path="src/**/*.py", cooldown_s=10.0)
    runs.goes_on.clear()
    triggers.take(changed())
    await turn()
    triggers.reconfigure([review, TriggerConfig("Docs", "Read it", path="docs/")])
    triggers.take(changed())
    triggers.take(changed("/project/docs/a.md"))
    await turn()
    assert runs.outcomes == ["started", "skipped: its last run still works", "started"]
    runs.goes_on.set()
    await turn()
    triggers.take(changed())
    await turn()
    assert runs.outcomes[-1] == "not started: cooling down for 10 s more"
    runs.now = 20.0
    triggers.take(changed())
    await turn()
    assert runs.prompts[-1].startswith("Look again")
    with pytest.raises(ConfigError):
        triggers.reconfigure([TriggerConfig("Odd", "x", path="!")])
    runs.now = 40.0
    runs.goes_on.clear()
    triggers.take(changed())
    await turn()
    triggers.reconfigure([])
    triggers.take(changed())
    await turn()
    assert len(runs.prompts) == 4
    await triggers.aclose()
    assert runs.cancelled == 1, "what a trigger began that is gone ends with the others"


async def test_closing_stops_what_runs() -> None:
    runs = Runs()
    runs.goes_on.clear()
    triggers = runs.triggers()
    triggers.take(changed())
    await turn()
    await triggers.aclose()
    assert runs.cancelled == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"prompt": " "}, "has no prompt"),
        ({"prompt": "x", "concurrency": "both"}, "skip, queue or replace"),
        ({"prompt": "x", "cooldown_s": -1}, "cooldown_s"),
    ],
)
def test_a_trigger_that_makes_no_sense_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        HeartbeatConfig(triggers=[TriggerConfig("T", **options)])


def test_the_cause_is_data_and_bounded() -> None:
    event = HeartbeatEvent("filesystem", "modified", "x" * 5000)
    trigger = TriggerConfig("T", "Go")
    assert len(prompt_of(trigger, event)) < 2100
    assert cause_of(trigger, event)["trigger"] == "T"
