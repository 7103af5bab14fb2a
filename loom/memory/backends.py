"""From a memory configuration to a store."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loom.config.memory import MemoryBackend, MemoryConfig
from loom.data_place import data_folder
from loom.entry_points import load, names_in
from loom.errors import ConfigError
from loom.memory.in_memory import InMemoryStore
from loom.memory.sqlite_store import SQLiteStore
from loom.memory.store import Store

StoreFactory = Callable[[dict[str, Any]], Store]
"""Makes a store from the `options` of a `MemoryBackend.custom`."""

GROUP = "loom.stores"
"""The entry point under which packages bring a StoreFactory."""

_CUSTOM: dict[str, StoreFactory] = {}


def register_backend(name: str, factory: StoreFactory) -> None:
    """Make `MemoryBackend.custom(name)` mean the stores that `factory` makes."""
    _CUSTOM[name] = factory


def default_path() -> Path:
    """Where command line and Studio keep their sessions: in LOOM_HOME, or in the platform's user data folder."""
    return Path(os.environ.get("LOOM_HOME") or data_folder("loom")) / "loom.db"


def open_store(memory: MemoryConfig | None) -> Store:
    """The store that a configuration asks for; blocks. Raises StoreError, ConfigError for one that there is not."""
    backend = memory.backend if memory is not None and memory.enabled else MemoryBackend.in_memory()
    if backend.name == "in_memory":
        return InMemoryStore()
    if backend.name == "sqlite":
        path = backend.options.get("path", "")
        if not isinstance(path, str):
            raise ConfigError(f"memory.backend.options['path'] must be a str, got {type(path).__name__}")
        return SQLiteStore(path or default_path())
    if backend.name in _CUSTOM:
        return _CUSTOM[backend.name](backend.options)
    brought = names_in(GROUP)
    if backend.name not in brought:
        known = ", ".join(["in_memory", "sqlite", *_CUSTOM, *brought])
        raise ConfigError(
            f"memory.backend.name is {backend.name!r}, but no such backend is registered; there are: {known} "
            "(loom.memory.backends.register_backend adds one)"
        )
    return load(GROUP, backend.name)(backend.options)
