"""Knowledge values: documents, queries, and the evidence found for a query."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import Any

from loom.types.checked import Count, config_value


def _payload(value: Any) -> dict[str, Any]:
    data = asdict(value)
    return {key: item for key, item in data.items() if item not in (None, "", [], {})}


@config_value
class KnowledgeDocument:
    """A document to find evidence in."""

    content: str
    title: str = ""
    uri: str = ""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)


@config_value
class KnowledgeQuery:
    """What to look for. `top_k` bounds the items of the whole bundle; `source_names` empty means every source."""

    text: str
    goal: str = ""
    top_k: Count = 5
    source_names: list[str] = field(default_factory=list[str])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)


@config_value
class KnowledgeCitation:
    """Where a piece of evidence comes from."""

    source_name: str
    title: str = ""
    uri: str = ""
    snippet: str = ""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)


@config_value
class KnowledgeEvidenceItem:
    """One piece of evidence. `score` is in 0..1, higher is more relevant."""

    source_name: str
    content: str
    title: str = ""
    uri: str = ""
    score: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)


@config_value
class KnowledgeEvidence:
    """What one source has for a query."""

    query: KnowledgeQuery
    items: list[KnowledgeEvidenceItem] = field(default_factory=list[KnowledgeEvidenceItem])
    citations: list[KnowledgeCitation] = field(default_factory=list[KnowledgeCitation])
    relevance_score: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)


@config_value
class KnowledgeBundle:
    """What all sources have for a query, best first."""

    query: KnowledgeQuery
    evidences: list[KnowledgeEvidence] = field(default_factory=list[KnowledgeEvidence])
    items: list[KnowledgeEvidenceItem] = field(default_factory=list[KnowledgeEvidenceItem])
    citations: list[KnowledgeCitation] = field(default_factory=list[KnowledgeCitation])
    relevance_score: float | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_context_payload(self) -> dict[str, Any]:
        """The fields that are set, as plain data."""
        return _payload(self)
