"""What a session is made with."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from loom.errors import ConfigError
from loom.types.checked import config_value


@config_value
class SessionConfig:
    """A session's identity and what is known about it. The same `id` gives the same session of an agent."""

    id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Refuse an id that no file could hold."""
        if self.id is not None and not _is_text(self.id):
            raise ConfigError(f"SessionConfig.id must be text that UTF-8 can hold, got {self.id!r}")

    def to_metadata(self) -> dict[str, Any]:
        """Metadata, with extensions laid over it."""
        return {**self.metadata, **self.extensions}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
