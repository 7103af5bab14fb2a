"""What the heartbeat of a session's agent noticed and watches, as the Studio shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from loom.config import HeartbeatConfig, ResourceThresholds, WatchConfig, WatchKind
from loom.heartbeat.events import HeartbeatEvent
from loom_studio.plain_text import escape_invisible
from loom_studio.services.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Alert:
    """One event: its identity, its line for the feed, and whether it can still be dismissed.

    `summary` is how the transcript says it; `is_told` is True once a model was told.
    """

    id: str
    text: str
    at: float
    is_pending: bool
    summary: str = ""
    is_told: bool = False


def alerts_of(conversation: Conversation) -> list[Alert]:
    """Every event that is kept, newest first, with what became of it."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return []
    alerts: list[Alert] = []
    for pending in heartbeat.pending():
        step = conversation.told.get(pending.event.id)
        fate = "queued" if step is None else f"told at step {step}"
        alerts.append(replace(_alert(pending.event, fate, is_pending=True), is_told=step is not None))
    alerts.extend(
        _alert(disposed.event, f"{disposed.decision} ({disposed.by})", is_pending=False)
        for disposed in heartbeat.disposed
    )
    return sorted(alerts, key=lambda alert: alert.at, reverse=True)


def watches_of(conversation: Conversation) -> list[tuple[str, str]]:
    """Each watch as a line with its state, and why it sees less than it should."""
    heartbeat = conversation.heartbeat
    health = heartbeat.health() if heartbeat is not None else {}
    return [
        (escape_invisible(f"{name} · {each.state}" + (f": {each.why}" if each.why else "")), each.why)
        for name, each in health.items()
    ]


RESOURCES = {"cpu_pct": "CPU", "memory_pct": "Memory", "disk_pct": "Disk"}


def readings_of(conversation: Conversation) -> dict[str, list[float]]:
    """The last sixty readings of each resource in percent, oldest first; empty without a watch of the machine."""
    heartbeat = conversation.heartbeat
    kept = heartbeat.readings() if heartbeat is not None else []
    return {name: [values[name] for _, values in kept if name in values] for name in RESOURCES}


def thresholds_of(conversation: Conversation) -> dict[str, float | None]:
    """Above which percentage of each resource there is an alert; None for never."""
    heartbeat = conversation.heartbeat
    watched = _resource_watch(heartbeat.config) if heartbeat is not None else None
    given = watched.thresholds if watched is not None else None
    return {name: getattr(given, name) if given is not None else None for name in RESOURCES}


async def use_thresholds(conversation: Conversation, wanted: dict[str, float | None]) -> None:
    """Watch the machine by these thresholds from now on, until the session is closed."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return
    config = heartbeat.config
    before = _resource_watch(config)
    thresholds = before.thresholds if before is not None and before.thresholds is not None else ResourceThresholds()
    watch = replace(before or WatchConfig.resource(thresholds=thresholds), thresholds=replace(thresholds, **wanted))
    others = [source for source in config.watch_sources if source is not before]
    await heartbeat.reconfigure(replace(config, watch_sources=[*others, watch]))


def _resource_watch(config: HeartbeatConfig) -> WatchConfig | None:
    return next((source for source in config.watch_sources if source.kind is WatchKind.RESOURCE), None)


async def watch_folder(conversation: Conversation, folder: str) -> None:
    """Watch one more folder from now on; nothing happens for one that is watched already, or without a heartbeat."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return
    sources = heartbeat.config.watch_sources
    if not any(folder in source.paths for source in sources):
        added = WatchConfig.filesystem(paths=[folder])
        await heartbeat.reconfigure(replace(heartbeat.config, watch_sources=[*sources, added]))


def _alert(event: HeartbeatEvent, fate: str, *, is_pending: bool) -> Alert:
    time = datetime.fromtimestamp(event.at).astimezone().strftime("%H:%M:%S")
    count = f" · {event.count} times" if event.count > 1 else ""
    text = f"{event.urgency} · {event.source} · {event.summary}{count} · {time} · {fate}"
    return Alert(event.id, escape_invisible(text), event.at, is_pending, event.summary)
