"""The tool servers of the person's profile and of workspaces, for panels: one pool for every session of the window."""

from __future__ import annotations

import asyncio
import importlib
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.runtime_words import said, said_of
from loom_studio.services.undo import Undo
from loom_studio.texts import marked, plural, tr

if TYPE_CHECKING:
    from loom.config import AgentConfig, MCPServerConfig
    from loom.ecosystem.mcp.asks import Answer, ServerAsk
    from loom.ecosystem.mcp.entries import ServerEntry
    from loom.ecosystem.mcp.launch import Launch
    from loom.ecosystem.mcp.pool import ServerPool
    from loom.ecosystem.mcp.server import McpServer

SETTLED_MS = 50
TEST_LIMIT_S = 60.0
STATES = {
    "idle": marked("idle"),
    "disabled": marked("disabled"),
    "suspended": marked("suspended"),
    "connecting": marked("connecting"),
    "ready": marked("ready"),
    "degraded": marked("degraded"),
    "failed": marked("failed"),
    "wrong": marked("wrong"),
    "not agreed to": marked("not agreed to"),
}
SCOPES = {
    "agent": marked("agent"),
    "workspace": marked("workspace"),
    "profile": marked("profile"),
    "plugin": marked("plugin"),
}


class ServerRow(NamedTuple):
    """A server as a list shows it: what it is, in a word how it is, and a sentence about that."""

    entry: ServerEntry
    state: str
    detail: str
    server: McpServer | None

    @property
    def name(self) -> str:
        """The server's name."""
        return self.entry.name


class Consent(NamedTuple):
    """What a person is asked to agree to: all that is started, and what was agreed to before."""

    launch: Launch
    before: tuple[str, ...]


