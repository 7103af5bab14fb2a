"""Which tools a model is told of: all of them while they are few, else those it works with and a way to find others."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from loom.config.tools import ToolSpec
from loom.context.tokens import estimate_text

FIND_TOOLS = "find_tools"
ALWAYS = "always_offered"
"""In a tool's extensions: it is told of however many there are."""
MANY_TOKENS = 6_000
"""Above this, in tokens of their definitions, tools are only told of once they were found."""


def offered(tools: Sequence[ToolSpec], found: Sequence[str]) -> list[ToolSpec]:
    """The tools that are told of, what stays first, then what was found, in that order; so a cache keeps the most."""
    finder = next((tool for tool in tools if tool.name == FIND_TOOLS), None)
    if finder is None:
        return list(tools)
    if not is_many(tools):
        return [tool for tool in tools if tool is not finder]
    by_name = {tool.name: tool for tool in tools}
    stable = [tool for tool in tools if tool.extensions.get(ALWAYS)]
    return [*stable, *(by_name[name] for name in found if name in by_name and not by_name[name].extensions.get(ALWAYS))]


def findable(tools: Iterable[ToolSpec]) -> list[ToolSpec]:
    """The tools that are told of only once they were found, where there are many."""
    return [tool for tool in tools if not tool.extensions.get(ALWAYS)]


def is_findable(name: str, tools: Mapping[str, ToolSpec]) -> bool:
    """Whether a tool has to be found before it is told of."""
    return FIND_TOOLS in tools and name in tools and not tools[name].extensions.get(ALWAYS)


def is_many(tools: Iterable[ToolSpec]) -> bool:
    """Whether the tools that can be found are too many to be told of all at once."""
    room = MANY_TOKENS
    for tool in findable(tools):
        room -= tokens_of(tool)
        if room < 0:
            return True
    return False


def told_tools(wanted: str, tools: Mapping[str, ToolSpec]) -> str:
    """Which tools there are, for a model that asked for one that there is not: the closest, where they are many."""
    if FIND_TOOLS not in tools or not is_many(tools.values()):
        return f"The tools are: {', '.join(sorted(tools)) or 'none'}"
    close = difflib.get_close_matches(wanted, tools, 5, 0.5)
    alike = f"Like it are: {', '.join(close)}. " if close else ""
    return f"{alike}There are {len(tools)} tools; {FIND_TOOLS} finds those for a task."


def tokens_of(tool: ToolSpec) -> int:
    """What a tool's definition takes in each request, estimated."""
    return _tokens(tool.name, tool.description, repr(tool.to_input_schema()))


@lru_cache(maxsize=4096)
def _tokens(name: str, description: str, schema: str) -> int:
    return estimate_text(f"{name} {description} {schema}") + 8
