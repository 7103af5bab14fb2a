"""The bus between agents: topics with wildcards, and nothing on it that tells too little."""

from __future__ import annotations

import asyncio
import fnmatch
import inspect
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from loom.types.coordination import CoordinationEvent

log = logging.getLogger(__name__)

HISTORY = 1000

Subscriber = Callable[[CoordinationEvent], Any]


class CoordinationEventBus:
    """Passes events on to those who subscribed to their topic; used on one event loop.

    An event with less information than `delta_min` (0 to 1) goes to nobody. `published_events` are the last `history`
    that went through, oldest first.
    """

    def __init__(self, delta_min: float = 0.1, *, history: int = HISTORY) -> None:
        self.delta_min = delta_min
        self._history: deque[CoordinationEvent] = deque(maxlen=history)
        self._subscribers: list[tuple[str, Subscriber]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def published_events(self) -> list[CoordinationEvent]:
        """What went through, oldest first."""
        return list(self._history)

    def publish(self, event: CoordinationEvent) -> bool:
        """Pass an event on; False if it tells too little.

        Functions are called now, in the order of their subscription; what coroutine functions do goes on beside the
        caller (`settled` waits for it). One that fails is logged and harms nobody.
        """
        if not event.delta_h >= self.delta_min:  # what is no number tells nothing
            return False
        self._history.append(event)
        for topic, callback in list(self._subscribers):
            if fnmatch.fnmatchcase(event.topic, topic):
                self._tell(callback, event)
        return True

    def subscribe(self, topic: str, callback: Subscriber) -> None:
        """Have `callback(event)` called for a topic; `*` in it stands for anything (`sprint.*`)."""
        self._subscribers.append((topic, callback))

    def unsubscribe(self, topic: str, callback: Subscriber) -> None:
        """End a subscription; one that does not exist is no error."""
        if (topic, callback) in self._subscribers:
            self._subscribers.remove((topic, callback))

    async def settled(self) -> None:
        """Wait until every coroutine that was started by an event is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, callback: Subscriber, event: CoordinationEvent) -> None:
        try:
            outcome = callback(event)
        except Exception:
            log.exception("A subscriber to %s failed", event.topic)
            return
        if not inspect.iscoroutine(outcome):
            return
        try:
            task = asyncio.get_running_loop().create_task(outcome, name=f"subscriber to {event.topic}")
        except RuntimeError:
            outcome.close()
            log.error("A subscriber to %s is a coroutine function, and no event loop runs", event.topic)
            return
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("A %s failed", task.get_name(), exc_info=task.exception())


EventBus = CoordinationEventBus


def announce(bus: CoordinationEventBus | None, sender: str, topic: str, key: str, payload: dict[str, Any]) -> None:
    """Publish what orchestration does itself, if there is a bus."""
    if bus is not None:
        bus.publish(CoordinationEvent(f"{topic}:{key}", sender, topic, payload, 0.5, "medium"))
