"""What the provider itself does with a context that fills, where the agent asks for it and the model can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from loom.config.context import ContextConfig
from loom.providers.base import SERVER_CONTEXT, CompletionRequest
from loom.runtime.engine import Engine

BEFORE_OURS = 0.9
"""The provider begins at this share of our own level, so that ours is only needed where its work is not enough."""


def with_server_context(request: CompletionRequest, engine: Engine) -> CompletionRequest:
    """The request, with what the agent asks of the provider; as it is where there is nothing, or the model can't."""
    config = engine.config.context
    return request if config is None or not config.server_side else _asking(request, engine, config)


def _asking(request: CompletionRequest, engine: Engine, config: ContextConfig) -> CompletionRequest:
    can = engine.capabilities
    levels = {"edit": config.compression.snip_at, "compact": config.compression.collapse_at}
    able = {"edit": can.server_edit, "compact": can.server_compact}
    asked = {kind: int(BEFORE_OURS * levels[kind] * engine.window_tokens) for kind in config.server_side if able[kind]}
    return replace(request, extensions={**request.extensions, SERVER_CONTEXT: asked}) if asked else request


def told_edits(edits: Sequence[Mapping[str, Any]]) -> str:
    """What a provider left out, as people read it."""
    parts: list[str] = []
    for edit in edits:
        kind, cleared = str(edit.get("type", "")), edit.get("cleared_input_tokens")
        if kind.startswith("clear_tool_uses"):
            told = f"{edit.get('cleared_tool_uses', 'some')} tool results were left out"
        elif kind.startswith("compact"):
            told = "what is old was summed up"
        else:
            told = kind.replace("_", " ") or "something was left out"
        parts.append(f"{told} ({cleared:,} tokens)" if isinstance(cleared, int) else told)
    return ", ".join(parts)
