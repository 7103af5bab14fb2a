"""The agents of plugins, as an agent library has them."""

from __future__ import annotations

from loom.config.agent import CAPABILITIES, AgentConfig
from loom.config.model import ModelRef
from loom.ecosystem.plugin_parts import PluginAgent, installed_plugins
from loom.safety.profile import Profile

GROUPS = {
    "Read": "files",
    "LS": "files",
    "Grep": "search",
    "Glob": "search",
    "Write": "edit",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Bash": "shell",
    "WebFetch": "web",
}
"""Which of our groups of tools has a tool of another program."""


def plugin_agents(profile: Profile, model: ModelRef) -> list[AgentConfig]:
    """The agents of the plugins that a person agreed to, all with this model: theirs are another's names; blocks."""
    if profile.is_safe:
        return []
    return [_config(agent, model) for plugin in installed_plugins(profile) for agent in plugin.agents]


def _config(agent: PluginAgent, model: ModelRef) -> AgentConfig:
    wanted = {GROUPS[tool] for tool in agent.tools if tool in GROUPS}
    groups: list[str] = [group for group in CAPABILITIES if group in wanted or not agent.tools]
    return AgentConfig(model, agent.instructions, name=agent.name, description=agent.description, capabilities=groups)
