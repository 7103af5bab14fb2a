"""A monitor that runs in a test, and what it said so far."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from loom.heartbeat.events import HeartbeatEvent
from loom.heartbeat.monitors import Monitor

WAIT_S = 60.0


@dataclass
class Heard:
    """Events in the order in which they were said, each taken once."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    queue: asyncio.Queue[HeartbeatEvent] = field(default_factory=asyncio.Queue)

    def emit(self, event: HeartbeatEvent) -> None:
        self.loop.call_soon_threadsafe(self.queue.put_nowait, event)

    async def next(self) -> HeartbeatEvent:
        return await asyncio.wait_for(self.queue.get(), WAIT_S)

    async def until(self, wanted: Callable[[HeartbeatEvent], bool]) -> HeartbeatEvent:
        """The first event that is wanted; those before it are gone."""
        while True:
            event = await self.next()
            if wanted(event):
                return event


@asynccontextmanager
async def hearing(monitor: Monitor) -> AsyncGenerator[Heard]:
    heard = Heard()
    await monitor.start(heard.emit)
    try:
        yield heard
    finally:
        await monitor.stop()
