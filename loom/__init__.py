"""loom: an asyncio agent runtime.

Names are resolved when they are first used, so that `import loom` loads no provider SDK, no watchdog and no MCP.
"""

# pyright: reportUnsupportedDunderAll=false

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Agent": "loom.agent",
    "create_agent": "loom.agent",
    "tool": "loom.agent",
    "AgentConfig": "loom.config",
    "GenerationConfig": "loom.config",
    "KnowledgeDocument": "loom.config",
    "KnowledgeQuery": "loom.config",
    "KnowledgeSource": "loom.config",
    "ModelRef": "loom.config",
    "SessionConfig": "loom.config.session",
    "RunContext": "loom.types.runs",
    "Decision": "loom.types.approvals",
    "LoomError": "loom.errors",
    "ConfigError": "loom.errors",
    "SessionClosedError": "loom.errors",
    "ProviderError": "loom.errors",
    "ProviderUnavailableError": "loom.errors",
    "RateLimitError": "loom.errors",
    "AuthenticationError": "loom.errors",
    "InvalidRequestError": "loom.errors",
    "ResponseError": "loom.errors",
    "StreamInterruptedError": "loom.errors",
    "ToolError": "loom.errors",
    "ToolNotFoundError": "loom.errors",
    "ToolPermissionError": "loom.errors",
    "ToolArgumentError": "loom.errors",
    "ToolExecutionError": "loom.errors",
    "ContextError": "loom.errors",
    "ContextOverflowError": "loom.errors",
    "MaxDepthError": "loom.errors",
    "RunLimitError": "loom.errors",
    "ApprovalError": "loom.errors",
    "HookDeniedError": "loom.errors",
    "AuditError": "loom.errors",
    "StoreError": "loom.errors",
    "SessionInUseError": "loom.errors",
    "WorkCancelledError": "loom.errors",
    "InterchangeError": "loom.errors",
    "KnowledgeError": "loom.errors",
    "CheckpointError": "loom.errors",
    "ToolServerError": "loom.errors",
    "SkillError": "loom.errors",
    "PluginError": "loom.errors",
    "VetoError": "loom.errors",
}

__all__ = [
    "Agent",
    "AgentConfig",
    "ApprovalError",
    "AuditError",
    "AuthenticationError",
    "CheckpointError",
    "ConfigError",
    "ContextError",
    "ContextOverflowError",
    "Decision",
    "GenerationConfig",
    "HookDeniedError",
    "InterchangeError",
    "InvalidRequestError",
    "KnowledgeDocument",
    "KnowledgeError",
    "KnowledgeQuery",
    "KnowledgeSource",
    "LoomError",
    "MaxDepthError",
    "ModelRef",
    "PluginError",
    "ProviderError",
    "ProviderUnavailableError",
    "RateLimitError",
    "ResponseError",
    "RunContext",
    "RunLimitError",
    "SessionClosedError",
    "SessionConfig",
    "SessionInUseError",
    "SkillError",
    "StoreError",
    "StreamInterruptedError",
    "ToolArgumentError",
    "ToolError",
    "ToolExecutionError",
    "ToolNotFoundError",
    "ToolPermissionError",
    "ToolServerError",
    "VetoError",
    "WorkCancelledError",
    "__version__",
    "create_agent",
    "tool",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'loom' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
