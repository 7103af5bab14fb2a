"""The heartbeat of an agent: its watches, which events are worth telling, and what became of each of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loom.config.heartbeat import HeartbeatConfig
from loom.errors import LoomError
from loom.heartbeat.events import LOW, Emit, HeartbeatEvent, shown
from loom.heartbeat.gain import InformationGain
from loom.heartbeat.monitors import EventQueue, Health, Monitor, degraded
from loom.heartbeat.own_writes import OwnWrites
from loom.heartbeat.resources import no_readings
from loom.heartbeat.signals import SignalAdapter
from loom.heartbeat.sources import Surroundings, monitors_for
from loom.heartbeat.urgency import IGNORE, QUEUE, UrgencyRules
from loom.threads import in_thread

log = logging.getLogger(__name__)

MOST_PENDING = 200
KEPT_DISPOSED = 500


@dataclass(slots=True)
class PendingEvent:
    """An event that nobody disposed of yet: what it does to a run (`action`), and the sessions that were told.

    `announced` are the sessions whose runs have said it; `during` names a tool of the agent's that ran then.
    """

    event: HeartbeatEvent
    action: str
    told: set[str] = field(default_factory=set[str])
    announced: set[str] = field(default_factory=set[str])
    during: str = ""

    def to_payload(self) -> dict[str, Any]:
        """As run events carry it."""
        return {**self.event.to_payload(), "action": self.action, "during": self.during}


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of an event: whose decision, and when (seconds since 1970)."""

    event: HeartbeatEvent
    decision: str
    by: str
    at: float = field(default_factory=time.time)

    def to_payload(self) -> dict[str, Any]:
        """As run events carry it."""
        return {"event_id": self.event.id, "decision": self.decision, "by": self.by, "summary": self.event.summary}


class Listener:
    """Who is told at once: `on_event` of an event that passed, `on_disposed` of one that is settled. On the loop."""

    def __init__(
        self,
        on_event: Callable[[PendingEvent], None] = lambda _pending: None,
        on_disposed: Callable[[Disposed], None] = lambda _disposed: None,
    ) -> None:
        self.on_event = on_event
        self.on_disposed = on_disposed


