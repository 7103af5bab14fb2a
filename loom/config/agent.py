"""The whole configuration of one agent."""

from __future__ import annotations

from dataclasses import field

from loom.config.context import ContextConfig
from loom.config.delegation import DelegationConfig
from loom.config.ecosystem import EcosystemConfig
from loom.config.heartbeat import HeartbeatConfig
from loom.config.hooks import HookSpec
from loom.config.knowledge import KnowledgeSource
from loom.config.mcp import MCPServerConfig, check_server
from loom.config.memory import MemoryConfig
from loom.config.model import GenerationConfig, ModelRef
from loom.config.policy import PolicyConfig
from loom.config.runtime import RuntimeConfig
from loom.config.safety import SafetyRule
from loom.config.tools import ToolSpec
from loom.errors import ConfigError
from loom.types.checked import config_value

CAPABILITIES = ("files", "search", "edit", "shell", "web", "memory")
"""Groups of built-in tools that an agent file can name."""


@config_value
class AgentConfig:
    """Everything that makes an agent: model, instructions, tools, policy, limits.

    `capabilities` names groups of built-in tools for a workspace folder: files, search, edit, shell, web; `memory` is
    what the agent remembers from one session to the next. `name` is what people call it. `description` says in a
    sentence what it is for. `mcp_servers` are tool servers of its own, by name; `mcp` names those of the person's
    profile and of the workspace that it uses besides (None: all of them).
    """

    model: ModelRef
    instructions: str = ""
    generation: GenerationConfig = field(default_factory=GenerationConfig)
    tools: list[ToolSpec] = field(default_factory=list[ToolSpec])
    policy: PolicyConfig | None = None
    memory: MemoryConfig | None = None
    heartbeat: HeartbeatConfig | None = None
    runtime: RuntimeConfig | None = None
    safety_rules: list[SafetyRule] | None = None
    knowledge: list[KnowledgeSource] = field(default_factory=list[KnowledgeSource])
    name: str = ""
    description: str = ""
    capabilities: list[str] = field(default_factory=list[str])
    hooks: list[HookSpec] = field(default_factory=list[HookSpec])
    context: ContextConfig | None = None
    ecosystem: EcosystemConfig | None = None
    delegation: DelegationConfig | None = None
    mcp_servers: dict[str, MCPServerConfig] = field(default_factory=dict[str, MCPServerConfig])
    mcp: list[str] | None = None

    def __post_init__(self) -> None:
        """Refuse two tools of one name, capabilities that do not exist, and servers that can't be."""
        for capability in self.capabilities:
            if capability not in CAPABILITIES:
                raise ConfigError(f"AgentConfig.capabilities: {capability!r} is not one of {', '.join(CAPABILITIES)}")
        for name, server in self.mcp_servers.items():
            check_server(name, server, "AgentConfig.mcp_servers")
        _check_names([each.name for each in self.tools], "AgentConfig.tools has two tools")
        _check_names([each.name for each in self.knowledge], "AgentConfig.knowledge has two sources")


def _check_names(names: list[str], two: str) -> None:
    """Refuse two of one name."""
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{two} named {name!r}; names must be unique")
