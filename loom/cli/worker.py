"""`loom worker`: works on the harness runs of a queue, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from loom.cli.engines import database_url
from loom.cli.setup import default_model
from loom.errors import ConfigError, SessionInUseError, StoreError
from loom.memory.ownership import this_host
from loom.orchestration.durable import brief_of, details_of
from loom.orchestration.opening import URL, checked_name, open_database
from loom.roles import harness_of
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile

if TYPE_CHECKING:
    from loom.orchestration.dbos_engine import DbosEngine


async def work(options: argparse.Namespace) -> int:
    """Work until Ctrl+C; then what is under way goes back into the queue. Returns the exit code."""
    url, name = database_url(options), options.id or f"{this_host()}-{os.getpid()}"
    if not url:
        raise ConfigError(f"A worker needs a database: give --database-url postgresql://…, or set {URL}")
    checked_name(name, "a worker")
    checked_name(options.queue, "a queue")
    if options.concurrency < 1 or not (math.isfinite(options.lease) and options.lease > 0):
        raise ConfigError("--concurrency must be 1 or more, and --lease above 0")
    engine = await open_database(url, name, options.lease)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGINT, ended.set)
        loop.add_signal_handler(signal.SIGTERM, ended.set)
    try:
        try:
            await engine.hold(name)
        except SessionInUseError:
            told = "another worker has this name. Give each its own with --id; a dead one's is free soon"
            raise ConfigError(f"{name!r} can't work on {engine.address.shown}: {told}") from None
        desk = _Worker(engine, as_json=options.json)
        await engine.work_on(options.queue, options.concurrency, desk.serve)
        desk.say(f"{name} works on {options.queue!r} of {engine.address.shown}", event="ready", id=name)
        while not ended.is_set():
            await _recover(engine)
            try:
                await asyncio.wait_for(ended.wait(), max(0.5, options.lease / 3))
            except TimeoutError:
                continue
    finally:
        await engine.aclose()
        if sys.platform != "win32":
            loop.remove_signal_handler(signal.SIGINT)
            loop.remove_signal_handler(signal.SIGTERM)
    return 0


async def _recover(engine: DbosEngine) -> None:
    try:
        await engine.recover()
    except StoreError as error:
        print(f"loom: {error}", file=sys.stderr, flush=True)


class _Worker:
    """Works on one run after another as they come, and says so."""

    def __init__(self, engine: DbosEngine, *, as_json: bool) -> None:
        self._engine = engine
        self._as_json = as_json
        self._profile = Profile.default()

    async def serve(self, run_id: str, data: dict[str, Any]) -> None:
        """Work on a run to its end. What must be asked about waits for a person, unless the run says otherwise."""
        self.say(f"{run_id} begins: {' '.join(str(data.get('brief', '')).split())[:80]}", event="begun", run=run_id)
        details = {"asks": "wait", **details_of(data)}
        if not brief_of(data).strip():
            raise ConfigError(f"The run {run_id} has no brief: it was put into the queue by something else than loom")
        engine = self._engine
        async with harness_of(engine, details, self._profile, fallback=default_model, run_id=run_id) as harness:
            result = await harness.run(brief_of(data), run_id, details_of(data))
        self.say(f"{run_id} {result.reason}, {result.sprints} sprints", event="done", run=run_id, reason=result.reason)

    def say(self, text: str, **fields: str) -> None:
        """One line for people, or one of JSON."""
        print(json.dumps(fields) if self._as_json else escaped(text), flush=True)
