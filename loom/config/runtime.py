"""Limits and features of the loop."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from loom.errors import ConfigError
from loom.types.checked import AboveZero, AtLeastOne, config_value


class RuntimeFallbackMode(StrEnum):
    """What a run does when there is no provider."""

    LOCAL_SUMMARY = "local_summary"
    ERROR = "error"


@config_value
class RuntimeFallback:
    """What a run does when there is no provider: fail, or (when asked for) complete with a made-up summary."""

    mode: RuntimeFallbackMode = RuntimeFallbackMode.ERROR
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])


@config_value
class RuntimeLimits:
    """Where a run ends in a named state with what was done so far; None means no limit.

    `max_iterations` counts model calls. `max_wall_time_s` is seconds from the run's start, approvals' waiting time
    left out. `max_total_tokens` counts input and output of every call; `max_cost_usd` their price where it is known.
    `max_context_tokens` bounds the request; without it the model's window does. `tool_timeout_s` bounds each tool
    call that names no limit of its own.
    """

    max_iterations: AtLeastOne = 100
    max_context_tokens: AtLeastOne | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    max_wall_time_s: AboveZero | None = None
    max_total_tokens: AtLeastOne | None = None
    max_cost_usd: AboveZero | None = None
    tool_timeout_s: AboveZero = 600.0


@config_value
class RuntimeLiveness:
    """When a run counts as quiet and as stalled, by seconds without progress, and how many same calls are a loop."""

    quiet_s: float = 300.0
    stalled_s: float = 900.0
    same_calls: int = 3

    def __post_init__(self) -> None:
        """Refuse what could never be reached, or would always be."""
        if not 0 < self.quiet_s <= self.stalled_s:
            raise ConfigError(
                f"RuntimeLiveness: quiet_s must be above 0 and at most stalled_s, got {self.quiet_s:g} and "
                f"{self.stalled_s:g}"
            )
        if self.same_calls < 2:
            raise ConfigError(f"RuntimeLiveness.same_calls must be at least 2, got {self.same_calls}")


@config_value
class RuntimeFeatures:
    """What of the runtime is on. Without `enable_safety`, safety rules are not applied (a warning says so).

    `insights` keeps, in the person's profile alone, which tool calls succeed. `open_telemetry` makes spans of runs for
    the program's own tracer provider (extra `otel`); `open_telemetry_content` puts into them what was said.
    """

    enable_safety: bool = True
    fallback: RuntimeFallback = field(default_factory=RuntimeFallback)
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    insights: bool = True
    open_telemetry: bool = False
    open_telemetry_content: bool = False


@config_value
class RuntimeConfig:
    """Engine-level limits and features."""

    limits: RuntimeLimits = field(default_factory=RuntimeLimits)
    features: RuntimeFeatures = field(default_factory=RuntimeFeatures)
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    liveness: RuntimeLiveness = field(default_factory=RuntimeLiveness)
