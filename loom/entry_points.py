"""What other installed packages bring under the entry points of loom, each read when it is first asked for by name.

`loom.providers`, `loom.stores`, `loom.tools`, `loom.plugins`; `loom.monitors` is read in `loom.heartbeat.sources`.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loom.errors import ConfigError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def names_in(group: str) -> list[str]:
    """The names that installed packages have in a group, sorted; nothing of theirs is imported. Blocks."""
    return list(_names(group, tuple(sys.path)))


def load(group: str, name: str) -> Any:
    """What a package brings under a name; imports it, which blocks. Raises ConfigError, saying which package fails."""
    found = _found(group, name)
    if found is None:
        raise ConfigError(f"No installed package brings {name!r} for {group}; there are: {_known(group)}")
    try:
        return found.load()
    except Exception as error:
        raise ConfigError(f"{name!r} of {_package(found)} can't be used: {type(error).__name__}: {error}") from error


@lru_cache(maxsize=64)
def _names(group: str, _path: tuple[str, ...]) -> tuple[str, ...]:
    """Read once for a path: what is installed while a program runs is there at its next start."""
    from importlib.metadata import entry_points  # it brings a reader of mails along, and is seldom needed

    return tuple(sorted(entry_points(group=group).names))


def _found(group: str, name: str) -> EntryPoint | None:
    from importlib.metadata import entry_points

    return next(iter(entry_points(group=group, name=name)), None)


def _known(group: str) -> str:
    return ", ".join(names_in(group)) or "none"


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
