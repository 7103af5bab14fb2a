"""OpenTelemetry spans of an agent's runs, for whoever wants them (extra `otel`). Nothing is sent by itself.

`trace_agent(agent)` follows an agent; `[runtime.features] open_telemetry = true` does so from its file.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from loom.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider

    from loom.config.agent import AgentConfig
    from loom.runtime.consumers import EventConsumer

__all__ = ["make_tracing", "trace_agent"]


def make_tracing(
    config: AgentConfig, tracer_provider: TracerProvider | None = None, *, with_content: bool = False
) -> EventConsumer:
    """What makes spans of the events of an agent, by the program's tracer provider if none is given.

    `with_content` puts what was said, and arguments and results of tools, into the spans; secrets in arguments and
    results are hidden, what people write is as they wrote it. Raises ConfigError where the extra is not installed.
    """
    try:
        tracing: Any = importlib.import_module("loom.telemetry.tracing")
    except ImportError as error:
        raise ConfigError(f"OpenTelemetry is not installed ({error}): pip install 'loom-studio[otel]'") from None
    return tracing.Tracing(config, tracer_provider, with_content=with_content)


def trace_agent(agent: Any, tracer_provider: TracerProvider | None = None, *, with_content: bool = False) -> None:
    """Make spans of every run of an agent that begins from now on. Raises ConfigError as `make_tracing` does."""
    consumer = make_tracing(agent.config, tracer_provider, with_content=with_content)
    agent.engine.consumers.append(consumer)
