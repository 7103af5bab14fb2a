"""Where sessions keep what they remember."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Any

from loom.errors import ConfigError
from loom.types.checked import config_value


@config_value
class MemoryBackend:
    """Where memory is kept."""

    name: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def in_memory(cls, *, extensions: dict[str, Any] | None = None) -> MemoryBackend:
        """In this process; gone with it."""
        return cls("in_memory", {}, extensions or {})

    @classmethod
    def sqlite(cls, path: str | Path = "", *, extensions: dict[str, Any] | None = None) -> MemoryBackend:
        """In a SQLite file, where sessions outlive the process; by default the one of command line and Studio."""
        return cls("sqlite", {"path": str(path)} if str(path) not in ("", ".") else {}, extensions or {})

    @classmethod
    def custom(
        cls, name: str, *, options: dict[str, Any] | None = None, extensions: dict[str, Any] | None = None
    ) -> MemoryBackend:
        """A backend by the name that it was registered under."""
        return cls(name, options or {}, extensions or {})


@config_value
class MemoryConfig:
    """Whether and where sessions remember, and how what the capability `memory` writes is kept.

    `namespace` is a folder of its own in the person's memory, for agents that are not to share what they remember.
    `expires_days` is after how many days it is forgotten, unless the agent says otherwise; None is never. `embedder`
    (as `ollama:nomic-embed-text`) has it found by meaning too.
    """

    enabled: bool = True
    backend: MemoryBackend = field(default_factory=MemoryBackend.in_memory)
    namespace: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    expires_days: float | None = None
    embedder: str = ""

    def __post_init__(self) -> None:
        """Refuse a time in which nothing could be remembered."""
        if self.expires_days is not None and not self.expires_days > 0:
            raise ConfigError(f"MemoryConfig.expires_days must be more than 0, got {self.expires_days:g}")
