"""Watches for a program that has no loop: in a thread of their own, told to a function."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from loom.config.heartbeat import FilesystemWatchMethod, ResourceThresholds, WatchConfig, WatchKind
from loom.config.heartbeat import HeartbeatConfig as WatchesConfig
from loom.config.heartbeat import HeartbeatInterruptPolicy as Policy
from loom.errors import ConfigError

if TYPE_CHECKING:
    from loom.heartbeat.heartbeat import Heartbeat as Watches
    from loom.heartbeat.heartbeat import PendingEvent

STARTED_WITHIN_S = 10.0


class Dashboards(Protocol):
    """Whoever takes in events, and shows them."""

    def ingest_heartbeat_event(self, event: dict[str, Any], urgency: str) -> None:
        """Take an event."""
        ...


def _policy() -> dict[str, str]:
    return Policy().to_runtime_config()


@dataclass
class WatchSource:
    """One thing to watch: a kind (`filesystem`, `process`, `resource`, …), and what `WatchConfig` of it takes."""

    type: str
    config: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class HeartbeatConfig:
    """What is watched: looked at every `T_hb` seconds, and told if it tells more than `delta_hb` (0 to 1)."""

    T_hb: float = 5.0
    delta_hb: float = 0.1
    watch_sources: list[WatchSource] = field(default_factory=list[WatchSource])
    interrupt_policy: dict[str, str] = field(default_factory=_policy)


class Heartbeat:
    """Watches from `start` to `stop`, beside a program without an event loop. An agent has its own."""

    def __init__(self, config: HeartbeatConfig) -> None:
        self.config = config
        self._watches = _watches(config)
        self._callback: Callable[[dict[str, Any], str], object] | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    def start(self, event_callback: Callable[[dict[str, Any], str], object]) -> None:
        """Begin to watch; returns once changes are seen. `event_callback` gets event and urgency, in another thread.

        Raises ConfigError for a source that can't be.
        """
        self._callback = event_callback
        if self._thread is not None:
            return
        self._watches = _watches(self.config)
        begun = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(begun,), name="heartbeat", daemon=True)
        self._thread.start()
        begun.wait(STARTED_WITHIN_S)

    def stop(self) -> None:
        """End every watch, and wait for that."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            thread.join()

    def process_event(
        self, event: dict[str, Any], urgency: str, dashboard_manager: Dashboards | None = None
    ) -> dict[str, Any]:
        """Tell an event as if a watch had seen it; gives it with its urgency."""
        told = {**event, "urgency": urgency}
        if dashboard_manager is not None:
            dashboard_manager.ingest_heartbeat_event(told, urgency)
        if self._callback is not None:
            self._callback(told, urgency)
        return told

    def dashboard_callback(self, dashboard_manager: Dashboards) -> Callable[[dict[str, Any], str], None]:
        """What `start` takes to have a dashboard take in every event."""
        return dashboard_manager.ingest_heartbeat_event

    def _work(self, begun: threading.Event) -> None:
        asyncio.run(self._watch(begun))

    async def _watch(self, begun: threading.Event) -> None:
        from loom.heartbeat.heartbeat import Listener

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self._watches.listen(Listener(on_event=self._tell))
        try:
            self._watches.start()
            await self._watches.ready()
            begun.set()
            await self._ended.wait()
        finally:
            await self._watches.aclose()

    def _tell(self, pending: PendingEvent) -> None:
        self.process_event(pending.to_payload(), pending.event.urgency)


def _watches(config: HeartbeatConfig) -> Watches:
    from loom.heartbeat.heartbeat import Heartbeat as Watches  # only where something is watched

    known = {"low", "high", "critical"}
    named = {name: action for name, action in config.interrupt_policy.items() if name in known}
    others = {name: action for name, action in config.interrupt_policy.items() if name not in known}
    sources = [_watch_of(source) for source in config.watch_sources]
    return Watches(WatchesConfig(config.T_hb, config.delta_hb, sources, Policy(**named, extensions=others)))


def _watch_of(source: WatchSource) -> WatchConfig:
    """The watch that a source describes; what its kind does not know goes to it as an extension."""
    try:
        kind = WatchKind(source.type)
    except ValueError:
        kinds = ", ".join(kind.value for kind in WatchKind)
        raise ConfigError(f"WatchSource.type must be one of {kinds}, got {source.type!r}") from None
    given = dict(source.config)
    if isinstance(given.get("thresholds"), dict):
        given["thresholds"] = ResourceThresholds(**given["thresholds"])
    if given.get("method") is not None:
        given["method"] = FilesystemWatchMethod(given["method"])
    fields = {name: given.pop(name) for name in _FIELDS if name in given}
    return WatchConfig(kind, **fields, extensions={**given.pop("extensions", {}), **given})


_FIELDS = ("paths", "method", "pid_file", "watch_pids", "thresholds", "topics", "event_bus")
