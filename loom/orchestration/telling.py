"""What orchestration says of itself: on the bus, in the run that it belongs to, and in the stream of a harness run."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from loom.orchestration.bus import CoordinationEventBus, announce
from loom.runtime.feed import RunFeed
from loom.tools.caller import IN_TOOL

STREAM: ContextVar[RunFeed | None] = ContextVar("STREAM", default=None)
"""The stream of the harness run that works here."""


def tell(bus: CoordinationEventBus | None, sender: str, topic: str, key: str, payload: dict[str, Any]) -> None:
    """Say it on the bus and on the run stream.

    Where a tool of an agent does the work, that agent's run has it among its events.
    """
    announce(bus, sender, topic, key, payload)
    stream, above = STREAM.get(), IN_TOOL.get()
    if stream is not None:
        stream.emit(topic, payload)
    if above is not None:
        above.caller.emit(topic, payload)
