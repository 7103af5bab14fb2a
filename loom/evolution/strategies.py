"""What strategies have in common: feedback in, state of an agent out; and from observations, proposals.

`apply` is as in 0.7.3: it says on the agent object what it found, and changes nothing that the agent does. `propose`
gives changes of the agent's file, which a person accepts or not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, cast

from loom.config.agent import AgentConfig
from loom.evolution.observations import Observation
from loom.evolution.proposals import Change, Proposal
from loom.types.ids import generate_id

FAILURES = frozenset({"failure", "error", "blocked_by_policy", "permission_denied", "veto"})
MOST_EVIDENCE = 20


class EvolutionStrategy(ABC):
    """One way to learn."""

    @abstractmethod
    def apply(self, agent: Any) -> Any:
        """Say on the agent what its feedback shows."""

    def propose(self, seen: Sequence[Observation], config: AgentConfig | None) -> list[Proposal]:
        """What the calls of one agent suggest, `config` being the agent as its file is now; by itself nothing."""
        del seen, config
        return []


def feedback_of(agent: Any) -> list[dict[str, Any]]:
    """The feedback of an agent: of its `feedback_loop`, its `feedback`, or its `get_feedback()`; none elsewhere."""
    loop = getattr(agent, "feedback_loop", None)
    of_loop = getattr(loop, "get_feedback", None)
    found: Any = of_loop() if callable(of_loop) else getattr(agent, "feedback", None)
    getter = getattr(agent, "get_feedback", None)
    if not isinstance(found, list) and callable(getter):
        found = getter()
    return [cast("dict[str, Any]", item) for item in cast("list[Any]", found or []) if isinstance(item, dict)]


def tool_of(item: dict[str, Any]) -> str:
    """The tool that an item of feedback is about; empty if it does not say."""
    return str(item.get("tool") or item.get("tool_name") or item.get("name") or "")


def keep_state(agent: Any, key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Say something on an agent, under `evolution_state[key]` and the attribute `key`."""
    state: Any = getattr(agent, "evolution_state", None)
    if not isinstance(state, dict):
        state = {}
    state[key] = value
    agent.evolution_state = state
    setattr(agent, key, value)
    return value


def proposed(
    seen: Sequence[Observation], key: str, title: str, why: str, change: Change, evidence: Sequence[Observation]
) -> Proposal:
    """A proposal for the agent that was observed, with its newest evidence."""
    newest = tuple(each.id for each in evidence[-MOST_EVIDENCE:])
    return Proposal(generate_id(), seen[0].agent, key, title, why, change, newest, at=seen[-1].at)
