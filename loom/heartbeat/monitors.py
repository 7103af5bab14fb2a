"""What every watch is: it starts, says what it sees into a queue, says how well it sees, and stops."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from loom.heartbeat.events import LOW, Emit, HeartbeatEvent
from loom.threads import in_thread

log = logging.getLogger(__name__)

QUEUE_LIMIT = 1000
SLOWEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Health:
    """How well a watch sees: fully, or not, and why. `why` is a sentence for a person."""

    is_degraded: bool = False
    why: str = ""

    @property
    def state(self) -> str:
        """`ok` or `degraded`."""
        return "degraded" if self.is_degraded else "ok"


OK = Health()


def degraded(why: str) -> Health:
    """A watch that sees less than it should."""
    return Health(is_degraded=True, why=why)


class Monitor(Protocol):
    """A watch. `start` returns once changes from now on are seen; `stop` once nothing of it runs."""

    @property
    def name(self) -> str:
        """What it watches, for people."""
        ...

    @property
    def health(self) -> Health:
        """How well it sees now."""
        ...

    async def start(self, emit: Emit) -> None:
        """Watch, and say what is seen. Raises LoomError for what can't be watched at all."""
        ...

    async def stop(self) -> None:
        """End; may be called without a start, and twice."""
        ...


class EventQueue:
    """A bounded queue from any thread to one reader on a loop; no lock, so that the reader is never held up.

    When it is full the oldest event of its urgency makes room (low, or more), and `dropped` counts it.
    """

    def __init__(self, limit: int = QUEUE_LIMIT) -> None:
        self.dropped = 0
        self._low: deque[HeartbeatEvent] = deque(maxlen=limit)
        self._urgent: deque[HeartbeatEvent] = deque(maxlen=limit)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, event: HeartbeatEvent) -> None:
        """Add an event."""
        held = self._low if event.urgency == LOW else self._urgent
        self.dropped += len(held) == held.maxlen
        held.append(event)
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._wake)
            except RuntimeError:
                return  # the loop has ended; nobody reads

    async def get(self) -> list[HeartbeatEvent]:
        """Everything that is there, oldest first, once there is something."""
        self._loop = asyncio.get_running_loop()
        while True:
            taken: list[HeartbeatEvent] = []
            for held in (self._low, self._urgent):
                while held:
                    taken.append(held.popleft())
            if taken:
                return sorted(taken, key=lambda event: event.at)
            self._waiter = self._loop.create_future()
            await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Beat:
    """A monitor that looks every `interval_s` seconds, in a thread, and says what the look gives.

    A look that raises makes it degraded and is made again, ever more rarely; beats that were missed, because the
    machine slept or a look took long, are not made up for.
    """

    def __init__(self, name: str, look: Callable[[], Sequence[HeartbeatEvent]], interval_s: float) -> None:
        self.name = name
        self.health = OK
        self._look = look
        self._interval_s = max(0.01, interval_s)
        self._task: asyncio.Task[None] | None = None

    async def start(self, emit: Emit) -> None:
        """Look once, so that changes from now on are seen, and then at every beat."""
        await self.stop()
        await self._look_once(emit)
        self._task = asyncio.get_running_loop().create_task(self._beat(emit), name=f"watch {self.name}")

    async def stop(self) -> None:
        """End the beats; a look under way is dropped."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _beat(self, emit: Emit) -> None:
        wait_s = self._interval_s
        while True:
            await asyncio.sleep(wait_s)
            seen = await self._look_once(emit)
            wait_s = self._interval_s if seen else min(max(SLOWEST_S, self._interval_s), wait_s * 2)

    async def _look_once(self, emit: Emit) -> bool:
        try:
            events = await in_thread(self._look)
        except Exception as error:  # a watch that fails is shown as such, and tries again
            if not self.health.is_degraded:
                log.warning("The watch %s can't look", self.name, exc_info=error)
            self.health = degraded(f"{type(error).__name__}: {error}")
            return False
        self.health = OK
        for event in events:
            emit(event)
        return True
