"""The loop and the watches by themselves, as programs without agents use them."""

import threading
from pathlib import Path
from typing import Any

import pytest

from loom.errors import ConfigError
from loom.runtime import AgentLoop, Heartbeat, HeartbeatConfig, LoopConfig, WatchSource
from loom.types import Dashboard, LoopResult, LoopState


class Context:
    def __init__(self) -> None:
        self.working = Dashboard()
        self.seen: list[str] = []


def go_round(context: Context, *states: LoopState | LoopResult, **limits: Any) -> dict[str, Any]:
    """A loop in which each turn ends in the next of `states`."""
    left = list(states)

    def observe(context: Context, outcome: str) -> Context:
        context.seen.append(outcome)
        return context

    return AgentLoop(LoopConfig(**limits)).run(
        "tidy up",
        context,
        lambda goal, seen: f"{goal}, step {len(seen.seen) + 1}",
        lambda action: f"did: {action}",
        observe,
        lambda _context: left.pop(0) if left else LoopState.REASON,
    )


def test_each_turn_reasons_acts_observes_and_says_what_follows() -> None:
    done = go_round(Context(), LoopState.REASON, LoopResult(LoopState.GOAL_REACHED, output="tidy"))
    assert (done["status"], done["iterations"], done["output"]) == ("goal_reached", 2, "tidy")
    assert done["context"].seen == ["did: tidy up, step 1", "did: tidy up, step 2"]


def test_a_loop_ends_where_a_limit_or_somebody_else_has_to_act() -> None:
    assert go_round(Context(), max_iterations=3)["status"] == "max_iterations"
    assert go_round(Context(), LoopState.RENEW)["status"] == "renew"
    assert go_round(Context(), LoopResult(LoopState.ACT, error="broken"))["status"] == "failed"
    full, deep = Context(), Context()
    full.working.rho, deep.working.depth = 1.2, 5
    assert go_round(full)["status"] == "renew"
    assert go_round(Context(), LoopState.DECOMPOSE)["status"] == "decompose"
    assert go_round(deep, LoopState.DECOMPOSE)["status"] == "max_depth"


def test_watches_tell_a_program_without_a_loop(tmp_path: Path) -> None:
    told: list[tuple[dict[str, Any], str]] = []
    came = threading.Event()

    def hear(event: dict[str, Any], urgency: str) -> None:
        told.append((event, urgency))
        came.set()

    sources = [WatchSource("filesystem", {"paths": [str(tmp_path)], "method": "hash"})]
    heartbeat = Heartbeat(HeartbeatConfig(T_hb=0.1, delta_hb=0.0, watch_sources=sources))
    for name in ("one.txt", "two.txt"):
        heartbeat.start(hear)
        (tmp_path / name).write_text("new")
        assert came.wait(10)
        heartbeat.stop()
        came.clear()
        assert name in told[-1][0]["summary"]
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}
    assert heartbeat.process_event({"what": "said"}, "high") == {"what": "said", "urgency": "high"}
    assert told[-1] == ({"what": "said", "urgency": "high"}, "high")


def test_a_source_that_can_not_be_is_named() -> None:
    with pytest.raises(ConfigError, match=r"WatchSource.type must be one of filesystem, .* got 'moon'"):
        Heartbeat(HeartbeatConfig(watch_sources=[WatchSource("moon")]))


def test_a_dashboard_takes_in_events() -> None:
    class Shown:
        def __init__(self) -> None:
            self.events: list[tuple[dict[str, Any], str]] = []

        def ingest_heartbeat_event(self, event: dict[str, Any], urgency: str) -> None:
            self.events.append((event, urgency))

    shown, heartbeat = Shown(), Heartbeat(HeartbeatConfig())
    heartbeat.process_event({"n": 1}, "low", shown)
    heartbeat.dashboard_callback(shown)({"n": 2}, "high")
    assert [event["n"] for event, _ in shown.events] == [1, 2]
