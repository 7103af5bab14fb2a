"""Strategies over the feedback of an engine, as in 0.7.3."""

from __future__ import annotations

from typing import Any

from loom.evolution.feedback import FeedbackLoop
from loom.evolution.strategies import EvolutionStrategy


class EvolutionEngine:
    """Has strategies say on an agent what its feedback shows. What an agent does is changed by a person alone."""

    def __init__(self) -> None:
        self.strategies: list[EvolutionStrategy] = []
        self.feedback_loop = FeedbackLoop()

    def register_strategy(self, strategy: EvolutionStrategy) -> None:
        """Add a strategy."""
        self.strategies.append(strategy)

    def subscribe_to_engine(self, engine: Any) -> None:
        """Collect the `tool_result` events of an engine. Raises TypeError for something that has no events."""
        self.feedback_loop.subscribe_to_engine(engine)

    def evolve(self, agent: Any) -> None:
        """Have each strategy look at the agent's feedback; at that of this engine where the agent has none."""
        if not hasattr(agent, "feedback_loop"):
            agent.feedback_loop = self.feedback_loop
        for strategy in self.strategies:
            strategy.apply(agent)
