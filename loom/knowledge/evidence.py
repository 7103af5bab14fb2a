"""What was found, as evidence: pieces with scores that can be compared, each with the citation of its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loom.config.knowledge import KnowledgeSource
from loom.config.lexical import rank
from loom.knowledge.chunks import Chunk, chunks_of
from loom.knowledge.index import Hit
from loom.knowledge.reading import hash_of
from loom.knowledge.terms import terms_of
from loom.types.knowledge import (
    KnowledgeBundle,
    KnowledgeCitation,
    KnowledgeDocument,
    KnowledgeEvidence,
    KnowledgeEvidenceItem,
    KnowledgeQuery,
)

SNIPPET_CHARS = 240
HASH_DIGITS = 12
SHARE_OF_COVERAGE = 0.5
"""How much of a score is the share of the question's words that the piece has; the rest is its rank in its source."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source's documents are: what their keys are below, and how that is written for people and models."""

    root: Path | None = None
    shown: str = ""

    def path_of(self, key: str) -> str:
        """The document's file; empty for what has none."""
        if self.root is None:
            return ""
        return str(self.root / key) if self.root.is_dir() else str(self.root)

    def uri_of(self, key: str) -> str:
        """The document as it is cited."""
        if self.root is None:
            return key
        return f"{self.shown}/{key}".removeprefix("./") if self.root.is_dir() else self.shown


def question_of(query: KnowledgeQuery) -> str:
    """What is searched for."""
    return f"{query.text} {query.goal}".strip()


def evidence_of(
    source: KnowledgeSource, query: KnowledgeQuery, hits: Sequence[Hit], place: Place, hide: Callable[[str], str]
) -> KnowledgeEvidence:
    """The evidence that an index gave. `hide` takes secrets out of what is told."""
    asked = _asked(question_of(query))
    items: list[KnowledgeEvidenceItem] = []
    for hit in hits:
        has = _coverage(asked, f"{hit.chunk.heading}\n{hit.chunk.text}")
        score = (
            hit.score * (1 - SHARE_OF_COVERAGE) + has * SHARE_OF_COVERAGE if "vectors" not in hit.ranks else hit.score
        )
        told: dict[str, Any] = {
            **_span(hit.chunk),
            "hash": hit.document.hash[:HASH_DIGITS],
            "ranks": dict(hit.ranks),
        }
        if path := place.path_of(hit.document.key):
            told["path"] = path
        title = hit.chunk.heading or hit.document.title
        uri = place.uri_of(hit.document.key)
        items.append(KnowledgeEvidenceItem(source.name, hide(hit.chunk.text), title, uri, round(score, 4), told))
    return _evidence(query, items)


class InlineDocuments:
    """The documents of a source that was given in code, cut in pieces and ranked by the words that they share.

    Without a database: it may be asked on an event loop, as `Agent.resolve_knowledge` always could.
    """

    def __init__(self, source: KnowledgeSource) -> None:
        self._source = source
        self._pieces = [(document, chunk) for document in source.documents for chunk in _pieces_of(document)]
        self._texts = [f"{document.title}\n{chunk.heading}\n{chunk.text}" for document, chunk in self._pieces]

    def find(self, query: KnowledgeQuery) -> KnowledgeEvidence:
        """The pieces that share words with the query, best first."""
        items: list[KnowledgeEvidenceItem] = []
        question = question_of(query)
        for index, score in rank(question, self._texts)[: query.top_k]:
            document, chunk = self._pieces[index]
            told = {
                **document.metadata,
                **_span(chunk),
                "hash": hash_of(document.content.encode("utf-8", "replace"))[:HASH_DIGITS],
            }
            has = _coverage(_asked(question), self._texts[index])
            weighed = score * (1 - SHARE_OF_COVERAGE) + has * SHARE_OF_COVERAGE
            items.append(
                KnowledgeEvidenceItem(
                    self._source.name, chunk.text, document.title, document.uri, round(weighed, 4), told
                )
            )
        return _evidence(query, items)


def bundle_of(query: KnowledgeQuery, evidences: Sequence[KnowledgeEvidence]) -> KnowledgeBundle:
    """The best of all sources, at most `query.top_k`, each with its citation."""
    items = sorted((item for found in evidences for item in found.items), key=lambda item: -(item.score or 0.0))
    kept = items[: max(0, query.top_k)]
    places = {_place(item.source_name, item.title, item.uri, item.metadata) for item in kept}
    citations = [
        citation
        for found in evidences
        for citation in found.citations
        if _place(citation.source_name, citation.title, citation.uri, citation.metadata) in places
        or (citation.source_name, citation.title, citation.uri) in {place[:3] for place in places if place[3] is None}
    ]
    scores = [found.relevance_score for found in evidences if found.relevance_score is not None]
    return KnowledgeBundle(query, list(evidences), kept, citations, sum(scores) / len(scores) if scores else None)


def citation_of(item: KnowledgeEvidenceItem) -> KnowledgeCitation:
    """Where a piece of evidence is, with its beginning."""
    return KnowledgeCitation(item.source_name, item.title, item.uri, item.content[:SNIPPET_CHARS], dict(item.metadata))


def _evidence(query: KnowledgeQuery, items: list[KnowledgeEvidenceItem]) -> KnowledgeEvidence:
    items = sorted(items, key=lambda item: -(item.score or 0.0))
    relevance = sum(item.score or 0.0 for item in items) / len(items) if items else 0.0
    return KnowledgeEvidence(query, items, [citation_of(item) for item in items], relevance)


def _place(source: str, title: str, uri: str, metadata: dict[str, Any]) -> tuple[str, str, str, Any]:
    return source, title, uri, metadata.get("start")


def _pieces_of(document: KnowledgeDocument) -> list[Chunk]:
    return chunks_of(document.content, "markdown")


def _span(chunk: Chunk) -> dict[str, Any]:
    return {"start": chunk.start, "end": chunk.end, "line": chunk.line, "end_line": chunk.end_line}


def _asked(question: str) -> list[str]:
    return [word[: max(3, len(word) - 2)] if word.isascii() else word for word in terms_of(question).words]


def _coverage(asked: Sequence[str], text: str) -> float:
    """The share of the words, without their endings, that are somewhere in the text."""
    lower = text.lower()
    return sum(word in lower for word in asked) / len(asked) if asked else 0.0
