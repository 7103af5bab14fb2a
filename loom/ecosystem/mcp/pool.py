"""All servers that are in use: one for each start, shared by the agents that use it, closed with the last of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from loom.ecosystem.mcp.asks import AskDesk
from loom.ecosystem.mcp.entries import ServerEntry
from loom.ecosystem.mcp.pins import PINS_FILE, PinBook
from loom.ecosystem.mcp.server import McpServer
from loom.types.strict_json import fingerprint


class ServerPool:
    """The servers of one profile folder, or without one of the agents that code makes.

    With a profile no server is started that the person did not agree to. Without one there is nobody to ask: whoever
    makes an agent in code answers for its servers, and no file is read.
    """

    def __init__(self, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = environment
        self.desk = AskDesk()
        self.pins = PinBook(folder / PINS_FILE if folder is not None else None)
        self._servers: dict[str, McpServer] = {}
        self._uses: dict[str, int] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def servers(self) -> list[McpServer]:
        """Those in use, in the order of their first use."""
        return list(self._servers.values())

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called when anything of any server is another; returns what ends that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed) if changed in self._listeners else None

    def use(self, entry: ServerEntry) -> McpServer:
        """The server of an entry, started if it is not. Each use is ended by `release`."""
        key = _key(entry)
        server = self._servers.get(key)
        if server is None:
            server = McpServer(
                entry, self.pins, self.desk, needs_consent=self.folder is not None, environment=self.environment
            )
            server.listen(self._tell)
            self._servers[key] = server
            server.start()
        self._uses[key] = self._uses.get(key, 0) + 1
        self._tell()
        return server

    async def release(self, server: McpServer) -> None:
        """End a use; the last one ends the server."""
        key = _key(server.entry)
        self._uses[key] = self._uses.get(key, 1) - 1
        if self._uses[key] <= 0 and self._servers.get(key) is server:
            del self._servers[key], self._uses[key]
            await server.aclose()
            self._tell()

    async def aclose(self) -> None:
        """End every server, side by side."""
        servers = self.servers
        self._servers.clear()
        self._uses.clear()
        await asyncio.gather(*(server.aclose() for server in servers))

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def _key(entry: ServerEntry) -> str:
    return fingerprint([entry.key, str(entry.workspace), repr(entry.config), entry.problem])