class Heartbeat:
    """Watches for one agent, between its runs too, until `aclose`.

    Everything but `report` is for the event loop that `start` was called on. `seen` counts what the watches said,
    `faded` what of it told too little (`min_entropy_delta`). `is_paused` drops events instead of keeping them.
    """

    def __init__(
        self, config: HeartbeatConfig, workspace: Path | None = None, monitors: Sequence[Monitor] | None = None
    ) -> None:
        self.config = config
        self.own_writes = OwnWrites()
        self.signals = SignalAdapter()
        self.is_paused = False
        self.seen = self.faded = 0
        self.disposed: deque[Disposed] = deque(maxlen=KEPT_DISPOSED)
        self.workspace = workspace
        self._given = monitors
        self._monitors: list[Monitor] = []
        self._failed: dict[str, Health] = {}
        self._rules = self._rules_of(config)
        self._muted: dict[tuple[str, str], float] = {}
        self._readings = no_readings()
        self._gain = InformationGain()
        self._queue = EventQueue()
        self._pending: OrderedDict[str, PendingEvent] = OrderedDict()
        self._listeners: list[Listener] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()

    @property
    def report(self) -> Emit:
        """Takes an event from whoever has one, from any thread; it is judged as those of the watches are."""
        return self._queue.put

    @property
    def monitors(self) -> list[Monitor]:
        """The watches that run."""
        return list(self._monitors)

    @property
    def is_watching(self) -> bool:
        """True from `start` to `aclose`."""
        return self._loop is not None

    def start(self) -> None:
        """Begin to watch, on the running loop, if that has not happened; `ready` waits until changes are seen."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        self._ready = asyncio.Event()
        self._tasks = [
            loop.create_task(self._begin(), name="heartbeat start"),
            loop.create_task(self._read(), name="heartbeat"),
        ]

    async def reconfigure(self, config: HeartbeatConfig) -> None:
        """Watch by `config` from now on. What is pending and was told stays; watches run only if they did before.

        Raises ConfigError, and leaves everything as it was, if its rules can't be used.
        """
        rules = self._rules_of(config)
        was_running = self.is_watching
        if was_running:
            await self.aclose()
        self._rules, self.config = rules, config
        if was_running:
            self.start()

    def readings(self) -> list[tuple[float, dict[str, float]]]:
        """The last sixty readings of the machine, oldest first: seconds since 1970, and values such as `cpu_pct`.

        Empty without a watch of kind resource.
        """
        return list(self._readings.copy())  # the copy is one step, while a thread appends

    async def ready(self) -> None:
        """Return once every watch that can be started sees."""
        await self._ready.wait()

    async def aclose(self) -> None:
        """End every watch. What is pending stays; it can be started again."""
        tasks, self._tasks, self._loop = self._tasks, [], None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        monitors, self._monitors = self._monitors, []
        await asyncio.gather(*(_ended(monitor) for monitor in monitors))

    def health(self) -> dict[str, Health]:
        """How well each watch sees, by its name; also of those that could not be started."""
        return {**{monitor.name: monitor.health for monitor in self._monitors}, **self._failed}

    def pending(self) -> list[PendingEvent]:
        """What nobody disposed of yet, oldest first."""
        return list(self._pending.values())

    def untold(self, session_id: str) -> list[PendingEvent]:
        """What a session was not told yet, oldest first."""
        return [pending for pending in self._pending.values() if session_id not in pending.told]

    def dispose(self, event_id: str, decision: str, by: str = "person") -> Disposed:
        """Settle an event: it is told to nobody any more. Raises LoomError if it is not pending."""
        pending = self._pending.pop(event_id, None)
        if pending is None:
            raise LoomError(f"No event {shown(event_id)!r} is pending: it never was, or was disposed of already")
        return self._settled(pending, decision, by)

    def take_up(self, pending: Iterable[PendingEvent], disposed: Iterable[Disposed] = ()) -> None:
        """Have pending again what a session's log holds, and know what it says was settled; nobody is told.

        What is here already stays as it is; who was told is known from both.
        """
        settled = {each.event.id for each in self.disposed}
        fresh = [each for each in disposed if each.event.id not in settled]
        self.disposed = deque(sorted([*fresh, *self.disposed], key=lambda each: each.at), maxlen=KEPT_DISPOSED)
        settled |= {each.event.id for each in fresh}
        for event_id in settled & self._pending.keys():
            del self._pending[event_id]
        for each in pending:
            held = self._pending.setdefault(each.event.id, each) if each.event.id not in settled else each
            held.told |= each.told
            held.announced |= each.announced
        self._pending = OrderedDict(sorted(self._pending.items(), key=lambda item: item[1].event.at))
        while len(self._pending) > MOST_PENDING:
            self._make_room()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` what happens from now on, until what this returns is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def mute(self, source: str, kind: str, seconds: float) -> None:
        """Pass nothing of this source and kind on for so long; 0 ends it. What is pending of it is settled."""
        if seconds <= 0:
            self._muted.pop((source, kind), None)
            return
        self._muted[source, kind] = time.time() + seconds
        for pending in self.pending():
            if (pending.event.source, pending.event.kind) == (source, kind):
                self.dispose(pending.event.id, f"muted for {seconds / 60:.0f} minutes")

    def muted(self) -> dict[tuple[str, str], float]:
        """Source and kind of what is not passed on at the moment, and until when (seconds since 1970)."""
        now = time.time()
        self._muted = {key: until for key, until in self._muted.items() if until > now}
        return dict(self._muted)

    def take(self, event: HeartbeatEvent) -> PendingEvent | None:
        """Judge one event: by its urgency, and by what it tells. None if it is not passed on."""
        self.seen += 1
        urgency = self._rules.urgency(event)
        if self.is_paused or urgency == IGNORE or (event.source, event.kind) in self.muted():
            return None
        event = replace(event, urgency=urgency)
        gain = self._gain.of(event)
        alike = next((held for held in self._pending.values() if held.event.key == event.key and not held.told), None)
        if alike is not None and alike.event.urgency == urgency:
            # Nobody was told of the last one like it: it is that one, which happened again.
            count = alike.event.count + event.count
            alike.event = replace(event, id=alike.event.id, count=count, gain=alike.event.gain)
            return None
        if gain < self.config.min_entropy_delta:
            self.faded += 1
            return None
        pending = PendingEvent(replace(event, gain=gain), self._rules.action(urgency))
        self._pending[event.id] = pending
        self._make_room()
        for listener in list(self._listeners):
            listener.on_event(pending)
        return pending

    def _make_room(self) -> None:
        """Let go of the oldest, if there are too many: one that was told and is not urgent, if there is one."""
        if len(self._pending) > MOST_PENDING:
            held = list(self._pending.values())
            least = next((each for each in held if each.event.urgency == LOW and each.told), None)
            least = least or next((each for each in held if each.action == QUEUE), held[0])
            del self._pending[least.event.id]
            self._settled(least, "let go of: too many were pending", "heartbeat")

    def _settled(self, pending: PendingEvent, decision: str, by: str) -> Disposed:
        disposed = Disposed(pending.event, decision, by)
        self.disposed.append(disposed)
        for listener in list(self._listeners):
            listener.on_disposed(disposed)
        return disposed

    def _rules_of(self, config: HeartbeatConfig) -> UrgencyRules:
        return UrgencyRules(config.urgency_rules, config.interrupt_policy, str(self.workspace or "") or None)

    async def _begin(self) -> None:
        try:
            left, self._monitors = self._monitors, []
            for monitor in left:
                await _ended(monitor)
            monitors = await in_thread(self._made) if self._given is None else list(self._given)
            await asyncio.gather(*(self._started(monitor) for monitor in [*monitors, self.signals]))
        finally:
            self._ready.set()

    def _made(self) -> list[Monitor]:
        around = Surroundings(self.workspace, self.own_writes, self.config.interval, self._readings)
        made: list[Monitor] = []
        self._failed = {}
        for config in self.config.watch_sources:
            try:
                made += monitors_for(config, around)
            except LoomError as error:
                log.warning("A watch of kind %s can't be started: %s", config.kind.value, error)
                self._failed[f"{config.kind.value} watch"] = degraded(str(error))
        return made

    async def _started(self, monitor: Monitor) -> None:
        self._monitors.append(monitor)
        try:
            await monitor.start(self._queue.put)
        except Exception as error:  # one watch that fails leaves the others watching
            log.warning("The watch %s can't be started", monitor.name, exc_info=error)
            self._failed[monitor.name] = degraded(f"{type(error).__name__}: {error}")

    async def _read(self) -> None:
        while True:
            for event in await self._queue.get():
                self.take(event)


async def _ended(monitor: Monitor) -> None:
    try:
        await monitor.stop()
    except Exception as error:  # one that does not stop leaves the others stopping
        log.warning("The watch %s can't be stopped", monitor.name, exc_info=error)
