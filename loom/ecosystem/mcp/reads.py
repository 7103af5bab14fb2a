"""What was read of a server's resources, and which of it the server says changed since."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

MOST_HELD = 100
"""So many addresses are watched for changes, those that were read last."""


class Reads:
    """The addresses that were read of one server, each with how often the server said that it changed.

    `more` is set when an address is to be watched that was not before.
    """

    def __init__(self) -> None:
        self.more = asyncio.Event()
        self._changes: dict[str, int] = {}
        self._listeners: list[tuple[str, Callable[[], None]]] = []

    @property
    def addresses(self) -> list[str]:
        """What is watched, in the order in which it was first read."""
        return list(self._changes)

    def note(self, uri: str) -> int:
        """Watch an address from now on; returns how often it changed so far."""
        if uri not in self._changes:
            while len(self._changes) >= MOST_HELD:
                del self._changes[next(iter(self._changes))]
            self._changes[uri] = 0
            self.more.set()
        return self._changes[uri]

    def changes(self, uri: str) -> int:
        """How often it changed; 0 for what is not watched."""
        return self._changes.get(uri, 0)

    def changed(self, uri: str) -> None:
        """Note that the server says so of an address, or of a part of what is there; nothing where nobody read it."""
        held = [each for each in self._changes if uri == each or uri.startswith(f"{each.rstrip('/')}/")]
        for each in held:
            self._changes[each] += 1
        for address, listener in list(self._listeners):
            if address in held:
                listener()

    def listen(self, uri: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called each time that an address changed; returns what ends that."""
        one = uri, changed
        self._listeners.append(one)
        return lambda: self._listeners.remove(one) if one in self._listeners else None
