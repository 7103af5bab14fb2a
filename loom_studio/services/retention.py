"""How long sessions are kept, where data lies, and how all of it is taken out or away."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loom.threads import in_thread
from loom_studio.services.sessions import SessionsService
from loom_studio.texts import marked

if TYPE_CHECKING:
    from loom.memory.records import SessionSummary

DAY_S = 86_400.0
CHOICES = {
    0: marked("Never"),
    30: marked("30 days"),
    90: marked("90 days"),
    180: marked("180 days"),
    365: marked("A year"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with data, and how much is in it, in bytes."""

    folder: Path
    size: int


def kept_days(text: str) -> int:
    """How long sessions are kept, in days; 0 for ever, also where the text says no such choice."""
    return int(text) if text.isdigit() and int(text) in CHOICES else 0


def outdated(
    summaries: Mapping[str, SessionSummary], days: int, open_ids: Collection[str], now: float | None = None
) -> list[str]:
    """The sessions that were not used for so many days: not pinned, not open here, and nobody at work on them."""
    if days <= 0:
        return []
    before = (time.time() if now is None else now) - days * DAY_S
    return [
        key
        for key, each in summaries.items()
        if each.updated_at < before
        and not each.is_pinned
        and key not in open_ids
        and each.state not in ("running", "waiting", "interrupted")
    ]


async def prune(sessions: SessionsService, keys: Collection[str]) -> int:
    """Delete sessions for good; returns how many. Raises StoreError."""
    for key in keys:
        await sessions.delete(key)
    return len(keys)


async def export_all(sessions: SessionsService, folder: Path) -> int:
    """Write every session to a folder, a .jsonl file each; returns how many. Raises StoreError and OSError."""
    await in_thread(lambda: folder.mkdir(parents=True, exist_ok=True))
    for key in list(sessions.summaries):
        await sessions.export(key, folder / f"{key}.jsonl")
    return len(sessions.summaries)


def measure(folder: Path) -> Place:
    """How much a folder holds; blocks."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(parent) / name).stat().st_size
            except OSError:
                continue  # it went meanwhile
    return Place(folder, total)
