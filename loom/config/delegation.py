"""To whom an agent may give a part of its work."""

from __future__ import annotations

from dataclasses import field

from loom.config.validation import config_value
from loom.errors import ConfigError


@config_value
class DelegateConfig:
    """An agent that takes work: `agent` is its file (in an agent file: beside it), `description` what it is good at."""

    name: str
    agent: str
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse one that could not be called or made."""
        if not self.name.strip() or not self.agent.strip():
            raise ConfigError("DelegateConfig needs a name and an agent file")


@config_value
class DelegationConfig:
    """Gives the model the tools `delegate` and `delegate_many`: work for `agents`, or for copies of itself without any.

    Sub-agents may begin others, `max_depth` deep in all; `max_parallel` work side by side. Together they may use
    `budget_share` (0 to 1) of what is left of the run's budget when they begin, and what they use counts as the run's.
    One that takes longer than `timeout_s` seconds is ended.
    """

    agents: list[DelegateConfig] = field(default_factory=list[DelegateConfig])
    max_depth: int = 2
    max_parallel: int = 4
    budget_share: float = 0.5
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could be given, and two agents of one name."""
        if self.max_depth < 1 or self.max_parallel < 1:
            raise ConfigError("DelegationConfig: max_depth and max_parallel must be at least 1")
        if not 0 < self.budget_share <= 1:
            raise ConfigError(f"DelegationConfig.budget_share must be above 0 and at most 1, got {self.budget_share:g}")
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise ConfigError(f"DelegationConfig.timeout_s must be above 0, got {self.timeout_s:g}")
        names = [each.name for each in self.agents]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"DelegationConfig.agents has two agents named {name!r}")
