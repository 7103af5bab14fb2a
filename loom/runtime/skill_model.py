"""Which model a step is asked of: the agent's own, or what a skill wants that is active in the run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loom.config.model import ModelRef
from loom.context.abilities import ActiveSkill
from loom.errors import LoomError
from loom.providers.base import CompletionRequest, Provider
from loom.providers.capabilities import capabilities_of
from loom.providers.choice import sibling, with_effort

if TYPE_CHECKING:
    from loom.runtime.engine import Engine
    from loom.runtime.keeper import ContextKeeper

FULLEST = 0.8
"""A model of a smaller window is asked only while what it is to read has at most this share of it."""


@dataclass(slots=True)
class SkillModel:
    """The choice of one run. What a provider refused is not chosen again in it."""

    engine: Engine
    context: ContextKeeper
    _refused: set[str] = field(default_factory=set[str])

    def choose(self) -> ModelRef:
        """The model of the next step: what the skill wants that became active last, so far as the agent has it."""
        own = chosen = self.engine.config.model
        for skill in self.context.abilities.skills.values():
            if skill.run_id == self.context.run_id:
                chosen = wanted_of(self.engine, skill, chosen)[0]
        if chosen is own:
            return own
        tokens = self.context.manager.ledger.tokens
        is_too_small = chosen.name != own.name and tokens > FULLEST * capabilities_of(chosen).window_tokens
        return own if is_too_small or repr(chosen) in self._refused else chosen

    def refuse(self, chosen: ModelRef, error: LoomError) -> bool:
        """Take in that a provider did not take a request; True if the agent's own model is to be asked instead."""
        if chosen == self.engine.config.model or error.retryable:
            return False
        self._refused.add(repr(chosen))
        text = f"What a skill wants of the model does not work, so the agent's own is asked as it is: {error}"
        self.context.emit("ecosystem.notice", {"text": text})
        return True

    def addressed(self, request: CompletionRequest, chosen: ModelRef) -> tuple[CompletionRequest, Provider]:
        """The request to this model, and who takes it. Raises ProviderUnavailableError."""
        own = self.engine.config.model
        if chosen is own or chosen == own:
            return request, self.engine.provider()
        request = replace(request, model=chosen.name)
        if self.engine.given_provider is None:
            return request, self.engine.provider_of(chosen)
        # One that was given can't be made anew: it is told with the request, as far as it takes that.
        told = {key: value for key, value in chosen.extensions.items() if own.extensions.get(key) != value}
        return replace(request, extensions={**request.extensions, **told}), self.engine.given_provider


def wanted_of(engine: Engine, skill: ActiveSkill, own: ModelRef) -> tuple[ModelRef, list[str]]:
    """The model that a skill wants in the place of `own`, and what of that can't be, in sentences."""
    chosen, problems = sibling(own, skill.model), list[str]()
    if chosen is None:
        problems.append(
            f"The skill {skill.name} asks for the model {skill.model}, which {own.provider} is not known to have; "
            f"{own.name} goes on"
        )
        chosen = own
    if skill.effort is None:
        return chosen, problems
    told = with_effort(chosen, skill.effort, engine.environment)
    if told is None:
        problems.append(f"The skill {skill.name} asks for an effort, of which {chosen.name} can't be told")
    return told or chosen, problems
