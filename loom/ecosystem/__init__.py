"""What an agent takes from the ecosystem: tool servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.ecosystem.mcp import MCPBridge, MCPServer, MCPServerConfig, MCPTransportType

__all__ = ["MCPBridge", "MCPServer", "MCPServerConfig", "MCPTransportType"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module("loom.ecosystem.mcp"), name)
