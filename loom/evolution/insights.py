"""What a person's agents show of their tools, what that suggests, and what became of it when they said yes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from loom.config.agent import AgentConfig
from loom.config.loading import load_agent
from loom.errors import ConfigError, StoreError
from loom.evolution.agent_file import put_in, take_out
from loom.evolution.amoeba_split import AmoebaSplitStrategy
from loom.evolution.constraint_hardening import ConstraintHardeningStrategy
from loom.evolution.ledger import InsightsLedger
from loom.evolution.observations import FAILED, OK, Observation
from loom.evolution.policy_optimization import PolicyOptimizationStrategy
from loom.evolution.proposals import ACCEPTED, DISMISSED, OPEN, SPLIT, UNDONE, Effect, Proposal
from loom.evolution.reliability import Reliability, reliability
from loom.evolution.strategies import EvolutionStrategy
from loom.evolution.tool_learning import ToolLearningStrategy


def strategies() -> list[EvolutionStrategy]:
    """The strategies that propose, with their own thresholds."""
    return [
        ToolLearningStrategy(),
        PolicyOptimizationStrategy(),
        ConstraintHardeningStrategy(),
        AmoebaSplitStrategy(),
    ]


class Insights:
    """The insights in a folder, the person's profile. Everything blocks; errors are StoreError and ConfigError."""

    def __init__(self, folder: Path) -> None:
        self.ledger = InsightsLedger(folder)

    def agents(self) -> list[str]:
        """The agents that anything is known of."""
        return self.ledger.agents()

    def reliability(self, agent: str = "") -> list[Reliability]:
        """The tools of an agent, or of all, the least reliable first."""
        return reliability(self.ledger.observations(agent))

    def look(self, agent: str, config: AgentConfig | None = None) -> list[Proposal]:
        """Have the strategies look at an agent's calls; returns its proposals, also those that were decided.

        `config` is the agent as its file is now: what that says already is not proposed.
        """
        seen = self.ledger.observations(agent)
        if seen:
            made = [proposal for strategy in strategies() for proposal in strategy.propose(seen, config)]
            self.ledger.propose(made)
            self.ledger.drop_open(agent, [proposal.key for proposal in made])
        return self.ledger.proposals(agent)

    def evidence(self, proposal: Proposal) -> list[Observation]:
        """The calls that a proposal rests on."""
        return self.ledger.evidence(proposal.evidence)

    def accept(self, identity: str, file: Path) -> Proposal:
        """Write an open proposal into the agent's file. Raises ConfigError for a file of another agent."""
        proposal = self.ledger.proposal(identity)
        if proposal.state != OPEN:
            raise StoreError(f"This proposal is {proposal.state} already")
        config = load_agent(file)
        if (config.name or config.model.identifier) != proposal.agent:
            raise ConfigError(f"{file} is the file of {config.name!r}, and the proposal is about {proposal.agent!r}")
        before, after, made = put_in(file, proposal.change)
        accepted = replace(
            proposal,
            state=ACCEPTED,
            decided_at=time.time(),
            file=str(file),
            before=before,
            after=after,
            made=made,
        )
        self.ledger.update(accepted)
        return accepted

    def dismiss(self, identity: str) -> Proposal:
        """Say no to an open proposal: it is not made again."""
        proposal = self.ledger.proposal(identity)
        if proposal.state != OPEN:
            raise StoreError(f"This proposal is {proposal.state} already")
        dismissed = replace(proposal, state=DISMISSED, decided_at=time.time())
        self.ledger.update(dismissed)
        return dismissed

    def undo(self, identity: str) -> Proposal:
        """Take an accepted proposal out of the agent's file again, or a dismissed one back."""
        proposal = self.ledger.proposal(identity)
        if proposal.state == ACCEPTED:
            take_out(Path(proposal.file), proposal.change, proposal.before, proposal.after, proposal.made)
            undone = replace(proposal, state=UNDONE, decided_at=time.time())
        elif proposal.state == DISMISSED:
            undone = replace(proposal, state=OPEN, decided_at=0.0)
        else:
            raise StoreError(f"This proposal is {proposal.state}, so there is nothing to undo")
        self.ledger.update(undone)
        return undone

    def effect(self, proposal: Proposal) -> Effect | None:
        """How the calls that an accepted proposal is about went before and since; None for one that is not accepted."""
        if proposal.state != ACCEPTED:
            return None
        about = _about(proposal, self.ledger.observations(proposal.agent))
        before = [each for each in about if each.at <= proposal.decided_at]
        since = [each for each in about if each.at > proposal.decided_at]
        return Effect(*_counted(before), *_counted(since))


def _about(proposal: Proposal, seen: Sequence[Observation]) -> list[Observation]:
    """The calls that a change is about: of its tool; of a split, all."""
    return [each for each in seen if proposal.change.kind == SPLIT or each.tool == proposal.change.tool]


def _counted(seen: Sequence[Observation]) -> tuple[int, int, int]:
    ran = [each for each in seen if each.outcome in (OK, FAILED)]
    return len(ran), sum(each.outcome == OK for each in ran), sum(bool(each.verdict) for each in seen)
