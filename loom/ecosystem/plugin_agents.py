"""The agents of plugins, as an agent library has them."""

from __future__ import annotations

from loom.config.agent import CAPABILITIES, AgentConfig
from loom.config.model import ModelRef
from loom.ecosystem.plugin_parts import PluginAgent, installed_plugins
from loom.errors import ConfigError
from loom.providers.choice import sibling
from loom.providers.resolve import parse_model
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
    """The agents of the plugins that a person agreed to; blocks.

    One has the model that it names as PROVIDER:NAME, or by a name that the provider of `model` is known to have; else
    it has `model`, and its description says so.
    """
    if profile.is_safe:
        return []
    return [_config(agent, model) for plugin in installed_plugins(profile) for agent in plugin.agents]


def _config(agent: PluginAgent, default: ModelRef) -> AgentConfig:
    wanted = {GROUPS[tool] for tool in agent.tools if tool in GROUPS}
    groups: list[str] = [group for group in CAPABILITIES if group in wanted or not agent.tools]
    model = _model(agent.model, default)
    told = agent.description
    if model is None:
        told = f"{told} (It asks for the model {agent.model}, which is not known here: it has yours.)".strip()
    return AgentConfig(model or default, agent.instructions, name=agent.name, description=told, capabilities=groups)


def _model(wanted: str, default: ModelRef) -> ModelRef | None:
    """The model that is wanted; None if it is not known. Nothing, and `inherit`, want the default."""
    try:
        return sibling(default, wanted) or parse_model(wanted)
    except ConfigError:
        return None
