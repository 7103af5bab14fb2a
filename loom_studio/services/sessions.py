"""The stored sessions: their list, searching them, and what can be done with one. Files and database off the loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import shiboken6
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from loom.errors import StoreError
from loom.threads import in_thread
from loom.types.ids import generate_id
from loom_studio import runtime_words
from loom_studio.texts import tr

# The window is shown before the store is imported, which the first thread to open it does.
if TYPE_CHECKING:
    from loom.memory.records import SearchHit, SessionSummary
    from loom.memory.sqlite_store import SQLiteStore
    from loom.types.events import RunEvent

T = TypeVar("T")

LAST_RECORDS = 400
"""How much of a session is read before it is first shown; the rest follows at once."""
RECORDS_A_TURN = 500
QUIET_MS = 500
FOLLOW_EVERY_S = 0.25


class SessionPart(NamedTuple):
    """A stretch of a session: what happened, and its first record; at 1 there is nothing before it."""

    events: list[RunEvent]
    first_n: int


class SessionsService(QObject):
    """The sessions in one store. `changed` says that `summaries` did, whoever wrote."""

    changed = Signal()

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.summaries: dict[str, SessionSummary] = {}
        self.put_aside: set[str] = set()
        """Sessions that are deleted, but not for good yet."""
        self.notices: list[str] = []
        self._opening: asyncio.Future[SQLiteStore] | None = None
        self._seen_until = 0.0
        self._is_closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._watcher: QFileSystemWatcher | None = None
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(QUIET_MS)
        self._quiet.timeout.connect(self._on_quiet)

    async def store(self) -> SQLiteStore:
        """The store, opened once. Raises StoreError, each time it can't be opened."""
        if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
            opening = in_thread(_open, self.path)
            self._opening = asyncio.get_running_loop().create_task(opening, name="open the sessions")
        return await asyncio.shield(self._opening)

    async def open(self) -> list[str]:
        """Open the store, read the list, and watch for what others write; returns what the person should know."""
        store = await self.store()
        await self.refresh()
        self._watch(store)
        broken = [each for each in self.summaries.values() if each.state == "interrupted"]
        said = tr("{count:,} sessions have a run that was interrupted", count=len(broken))
        return [*map(runtime_words.said, store.notices), *([said] if len(broken) > 1 else [])]

    async def refresh(self) -> None:
        """Read the list again."""
        store = await self.store()
        listed = await in_thread(store.sessions)
        self.summaries = {each.id: each for each in listed}
        self._seen_until = max((each.updated_at for each in listed), default=0.0)
        self.changed.emit()

    async def part(self, session_id: str) -> SessionPart:
        """The end of a session, to show first."""
        store = await self.store()
        return await in_thread(_last_part, store, session_id)

    async def before(self, session_id: str, n: int, shape: Callable[[list[RunEvent]], T]) -> T:
        """What came before record `n`, made by `shape` into what is shown, off the loop."""
        store = await self.store()
        return await in_thread(_earlier, store, session_id, n, shape)

    async def follow(self, session_id: str, after: int) -> AsyncIterator[RunEvent]:
        """What another program writes to a session after record `after`, until it lets go of it."""
        store = await self.store()
        from loom.memory.replay import run_events

        checked = time.monotonic()
        while True:
            records = await in_thread(store.records, session_id, after)
            for event in run_events(records):
                yield event
            after = records[-1].n if records else after
            if time.monotonic() - checked > 1.0:
                checked = time.monotonic()
                if not await in_thread(store.is_elsewhere, session_id):
                    return
            await asyncio.sleep(FOLLOW_EVERY_S)

    async def owner_elsewhere(self, session_id: str) -> str:
        """Which other program owns a session, in words; empty if none does."""
        store = await self.store()
        if await in_thread(store.is_elsewhere, session_id):
            return await in_thread(store.owner_of, session_id)
        return ""

    async def search(self, query: str) -> list[SearchHit]:
        """Where the words are found, in all sessions."""
        store = await self.store()
        return await in_thread(store.search, query)

    async def change(self, session_id: str, **changes: Any) -> None:
        """Change a session's title, is_named, is_pinned, is_archived or tags. Raises StoreError if it is not stored."""
        store = await self.store()
        await in_thread(store.annotate, session_id, changes)
        await self.refresh()

    @property
    def listed(self) -> dict[str, SessionSummary]:
        """The sessions without those that are deleted, if not for good yet."""
        return {key: each for key, each in self.summaries.items() if key not in self.put_aside}

    def set_aside(self, keys: Collection[str]) -> None:
        """Show these sessions no longer, until they are deleted or brought back."""
        self.put_aside.update(keys)
        self.changed.emit()

    async def bring_back(self, keys: Collection[str]) -> None:
        """Show these sessions again."""
        self.put_aside.difference_update(keys)
        await self.refresh()

    async def delete(self, session_id: str) -> None:
        """Delete a session for good."""
        store = await self.store()
        await in_thread(store.delete, session_id)
        self.put_aside.discard(session_id)
        await self.refresh()

    async def fork(self, session_id: str, at: int | None = None) -> str:
        """Copy a session up to record `at`; returns the copy's id."""
        store = await self.store()
        made = await in_thread(store.fork, session_id, at, generate_id())
        await self.refresh()
        return made.id

    async def export(self, session_id: str, file: Path) -> None:
        """Write a session to a file: as its ending says, .html, .md or .jsonl. Raises StoreError."""
        store = await self.store()
        await in_thread(_export, store, session_id, file)

    async def import_file(self, file: Path) -> tuple[str, list[str]]:
        """Put a session from a file beside the others; returns its id and what was left out. Raises LoomError."""
        store = await self.store()
        imported = await in_thread(_import, store, file)
        await self.refresh()
        return imported

    async def aclose(self) -> None:
        """Write what waits and close the store."""
        self._is_closed = True
        self._quiet.stop()
        if self._watcher is not None:
            # Destroyed here and now: left to the collector it might die on another thread, and Qt with it.
            shiboken6.delete(self._watcher)
            self._watcher = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._opening is not None:  # nobody may wait for it any more, and it is opened all the same
            (store,) = await asyncio.gather(self._opening, return_exceptions=True)
            if not isinstance(store, BaseException):
                await in_thread(store.close)

    def _watch(self, store: SQLiteStore) -> None:
        """Watch the store's journal, also one that was removed and made again."""
        journal = str(store.path.with_name(f"{store.path.name}-wal"))
        if self._is_closed:
            return
        if self._watcher is None:  # it starts a thread: not before there is something to watch
            self._watcher = QFileSystemWatcher(self)
            self._watcher.fileChanged.connect(self._on_file_changed)
        if journal not in self._watcher.files():
            self._watcher.addPath(journal)

    def _on_file_changed(self, _path: str) -> None:
        if not self._quiet.isActive() and not self._is_closed:
            self._quiet.start()

    def _on_quiet(self) -> None:
        task = asyncio.get_running_loop().create_task(self._catch_up(), name="read the changed sessions")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _catch_up(self) -> None:
        """Take up the sessions in which something was said since the last time."""
        store = await self.store()
        self._watch(store)
        try:
            changed = await in_thread(store.sessions, since=self._seen_until)
        except StoreError:
            return
        for each in changed:
            self.summaries[each.id] = each
            self._seen_until = max(self._seen_until, each.updated_at)
        self.changed.emit()


