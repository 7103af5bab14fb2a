"""What a session is made with."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from loom.config.validation import config_value


@config_value
class SessionConfig:
    """A session's identity and what is known about it. The same `id` gives the same session of an agent."""

    id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_metadata(self) -> dict[str, Any]:
        """Metadata, with extensions laid over it."""
        return {**self.metadata, **self.extensions}
