"""The whole configuration of one agent."""

from __future__ import annotations

from dataclasses import field

from loom.config.context import ContextConfig
from loom.config.delegation import DelegationConfig
from loom.config.ecosystem import EcosystemConfig
from loom.config.heartbeat import HeartbeatConfig
from loom.config.hooks import HookSpec
from loom.config.knowledge import KnowledgeSource
from loom.config.memory import MemoryConfig
from loom.config.model import GenerationConfig, ModelRef
from loom.config.policy import PolicyConfig
from loom.config.runtime import RuntimeConfig
from loom.config.safety import SafetyRule
from loom.config.tools import ToolSpec
from loom.config.validation import config_value
from loom.errors import ConfigError

CAPABILITIES = ("files", "search", "edit", "shell", "web")
"""Groups of built-in tools that an agent file can name."""


@config_value
class AgentConfig:
    """Everything that makes an agent: model, instructions, tools, policy, limits.

    `capabilities` names groups of built-in tools for a workspace folder: files, search, edit, shell, web. `name` and
    `description` are for people.
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

    def __post_init__(self) -> None:
        """Refuse two tools of one name and capabilities that do not exist."""
        if isinstance(self.capabilities, list):  # pyright: ignore[reportUnnecessaryIsInstance]
            for capability in self.capabilities:
                if capability not in CAPABILITIES:
                    raise ConfigError(
                        f"AgentConfig.capabilities: {capability!r} is not one of {', '.join(CAPABILITIES)}"
                    )
        if isinstance(self.tools, list):  # pyright: ignore[reportUnnecessaryIsInstance]
            names = [getattr(tool, "name", None) for tool in self.tools]
            for name in names:
                if names.count(name) > 1 and name is not None:
                    raise ConfigError(f"AgentConfig.tools has two tools named {name!r}; names must be unique")
        if isinstance(self.knowledge, list):  # pyright: ignore[reportUnnecessaryIsInstance]
            sources = [getattr(source, "name", None) for source in self.knowledge]
            for name in sources:
                if sources.count(name) > 1 and name is not None:
                    raise ConfigError(f"AgentConfig.knowledge has two sources named {name!r}; names must be unique")
