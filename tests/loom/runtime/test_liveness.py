"""Whether a run gets anywhere: told from what it does, never from being looked at."""

from datetime import UTC, datetime
from typing import Any

import pytest

from loom import AgentConfig, ConfigError, ModelRef, create_agent, tool
from loom.config import RuntimeConfig, RuntimeLiveness
from loom.runtime.liveness import LivenessWatch
from loom.types import RunEvent


def at(seconds: float, kind: str, **payload: Any) -> RunEvent:
    return RunEvent(type=kind, ts=datetime.fromtimestamp(seconds, UTC), payload=payload)


def requested(seconds: float, path: str) -> RunEvent:
    return at(seconds, "tool.requested", call_id="c", tool="read_file", arguments={"path": path})


def completed(seconds: float, content: str) -> RunEvent:
    return at(seconds, "tool.completed", call_id="c", tool="read_file", content=content)


def test_events_and_progress_are_judged_apart() -> None:
    watch, events = LivenessWatch(RuntimeLiveness(quiet_s=10, stalled_s=30)), [at(0, "run.started")]
    assert watch.report(events, 5).level == "ok"
    for second in range(1, 60):  # it says a lot, and does the same thing
        events += [requested(second, "a"), completed(second, "text")]
    seen = watch.report(events, 60)
    assert (seen.process, seen.event_age_s, seen.progress_age_s, seen.level) == ("working", 1, 59, "stalled")
    events += [requested(61, "b")]
    assert watch.report(events, 62).level == "ok"
    events += [completed(63, "another")]
    assert watch.report(events, 75).level == "quiet"


def test_looking_refreshes_nothing() -> None:
    watch, events = LivenessWatch(RuntimeLiveness(quiet_s=10, stalled_s=30)), [at(0, "run.started")]
    ages = [watch.report(events, now).progress_age_s for now in range(0, 40, 10)]
    assert ages == [0, 10, 20, 30]


def test_hours_in_which_the_machine_slept_are_no_stall() -> None:
    watch, events = LivenessWatch(RuntimeLiveness(quiet_s=10, stalled_s=30), 0.0, 1000.0), [at(0, "run.started")]
    assert watch.report(events, 5.0, 1005.0).level == "ok"
    after = watch.report(events, 28_808.0, 1008.0)  # eight hours by the clock on the wall, three seconds awake
    assert (after.level, round(after.progress_age_s)) == ("ok", 8)
    assert watch.report(events, 28_840.0, 1040.0).level == "stalled"
    assert watch.report([*events, at(28_845, "files.changed")], 28_846.0, 1046.0).progress_age_s == 1.0


def test_a_clock_that_is_set_back_makes_nothing_younger_than_now() -> None:
    watch, events = LivenessWatch(RuntimeLiveness(quiet_s=10, stalled_s=30), 7200.0, 100.0), [at(7200, "run.started")]
    assert watch.report(events, 7220.0, 120.0).level == "quiet"
    assert watch.report(events, 3625.0, 125.0).progress_age_s == 25.0


def test_waiting_for_a_person_is_no_stall_and_the_end_is_an_end() -> None:
    watch, events = LivenessWatch(RuntimeLiveness(quiet_s=10, stalled_s=30)), list[RunEvent]()
    assert watch.report(events, 5).process == "queued"
    events += [at(0, "run.started"), at(1, "tool.approval_requested", request_id="r")]
    assert (watch.report(events, 500).process, watch.report(events, 500).level) == ("waiting", "ok")
    events += [at(501, "tool.approval_decided", request_id="r")]
    assert watch.report(events, 502).process == "working"
    events += [at(503, "run.cancelled", reason="x")]
    assert watch.report(events, 900).process == "ended"


async def test_the_same_call_three_times_is_said_once_and_forgotten_with_another() -> None:
    @tool(read_only=True)
    async def look(n: int) -> str:
        """Look."""
        return f"nothing at {min(n, 1)}"

    calls: list[Any] = [{"tool": "look", "arguments": {"n": n}} for n in (1, 1, 1, 1, 2, 1)]
    agent = create_agent(AgentConfig(ModelRef.scripted([*calls, "done"]), tools=[look]))
    session = agent.session()
    run = session.start("go")
    result = await run.wait()
    loops = [event.payload for event in result.events if event.type == "run.looping"]
    assert [(each["tool"], each["times"], each["step"]) for each in loops] == [("look", 3, 3)]
    seen = run.liveness()
    assert (seen.process, seen.looping) == ("ended", "")
    await agent.aclose()


async def test_how_many_are_a_loop_is_configured() -> None:
    @tool(read_only=True)
    async def look() -> str:
        """Look."""
        return "nothing"

    config = RuntimeConfig(liveness=RuntimeLiveness(same_calls=2))
    turns: list[Any] = [{"tool": "look"}] * 2 + ["done"]
    agent = create_agent(AgentConfig(ModelRef.scripted(turns), tools=[look], runtime=config))
    result = await agent.run("go")
    assert [e.payload["times"] for e in result.events if e.type == "run.looping"] == [2]
    await agent.aclose()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"quiet_s": 0}, "quiet_s"), ({"quiet_s": 9, "stalled_s": 3}, "stalled_s"), ({"same_calls": 1}, "same_calls")],
)
def test_thresholds_that_make_no_sense_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        RuntimeLiveness(**options)
