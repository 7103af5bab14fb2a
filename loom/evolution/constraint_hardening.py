"""What failed each time it was tried, as a safety rule that says so before the next try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from loom.config.agent import AgentConfig
from loom.evolution.observations import FAILED, OK, Observation
from loom.evolution.proposals import SAFETY_RULE, Change, Proposal
from loom.evolution.strategies import EvolutionStrategy, feedback_of, keep_state, proposed, tool_of
from loom.safety.redaction import HIDDEN

LEAST_FAILURES = 3
LEAST_RUNS = 2
LONGEST_VALUE = 200
REASON_CHARS = 160


class ConstraintHardeningStrategy(EvolutionStrategy):
    """Says which causes of failures there are, and which were not seen in the last `stale_after` items.

    Proposes a safety rule for an argument with which a tool failed three times in two runs or more, and never
    succeeded.
    """

    def __init__(self, stale_after: int = 20) -> None:
        self.stale_after = stale_after

    @override
    def apply(self, agent: Any) -> dict[str, Any]:
        feedback = feedback_of(agent)
        causes: dict[str, dict[str, Any]] = {}
        for place, item in enumerate(feedback, 1):
            cause = item.get("root_cause") or item.get("error") or item.get("reason")
            tool = tool_of(item)
            if cause and tool and (item.get("success") is False or item.get("is_error")):
                found = causes.setdefault(f"{tool}:{cause}", {"tool": tool, "cause": cause, "hits": 0, "last_seen": 0})
                found["hits"] += 1
                found["last_seen"] = place
        since = len(feedback) - self.stale_after
        active = {key: cause for key, cause in causes.items() if cause["last_seen"] > since}
        hardened: dict[str, Any] = {
            "active_constraints": active,
            "stale_constraints": {key: cause for key, cause in causes.items() if key not in active},
            "total": len(causes),
            "feedback_count": len(feedback),
        }
        return keep_state(agent, "hardened_constraints", hardened)

    @override
    def propose(self, seen: Sequence[Observation], config: AgentConfig | None) -> list[Proposal]:
        by_value: dict[tuple[str, str, Any], list[Observation]] = {}
        succeeded: set[tuple[str, str, Any]] = set()
        for each in seen:
            for name, value in each.values.items():
                key = (each.tool, name, value)
                if not _may_be_named(value):
                    continue
                if each.outcome == OK:
                    succeeded.add(key)
                elif each.outcome == FAILED:
                    by_value.setdefault(key, []).append(each)
        known = {rule.name for rule in (config.safety_rules or ())} if config is not None else set[str]()
        made: list[Proposal] = []
        for key, failed in by_value.items():
            if key in succeeded or len(failed) < LEAST_FAILURES or len({each.run_id for each in failed}) < LEAST_RUNS:
                continue
            proposal = _proposal(seen, key, failed)
            if proposal.change.name not in known and not any(_same_calls(proposal, other) for other in made):
                made.append(proposal)
        return made


def _proposal(seen: Sequence[Observation], key: tuple[str, str, Any], failed: Sequence[Observation]) -> Proposal:
    tool, name, value = key
    reason = f"It failed {len(failed)} of {len(failed)} times: {failed[-1].reason[:REASON_CHARS]}"
    rule = f"learned_{tool}_{name}_{abs(hash_of(value)) % 10**6}"
    change = Change(SAFETY_RULE, reason, tool, name, value, rule)
    title = f"Veto {tool} where {name} is {_shown(value)}"
    why = f"All {len(failed)} calls with it failed, in {len({each.run_id for each in failed})} runs"
    return proposed(seen, f"veto:{tool}:{name}:{value}", title, why, change, failed)


def hash_of(value: Any) -> int:
    """A number for a value that is the same in every process."""
    import zlib

    return zlib.crc32(repr(value).encode())


def _same_calls(one: Proposal, other: Proposal) -> bool:
    """Whether two are about the same calls: another argument of them says nothing more."""
    return one.change.tool == other.change.tool and set(one.evidence) <= set(other.evidence)


def _may_be_named(value: Any) -> bool:
    """Whether a rule can be about a value: a text or number that says something, and holds no secret."""
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return 0 < len(value.strip()) <= LONGEST_VALUE and HIDDEN not in value
    return isinstance(value, (int, float)) and abs(value) > 1


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
