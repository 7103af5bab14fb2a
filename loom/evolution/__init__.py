"""Learning from what came of tool calls: feedback, reliability, and proposals that only a person puts into force."""

from loom.evolution.amoeba_split import AmoebaSplitStrategy
from loom.evolution.constraint_hardening import ConstraintHardeningStrategy
from loom.evolution.engine import EvolutionEngine
from loom.evolution.feedback import FeedbackLoop
from loom.evolution.policy_optimization import PolicyOptimizationStrategy
from loom.evolution.strategies import EvolutionStrategy
from loom.evolution.tool_learning import ToolLearningStrategy

__all__ = [
    "AmoebaSplitStrategy",
    "ConstraintHardeningStrategy",
    "EvolutionEngine",
    "EvolutionStrategy",
    "FeedbackLoop",
    "PolicyOptimizationStrategy",
    "ToolLearningStrategy",
]
