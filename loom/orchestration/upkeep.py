"""What is left behind by harness runs: deleting them for good, and the sessions in which their agents worked."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from loom.errors import ConfigError, SessionInUseError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import DurableEngine
from loom.threads import in_thread

DAY_S = 86_400.0


async def delete_run(engine: DurableEngine, run_id: str, sessions: Path) -> None:
    """Delete a run for good, with the sessions of its steps in the file `sessions`.

    Raises SessionInUseError while somebody works on it, StoreError.
    """
    await engine.delete(run_id)
    await in_thread(_delete_sessions, sessions, [run_id])


async def prune_runs(
    engine: DurableEngine, days: float, sessions: Path, *, with_runs: bool = True, now: float | None = None
) -> list[str]:
    """Delete the runs that are done and were not used for so many days, and the sessions of their steps.

    A session of that age goes too where its run is not known any more; those of a run that can be gone on with stay.
    With `with_runs` False the runs themselves stay. Returns the ids of the deleted runs. Raises StoreError, and
    ConfigError for a number of days below 0.
    """
    if not (math.isfinite(days) and days >= 0):
        raise ConfigError(f"The number of days must be 0 or more, got {days:g}")
    before = (time.time() if now is None else now) - days * DAY_S
    runs = await engine.runs()
    old = [run.id for run in runs if run.state == "done" and 0 < run.at < before] if with_runs else []
    for run_id in old:
        await engine.delete(run_id)
    unfinished = [run.id for run in runs if run.state != "done"]
    await in_thread(_delete_sessions, sessions, old, before, unfinished)
    return old


def _is_of(session_id: str, run_ids: Collection[str]) -> bool:
    """Whether a session is that of a step of one of these runs: its id begins with the run's."""
    return any(session_id.startswith(f"{run_id}.") for run_id in run_ids)


def _delete_sessions(file: Path, gone: Collection[str], before: float = 0.0, kept: Collection[str] = ()) -> None:
    """Delete the sessions of runs that are gone, and those not used since a time but of runs that are kept.

    One that is open in another process stays.
    """
    if not file.exists():
        return
    store = SQLiteStore(file)
    try:
        for each in store.sessions():
            is_old = each.updated_at < before and not _is_of(each.id, kept)
            if is_old or _is_of(each.id, gone):
                with suppress(SessionInUseError):
                    store.delete(each.id)
    finally:
        store.close()
