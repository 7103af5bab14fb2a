"""Tools that an installed package brings under the entry point `loom.tools`, by the name that an agent file gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from loom.config.tools import ToolSpec
from loom.entry_points import load
from loom.errors import ConfigError

GROUP = "loom.tools"


def tools_of(name: str) -> list[ToolSpec]:
    """The tools of an entry point: a ToolSpec, a function, or a list of them; blocks. Raises ConfigError."""
    brought = load(GROUP, name)
    listed: Sequence[Any] = cast("Sequence[Any]", brought) if isinstance(brought, (list, tuple)) else [brought]
    return [_tool(each, name) for each in listed]


def _tool(brought: Any, name: str) -> ToolSpec:
    if isinstance(brought, ToolSpec):
        return brought
    if callable(brought):
        return ToolSpec.from_function(cast("Callable[..., Any]", brought))
    raise ConfigError(f"{name!r} of {GROUP} brings {type(brought).__name__}, which is no tool")
