"""A run's events as a sequence that any number of readers, early or late, read from its beginning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from loom.types.events import RunEvent


class RunFeed:
    """The events of one run, in order, without gaps; every reader sees the same ones."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.events: list[RunEvent] = []
        self._closed = False
        self._waiting: list[asyncio.Future[None]] = []

    def emit(self, event_type: str, payload: dict[str, Any], visibility: str = "user") -> None:
        """Append an event and wake the readers. After `close` nothing is appended."""
        if self._closed:
            return
        events, run_id = self.events, self.run_id
        seq = len(events)
        events.append(RunEvent(f"{run_id}.{seq}", run_id, event_type, datetime.now(UTC), visibility, payload, seq))
        if self._waiting:
            self._wake()

    def close(self) -> None:
        """Say that nothing follows: the readers end."""
        self._closed = True
        self._wake()

    async def read(self) -> AsyncIterator[RunEvent]:
        """Every event from the first to the last, as they happen."""
        seen = 0
        events = self.events
        while True:
            while seen < len(events):
                yield events[seen]
                seen += 1
            if self._closed:
                return
            news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(news)
            await news

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            if not news.done():
                news.set_result(None)
