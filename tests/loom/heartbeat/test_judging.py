"""What is worth telling: information gain, urgency, what becomes of an event."""

import asyncio
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from loom.config import HeartbeatConfig, HeartbeatInterruptPolicy, UrgencyRule, WatchConfig
from loom.config.heartbeat import ResourceThresholds
from loom.errors import ConfigError, LoomError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.gain import InformationGain, surprise
from loom.heartbeat.heartbeat import MOST_PENDING, Heartbeat, Listener
from loom.heartbeat.monitors import EventQueue
from tests.support.waiting import until


def changed(path: str = "/w/a.py", urgency: str = "low") -> HeartbeatEvent:
    return HeartbeatEvent("filesystem", "modified", f"{path} was modified", urgency, (path,))


def beating(delta: float = 0.1, **config: object) -> Heartbeat:
    return Heartbeat(HeartbeatConfig(min_entropy_delta=delta, **config), Path("/w"), [])  # type: ignore[arg-type]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_first_of_its_kind_tells_all_and_its_equals_fade() -> None:
    gain = InformationGain(clock=Clock())
    told = [gain.of(changed()) for _ in range(5)]
    assert told[0] == 1.0
    assert told[1:] == sorted(told[1:], reverse=True)
    assert told[1] == pytest.approx(0.124, abs=0.001)
    assert told[4] < 0.05


def test_after_a_while_without_it_an_event_is_news_again() -> None:
    clock = Clock()
    gain = InformationGain(half_life_s=60, clock=clock)
    gain.of(changed())
    clock.now = 600
    assert gain.of(changed()) > 0.7


def test_a_new_path_keeps_most_of_its_gain_in_a_source_that_never_rests() -> None:
    gain = InformationGain(clock=Clock())
    for _ in range(100):
        gain.of(changed("/w/noisy.log"))
    assert gain.of(changed("/w/new.py")) > 0.7


def test_what_is_urgent_fades_later() -> None:
    def passed(urgency: str) -> int:
        gain = InformationGain(clock=Clock())
        return sum(gain.of(changed(urgency=urgency)) >= 0.1 for _ in range(50))

    assert passed("low") < passed("high") < passed("critical") < 50


def test_surprise_falls_with_what_was_seen() -> None:
    assert surprise(0) == 1.0
    assert all(surprise(n) > surprise(n + 1) > 0 for n in range(100))


def test_a_repetition_is_not_told_and_counted_as_faded() -> None:
    heartbeat = beating()
    passed = 0
    for _ in range(11):
        pending = heartbeat.take(changed())
        if pending is not None:
            passed += 1
            pending.told.add("s")
    assert (passed, heartbeat.faded, heartbeat.seen) == (2, 9, 11)
    assert beating(0.0).take(changed()) is not None


def test_what_happens_again_before_it_was_told_is_the_same_event() -> None:
    heartbeat = beating()
    first = heartbeat.take(changed())
    assert first is not None
    heartbeat.take(replace(changed(), summary="again"))
    (pending,) = heartbeat.pending()
    assert (pending.event.id, pending.event.count, pending.event.summary) == (first.event.id, 2, "again")


def test_the_first_rule_that_fits_says_how_urgent_an_event_is() -> None:
    rules = [
        UrgencyRule("ignore", path="*.log"),
        UrgencyRule("critical", source="filesystem", path="config/**"),
        UrgencyRule("high", kind="modified", text="MODIFIED"),
    ]
    heartbeat = beating(urgency_rules=rules)
    assert heartbeat.take(changed("/w/x.log")) is None
    critical, high = heartbeat.take(changed("/w/config/prod.toml")), heartbeat.take(changed("/w/a.py"))
    assert critical is not None
    assert high is not None
    assert (critical.event.urgency, critical.action) == ("critical", "force")
    assert (high.event.urgency, high.action) == ("high", "request")


def test_the_policy_may_be_another_and_name_more_urgencies() -> None:
    policy = HeartbeatInterruptPolicy(low="request", extensions={"deadly": "force"})
    heartbeat = beating(interrupt_policy=policy, urgency_rules=[UrgencyRule("deadly", path="b")])
    low, deadly = heartbeat.take(changed("/w/a")), heartbeat.take(changed("/w/b"))
    assert low is not None
    assert low.action == "request"
    assert deadly is not None
    assert deadly.action == "force"


def test_unknown_urgencies_and_actions_are_refused() -> None:
    with pytest.raises(ConfigError, match="'urgent', not one of low"):
        beating(urgency_rules=[UrgencyRule("urgent")])
    with pytest.raises(ConfigError, match=r"interrupt_policy\.high is 'shout'"):
        beating(interrupt_policy=HeartbeatInterruptPolicy(high="shout"))


def test_an_event_stays_until_somebody_disposed_of_it() -> None:
    heartbeat = beating()
    said: list[str] = []
    heartbeat.listen(Listener(on_disposed=lambda disposed: said.append(disposed.decision)))
    pending = heartbeat.take(changed())
    assert pending is not None
    assert heartbeat.untold("s") == [pending]

    disposed = heartbeat.dispose(pending.event.id, "not ours", by="person")

    assert heartbeat.pending() == []
    assert said == ["not ours"]
    assert list(heartbeat.disposed) == [disposed]
    with pytest.raises(LoomError, match="pending"):
        heartbeat.dispose(pending.event.id, "again")


def test_too_many_pending_events_let_the_least_go() -> None:
    heartbeat = beating()
    heartbeat.take(changed("/w/urgent", "critical"))
    for number in range(MOST_PENDING + 20):
        heartbeat.take(changed(f"/w/{number}"))
    assert len(heartbeat.pending()) == MOST_PENDING
    assert heartbeat.pending()[0].event.urgency == "critical"
    assert len(heartbeat.disposed) == 21


