"""Where harness runs are kept: the profile's own file, or the database that was named."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from loom.errors import StoreError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration.durable import DurableEngine, LogEngine, WorkRun
from loom.orchestration.opening import URL, open_database
from loom.safety.profile import Profile
from loom.threads import in_thread


def database_url(options: argparse.Namespace) -> str:
    """The database that the option or the environment names; empty for the profile's own file."""
    return options.database_url or os.environ.get(URL, "")


@asynccontextmanager
async def opened_engine(options: argparse.Namespace) -> AsyncGenerator[DurableEngine]:
    """The engine that the options name. Raises ConfigError for a wrong URL, StoreError for what can't be reached."""
    url = database_url(options)
    if url:
        engine = await open_database(url)
        try:
            yield engine
        finally:
            await engine.aclose()
        return
    store = await in_thread(SQLiteStore, Profile.default().folder / "harness.db")
    try:
        yield LogEngine(store)
    finally:
        await in_thread(store.close)


async def found_run(engine: DurableEngine, begin: str) -> WorkRun:
    """The run whose id begins so, with its whole outcome. Raises StoreError for none, and for several."""
    run = await engine.run(begin)
    if run is not None:
        return run
    found = [each.id for each in await engine.runs() if each.id.startswith(begin)]
    if len(found) > 1:
        raise StoreError(f"{len(found)} harness runs begin with {begin!r}; loom harness status shows them")
    run = await engine.run(found[0]) if found else None
    if run is None:
        raise StoreError(f"There is no harness run {begin!r}; loom harness status shows them")
    return run
