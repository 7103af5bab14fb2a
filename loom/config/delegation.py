"""To whom an agent may give a part of its work."""

from __future__ import annotations

from dataclasses import field

from loom.errors import ConfigError
from loom.types.checked import AboveZero, AtLeastOne, config_value


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
    max_depth: AtLeastOne = 2
    max_parallel: AtLeastOne = 4
    budget_share: float = 0.5
    timeout_s: AboveZero | None = None

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could be given, and two agents of one name."""
        if not 0 < self.budget_share <= 1:
            raise ConfigError(f"DelegationConfig.budget_share must be above 0 and at most 1, got {self.budget_share:g}")
        names = [each.name for each in self.agents]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"DelegationConfig.agents has two agents named {name!r}")
