"""Which tools a model is told of: all of them while they are few, else those it works with and a way to find others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from loom.config.tools import ToolSpec

FIND_TOOLS = "find_tools"
"""The tool that searches the others; where it is among an agent's tools, they are many."""
ALWAYS = "always_offered"
"""In a tool's extensions: it is told of however many there are."""


def offered(tools: Sequence[ToolSpec], found: Sequence[str]) -> list[ToolSpec]:
    """The tools that are told of: what stays first, then what was found, in that order, so that a cache keeps most."""
    if all(tool.name != FIND_TOOLS for tool in tools):
        return list(tools)
    by_name = {tool.name: tool for tool in tools}
    stable = [tool for tool in tools if tool.extensions.get(ALWAYS)]
    return [*stable, *(by_name[name] for name in found if is_findable(name, by_name))]


def findable(tools: Iterable[ToolSpec]) -> list[ToolSpec]:
    """The tools that are told of only once they were found, where there are many."""
    return [tool for tool in tools if not tool.extensions.get(ALWAYS)]


def is_findable(name: str, tools: Mapping[str, ToolSpec]) -> bool:
    """Whether a tool has to be found before it is told of."""
    return FIND_TOOLS in tools and name in tools and not tools[name].extensions.get(ALWAYS)


def told_tools(wanted: str, tools: Mapping[str, ToolSpec]) -> str:
    """Which tools there are, for a model that asked for one that there is not: the closest, where they are many."""
    if FIND_TOOLS not in tools:
        return f"The tools are: {', '.join(sorted(tools)) or 'none'}"
    import difflib  # only for a call that can't be made

    close = difflib.get_close_matches(wanted, tools, 5, 0.5)
    alike = f"Like it are: {', '.join(close)}. " if close else ""
    return f"{alike}There are {len(tools)} tools; {FIND_TOOLS} finds those for a task."
