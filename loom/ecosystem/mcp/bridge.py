"""Servers from code that has no event loop, with the names of 0.7.3: `MCPBridge`. Agents use `AgentServers`.

Whoever calls `execute_tool` in code answers for it, as for any function: it passes no gate.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from loom.config.mcp import MCPServerConfig, check_server
from loom.ecosystem.mcp.entries import AGENT, ServerEntry
from loom.ecosystem.mcp.launch import fill_in
from loom.ecosystem.mcp.pool import ServerPool
from loom.ecosystem.mcp.questions import ActiveCall
from loom.ecosystem.mcp.results import blocks_of_call
from loom.ecosystem.mcp.server import McpServer, ServerState
from loom.errors import ToolServerError

T = TypeVar("T")


@dataclass
class MCPServer:
    """A server as the bridge knows it; `tools` and `resources` are its own JSON, once it was asked."""

    name: str
    config: MCPServerConfig
    scope: str = "user"
    plugin_source: str | None = None
    connected: bool = False
    tools: list[dict[str, Any]] | None = None
    resources: list[dict[str, Any]] | None = None


class MCPBridge:
    """Connects servers and calls their tools; each method blocks. `close` ends what was connected.

    Unlike 0.7.3, a server that can't be connected is not said to be: `connect` is False, and `problem` says why.
    """

    def __init__(self) -> None:
        self.servers: dict[str, MCPServer] = {}
        self._instructions: dict[str, str] = {}
        self._live: dict[str, McpServer] = {}
        self._pool = ServerPool()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def register_server(
        self, name: str, config: MCPServerConfig, scope: str = "user", plugin_source: str | None = None
    ) -> None:
        """Make a server known; nothing is started. Raises ConfigError for one that can't be."""
        if not config.mock_tools or config.command or config.url:
            check_server(name, config, "MCPBridge")
        self.servers[name] = MCPServer(name, config, scope, plugin_source)
        self._instructions[name] = config.instructions

    def resolve_env_vars(self, value: str, plugin_path: str | None = None) -> str:
        """`value` with `${VAR}` filled in; what is not set stays as it stands. `plugin_path` is CLAUDE_PLUGIN_ROOT."""
        plugin = {"CLAUDE_PLUGIN_ROOT": plugin_path} if plugin_path is not None else {}
        try:
            return fill_in(value, {**os.environ, **plugin})
        except KeyError:
            return value

    def connect(self, server_name: str) -> bool:
        """Start or reach a server; whether it is ready. Raises ToolServerError for one that is not known."""
        server = self._known(server_name)
        if server.config.disabled:
            return False
        if not self._is_mock(server):
            server.connected = self._run(self._connect(server))
        else:
            server.connected = True
        return server.connected

    def problem(self, server_name: str) -> str:
        """Why a server is not connected, in a sentence; empty if it is."""
        live = self._live.get(server_name)
        return live.detail if live is not None and live.state is not ServerState.READY else ""

    def list_tools(self, server_name: str) -> list[dict[str, Any]]:
        """The server's tools: name, description, inputSchema. Raises ToolServerError."""
        server = self._known(server_name)
        if self._is_mock(server):
            server.tools = list(server.config.mock_tools)
        else:
            tools = self._ready(server).tools.values()
            made = [tool.now for tool in tools if tool.now is not None and not tool.now.problem]
            server.tools = [{"name": t.name, "description": t.description, "inputSchema": t.schema} for t in made]
        return server.tools

    def list_resources(self, server_name: str) -> list[dict[str, Any]]:
        """What the server has to read. Raises ToolServerError."""
        server = self._known(server_name)
        if self._is_mock(server):
            server.resources = list(server.config.mock_resources)
        else:
            live = self._ready(server)
            server.resources = self._run(live.resources()) if live.has_resources else []
        return server.resources

    def read_resource(self, server_name: str, uri: str) -> dict[str, Any] | None:
        """What a resource holds, as the server's own JSON; None for one of a stand-in. Raises ToolServerError."""
        server = self._known(server_name)
        if self._is_mock(server):
            return next((each for each in server.config.mock_resources if each.get("uri") == uri), None)
        return self._run(self._ready(server).read(uri))

    def execute_tool(self, server_name: str, tool_name: str, **kwargs: Any) -> Any:
        """What a tool gives: text, or content blocks. Raises ToolServerError, also where the tool itself failed."""
        server = self._known(server_name)
        if self._is_mock(server):
            return server.config.mock_tool_results.get(tool_name)
        live = self._ready(server)
        result = self._run(live.call(tool_name, kwargs, _no_progress, ActiveCall(None), server.config.timeout_s))
        blocks = blocks_of_call(result)
        if result.get("isError"):
            raise ToolServerError(f"{tool_name!r} of the server {server_name!r} failed: {blocks}")
        return blocks

    def get_instructions(self, server_name: str) -> str:
        """What models are to be told of the server: what was set, else what it says itself."""
        live = self._live.get(server_name)
        words = live.words.now if live is not None and live.words is not None else None
        return self._instructions.get(server_name) or (words.description if words is not None else "")

    def set_instructions(self, server_name: str, instructions: str) -> None:
        """Say what models are to be told of the server."""
        self._instructions[server_name] = instructions

    def close(self) -> None:
        """End every server, and the thread that they are spoken to in."""
        loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._pool.aclose(), loop).result()
        self._live.clear()
        for server in self.servers.values():
            server.connected = False
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    async def _connect(self, server: MCPServer) -> bool:
        live = self._live.get(server.name)
        if live is None or live.entry.config != server.config:
            entry = ServerEntry(server.name, server.config, AGENT, "MCPBridge.register_server")
            live = self._live[server.name] = self._pool.use(entry)
        elif live.state is not ServerState.READY:
            live.restart()
        await live.connected_once.wait()
        return live.state is ServerState.READY

    def _known(self, name: str) -> MCPServer:
        server = self.servers.get(name)
        if server is None:
            raise ToolServerError(f"There is no server {name!r}; register_server makes one known")
        return server

    def _ready(self, server: MCPServer) -> McpServer:
        if not server.connected and not self.connect(server.name):
            why = self.problem(server.name) or "it is disabled"
            raise ToolServerError(f"The server {server.name!r} can't be connected: {why}")
        return self._live[server.name]

    def _is_mock(self, server: MCPServer) -> bool:
        config = server.config
        return bool(config.mock_tools or config.mock_resources) and not (config.command or config.url)

    def _run(self, coro: Coroutine[Any, Any, T]) -> T:
        """What `coro` gives, made on the bridge's own loop, since connections belong to one."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="loom-mcp-bridge", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(coro, self._loop).result()


_default: list[MCPBridge] = []


def get_default_mcp_bridge() -> MCPBridge:
    """One bridge for the whole program, made when it is first asked for."""
    if not _default:
        _default.append(MCPBridge())
    return _default[0]


async def _no_progress(_done: float, _total: float | None, _message: str | None) -> None:
    """Nobody looks."""
