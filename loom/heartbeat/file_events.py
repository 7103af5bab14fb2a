"""Changes of files told as events: each by itself where they are few, as one with counts where they are many."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

from loom.heartbeat.events import HIGH, SHOWN_PATHS, HeartbeatEvent, shown, shown_under
from loom.heartbeat.snapshot import Change

SOURCE = "filesystem"
FEW = 3
"""Up to so many changes at once are told one by one."""
TOP_FOLDERS = 3

_ORDER = ("modified", "created", "deleted", "moved")


def events_of(changes: Sequence[Change], root: str, cause: str = "") -> list[HeartbeatEvent]:
    """The events that tell these changes; `cause` says in words what made many of them, if that is known."""
    if len(changes) <= FEW:
        return [_one(change, root) for change in changes]
    return [_many(changes, root, cause)]


def root_lost(root: str) -> HeartbeatEvent:
    """The watched folder itself is gone."""
    summary = f"The watched folder {shown(root)} was deleted, moved or unmounted"
    return HeartbeatEvent(SOURCE, "root_deleted", summary, HIGH, (root,))


def root_back(root: str, files: int) -> HeartbeatEvent:
    """The watched folder is there again."""
    summary = f"The watched folder {shown(root)} is there again, with {files} entries"
    return HeartbeatEvent(SOURCE, "root_restored", summary, paths=(root,))


def _one(change: Change, root: str) -> HeartbeatEvent:
    name = shown_under(change.path, root)
    if change.kind == "moved":
        summary = f"{shown_under(change.source, root)} was moved to {name}"
        return HeartbeatEvent(SOURCE, "moved", summary, paths=(change.path, change.source))
    return HeartbeatEvent(SOURCE, change.kind, f"{name} was {change.kind}", paths=(change.path,))


def _many(changes: Sequence[Change], root: str, cause: str) -> HeartbeatEvent:
    kinds = Counter(change.kind for change in changes)
    folders = Counter(_top_folder(change.path, root) for change in changes)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in _ORDER if kinds[kind])
    top = folders.most_common(TOP_FOLDERS)
    where = ", ".join(f"{shown(folder)} ({count})" for folder, count in top)
    more = f" and {len(folders) - len(top)} more folders" if len(folders) > len(top) else ""
    by = f" by {cause}" if cause else ""
    changes = sorted(changes, key=lambda change: change.path)
    names = ", ".join(shown_under(change.path, root) for change in changes[:FEW])
    return HeartbeatEvent(
        SOURCE,
        "changed",
        f"{len(changes)} files changed at once{by}: {counts}; most in {where}{more}; such as {names}",
        paths=tuple(change.path for change in changes[:SHOWN_PATHS]),
        count=len(changes),
        payload={
            "about": shown(top[0][0]),
            "cause": cause,
            "kinds": dict(kinds),
            "folders": {shown(folder): count for folder, count in folders.most_common(10)},
        },
    )


def _top_folder(path: str, root: str) -> str:
    inner = path.removeprefix(root).lstrip(os.sep)
    folder, separator, _ = inner.partition(os.sep)
    return f"{folder}/" if separator else "./"
