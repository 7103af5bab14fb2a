"""Which tools may run, how often, and under which name that policy goes."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from loom.config.permissions import PermissionRules
from loom.types.checked import Count, config_value


@config_value
class ToolAccessPolicy:
    """Which tools may run.

    `allow` None (the default): read-only tools run, others need permission. `allow` with names: exactly those are
    permitted; an empty list permits nothing. A destructive tool needs `allow_destructive` too. `deny` takes globs
    (`mcp__*`) and always wins. `read_only_only` refuses every tool that is not read-only.
    """

    allow: list[str] | None = None
    deny: list[str] = field(default_factory=list[str])
    read_only_only: bool = False
    allow_destructive: bool = False


@config_value
class ToolRateLimitPolicy:
    """How many tool calls the agent may attempt in any 60 seconds, over all its sessions and runs."""

    max_calls_per_minute: Count = 60


@config_value
class ToolPolicy:
    """Access and rate limits of tools."""

    access: ToolAccessPolicy = field(default_factory=ToolAccessPolicy)
    rate_limits: ToolRateLimitPolicy = field(default_factory=ToolRateLimitPolicy)
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])


@config_value
class PolicyContext:
    """The name of the situation that a policy is for."""

    name: str = "default"
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def default(cls, *, extensions: dict[str, Any] | None = None) -> PolicyContext:
        """The context named `default`."""
        return cls("default", extensions or {})

    @classmethod
    def named(cls, name: str, *, extensions: dict[str, Any] | None = None) -> PolicyContext:
        """A context by name."""
        return cls(name, extensions or {})


@config_value
class PolicyConfig:
    """Everything about what an agent may do: by tool in `tools`, by single calls in `permissions`."""

    tools: ToolPolicy = field(default_factory=ToolPolicy)
    context: PolicyContext = field(default_factory=PolicyContext.default)
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    permissions: PermissionRules = field(default_factory=PermissionRules)
