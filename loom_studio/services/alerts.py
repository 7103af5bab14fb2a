"""What the heartbeat of a session's agent noticed and watches, as the Studio shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from loom.config import HeartbeatConfig, ResourceThresholds, WatchConfig, WatchKind
from loom.heartbeat.events import HeartbeatEvent, shown_under
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said
from loom_studio.services.conversations import Conversation
from loom_studio.services.retold import retold
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.heartbeat.heartbeat import Disposed

URGENCIES = (marked("low"), marked("high"), marked("critical"))
DECISIONS = (marked("dismissed"), marked("muted for {minutes} minutes"))
DECIDERS = (marked("person"), marked("model"))
WATCHES = (
    marked("files of {folder}"),
    marked("processes"),
    marked("resources"),
    marked("network {target}"),
    marked("schedule"),
    marked("environment"),
    marked("signal"),
    marked("events of a bus"),
)
STATES = {"ok": marked("{watch} · ok"), "degraded": marked("{watch} · degraded")}
"""How well a watch sees."""
KINDS = {
    "created": marked("{count:,} created"),
    "modified": marked("{count:,} modified"),
    "deleted": marked("{count:,} deleted"),
    "moved": marked("{count:,} moved"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One event: its identity, its two lines for the feed, and whether it can still be dismissed.

    `summary` is how the transcript says it; `is_told` is True once a model was told; `event` is what was noticed.
    """

    id: str
    text: str
    at: float
    is_pending: bool
    summary: str = ""
    is_told: bool = False
    event: HeartbeatEvent | None = None


def alerts_of(conversation: Conversation) -> list[Alert]:
    """Every event that is kept, newest first, with what became of it."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return []
    alerts: list[Alert] = []
    for pending in heartbeat.pending():
        step = conversation.told.get(pending.event.id)
        fate = _fate(step, has_interrupted=pending.event.id in conversation.interrupted)
        alerts.append(replace(_alert(pending.event, fate, is_pending=True), is_told=step is not None))
    alerts.extend(_alert(disposed.event, _decided(disposed), is_pending=False) for disposed in heartbeat.disposed)
    return sorted(alerts, key=lambda alert: alert.at, reverse=True)


def _fate(step: int | None, *, has_interrupted: bool) -> str:
    """What became of an event that is pending; `step` is the one at which a model was told."""
    if step is None:
        return tr("interrupted the run, queued") if has_interrupted else tr("queued")
    if has_interrupted:
        return tr("interrupted the run, told at step {step}", step=step)
    return tr("told at step {step}", step=step)


def _decided(disposed: Disposed) -> str:
    return f"{retold(disposed.decision, DECISIONS)} ({tr(disposed.by) if disposed.by in DECIDERS else disposed.by})"


def feed_state(conversation: Conversation) -> object:
    """Something that is another whenever `alerts_of` is."""
    heartbeat = conversation.heartbeat
    told = tuple(conversation.told.items()), len(conversation.interrupted)
    if heartbeat is None:
        return None, told
    return id(heartbeat), heartbeat.seen, len(heartbeat.pending()), len(heartbeat.disposed), told


@dataclass(frozen=True, slots=True)
class Burst:
    """Many changes at once that the model was not told of: a title, where they are, and up to fifty of the files."""

    id: str
    title: str
    where: str
    files: tuple[str, ...]


def burst_of(conversation: Conversation) -> Burst | None:
    """The newest burst that nobody disposed of and the model was not told of; None if there is none."""
    heartbeat = conversation.heartbeat
    pending = heartbeat.untold(conversation.id) if heartbeat is not None else []
    bursts = [each.event for each in pending if each.event.kind == "changed"]
    if not bursts:
        return None
    event = bursts[-1]
    cause = event.payload.get("cause")
    found = list(event.payload.get("folders", {}).items())[:3]
    folders = tr(", ").join(f"{name} {count:,}" for name, count in found)
    kinds = tr(", ").join(_counted(kind, count) for kind, count in event.payload.get("kinds", {}).items())
    where = tr("{kinds} · most in {folders}", kinds=kinds, folders=folders)
    if len(bursts) > 1:
        more = len(bursts) - 1
        where = tr("{kinds} · most in {folders} · and {more} more before", kinds=kinds, folders=folders, more=more)
    title = (
        tr("{count:,} files changed: {cause}", count=event.count, cause=cause)
        if cause
        else tr("{count:,} files changed at once", count=event.count)
    )
    return Burst(
        event.id,
        escape_invisible(title),
        escape_invisible(where),
        tuple(escape_invisible(shown_under(path, str(conversation.workspace))) for path in event.paths),
    )


def muted_lines(conversation: Conversation) -> list[tuple[str, str]]:
    """What is not passed on at the moment, a line each, and what kind of thing it is."""
    heartbeat = conversation.heartbeat
    if heartbeat is None:
        return []
    return [
        (
            tr("Muted until {time}: {source} {kind}", time=_clock(until), source=source, kind=kind),
            tr("Mute 1 h, pressed again, ends it."),
        )
        for (source, kind), until in heartbeat.muted().items()
    ]


def watches_of(conversation: Conversation) -> list[tuple[str, str]]:
    """Each watch as a line with its state, and why it sees less than it should."""
    heartbeat = conversation.heartbeat
    health = heartbeat.health() if heartbeat is not None else {}
    return [
        (
            escape_invisible(
                tr(STATES[each.state], watch=retold(name, WATCHES)) + (f": {said(each.why)}" if each.why else "")
            ),
            said(each.why),
        )
        for name, each in health.items()
    ]


RESOURCES = {"cpu_pct": "CPU", "memory_pct": "Memory", "disk_pct": "Disk"}
LABELS = {"cpu_pct": marked("CPU"), "memory_pct": marked("Memory{machine}"), "disk_pct": marked("Disk")}


def resource_label(name: str) -> str:
    """What a resource is called; the placeholder tells the machine's memory from an agent's, and is empty."""
    return tr(LABELS[name], machine="")


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
    count = tr(" · {count} times", count=event.count) if event.count > 1 and event.kind != "changed" else ""
    urgency = tr(event.urgency) if event.urgency in URGENCIES else event.urgency
    head = f"{urgency} · {fate} · {event.source} · {_clock(event.at)}{count}".replace("\n", " ")
    text = f"{escape_invisible(head)}\n{escape_invisible(event.summary)}"
    return Alert(event.id, text, event.at, is_pending, event.summary, event=event)


def _counted(kind: str, count: int) -> str:
    return tr(KINDS[kind], count=count) if kind in KINDS else f"{count:,} {kind}"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")
