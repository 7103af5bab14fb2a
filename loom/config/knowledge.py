"""Knowledge sources: documents at hand, or a function that finds evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from loom.config.lexical import rank
from loom.config.validation import config_value
from loom.errors import ConfigError
from loom.types.knowledge import (
    KnowledgeBundle,
    KnowledgeCitation,
    KnowledgeDocument,
    KnowledgeEvidence,
    KnowledgeEvidenceItem,
    KnowledgeQuery,
)

__all__ = [
    "KnowledgeBundle",
    "KnowledgeCitation",
    "KnowledgeDocument",
    "KnowledgeEvidence",
    "KnowledgeEvidenceItem",
    "KnowledgeQuery",
    "KnowledgeResolver",
    "KnowledgeSource",
]

SNIPPET_CHARS = 240


@config_value
class KnowledgeResolver:
    """A function from a query to evidence."""

    handler: Callable[..., Any]
    mode: str = "callable"
    description: str = ""
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def callable(
        cls, handler: Callable[..., Any], *, description: str = "", extensions: dict[str, Any] | None = None
    ) -> KnowledgeResolver:
        """A resolver from a function."""
        return cls(handler, "callable", description, extensions or {})

    def resolve(self, query: KnowledgeQuery) -> KnowledgeEvidence:
        """The handler's evidence. Raises ConfigError if it returns anything else."""
        evidence = self.handler(query)
        if not isinstance(evidence, KnowledgeEvidence):
            raise ConfigError(f"KnowledgeResolver.handler must return KnowledgeEvidence, got {type(evidence).__name__}")
        return evidence

    def to_context_payload(self) -> dict[str, Any]:
        """The resolver as plain data."""
        return {"mode": self.mode, "description": self.description}


@config_value
class KnowledgeSource:
    """A named source of evidence: inline documents, a resolver, or both."""

    name: str
    description: str = ""
    documents: list[KnowledgeDocument] = field(default_factory=list[KnowledgeDocument])
    resolver: KnowledgeResolver | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def inline(
        cls,
        name: str,
        documents: list[str] | list[KnowledgeDocument],
        *,
        description: str = "",
        metadata: dict[str, Any] | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> KnowledgeSource:
        """A source of documents given here; a str is a document's content."""
        made = [KnowledgeDocument(item) if isinstance(item, str) else item for item in documents]
        return cls(name, description, made, None, metadata or {}, extensions or {})

    @classmethod
    def dynamic(
        cls,
        name: str,
        resolver: KnowledgeResolver,
        *,
        description: str = "",
        metadata: dict[str, Any] | None = None,
        extensions: dict[str, Any] | None = None,
    ) -> KnowledgeSource:
        """A source that asks a resolver."""
        return cls(name, description, [], resolver, metadata or {}, extensions or {})

    def resolve(self, query: KnowledgeQuery) -> KnowledgeEvidence:
        """Evidence for the query: the resolver's, or the documents that share words with it, best first.

        A document's score is its BM25 score over that of the best one, so in 0..1; documents that share no word
        with the query are left out.
        """
        if self.resolver is not None:
            return self.resolver.resolve(query)
        texts = [f"{document.title}\n{document.content}" for document in self.documents]
        items: list[KnowledgeEvidenceItem] = []
        citations: list[KnowledgeCitation] = []
        for index, score in rank(f"{query.text} {query.goal}", texts)[: query.top_k]:
            document = self.documents[index]
            items.append(
                KnowledgeEvidenceItem(
                    self.name, document.content, document.title, document.uri, score, dict(document.metadata)
                )
            )
            citations.append(
                KnowledgeCitation(self.name, document.title, document.uri, document.content[:SNIPPET_CHARS])
            )
        relevance = sum(item.score or 0.0 for item in items) / len(items) if items else 0.0
        return KnowledgeEvidence(query, items, citations, relevance)

    def to_context_payload(self) -> dict[str, Any]:
        """The source as plain data, without its documents' text."""
        return {"name": self.name, "description": self.description, "documents": len(self.documents)}
