"""Skills that are followed in a context of their own: who follows them, with which model, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loom.config.agent import AgentConfig
from loom.config.loading import load_agent
from loom.config.model import ModelRef
from loom.context.abilities import ActiveSkill
from loom.ecosystem.plugin_agents import plugin_agents
from loom.ecosystem.skill import Skill
from loom.ecosystem.skill_runs import bind
from loom.errors import LoomError, ToolExecutionError
from loom.runtime.engine import Engine
from loom.runtime.skill_model import wanted_of
from loom.safety.hooks import HookManager
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from loom.types.results import SubAgentResult

COPY, READING = ("", "general-purpose"), ("Explore", "Plan")
"""Names that Claude Code has for its own agents: here a copy of the agent, of the second kind one that only reads."""


class Fork(Protocol):
    """Gives a piece of work to a new agent of this configuration, which `bind` is given the hooks of."""

    async def __call__(
        self,
        goal: str,
        config: AgentConfig | None,
        model: ModelRef,
        bind: Callable[[HookManager], None],
        mode: PermissionMode | None,
    ) -> SubAgentResult:
        """What came of it; without a configuration a copy of the agent works, with this model."""
        ...


@dataclass(frozen=True, slots=True)
class SkillForks:
    """Has skills followed by sub-agents of one agent."""

    engine: Engine
    profile: Profile
    workspace: Path | None
    fork: Fork

    async def follow(self, skill: Skill, active: ActiveSkill, tell: Callable[[str], None]) -> str:
        """The last message of the agent that followed a skill. Raises ToolExecutionError if it did not finish."""
        name = skill.agent or ""
        config = await in_thread(self._named, name)
        if config is None and name not in (*COPY, *READING):
            tell(
                f"The skill {active.name} asks for the agent {name}, which there is not; a copy of this one follows it"
            )
        own = config.model if config is not None else self.engine.config.model
        model, problems = wanted_of(self.engine, active, own)
        for problem in problems:
            tell(problem)
        tell(f"The skill {active.name} is followed in a context of its own, by {_who(name, config, model)}.")
        goal = (
            f"Follow these instructions. Your last message is what the one who asked for it gets.\n\n{active.content}"
        )
        mode = PermissionMode.PLAN if name in READING and config is None else None
        result = await self.fork(goal, config, model, lambda hooks: bind(hooks, skill, self.workspace), mode)
        if not result.success:
            said = f"; it had said: {result.output}" if result.output else ""
            raise ToolExecutionError(f"The skill {active.name} was not followed to its end: {result.error}{said}")
        return str(result.output)

    def _named(self, name: str) -> AgentConfig | None:
        """The agent of this name: one that work is given to, or a plugin's; None if there is none. Blocks."""
        delegation = self.engine.config.delegation
        file = next((each.agent for each in delegation.agents if each.name == name), "") if delegation else ""
        try:
            if file:
                return load_agent(file)
            brought = plugin_agents(self.profile, self.engine.config.model)
        except LoomError as error:
            raise ToolExecutionError(f"The agent {name!r}, which the skill asks for, can't be made: {error}") from None
        fitting = [each for each in brought if each.name == name or each.name.partition(":")[2] == name]
        return fitting[0] if len(fitting) == 1 else None


def _who(name: str, config: AgentConfig | None, model: ModelRef) -> str:
    if config is not None:
        return f"{name} ({model.name})"
    return f"a copy of this agent ({model.name}){', which changes nothing' if name in READING else ''}"
