"""One source that has an index: what keeps the index up to date, once at a time, and asks it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from loom.config.knowledge import KnowledgeSource
from loom.errors import ConfigError, KnowledgeError, LoomError
from loom.knowledge.child import Job, update_in_child
from loom.knowledge.embedders import LOCAL, Embedder, resolve_embedder
from loom.knowledge.embedding import embed_missing
from loom.knowledge.evidence import Place, evidence_of, question_of
from loom.knowledge.index import Document, Hit, Index, IndexStatus
from loom.knowledge.index_file import DamagedIndexError, remove_index
from loom.knowledge.update import UPDATED_AT, Outcome, Progress
from loom.threads import in_thread
from loom.types.knowledge import KnowledgeEvidence, KnowledgeQuery

log = logging.getLogger(__name__)

T = TypeVar("T")

FRESH_S = 3.0
"""How long an index counts as up to date after it was compared with its source."""
WAIT_S = 10.0
"""How long a question waits for an index to be brought up to date; then it is asked of what is there."""
_NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source stands: what its index holds, when it was last compared (ISO 8601, UTC), and what is wrong."""

    name: str
    kind: str
    where: str
    index: IndexStatus | None = None
    updated_at: str = ""
    problem: str = ""
    progress: Progress | None = None


def place_of(source: KnowledgeSource, workspace: Path | None) -> Place:
    """Where a source's files are. Raises ConfigError for a relative path without a workspace."""
    if not source.path:
        return Place()
    path = Path(source.path).expanduser()
    if not path.is_absolute():
        if workspace is None:
            raise ConfigError(
                f"The knowledge source {source.name!r} has the path {source.path!r}, which is relative: it needs a "
                "workspace, create_agent(config, workspace=…), or give the whole path"
            )
        path = workspace / path
    inside = workspace is not None and path.is_relative_to(workspace)
    return Place(path, path.relative_to(workspace).as_posix() if workspace is not None and inside else str(path))