class McpService(QObject):
    """`changed` says that something of a server is another, `asked` that what waits for the person is."""

    changed = Signal()
    asked = Signal()

    def __init__(
        self, folder: Path, parent: QObject | None = None, *, is_safe: bool = False, undo: Undo | None = None
    ) -> None:
        super().__init__(parent)
        self._is_safe = is_safe
        self._undo = undo
        self.folder = folder
        self._pool: ServerPool | None = None
        self._held: dict[str, McpServer] = {}
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLED_MS)
        self._settle.timeout.connect(self.changed)

    async def load(self) -> ServerPool:
        """The pool, imported in a thread when it is first wanted."""
        if self._pool is None:
            await in_thread(importlib.import_module, "loom.ecosystem.mcp.agent_servers")
        return self.pool()

    def pool(self) -> ServerPool:
        """The pool that agents share."""
        if self._pool is None:
            from loom.ecosystem.mcp.pool import ServerPool

            self._pool = ServerPool(self.folder)
            self._pool.listen(self._settle.start)
            self._pool.desk.attach(self.asked.emit)
        return self._pool

    def pending(self) -> list[ServerAsk]:
        """What servers ask now, oldest first."""
        return self._pool.desk.pending if self._pool is not None else []

    def answer(self, ask_id: str, answer: Answer) -> None:
        """Answer a server. Raises ApprovalError if it no longer waits."""
        self.pool().desk.answer(ask_id, answer)

    async def rows(self, workspace: Path, config: AgentConfig | None) -> tuple[list[ServerRow], str]:
        """Every server that the agent may use in this workspace, and what is wrong with the files, if anything."""
        pool = await self.load()
        await in_thread(pool.pins.load)
        entries, problem = await in_thread(_entries, self.folder, workspace, config)
        return [self._row(pool, entry) for entry in entries], problem

    def find(self, entry: ServerEntry) -> McpServer | None:
        """The server of an entry, if somebody uses it."""
        return next((each for each in self.pool().servers if each.entry == entry), None)

    async def consent(self, entry: ServerEntry) -> Consent:
        """What starting a server means now. Raises ToolServerError where it can't be started."""
        from loom.ecosystem.mcp.launch import launch_of

        pool = await self.load()
        launch = await in_thread(launch_of, entry)
        await in_thread(pool.pins.load)
        pin = pool.pins.get(entry.key)
        return Consent(launch, pin.shown if pin is not None and pin.hash != launch.hash else ())

    def needs_consent(self, entry: ServerEntry, consent: Consent) -> bool:
        """Whether this start was not agreed to yet."""
        return not self.pool().pins.agrees(entry.key, consent.launch)

    async def agree(self, entry: ServerEntry, consent: Consent) -> None:
        """Agree to exactly what was shown. Raises ToolServerError if it is another by now."""
        from loom.errors import ToolServerError

        now = await self.consent(entry)
        if now.launch.hash != consent.launch.hash:
            raise ToolServerError(
                tr("How {server!r} is started changed while you looked: look at it again", server=entry.name)
            )
        await in_thread(self.pool().pins.approve, entry.key, consent.launch)
        server = self.find(entry)
        if server is not None:
            server.restart()
        self.changed.emit()

    async def withdraw(self, entry: ServerEntry) -> None:
        """Take an agreement back; what runs of it is ended."""
        await in_thread(self.pool().pins.withdraw, entry.key)
        server = self.find(entry)
        if server is not None:
            server.restart()
        self.changed.emit()

    async def test(self, entry: ServerEntry) -> str:
        """Connect a server, and keep it until the window closes; says what came of it."""
        if self._is_safe:
            return tr(
                "{server} is not started: this is safe mode. Start the Studio without --safe-mode to use it.",
                server=entry.name,
            )
        pool = await self.load()
        server = self._held.get(entry.key)
        if server is None or server.entry != entry:
            await self.let_go(entry)
            server = self._held[entry.key] = pool.use(entry)
        elif server.state.value != "ready":
            server.restart()
        began = time.monotonic()
        try:
            async with asyncio.timeout(TEST_LIMIT_S):
                await server.connected_once.wait()
        except TimeoutError:
            return tr("{server} did not answer within {seconds:g} s", server=entry.name, seconds=TEST_LIMIT_S)
        if server.state.value != "ready":
            state = tr(STATES.get(server.state.value, server.state.value))
            return tr("{server}: {state}: {detail}", server=entry.name, state=state, detail=said(server.detail))
        return plural(
            "{server} is ready: {n} tool, in {seconds:.1f} s, protocol {protocol}",
            "{server} is ready: {n} tools, in {seconds:.1f} s, protocol {protocol}",
            len(server.tools),
            server=entry.name,
            seconds=time.monotonic() - began,
            protocol=server.protocol,
        )

    async def let_go(self, entry: ServerEntry) -> None:
        """End the use that a test began."""
        held = self._held.pop(entry.key, None)
        if held is not None:
            await self.pool().release(held)

    async def put(self, name: str, config: MCPServerConfig | None) -> None:
        """Put a server into the profile's file, or take it out (None). Raises ConfigError."""
        from loom.ecosystem.mcp.entries import add_to_profile

        await in_thread(add_to_profile, self.folder, name, config)
        self.changed.emit()

    async def remove(self, entry: ServerEntry) -> None:
        """Take a server out of the profile; it can be taken back. Raises ConfigError."""
        await self.let_go(entry)
        await self.put(entry.name, None)
        if self._undo is not None:
            back = partial(self.put, entry.name, entry.config)
            self._undo.offer(tr("The tool server “{server}” was removed.", server=entry.name), back)

    async def switch(self, entry: ServerEntry, *, on: bool) -> None:
        """Use a server of the profile, or no longer. Raises ConfigError."""
        await self.let_go(entry)
        await self.put(entry.name, replace(entry.config, disabled=not on))

    async def paste(self, text: str) -> list[str]:
        """Put the servers of a JSON text into the profile; their names. Raises ConfigError, and then puts none."""
        from loom.ecosystem.mcp.entries import PROFILE, parse_servers
        from loom.errors import ConfigError

        entries = parse_servers(text, PROFILE, "what you pasted", None)
        wrong = next((entry.problem for entry in entries if entry.problem), "")
        if wrong:
            raise ConfigError(wrong)
        for entry in entries:
            await self.put(entry.name, entry.config)
        return [entry.name for entry in entries]

    async def aclose(self) -> None:
        """End every server."""
        self._settle.stop()
        if self._pool is not None:
            await self._pool.aclose()

    def _row(self, pool: ServerPool, entry: ServerEntry) -> ServerRow:
        server = self.find(entry)
        if entry.problem:
            return ServerRow(entry, "wrong", said(entry.problem), server)
        if entry.config.disabled:
            return ServerRow(entry, "disabled", "", None)
        if server is not None:
            return ServerRow(entry, server.state.value, said(server.detail), server)
        pin = pool.pins.get(entry.key)
        if pin is not None and bool(pin.hash):
            return ServerRow(entry, "idle", "", None)
        return ServerRow(entry, "not agreed to", tr("nothing is started yet"), None)


def _entries(folder: Path, workspace: Path, config: AgentConfig | None) -> tuple[list[ServerEntry], str]:
    """Blocks."""
    from loom.ecosystem.mcp.entries import agent_entries, file_entries

    own = agent_entries(config.mcp_servers, config.name, workspace) if config is not None else []
    names, problem = {entry.name for entry in own}, ""
    try:
        found = file_entries(folder, workspace)
    except LoomError as error:
        found, problem = [], said_of(error)
    chosen = config.mcp if config is not None else None
    kept = [each for each in found if each.name not in names and (chosen is None or each.name in chosen)]
    return [*own, *(replace(each, workspace=workspace) for each in kept)], problem
