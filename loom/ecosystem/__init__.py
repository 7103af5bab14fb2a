"""What an agent can be given from outside: skills, plugins, instructions of a project, servers.

Names are resolved when they are first used, as in `loom` itself.
"""

# pyright: reportUnsupportedDunderAll=false

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "Skill": "loom.ecosystem.skill",
    "SkillRegistry": "loom.ecosystem.skill",
    "SkillLoader": "loom.ecosystem.skill",
    "Plugin": "loom.ecosystem.plugin",
    "PluginLoader": "loom.ecosystem.plugin",
    "PluginManifest": "loom.ecosystem.plugin",
    "EcosystemManager": "loom.ecosystem.integration",
    "MCPBridge": "loom.ecosystem.mcp.bridge",
    "MCPServer": "loom.ecosystem.mcp.bridge",
    "MCPServerConfig": "loom.config.mcp",
    "MCPTransportType": "loom.config.mcp",
}

__all__ = [
    "EcosystemManager",
    "MCPBridge",
    "MCPServer",
    "MCPServerConfig",
    "MCPTransportType",
    "Plugin",
    "PluginLoader",
    "PluginManifest",
    "Skill",
    "SkillLoader",
    "SkillRegistry",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'loom.ecosystem' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