def test_a_paused_heartbeat_keeps_nothing() -> None:
    heartbeat = beating()
    heartbeat.is_paused = True
    assert heartbeat.take(changed()) is None
    assert heartbeat.pending() == []


def test_what_is_muted_is_settled_and_comes_back_when_that_ends() -> None:
    heartbeat = beating()
    held = heartbeat.take(changed())
    assert held is not None
    source, kind = held.event.source, held.event.kind
    heartbeat.mute(source, kind, 3600)
    assert [each.decision for each in heartbeat.disposed] == ["muted for 60 minutes"]
    assert heartbeat.take(changed("/w/other")) is None
    assert heartbeat.pending() == []
    heartbeat.mute(source, kind, 0)
    assert heartbeat.muted() == {}
    assert heartbeat.take(changed("/w/third")) is not None


async def test_the_queue_is_bounded_and_urgent_events_are_not_pushed_out() -> None:
    queue = EventQueue(limit=5)
    queue.put(changed("/urgent", "high"))
    for number in range(100):
        queue.put(changed(str(number)))
    events = await queue.get()
    assert len(events) == 6
    assert queue.dropped == 95
    assert any(event.urgency == "high" for event in events)


async def test_the_configured_watches_run_and_a_faulty_one_is_shown(tmp_path: Path) -> None:
    config = HeartbeatConfig(
        watch_sources=[
            WatchConfig.filesystem(paths=["."]),
            WatchConfig.network("gopher://x"),
            WatchConfig.custom("no-such-monitor"),
            WatchConfig.schedule(every_s=0.02, name="tick"),
            WatchConfig.signal(name="usr", signals=["SIGUSR1"]),
        ]
    )
    heartbeat = Heartbeat(config, tmp_path)
    heard: asyncio.Queue[HeartbeatEvent] = asyncio.Queue()
    heartbeat.listen(Listener(on_event=lambda pending: heard.put_nowait(pending.event)))
    heartbeat.start()
    heartbeat.start()
    await heartbeat.ready()
    try:
        health = heartbeat.health()
        assert "gopher" in health["network watch"].why
        assert "no-such-monitor" in health["custom watch"].why
        assert health[f"files of {tmp_path}"].state == "ok"
        (tmp_path / "a.txt").write_text("x")
        signal.raise_signal(signal.SIGUSR1)
        heartbeat.signals.tell("deploy", "the deployment failed", "high", {"job": 3})
        heartbeat.report(HeartbeatEvent("mine", "thing", "a thing"))
        sources = set()
        async with asyncio.timeout(150):
            while sources != {"filesystem", "schedule", "signal", "mine"} or len(heartbeat.pending()) < 5:
                sources.add((await heard.get()).source)
    finally:
        await heartbeat.aclose()
    assert heartbeat.monitors == []


async def test_a_look_that_fails_is_shown_and_made_again() -> None:
    from loom.heartbeat.monitors import Beat
    from tests.support.watched import hearing

    looks = iter([OSError("no such thing"), [changed()]])

    def look() -> list[HeartbeatEvent]:
        result = next(looks, [])
        if isinstance(result, OSError):
            raise result
        return result

    beat = Beat("test", look, 0.02)
    async with hearing(beat) as heard:
        assert "no such thing" in beat.health.why
        await heard.next()
        assert beat.health.state == "ok"


async def test_a_monitor_of_another_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "weather-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weather\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[loom.monitors]\nweather = weather_watch:make\n")
    (tmp_path / "weather_watch.py").write_text(
        "from loom.heartbeat.events import HeartbeatEvent\n"
        "from loom.heartbeat.monitors import Beat\n"
        "def make(config, around):\n"
        "    said = 'rain in ' + config.extensions['town']\n"
        "    return Beat('weather', lambda: [HeartbeatEvent('weather', 'rain', said)], 1)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    heartbeat = Heartbeat(HeartbeatConfig(watch_sources=[WatchConfig.custom("weather", town="Ulm")]), tmp_path)
    heartbeat.start()
    await until(heartbeat.pending)
    await heartbeat.aclose()
    assert heartbeat.pending()[0].event.summary == "rain in Ulm"


async def test_new_thresholds_count_at_once_and_what_is_pending_stays(tmp_path: Path) -> None:
    heartbeat = Heartbeat(HeartbeatConfig(), tmp_path)
    heartbeat.start()
    await heartbeat.ready()
    assert heartbeat.readings() == []
    held = heartbeat.take(changed())
    said: list[HeartbeatEvent] = []
    heartbeat.listen(Listener(lambda pending: said.append(pending.event)))
    full = WatchConfig.resource(thresholds=ResourceThresholds(disk_pct=0.0))
    await heartbeat.reconfigure(HeartbeatConfig(watch_sources=[full]))
    await heartbeat.ready()
    await until(lambda: said)
    assert [event.payload["about"] for event in said] == ["disk_pct"]
    assert held in heartbeat.pending()
    at, values = heartbeat.readings()[0]
    assert abs(at - time.time()) < 60
    assert {"cpu_pct", "memory_pct", "disk_pct"} <= set(values)
    await heartbeat.aclose()


async def test_rules_that_cannot_be_used_change_nothing(tmp_path: Path) -> None:
    heartbeat = Heartbeat(HeartbeatConfig(), tmp_path)
    before = heartbeat.config
    with pytest.raises(ConfigError):
        await heartbeat.reconfigure(HeartbeatConfig(urgency_rules=[UrgencyRule("no such urgency")]))
    assert heartbeat.config is before
