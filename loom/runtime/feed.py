"""A run's events as a sequence that any number of readers, early or late, read from its beginning."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from time import time
from typing import Any

from loom.memory.records import NewRecord
from loom.runtime.consumers import EventConsumer
from loom.runtime.session_log import SessionLog
from loom.types.events import DELTAS, RunEvent

_report = logging.getLogger(__name__)

_new = object.__new__
_LOGGED = "tool.started"
"""An event that says what is about to be done: it is not announced unless it is stored, for then it is not done."""


class RunFeed:
    """The events of one run, in order, without gaps; every reader sees the same ones.

    With a log, an event is stored before anybody sees it: what was seen is there after a crash. `told` are called with
    the events of their types, before all others; `consumers` take each in before it is stored, at the moment and in the
    task in which it is said.
    """

    def __init__(self, run_id: str, told: Mapping[str, Callable[[str, dict[str, Any]], None]] | None = None) -> None:
        self.run_id = run_id
        self.events: list[RunEvent] = []
        self.log: SessionLog | None = None
        self.consumers: Sequence[EventConsumer] = ()
        self._told = told or {}
        self._count = 0
        self._held: deque[_Held] = deque()
        self._is_closing = False
        self._closed = False
        self._then: Callable[[], None] | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._waiting_for_the_end: list[asyncio.Future[None]] = []

    def continue_from(self, count: int) -> None:
        """Count on from a run's events before an interruption, of which `count` are stored."""
        self._count = count

    def emit(self, event_type: str, payload: dict[str, Any], visibility: str = "user") -> None:
        """Append an event and wake the readers. After `close` nothing is appended."""
        if event_type in self._told:
            self._told[event_type](event_type, payload)
        if self._is_closing:
            return
        event = _new(RunEvent)  # as its `__init__` would, but for what is made when it is asked for
        event.run_id = self.run_id
        event.type = event_type
        event.payload = payload
        event.visibility = visibility
        event.said_at = time()
        event.number = self._count
        event.seq = event.n = 0
        self._count += 1
        for consumer in self.consumers:
            try:
                consumer.take(event)
            except Exception:  # noqa: BLE001  who looks on must not end what it looks at
                _report.exception("%s could not take in %s", type(consumer).__name__, event_type)
        if self.log is not None and self._hold(self.log, event):
            return
        self._publish(event)

    def close(self, then: Callable[[], None] | None = None) -> None:
        """Say that nothing follows: once all is stored the readers end, and `then` is called."""
        self._is_closing = True
        self._then = then
        self._release()

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
            if seen == len(events) and not self._closed:  # still: it may be said in another thread
                await news

    async def ended(self) -> None:
        """Wait until nothing follows any more; on any loop, of any thread."""
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting_for_the_end.append(end)
        if not self._closed:
            await end

    def _hold(self, log: SessionLog, event: RunEvent) -> bool:
        """Keep an event back until it, or those before it, are stored; False where it has to wait for nothing."""
        if event.type in DELTAS:
            if self._held:
                self._held.append(_Held(event, is_ready=True))
            return bool(self._held)
        held = _Held(event)
        self._held.append(held)
        record = NewRecord(event.type, event.payload, self.run_id, event.said_at)
        log.add(record, lambda n: self._stored(held, n))
        return True

    def _stored(self, held: _Held, n: int) -> None:
        held.event.n, held.is_ready = n, True
        held.is_dropped = not n and held.event.type == _LOGGED
        self._release()

    def _release(self) -> None:
        while self._held and self._held[0].is_ready:
            held = self._held.popleft()
            if not held.is_dropped:
                self._publish(held.event)
        if self._is_closing and not self._held and not self._closed:
            self._closed = True
            then, self._then = self._then, None
            if then is not None:
                then()
            self._wake()
            _tell(self._waiting_for_the_end)

    def _publish(self, event: RunEvent) -> None:
        events = self.events
        event.seq = len(events)
        events.append(event)
        if self._waiting:
            self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        _tell(waiting)


def _tell(waiting: Sequence[asyncio.Future[None]]) -> None:
    """Wake who waits: those of the running loop at once, others through theirs."""
    here = asyncio._get_running_loop()  # noqa: SLF001  None where there is none
    for news in waiting:
        loop = news.get_loop()
        if loop is here:
            _set(news)
        else:
            with suppress(RuntimeError):  # it was closed
                loop.call_soon_threadsafe(_set, news)


def _set(news: asyncio.Future[None]) -> None:
    if not news.done():
        news.set_result(None)


class _Held:
    """An event that waits until it is stored."""

    __slots__ = ("event", "is_dropped", "is_ready")

    def __init__(self, event: RunEvent, *, is_ready: bool = False) -> None:
        self.event = event
        self.is_ready = is_ready
        self.is_dropped = False
