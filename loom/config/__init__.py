"""Configuration objects: what a person writes. They are checked when they are made, and know no runtime."""

from loom.config.agent import AgentConfig
from loom.config.context import CompressionPolicy, ContextConfig
from loom.config.delegation import DelegateConfig, DelegationConfig
from loom.config.heartbeat import (
    FilesystemWatchMethod,
    HeartbeatConfig,
    HeartbeatInterruptPolicy,
    ResourceThresholds,
    TriggerConfig,
    UrgencyRule,
    WatchConfig,
    WatchKind,
)
from loom.config.hooks import HookSpec
from loom.config.knowledge import (
    KnowledgeBundle,
    KnowledgeCitation,
    KnowledgeDocument,
    KnowledgeEvidence,
    KnowledgeEvidenceItem,
    KnowledgeQuery,
    KnowledgeResolver,
    KnowledgeSource,
)
from loom.config.loading import agent_from_toml, agent_to_toml, load_agent, save_agent
from loom.config.mcp import MCPServerConfig, MCPTransportType
from loom.config.memory import MemoryBackend, MemoryConfig
from loom.config.model import GenerationConfig, ModelRef
from loom.config.permissions import PermissionRules
from loom.config.policy import PolicyConfig, PolicyContext, ToolAccessPolicy, ToolPolicy, ToolRateLimitPolicy
from loom.config.runtime import (
    RuntimeConfig,
    RuntimeFallback,
    RuntimeFallbackMode,
    RuntimeFeatures,
    RuntimeLimits,
    RuntimeLiveness,
)
from loom.config.safety import SafetyEvaluator, SafetyRule
from loom.config.tools import ToolHandler, ToolParameterSpec, ToolSpec

__all__ = [
    "AgentConfig",
    "CompressionPolicy",
    "ContextConfig",
    "DelegateConfig",
    "DelegationConfig",
    "FilesystemWatchMethod",
    "GenerationConfig",
    "HeartbeatConfig",
    "HeartbeatInterruptPolicy",
    "HookSpec",
    "KnowledgeBundle",
    "KnowledgeCitation",
    "KnowledgeDocument",
    "KnowledgeEvidence",
    "KnowledgeEvidenceItem",
    "KnowledgeQuery",
    "KnowledgeResolver",
    "KnowledgeSource",
    "MCPServerConfig",
    "MCPTransportType",
    "MemoryBackend",
    "MemoryConfig",
    "ModelRef",
    "PermissionRules",
    "PolicyConfig",
    "PolicyContext",
    "ResourceThresholds",
    "RuntimeConfig",
    "RuntimeFallback",
    "RuntimeFallbackMode",
    "RuntimeFeatures",
    "RuntimeLimits",
    "RuntimeLiveness",
    "SafetyEvaluator",
    "SafetyRule",
    "ToolAccessPolicy",
    "ToolHandler",
    "ToolParameterSpec",
    "ToolPolicy",
    "ToolRateLimitPolicy",
    "ToolSpec",
    "TriggerConfig",
    "UrgencyRule",
    "WatchConfig",
    "WatchKind",
    "agent_from_toml",
    "agent_to_toml",
    "load_agent",
    "save_agent",
]