class SourceReader:
    """Keeps the index of one source, and asks it. It belongs to one event loop."""

    def __init__(
        self,
        source: KnowledgeSource,
        place: Place,
        folder: Path,
        environment: Mapping[str, str] | None,
        allowed: Sequence[str],
        hide: Callable[[str], str],
    ) -> None:
        self.source = source
        self.place = place
        self.file = folder / f"{_mark(source, place)}.db"
        self._environment = environment
        self._allowed = tuple(allowed)
        self._hide = hide
        self._index: tuple[int, Index] | None = None
        self._using = threading.RLock()
        self._embedder: Embedder | None = None
        self._updating: asyncio.Task[Outcome] | None = None
        self._fresh_at = _NEVER
        self._progress: Progress | None = None
        self._problem = ""
        self._listeners: list[Callable[[Progress], None]] = []

    @property
    def is_updating(self) -> bool:
        """Whether the index is being brought up to date by this program."""
        return self._updating is not None and not self._updating.done()

    async def ask(self, query: KnowledgeQuery, wait_s: float | None) -> KnowledgeEvidence:
        """The evidence in the index, brought up to date first as far as there is time."""
        note = await self._freshen(wait_s)
        hits = await self.search(question_of(query), max(1, query.top_k))
        if self._fresh_at == _NEVER and not note:  # it was damaged, and begun anew
            note = await self._freshen(wait_s)
            hits = await self.search(question_of(query), max(1, query.top_k))
        evidence = await in_thread(evidence_of, self.source, query, hits, self.place, self._hide)
        if note:
            evidence.metadata["note"] = note
        return evidence

    async def search(self, question: str, limit: int) -> list[Hit]:
        """The pieces that answer a question, with the ranks that made them so; of the index as it is."""
        vector: list[float] | None = None
        embedder = self._made_embedder()
        if embedder is not None and question.strip():
            try:
                vector = (await embedder.embed([question], is_query=True))[0]
            except LoomError as error:
                log.warning("%s is asked by words alone: %s", self.source.name, error)
        name = embedder.id if embedder is not None else ""
        return await in_thread(self._search, question, limit, vector, name)

    async def update(self, say: Callable[[Progress], None] | None = None, *, again: bool = False) -> Outcome:
        """Bring the index up to date, and join what does that already; `again` fetches also a page that is recent.

        Cancelling the caller leaves it going on; `stop` ends it. Raises LoomError.
        """
        if say is not None:
            self._listeners.append(say)
        task = self._start(again=again)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise KnowledgeError(
                    f"Indexing {self.source.name} was stopped; what was read by then is kept"
                ) from None
            raise
        finally:
            if say is not None:
                self._listeners.remove(say)

    async def forget(self) -> None:
        """Delete the index."""
        await self._end_update()
        await in_thread(self._close)
        await in_thread(remove_index, self.file)
        self._fresh_at = _NEVER

    async def problems(self, limit: int) -> list[Document]:
        """The documents that could not be read, with why."""
        return await in_thread(self._problems, limit)

    async def status(self) -> SourceStatus:
        """How the source stands. An index that was never made counts as empty."""
        where = str(self.place.root or self.source.address)
        try:
            held, updated_at = await in_thread(self._facts)
        except KnowledgeError as error:
            return SourceStatus(self.source.name, self.source.kind, where, problem=str(error))
        return SourceStatus(self.source.name, self.source.kind, where, held, updated_at, self._problem, self._progress)

    def stop(self) -> None:
        """End an update; what was read by then stays."""
        if self._updating is not None:
            self._updating.cancel()

    async def end_here(self) -> None:
        """End what runs on this loop, which is about to end itself."""
        await self._end_update()
        if self._embedder is not None:
            await self._embedder.aclose()

    async def aclose(self) -> None:
        """End an update, and let go of the file."""
        await self.end_here()
        await in_thread(self._close)

    async def _end_update(self) -> None:
        self.stop()
        if self._updating is not None:
            await asyncio.wait([self._updating])
            self._updating = None

    async def _freshen(self, wait_s: float | None) -> str:
        """Have the index brought up to date, and wait for that; gives why it is not, for a person."""
        fresh_s = FRESH_S if self.source.path else self.source.refresh_hours * 3600
        if time.monotonic() - self._fresh_at < fresh_s:
            return ""
        task = self._start()
        await asyncio.wait([task], timeout=wait_s)
        if not task.done():
            progress = self._progress
            far = f", {progress.done:,} of {progress.total:,} so far" if progress and progress.total else ""
            return f"{self.source.name} is still being indexed{far}"
        if task.cancelled():
            return f"Indexing {self.source.name} was stopped"
        error = task.exception()
        if error is None:
            return ""
        if not isinstance(error, LoomError) or not await in_thread(self._holds_something):
            raise error
        log.warning("%s is asked as it was: %s", self.source.name, error)
        return f"{self.source.name} is as it was: {error}"

    def _start(self, *, again: bool = False) -> asyncio.Task[Outcome]:
        if self._updating is None or self._updating.done():
            # Owned here: `end_here` and `aclose` end it and wait for it.
            loop = asyncio.get_running_loop()
            self._updating = loop.create_task(self._update(again=again), name=f"index {self.source.name}")
            self._updating.add_done_callback(_seen)
        return self._updating

    async def _update(self, *, again: bool) -> Outcome:
        self._problem = ""
        try:
            outcome = await self._read_anew(again=again)
            embedder = self._made_embedder()
            if embedder is not None and not self._is_embedder_local:
                index = await in_thread(self._opened)
                await embed_missing(index, embedder, self._say)
            self._fresh_at = time.monotonic()
        except LoomError as error:
            self._problem = str(error)
            raise
        finally:
            self._progress = None
        return outcome

    async def _read_anew(self, *, again: bool) -> Outcome:
        if self.source.address and not again and await in_thread(self._is_recent):
            return Outcome(same=1)
        job = Job(
            self.file,
            str(self.place.root or ""),
            self.source.address,
            tuple(self.source.patterns),
            self._allowed,
            self.source.embedder if self._is_embedder_local else "",
        )
        return await update_in_child(job, self._say)

    @property
    def _is_embedder_local(self) -> bool:
        return self.source.embedder.partition(":")[0] in LOCAL

    def _say(self, progress: Progress) -> None:
        self._progress = progress
        for listener in list(self._listeners):
            listener(progress)

    def _made_embedder(self) -> Embedder | None:
        if self.source.embedder and self._embedder is None:
            self._embedder = resolve_embedder(self.source.embedder, self._environment)
        return self._embedder

    def _search(self, question: str, limit: int, vector: list[float] | None, embedder_id: str) -> list[Hit]:
        return self._with_index(lambda index: index.search(question, limit, vector=vector, embedder_id=embedder_id))

    def _problems(self, limit: int) -> list[Document]:
        return self._with_index(lambda index: index.documents(only_problems=True, limit=limit))

    def _facts(self) -> tuple[IndexStatus, str]:
        return self._with_index(lambda index: (index.status(), index.fact(UPDATED_AT)))

    def _holds_something(self) -> bool:
        with contextlib.suppress(KnowledgeError):
            return self._facts()[0].chunks > 0
        return False

    def _is_recent(self) -> bool:
        """Whether a page was fetched within its hours, by whichever program."""
        held, updated_at = self._facts()
        if not held.documents or not updated_at:
            return False
        return datetime.now(UTC) - datetime.fromisoformat(updated_at) < timedelta(hours=self.source.refresh_hours)

    def _with_index(self, use: Callable[[Index], T]) -> T:
        """What `use` gives of the index; a damaged one is begun anew, empty."""
        with self._using:
            try:
                return use(self._opened())
            except DamagedIndexError as error:
                log.warning("%s", error)
                self._close()
                remove_index(self.file)
                self._fresh_at = _NEVER
                return use(self._opened())

    def _opened(self) -> Index:
        """The index; opened again where another program made the file anew."""
        with self._using:
            try:
                node = self.file.stat().st_ino
            except OSError:
                node = -1
            if self._index is not None and self._index[0] != node:
                self._close()
            if self._index is None:
                index = Index(self.file)
                self._index = (self.file.stat().st_ino, index)
                if index.rebuilt:
                    self._fresh_at = _NEVER
            return self._index[1]

    def _close(self) -> None:
        with self._using:
            if self._index is not None:
                self._index[1].close()
            self._index = None


def _mark(source: KnowledgeSource, place: Place) -> str:
    """What tells a source's index from others: the same for every agent and program that has the source."""
    told = [source.kind, str(place.root or source.address), source.patterns, source.embedder]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _seen(task: asyncio.Task[Outcome]) -> None:
    if not task.cancelled():
        task.exception()  # whoever waits is told; `status` says it to everybody else
