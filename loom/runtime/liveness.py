"""Whether a run gets anywhere: its process, its events and its progress, each judged by itself.

All is read from the run's own events: nothing that watches a run can make it look alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loom.config.runtime import RuntimeLiveness
from loom.types.events import RunEvent
from loom.types.messages import ToolCall, ToolResult

OK, QUIET, STALLED = "ok", "quiet", "stalled"
LEAST_SLEEP_S = 2.0
"""Two clocks drift apart by themselves; what is less than this is no sleep."""
_PROGRESS = frozenset({"run.started", "message.completed", "files.changed"})


@dataclass(frozen=True, slots=True)
class Liveness:
    """How a run does. Ages are in seconds.

    `process` is queued, working, waiting (for a person) or ended; `event_age_s` is since it last said anything,
    `progress_age_s` since its last new result, file change or different call. `level` is ok, quiet or stalled, by its
    progress; waiting for a person is no fault of a run's. `looping` says which call is repeated, and how often.
    """

    process: str
    event_age_s: float
    progress_age_s: float
    level: str = OK
    looping: str = ""


class LivenessWatch:
    """Reads the events of one run as far as they came, each once."""

    def __init__(self, config: RuntimeLiveness, now: float = 0.0, awake_s: float = 0.0) -> None:
        """Begin at `now` (seconds since 1970), with `awake_s` of a clock that stands still while the machine sleeps."""
        self._config = config
        self._ahead_s = now - awake_s
        self._read = 0
        self._event_at = 0.0
        self._progress_at = 0.0
        self._is_waiting: set[str] = set()
        self._has_begun = False
        self._has_ended = False
        self._results: set[tuple[str, str]] = set()
        self._last_call: tuple[str, str] = ("", "")
        self._looping = ""

    def report(self, events: Sequence[RunEvent], now: float, awake_s: float | None = None) -> Liveness:
        """How the run with these events does at a time (seconds since 1970).

        With `awake_s`, the time in which the machine slept since the last report, or the clock was set, counts for
        nothing: a run that could not work has not stalled.
        """
        for event in events[self._read :]:
            self._take(event)
        self._read = len(events)
        if awake_s is not None:
            self._leave_out_sleep(now, now - awake_s - self._ahead_s)
            self._ahead_s = now - awake_s
        if not self._has_begun:
            return Liveness("queued", 0.0, 0.0)
        event_age, progress_age = max(0.0, now - self._event_at), max(0.0, now - self._progress_at)
        if self._has_ended or self._is_waiting:
            return Liveness("ended" if self._has_ended else "waiting", event_age, progress_age, OK, self._looping)
        level = OK
        if progress_age >= self._config.quiet_s:
            level = STALLED if progress_age >= self._config.stalled_s else QUIET
        return Liveness("working", event_age, progress_age, level, self._looping)

    def _leave_out_sleep(self, now: float, slept_s: float) -> None:
        if abs(slept_s) >= LEAST_SLEEP_S:
            self._event_at = min(now, self._event_at + slept_s)
            self._progress_at = min(now, self._progress_at + slept_s)

    def _take(self, event: RunEvent) -> None:
        payload, at = event.payload, event.ts.timestamp()
        self._event_at = max(self._event_at, at)
        if self._is_progress(event):
            self._progress_at = max(self._progress_at, at)
        match event.type:
            case "run.started":
                self._has_begun = True
            case "tool.approval_requested":
                self._is_waiting.add(payload["request_id"])
            case "tool.approval_decided":
                self._is_waiting.discard(payload["request_id"])
            case "run.looping":
                self._looping = f"{payload['tool']} was called {payload['times']} times alike"
            case "run.completed" | "run.failed" | "run.cancelled":
                self._has_ended = True
            case _:
                return

    def _is_progress(self, event: RunEvent) -> bool:
        """Whether an event says something that was not known: a call that differs from the last, a new result."""
        payload = event.payload
        if event.type == "tool.requested":
            call, self._last_call = self._last_call, (payload["tool"], str(payload["arguments"]))
            if call != self._last_call:
                self._looping = ""
            return call != self._last_call
        if event.type in ("tool.completed", "tool.failed"):
            result = (payload["tool"], payload["content"])
            is_new = result not in self._results
            self._results.add(result)
            return is_new
        return event.type in _PROGRESS


class LoopDetector:
    """Says when a run makes the same call with the same result over and over."""

    def __init__(self, same_calls: int) -> None:
        self._limit = same_calls
        self._last: tuple[str, dict[str, Any], object] | None = None
        self.times = 0

    def is_looping(self, call: ToolCall, result: ToolResult) -> bool:
        """Take a call and its result; True when it is as often the same as it may be, once for each such row."""
        seen = (call.name, call.arguments, result.content)
        self.times = self.times + 1 if seen == self._last else 1
        self._last = seen
        return self.times == self._limit
