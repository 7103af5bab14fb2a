"""The 0.7.3 names of the errors; nothing inside loom imports them from here."""

from loom.utils.errors import (
    ContextError,
    ContextOverflowError,
    LoomError,
    MaxDepthError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitError,
    ToolError,
    ToolExecutionError,
    ToolNotFoundError,
    ToolPermissionError,
    VetoError,
)

__all__ = [
    "ContextError",
    "ContextOverflowError",
    "LoomError",
    "MaxDepthError",
    "ProviderError",
    "ProviderUnavailableError",
    "RateLimitError",
    "ToolError",
    "ToolExecutionError",
    "ToolNotFoundError",
    "ToolPermissionError",
    "VetoError",
]