def _open(path: Path) -> SQLiteStore:
    from loom.memory.sqlite_store import SQLiteStore

    return SQLiteStore(path)


def _last_part(store: SQLiteStore, session_id: str) -> SessionPart:
    from loom.memory.records import SESSION_REWOUND
    from loom.memory.replay import kept, run_events

    records = store.last_records(session_id, None, LAST_RECORDS)
    if not records:
        return SessionPart([], 1)
    start = 0
    if records[0].n > 1:  # begin with a run, so that every row is whole
        start = next((place for place, record in enumerate(records) if record.type == "run.started"), 0)
    rewinds = store.records(session_id, kind=SESSION_REWOUND)
    return SessionPart(run_events(kept(records[start:], rewinds)), records[start].n)


def _earlier(store: SQLiteStore, session_id: str, n: int, shape: Callable[[list[RunEvent]], T]) -> T:
    from loom.memory.records import SESSION_REWOUND
    from loom.memory.replay import kept, run_events

    rewinds = store.records(session_id, kind=SESSION_REWOUND)
    events: list[RunEvent] = []
    after = 0
    while after < n - 1:
        records = store.records(session_id, after, min(RECORDS_A_TURN, n - 1 - after))
        if not records:
            break
        events += run_events(kept(records, rewinds))
        after = records[-1].n
        time.sleep(0.001)  # let the window paint between two stretches
    return shape(events)


def _export(store: SQLiteStore, session_id: str, file: Path) -> None:
    from loom.interchange.files import FORMATS, export_to  # not needed to start

    export_to(store, session_id, file, FORMATS.get(file.suffix, "markdown"))


def _import(store: SQLiteStore, file: Path) -> tuple[str, list[str]]:
    from loom.interchange.files import import_from  # not needed to start

    return import_from(store, file)
