"""Watches over what is told from outside: signals to the process, a callback, an event bus, the environment."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from loom.errors import ConfigError
from loom.heartbeat.events import HIGH, LOW, Emit, HeartbeatEvent, shown
from loom.heartbeat.monitors import OK, Health, degraded


class SignalAdapter:
    """What a program tells the heartbeat: `tell` makes an event of it, and signals of the system (SIGUSR1 …) do.

    `tell` may be called from any thread; before the start and after the stop nobody hears it.
    """

    def __init__(self, name: str = "signal", signals: Sequence[str] = ()) -> None:
        unknown = [each for each in signals if not hasattr(signal, each)]
        if unknown:
            raise ConfigError(f"There is no signal {unknown[0]!r} on this system")
        self.name = name
        self.health: Health = OK
        self._signals = [signal.Signals[each] for each in signals]
        self._emit: Emit | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self, emit: Emit) -> None:
        """Listen."""
        self._emit = emit
        self._loop = asyncio.get_running_loop()
        for number in self._signals:
            try:
                if not self._hearing(number):
                    self._loop.add_signal_handler(number, _tell_all, self._loop, number)
                self._hearing(number).append(self)
            except (NotImplementedError, RuntimeError, ValueError) as error:
                self.health = degraded(f"Signals can't be heard here: {error or type(error).__name__}")

    async def stop(self) -> None:
        """Listen no more."""
        self._emit = None
        if self._loop is not None:
            for number in self._signals:
                hearing = self._hearing(number)
                if self in hearing:
                    hearing.remove(self)
                    if not hearing:
                        self._loop.remove_signal_handler(number)
            self._loop = None

    def tell(self, kind: str, summary: str = "", urgency: str = LOW, payload: Mapping[str, Any] | None = None) -> None:
        """Make an event."""
        if self._emit is not None:
            text = shown(summary or f"The signal {kind} came")
            self._emit(HeartbeatEvent("signal", kind, text, urgency, payload={"about": kind, **(payload or {})}))

    def _hearing(self, number: signal.Signals) -> list[SignalAdapter]:
        """Who hears a signal on this loop; the system knows one handler only."""
        assert self._loop is not None  # noqa: S101  it was started
        return _HEARING.setdefault(self._loop, {}).setdefault(number, [])


_HEARING: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[signal.Signals, list[SignalAdapter]]] = WeakKeyDictionary()


def _tell_all(loop: asyncio.AbstractEventLoop, number: signal.Signals) -> None:
    for adapter in list(_HEARING[loop][number]):
        adapter.tell(number.name, f"The signal {number.name} came", HIGH)


class BusListener:
    """Events of a bus that has `subscribe(topic, callback)`, as 0.7.3's had, become the heartbeat's."""

    name = "events of a bus"

    def __init__(self, bus: Any, topics: Sequence[str]) -> None:
        if not callable(getattr(bus, "subscribe", None)):
            raise ConfigError("WatchConfig.event_bus needs a method subscribe(topic, callback)")
        self.health: Health = OK
        self._bus = bus
        self._topics = list(topics)
        self._emit: Emit | None = None

    async def start(self, emit: Emit) -> None:
        """Subscribe to the topics."""
        await self.stop()
        self._emit = emit
        for topic in self._topics:
            self._bus.subscribe(topic, self._on_event)

    async def stop(self) -> None:
        """Unsubscribe, if the bus can do that."""
        if self._emit is not None and callable(getattr(self._bus, "unsubscribe", None)):
            for topic in self._topics:
                self._bus.unsubscribe(topic, self._on_event)
        self._emit = None

    def _on_event(self, event: Any) -> None:
        if self._emit is None:
            return
        topic = str(getattr(event, "topic", "event"))
        urgency = {"high": HIGH, "critical": "critical"}.get(str(getattr(event, "priority", "")), LOW)
        payload: dict[str, Any] = {"about": topic, "sender": str(getattr(event, "sender", ""))}
        held = getattr(event, "payload", None)
        if isinstance(held, dict):
            payload["event"] = {shown(str(name)): shown(str(value))[:500] for name, value in held.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        self._emit(HeartbeatEvent("mf_events", topic, f"An event on {shown(topic)}", urgency, payload=payload))


class Environment:
    """Looks at variables and at which programs are found: `look` gives an event when one changed; for a `Beat`.

    Values are never told, since they may be secrets.
    """

    def __init__(
        self,
        variables: Sequence[str] = (),
        programs: Sequence[str] = (),
        read: Callable[[str], str | None] = os.environ.get,
    ) -> None:
        self._variables = list(variables)
        self._programs = list(programs)
        self._read = read
        self._before: dict[str, str | None] | None = None

    def look(self) -> list[HeartbeatEvent]:
        """What is different."""
        now = {f"variable {name}": self._read(name) for name in self._variables}
        now |= {f"program {name}": shutil.which(name) for name in self._programs}
        before, self._before = self._before, now
        if before is None:
            return []
        return [_differs(name, before[name], value) for name, value in now.items() if before[name] != value]


def _differs(name: str, before: str | None, now: str | None) -> HeartbeatEvent:
    kind = "gone" if now is None else "new" if before is None else "changed"
    summary = f"The {shown(name)} is {kind}"
    return HeartbeatEvent("environment", kind, summary, payload={"about": name})
