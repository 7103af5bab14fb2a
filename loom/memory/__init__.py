"""What is remembered: the log of sessions, the four tiers of 0.7.3, and files that a person can read (`files`)."""

# pyright: reportUnsupportedDunderAll=false

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.memory.key_value import InMemoryStore as InMemoryStore
    from loom.memory.key_value import MemoryStore as MemoryStore
    from loom.memory.persistent import PersistentMemory as PersistentMemory
    from loom.memory.semantic import MemoryEntry as MemoryEntry
    from loom.memory.semantic import SemanticMemory as SemanticMemory
    from loom.memory.session import SessionMemory as SessionMemory
    from loom.memory.working import WorkingMemory as WorkingMemory

_HOMES = {
    "InMemoryStore": "key_value",
    "MemoryEntry": "semantic",
    "MemoryStore": "key_value",
    "PersistentMemory": "persistent",
    "SemanticMemory": "semantic",
    "SessionMemory": "session",
    "WorkingMemory": "working",
}

__all__ = [
    "InMemoryStore",
    "MemoryEntry",
    "MemoryStore",
    "PersistentMemory",
    "SemanticMemory",
    "SessionMemory",
    "WorkingMemory",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'loom.memory' has no attribute {name!r}")
    return getattr(importlib.import_module(f"loom.memory.{_HOMES[name]}"), name)
