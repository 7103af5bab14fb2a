"""Giving vectors to the pieces of an index that have none yet."""

from __future__ import annotations

from collections.abc import Callable

from loom.knowledge.embedders import Embedder
from loom.knowledge.index import Index
from loom.knowledge.update import Progress
from loom.threads import in_thread

SLICE = 64


async def embed_missing(index: Index, embedder: Embedder, say: Callable[[Progress], None]) -> int:
    """Make vectors until every piece has one, each part kept at once; gives how many were made.

    Raises ProviderError and KnowledgeError; what was made by then stays.
    """
    made = 0
    held = await in_thread(index.status)
    total = held.chunks
    while missing := await in_thread(index.without_vector, embedder.id, SLICE):
        vectors = await embedder.embed([text for _, text in missing])
        pairs = [(chunk, vector) for (chunk, _), vector in zip(missing, vectors, strict=True)]
        await in_thread(index.put_vectors, embedder.id, pairs)
        made += len(missing)
        say(Progress("embedding", min(made, total), total))
    return made
