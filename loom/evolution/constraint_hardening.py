"""What failed each time it was tried, as a safety rule that says so before the next try."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from loom.config.agent import AgentConfig
from loom.evolution.observations import FAILED, LEFT_OUT, OK, Observation
from loom.evolution.proposals import SAFETY_RULE, Change, Proposal
from loom.evolution.strategies import EvolutionStrategy, feedback_of, keep_state, proposed, tool_of
from loom.safety.redaction import HIDDEN

LEAST_FAILURES = 3
LEAST_RUNS = 2
SHOWN_CHARS = 60
REASON_CHARS = 160


class ConstraintHardeningStrategy(EvolutionStrategy):
    """Says which causes of failures there are, and which were not seen in the last `stale_after` items.

    Proposes a safety rule for a call that failed three times in two runs or more, with exactly the same arguments, and
    never succeeded.
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
        failed: dict[tuple[str, str], list[Observation]] = {}
        succeeded: set[tuple[str, str]] = set()
        for each in seen:
            key = (each.tool, each.arguments)
            if each.outcome == OK:
                succeeded.add(key)
            elif each.outcome == FAILED:
                failed.setdefault(key, []).append(each)
        known = {rule.name for rule in (config.safety_rules or ())} if config is not None else set[str]()
        made = [
            _proposal(seen, calls)
            for key, calls in failed.items()
            if key not in succeeded
            and len(calls) >= LEAST_FAILURES
            and len({call.run_id for call in calls}) >= LEAST_RUNS
            and _may_be_named(calls[0])
        ]
        return [proposal for proposal in made if proposal.change.name not in known]


def _proposal(seen: Sequence[Observation], failed: Sequence[Observation]) -> Proposal:
    call = failed[-1]
    given = {name: value for name, value in call.values.items() if value is not None}
    reason = f"It failed {len(failed)} of {len(failed)} times: {call.reason[:REASON_CHARS]}"
    name = f"learned_{call.tool}_{zlib.crc32(call.arguments.encode()) % 10**6:06}"
    change = Change(SAFETY_RULE, reason, call.tool, given, name)
    shown = call.arguments if len(call.arguments) <= SHOWN_CHARS else f"{call.arguments[:SHOWN_CHARS]}…"
    why = (
        f"All {len(failed)} calls with exactly these arguments failed, in {len({each.run_id for each in failed})} runs"
    )
    return proposed(seen, f"veto:{call.tool}:{call.arguments}", f"Veto {call.tool} {shown}", why, change, failed)


def _may_be_named(call: Observation) -> bool:
    """Whether a rule can name a call: its arguments were kept whole, say something, and hold no secret."""
    told = str(call.values)
    return bool(call.values) and HIDDEN not in told and LEFT_OUT not in told
