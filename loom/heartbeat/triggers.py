"""Agents that start on what was noticed: when, how often, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from loom.config.heartbeat import TriggerConfig
from loom.errors import LoomError
from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.heartbeat import PendingEvent
from loom.heartbeat.pattern import EventPattern

log = logging.getLogger(__name__)

MINUTE_S = 60.0
MOST_QUEUED = 20
LONGEST_CHARS = 2000

Start = Callable[[TriggerConfig, str, HeartbeatEvent], Awaitable[Any]]
"""Runs a trigger's agent with a prompt to its end. Cancelling it stops the run."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What a trigger did with an event: started, queued, dry run, or why not, in words."""

    trigger: str
    event: HeartbeatEvent
    outcome: str


class _Trigger:
    """One trigger, and what it did lately; times are those of a monotonic clock."""

    def __init__(self, config: TriggerConfig, root: str | None) -> None:
        self.config = config
        self.pattern = pattern_of(config, root)
        self.started: deque[float] = deque()
        self.queued: deque[HeartbeatEvent] = deque()
        self.task: asyncio.Task[Any] | None = None

    @property
    def is_at_work(self) -> bool:
        return self.task is not None and not self.task.done()

    def obstacle(self, now: float) -> str:
        """Why it may not start now; empty if it may."""
        while self.started and now - self.started[0] >= MINUTE_S:
            self.started.popleft()
        if self.started and now - self.started[-1] < self.config.cooldown_s:
            return f"cooling down for {self.config.cooldown_s - (now - self.started[-1]):.0f} s more"
        if len(self.started) >= self.config.most_per_minute:
            return f"already started {len(self.started)} times in this minute"
        return ""


class Triggers:
    """Carries triggers out, on the event loop of their heartbeat: `take` is what its listener calls.

    `start` runs an agent; `on_fired` is told what became of each event that fitted. Raises ConfigError for a pattern
    that is none.
    """

    def __init__(
        self,
        configs: Sequence[TriggerConfig],
        start: Start,
        *,
        root: str | None = None,
        on_fired: Callable[[Fired], None] = lambda _fired: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._triggers = [_Trigger(config, root) for config in configs]
        self._root = root
        self._left: list[asyncio.Task[Any]] = []
        self._start = start
        self._on_fired = on_fired
        self._clock = clock

    def reconfigure(self, configs: Sequence[TriggerConfig]) -> None:
        """Carry these out from now on. What runs goes on, and a trigger of the same name knows what it did lately.

        Raises ConfigError, and leaves everything as it was, for a pattern that is none.
        """
        made = [_Trigger(config, self._root) for config in configs]
        held = {each.config.name: each for each in self._triggers}
        for each in made:
            before = held.pop(each.config.name, None)
            if before is not None:
                each.started, each.queued, each.task = before.started, before.queued, before.task
        for gone in held.values():
            gone.queued.clear()
            self._left += [gone.task] if gone.is_at_work and gone.task is not None else []
        self._left = [task for task in self._left if not task.done()]
        self._triggers = made

    def take(self, pending: PendingEvent) -> None:
        """Start what an event is to start. What a run of the agent's own may have caused starts nothing.

        That is known once every other listener was told, too: the decision falls with the next turn of the loop.
        """
        asyncio.get_running_loop().call_soon(self._take, pending)

    def _take(self, pending: PendingEvent) -> None:
        if pending.during:
            return
        for trigger in self._triggers:
            if trigger.pattern.fits(pending.event):
                self._on_fired(Fired(trigger.config.name, pending.event, self._fire(trigger, pending.event)))

    def would_fire(self, events: Iterable[HeartbeatEvent]) -> dict[str, list[HeartbeatEvent]]:
        """Which of these events fit each trigger, by its name; nothing is started."""
        listed = list(events)
        return {each.config.name: [event for event in listed if each.pattern.fits(event)] for each in self._triggers}

    async def aclose(self) -> None:
        """Stop what runs."""
        tasks = [*self._left, *(each.task for each in self._triggers if each.task is not None)]
        for each in self._triggers:
            each.queued.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fire(self, trigger: _Trigger, event: HeartbeatEvent) -> str:
        if trigger.config.dry_run:
            return "dry run: it would have started"
        if trigger.is_at_work and trigger.config.concurrency == "skip":
            return "skipped: its last run still works"
        if obstacle := trigger.obstacle(self._clock()):
            return f"not started: {obstacle}"
        if trigger.is_at_work and trigger.config.concurrency == "queue":
            if len(trigger.queued) >= MOST_QUEUED:
                return f"not started: {MOST_QUEUED} events wait already"
            trigger.queued.append(event)
            return "queued behind its last run"
        before = trigger.task if trigger.is_at_work else None
        if before is not None:
            before.cancel()
        trigger.started.append(self._clock())
        trigger.task = asyncio.get_running_loop().create_task(
            self._run(trigger, event, before), name=f"trigger {trigger.config.name}"
        )
        return "started" if before is None else "started, in place of its last run"

    async def _run(self, trigger: _Trigger, event: HeartbeatEvent, before: asyncio.Task[Any] | None) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        following: HeartbeatEvent | None = event
        while following is not None:
            try:
                await self._start(trigger.config, prompt_of(trigger.config, following), following)
            except Exception as error:
                if not isinstance(error, LoomError):
                    log.exception("The agent of trigger %s failed", trigger.config.name)
                self._on_fired(Fired(trigger.config.name, following, f"failed: {error}"))
            following = trigger.queued.popleft() if trigger.queued else None
            if following is not None:
                trigger.started.append(self._clock())


def pattern_of(trigger: TriggerConfig, root: str | None = None) -> EventPattern:
    """Which events a trigger is about. Raises ConfigError for a path that is no pattern."""
    return EventPattern(
        f"The trigger {trigger.name!r}",
        source=trigger.source,
        kind=trigger.kind,
        path=trigger.path,
        text=trigger.text,
        urgency=trigger.urgency,
        root=root,
    )


def prompt_of(trigger: TriggerConfig, event: HeartbeatEvent) -> str:
    """What the agent is asked: the trigger's prompt, and what made it start, marked as data."""
    return f"{trigger.prompt}\n\n<cause>\n{event.summary[:LONGEST_CHARS]}\n</cause>"


def cause_of(trigger: TriggerConfig, event: HeartbeatEvent) -> dict[str, Any]:
    """What marks a run with its cause, as `RunContext.extensions["cause"]` carries it."""
    return {"trigger": trigger.name, "event_id": event.id, "source": event.source, "summary": event.summary}
