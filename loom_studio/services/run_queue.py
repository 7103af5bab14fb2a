"""The queue in a database from which workers take harness runs: remembered, tried, filled, and looked into."""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import TYPE_CHECKING, NamedTuple

from loom.errors import ConfigError, LoomError, StoreError
from loom.threads import in_thread
from loom_studio.services.keys import SERVICE
from loom_studio.services.run_database import DatabaseAddress, RunDatabase, read_database
from loom_studio.services.settings import Settings
from loom_studio.texts import plural, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loom.briefs import Brief
    from loom.orchestration.dbos_engine import DbosEngine
    from loom.orchestration.durable import WorkRun

ADDRESS, ENTRY = "harness_queue_database", "LOOM_QUEUE_PASSWORD"
NAME, IS_WANTED = "harness_queue", "harness_runs_in_queue"
FIRST_NAME = "harness"
PATIENCE_S = 1.0
"""How long a list waits for the database before it shows what was known of it."""
EVERY_S, AFTER_A_FAULT_S = 1.0, 30.0
"""How long what was read counts."""


class Wanted(NamedTuple):
    """What a person chose: an address, a password (empty: the one that is known), and a queue."""

    address: str
    password: str
    queue: str


class RunQueue:
    """One database and one queue in it, as they were chosen last; `journal` is where the Studio keeps its own runs.

    Nothing is opened, nor is what a database needs imported, before one was chosen. `problem` says why it can't be
    read, in a sentence; empty where it can.
    """

    def __init__(self, settings: Settings, journal: RunDatabase) -> None:
        self.place = RunDatabase(settings, SERVICE, ADDRESS, ENTRY)
        self.problem = ""
        self._settings = settings
        self._journal = journal
        self._opened: DbosEngine | None = None
        self._opening = asyncio.Lock()
        self._url = ""
        self._known: list[WorkRun] = []
        self._reading: asyncio.Task[None] | None = None
        self._again_at = 0.0

    @property
    def shown(self) -> str:
        """The address without its password: what was chosen last, else where the Studio keeps its own runs."""
        return self.place.shown or self._journal.shown

    @property
    def name(self) -> str:
        """The queue's name."""
        return self._settings.text(NAME) or FIRST_NAME

    @property
    def is_wanted(self) -> bool:
        """Whether the last run that was begun went into the queue."""
        return self._settings.flag(IS_WANTED)

    @property
    def is_apart(self) -> bool:
        """True if its database is another than the one in which the Studio keeps its own runs."""
        return bool(self.place.shown) and self.place.shown != self._journal.shown

    def want(self, *, is_wanted: bool) -> None:
        """Remember whether runs go into the queue."""
        self._settings.keep(IS_WANTED, is_wanted)

    async def try_it(self, wanted: Wanted) -> str:
        """Connect, and tell in a sentence what is there. Raises ConfigError, StoreError."""
        engine = await _open((await self._address(wanted)).url)
        try:
            workers, runs = await engine.workers(), await engine.runs()
        finally:
            await engine.aclose()
        queued = sum(run.state == "queued" for run in runs)
        return tr(
            "{place} answers: {workers}, {queued}.",
            place=engine.address.shown,
            workers=plural("{n} worker", "{n} workers", len(workers)) if workers else tr("no worker"),
            queued=plural("{n} run waits", "{n} runs wait", queued),
        )

    async def put(self, wanted: Wanted, briefs: Sequence[Brief], *, is_busy: bool = False) -> str:
        """Put briefs into the queue and remember it; gives what the person should know then, in sentences.

        While a run of the database that was chosen before `is_busy` here, another is refused. Raises ConfigError, and
        StoreError for a database that can't be reached: then nothing is remembered.
        """
        many = await in_thread(importlib.import_module, "loom.briefs")
        opening = await in_thread(importlib.import_module, "loom.orchestration.opening")
        queue = opening.checked_name(wanted.queue, "a queue")
        address = await self._address(wanted)
        async with self._opening:
            if is_busy and address.url != self._url:
                raise StoreError(tr("A run of the other queue works here. Stop it first, or wait for its end."))
            engine = await self._engine_on(address.url)
            try:
                chosen = await many.choose(engine, briefs, resumes=False)
                line = await many.enqueue_for_workers(engine, chosen, queue)
            except BaseException:
                if engine is not self._opened:
                    await engine.aclose()
                raise
            problem = await self.place.keep(address) if not self.place.is_from_environment else ""
            await self._keep(engine, address.url)
        self._settings.keep(NAME, queue)
        self._settings.save()
        said = [plural("{n} run waits in the queue.", "{n} runs wait in the queue.", len(chosen))]
        if line:
            said.append(tr("Nobody works there now. Type: {line}", line=line))
        if problem:
            said.append(tr("{problem}: its password is known until the Studio is closed.", problem=problem))
        return " ".join(said)

    async def engine(self) -> DbosEngine:
        """The engine on the database that was chosen last. Raises ConfigError, StoreError."""
        async with self._opening:
            if self._opened is not None:
                return self._opened
            url = await self.place.url()
            engine = await _open(url)
            await self._keep(engine, url)
            return engine

    def look_anew(self) -> None:
        """Have the next look read it: something was changed there."""
        self._again_at = 0.0

    async def runs(self) -> list[WorkRun]:
        """What the database holds, where it is a database of its own; what was known of it where it is slow or gone."""
        if not self.is_apart:
            return []
        if self._reading is None and time.monotonic() >= self._again_at:
            self._reading = asyncio.get_running_loop().create_task(self._read(), name="read the queue")
        reading = self._reading
        if reading is not None:
            await asyncio.wait({reading}, timeout=PATIENCE_S)
            if reading.done() and self._reading is reading:
                self._reading = None  # whoever looked with us may have begun another
        return self._known

    async def aclose(self) -> None:
        """Let go of the database."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None
        engine, self._opened = self._opened, None
        if engine is not None:
            await engine.aclose()

    async def _read(self) -> None:
        try:
            self._known = await (await self.engine()).runs()
            self.problem, self._again_at = "", time.monotonic() + EVERY_S
        except LoomError as error:
            self.problem = str(error)
            self._again_at = time.monotonic() + AFTER_A_FAULT_S

    async def _address(self, wanted: Wanted) -> DatabaseAddress:
        if self.place.is_from_environment:
            return DatabaseAddress(await self.place.url())
        if not wanted.address:
            raise ConfigError(tr("No database was named: a queue is kept in one, which its workers share."))
        address = read_database(wanted.address, wanted.password)
        for place in (self.place, self._journal):
            address = await place.with_known_password(address)
        return address

    async def _engine_on(self, url: str) -> DbosEngine:
        return self._opened if self._opened is not None and self._url == url else await _open(url)

    async def _keep(self, engine: DbosEngine, url: str) -> None:
        """Look into this one from now on."""
        before, self._opened, self._url, self._again_at = self._opened, engine, url, 0.0
        if before is not None and before is not engine:
            self._known = []
            await before.aclose()


async def _open(url: str) -> DbosEngine:
    if not url:
        raise StoreError(tr("No database was named: a queue is kept in one, which its workers share."))
    opening = await in_thread(importlib.import_module, "loom.orchestration.opening")
    return await opening.open_database(url, "studio")
