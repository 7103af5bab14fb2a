"""Tool servers that speak the Model Context Protocol: found, agreed to, connected, and their tools offered to agents.

`entries` reads who is configured, `launch` what is started, `pins` what a person agreed to; `server` keeps one
connected over `connection` (the official SDK); `agent_servers` puts tools among an agent's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.config.mcp import MCPServerConfig, MCPTransportType
    from loom.ecosystem.mcp.bridge import MCPBridge, MCPServer, get_default_mcp_bridge
    from loom.ecosystem.mcp.pool import ServerPool

__all__ = [
    "MCPBridge",
    "MCPServer",
    "MCPServerConfig",
    "MCPTransportType",
    "ServerPool",
    "get_default_mcp_bridge",
]
_HOMES = {
    "MCPServerConfig": "loom.config.mcp",
    "MCPTransportType": "loom.config.mcp",
    "ServerPool": "loom.ecosystem.mcp.pool",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "loom.ecosystem.mcp.bridge")), name)
