"""What the heartbeat of a session's agent noticed and watches, as the Studio shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from loom.config import WatchConfig
from loom.heartbeat.events import HeartbeatEvent
from loom_studio.plain_text import escape_invisible
from loom_studio.services.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Alert:
    """One event: its identity, its line for the feed, and whether it can still be dismissed."""

    id: str
    text: str
    at: float
    is_pending: bool


def alerts_of(conversation: Conversation) -> list[Alert]:
    """Every event that is kept, newest first, with what became of it."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return []
    alerts: list[Alert] = []
    for pending in heartbeat.pending():
        step = conversation.told.get(pending.event.id)
        alerts.append(_alert(pending.event, "queued" if step is None else f"told at step {step}", is_pending=True))
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
    return Alert(event.id, escape_invisible(text), event.at, is_pending)
