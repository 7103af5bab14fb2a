"""Who takes in the events of an agent's runs besides their readers: handlers by name, the feedback loop, tracing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from loom.types.events import RunEvent

log = logging.getLogger(__name__)

TOOL_RESULT = "tool_result"
"""The event of 0.7.3 that says what came of a call: `tool_name`, `result`, `success`, `tool_call_id`."""
_OUTCOMES = {"tool.completed": "content", "tool.failed": "content", "tool.vetoed": "message", "tool.unknown": "reason"}

Handler = Callable[..., None]


class EventConsumer(Protocol):
    """Takes in every event of every run of an agent, as it is said, on the loop: it must be quick."""

    def take(self, event: RunEvent) -> None:
        """Take an event in. What it raises is logged, and changes nothing."""
        ...

    async def aclose(self) -> None:
        """Keep what there is: the agent closes."""
        ...


class Handlers:
    """Functions that are called with events, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Handler]] = {}

    def on(self, name: str, handler: Handler) -> None:
        """Call `handler` from now on: for `tool_result`, for a type of the catalogue, or for what `emit` is given."""
        self._by_name.setdefault(name, []).append(handler)

    def off(self, name: str, handler: Handler) -> None:
        """Call `handler` no longer; one that was not called changes nothing."""
        if handler in self._by_name.get(name, ()):
            self._by_name[name].remove(handler)

    def emit(self, name: str, *args: Any, **kwargs: Any) -> int:
        """Call the handlers of a name; returns how many took it. One that raises is logged, and the next is called."""
        count = 0
        for handler in list(self._by_name.get(name, ())):
            try:
                handler(*args, **kwargs)
                count += 1
            except Exception:
                log.exception("A handler of %s failed", name)
        return count

    def take(self, event: RunEvent) -> None:
        """Call the handlers of an event, and where it is an outcome those of `tool_result`."""
        self.emit(event.type, event)
        said = _OUTCOMES.get(event.type)
        if said is not None and TOOL_RESULT in self._by_name:
            payload = event.payload
            self.emit(
                TOOL_RESULT,
                tool_name=payload["tool"],
                result=payload[said],
                success=event.type == "tool.completed",
                tool_call_id=payload["call_id"],
            )

    async def aclose(self) -> None:
        """Nothing is held."""
