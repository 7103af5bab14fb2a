"""Values under keys, for code that brings or wants a store of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from typing_extensions import override


class MemoryStore(ABC):
    """Keeps objects under keys."""

    @abstractmethod
    def save(self, key: str, value: dict[str, Any]) -> None:
        """Keep an object under a key."""

    @abstractmethod
    def load(self, key: str) -> dict[str, Any] | None:
        """The object under a key; None where there is none."""


class InMemoryStore(MemoryStore):
    """In this process, gone with it."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, Any]] = {}

    @override
    def save(self, key: str, value: dict[str, Any]) -> None:
        self.data[key] = value

    @override
    def load(self, key: str) -> dict[str, Any] | None:
        return self.data.get(key)
