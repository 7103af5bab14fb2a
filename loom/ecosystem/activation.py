"""Capabilities: named groups of tools that a program switches on and off, as in 0.7.3.

An agent with many tools needs none of this: it searches them by itself (`loom.runtime.tool_search`).
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any

from loom.config.tools import ToolSpec
from loom.tools.offering import ALWAYS


@dataclass
class Capability:
    """A group of tools by name; `keywords` are words of tasks that ask for it. `allowed_tools` allow nothing."""

    name: str
    description: str
    tools: list[str]
    activation: str = "manual"
    keywords: list[str] = field(default_factory=list[str])
    allowed_tools: list[str] = field(default_factory=list[str])


class CapabilityRegistry:
    """Capabilities by name, and which are active.

    `tool_registry` is a mapping of tools by name, such as an agent's `engine.gate.tools`: an active capability's tools
    are always told of there, whether they are many or not. The gate decides about their calls as ever.
    """

    def __init__(self) -> None:
        self._known: dict[str, Capability] = {}
        self._active: dict[str, None] = {}

    def register(self, capability: Capability) -> None:
        """Add a capability, in place of another of its name."""
        self._known[capability.name] = capability

    def get(self, name: str) -> Capability | None:
        """The capability of this name."""
        return self._known.get(name)

    def match_task(self, task_description: str) -> list[Capability]:
        """The capabilities of which a keyword, or the name, is in a text."""
        task = task_description.casefold()
        return [
            each
            for each in self._known.values()
            if any(word.casefold() in task for word in (each.name, *each.keywords) if word)
        ]

    def activate(
        self, name: str, tool_registry: MutableMapping[str, ToolSpec] | None = None, context: Any = None
    ) -> bool:
        """Switch a capability on; False if there is none of this name."""
        del context
        return self._switch(name, tool_registry, on=True)

    def deactivate(
        self, name: str, tool_registry: MutableMapping[str, ToolSpec] | None = None, context: Any = None
    ) -> bool:
        """Switch a capability off; False if it was not on."""
        del context
        return name in self._active and self._switch(name, tool_registry, on=False)

    def list_capabilities(self) -> list[Capability]:
        """All of them."""
        return list(self._known.values())

    def list_active(self) -> list[Capability]:
        """Those that are on, in the order in which they were switched on."""
        return [self._known[name] for name in self._active if name in self._known]

    def _switch(self, name: str, tools: MutableMapping[str, ToolSpec] | None, *, on: bool) -> bool:
        capability = self._known.get(name)
        if capability is None:
            return False
        if on:
            self._active[name] = None
        else:
            self._active.pop(name, None)
        for tool in capability.tools if tools is not None else ():
            if tools is not None and tool in tools:
                tools[tool] = _told(tools[tool], on=on)
        return True


class CapabilityLoader:
    """Switches the capabilities of a registry on and off for one mapping of tools."""

    def __init__(self, capability_registry: CapabilityRegistry, tool_registry: MutableMapping[str, ToolSpec]) -> None:
        self._registry, self._tools = capability_registry, tool_registry

    def load(self, capability_name: str) -> bool:
        """Switch on."""
        return self._registry.activate(capability_name, self._tools)

    def unload(self, capability_name: str) -> bool:
        """Switch off."""
        return self._registry.deactivate(capability_name, self._tools)

    def is_loaded(self, capability_name: str) -> bool:
        """Whether it is on."""
        return any(each.name == capability_name for each in self._registry.list_active())


def _told(tool: ToolSpec, *, on: bool) -> ToolSpec:
    others = {key: value for key, value in tool.extensions.items() if key != ALWAYS}
    return replace(tool, extensions={**others, ALWAYS: True} if on else others)
