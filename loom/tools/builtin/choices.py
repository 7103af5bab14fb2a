"""What an agent file says of the built-in tools, in `policy.extensions`."""

from __future__ import annotations

from typing import Any

from loom.config.agent import AgentConfig
from loom.errors import ConfigError
from loom.tools.builtin.sandbox import CHOICES


def sandbox_of(config: AgentConfig) -> str:
    """How commands are contained. Raises ConfigError for another word."""
    choice = _chosen(config, "sandbox", "on")
    if choice not in CHOICES:
        raise ConfigError(f"policy.extensions['sandbox'] is {choice!r}, not one of {', '.join(CHOICES)}")
    return choice


def tells_secrets(config: AgentConfig) -> bool:
    """Whether the model gets what looks like a secret in results. Raises ConfigError."""
    choice = _chosen(config, "secrets", "hidden")
    if choice not in ("hidden", "told"):
        raise ConfigError(f"policy.extensions['secrets'] is {choice!r}, not one of hidden, told")
    return choice == "told"


def web_hosts(config: AgentConfig) -> list[str]:
    """The private places that pages may come from. Raises ConfigError."""
    hosts = _chosen(config, "web_hosts", [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):  # pyright: ignore[reportUnknownVariableType]
        raise ConfigError("policy.extensions['web_hosts'] must be a list of hosts, such as [\"localhost:8000\"]")
    return hosts  # pyright: ignore[reportUnknownVariableType]


def _chosen(config: AgentConfig, name: str, otherwise: Any) -> Any:
    return (config.policy.extensions if config.policy is not None else {}).get(name, otherwise)
