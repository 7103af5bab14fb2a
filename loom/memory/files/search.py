"""Searching the memory: by words, pieces of words, and meaning where there is an embedder.

The index is in this process alone, so that what is forgotten leaves nothing behind in another file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.knowledge.chunks import chunks_of
from loom.knowledge.index import Document, Index
from loom.memory.files.entry import Provenance
from loom.memory.files.memories import Memories
from loom.threads import in_thread

if TYPE_CHECKING:
    from loom.knowledge.embedders import Embedder

MOST_EMBEDDED = 2_000
BATCH = 64
MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A piece of a memory that answers a question: where it begins, its text, 0 to 1 how well, where it comes from."""

    path: str
    line: int
    text: str
    score: float
    provenance: Provenance


class MemorySearch:
    """An index over what one agent remembers, made when it is first asked, and kept up with the files from then on."""

    def __init__(self, memories: Memories, embedder: Embedder | None = None) -> None:
        self.memories = memories
        self.embedder = embedder
        self.problem = ""
        self._index: Index | None = None
        self._known: dict[str, tuple[float, int]] = {}
        self._provenance: dict[str, Provenance] = {}
        self._lock = Lock()

    async def find(self, question: str, limit: int = 8) -> list[Found]:
        """What answers a question best, best first; without what has expired. Raises KnowledgeError.

        Where the embedder can't be reached, words alone decide, and `problem` says so.
        """
        index = await in_thread(self._kept_up)
        vector, name = None, ""
        if self.embedder is not None:
            vector, name = await self._vector(index, question, self.embedder), self.embedder.id
        most = max(1, min(limit, MOST_FOUND))
        hits = await in_thread(index.search, question, most * 2, vector=vector, embedder_id=name)
        now = time.time()
        found = [
            Found(hit.document.key, hit.chunk.line, hit.chunk.text.strip(), hit.score, provenance)
            for hit in hits
            if (provenance := self._provenance.get(hit.document.key)) is not None and not _is_over(provenance, now)
        ]
        return found[:most]

    async def aclose(self) -> None:
        """Let go of the index and the embedder."""
        if self.embedder is not None:
            await self.embedder.aclose()
        if self._index is not None:
            await in_thread(self._index.close)

    def _kept_up(self) -> Index:
        """The index, with each file as it is now."""
        with self._lock:
            index = self._index = self._index or Index()
            listed = {path: (seen.changed_at, seen.size) for path, seen in self.memories.paths()}
            gone = [path for path in self._known if path not in listed]
            index.remove(gone)
            new: list[tuple[Document, list[object]]] = []
            for path in gone:
                del self._known[path]
                self._provenance.pop(path, None)
            for path, state in listed.items():
                if self._known.get(path) == state:
                    continue
                self._known[path] = state
                try:
                    held = self.memories.read(path)
                except (ToolExecutionError, ToolPermissionError):
                    continue
                self._provenance[path] = held.provenance
                new.append((Document(path, path, kind="markdown"), list(chunks_of(held.body, "markdown"))))
            index.put(new)  # pyright: ignore[reportArgumentType]
            return index

    async def _vector(self, index: Index, question: str, embedder: Embedder) -> list[float] | None:
        from loom.errors import KnowledgeError, ProviderError

        try:
            missing = await in_thread(index.without_vector, embedder.id, MOST_EMBEDDED)
            for start in range(0, len(missing), BATCH):
                batch = missing[start : start + BATCH]
                vectors = await embedder.embed([text for _, text in batch])
                pairs = list(zip((chunk for chunk, _ in batch), vectors, strict=True))
                await in_thread(index.put_vectors, embedder.id, pairs)
            [vector] = await embedder.embed([question], is_query=True)
        except (KnowledgeError, ProviderError) as error:
            self.problem = f"Only words were compared: {error}"
            return None
        self.problem = ""
        return vector


def _is_over(provenance: Provenance, now: float) -> bool:
    return provenance.expires_at is not None and provenance.expires_at <= now
