"""What a person answers again and again, as a rule of the agent's file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

from typing_extensions import override

from loom.config.agent import AgentConfig
from loom.evolution.observations import OK, Observation
from loom.evolution.proposals import ALLOW, DENY, Change, Proposal
from loom.evolution.strategies import EvolutionStrategy, feedback_of, keep_state, proposed, tool_of
from loom.safety.redaction import HIDDEN

_PLAIN = re.compile(r"[\w][\w ./:@+-]{0,100}")
LEAST_DENIED = 3
LEAST_ALLOWED = 5
BLOCKED = frozenset({"blocked_by_policy", "permission_denied", "veto"})
APPROVED = frozenset({"policy_override", "approval_required", "approved"})
NO = frozenset({"deny", "stop"})


class PolicyOptimizationStrategy(EvolutionStrategy):
    """Says which tools were blocked, risky or approved.

    Proposes to deny what the person denied three times and never allowed, and to allow what they allowed five times,
    never denied, and what then succeeded each time. Both are the rule that they were offered then, no wider.
    """

    def __init__(self, min_block_events: int = 1, risk_threshold: int = 1) -> None:
        self.min_block_events = min_block_events
        self.risk_threshold = risk_threshold

    @override
    def apply(self, agent: Any) -> dict[str, Any]:
        feedback = feedback_of(agent)
        baseline = _baseline(agent)
        signals: dict[str, dict[str, int]] = {}
        for item in feedback:
            if tool := tool_of(item):
                _count(signals.setdefault(tool, dict.fromkeys(_COUNTED, 0)), item)
        deny, ask = set(baseline["deny"]), set(baseline["require_approval"])
        relax: set[str] = set()
        for tool, counts in signals.items():
            if counts["risky"] >= self.risk_threshold:
                deny.add(tool)
                continue
            is_blocked = counts["blocked"] >= self.min_block_events
            if is_blocked and counts["successes"] > 0:
                relax.add(tool)
            if is_blocked or counts["approvals"] > 0 or counts["failures"] > counts["successes"] + 1:
                ask.add(tool)
        recommended: dict[str, Any] = {
            "baseline_policy": baseline,
            "suggested_policy": {"deny": sorted(deny), "require_approval": sorted(ask - deny)},
            "recommend_relax": sorted(relax - deny),
            "policy_signals": signals,
            "feedback_count": len(feedback),
        }
        return keep_state(agent, "policy_optimization", recommended)

    @override
    def propose(self, seen: Sequence[Observation], config: AgentConfig | None) -> list[Proposal]:
        asked: dict[str, list[Observation]] = {}
        for each in seen:
            if each.verdict and (rule := each.rule or _rule_of(each)):
                asked.setdefault(rule, []).append(each)
        rules = config.policy.permissions if config is not None and config.policy is not None else None
        found = [_answered(rule, calls) for rule, calls in asked.items()]
        return [
            proposed(seen, f"{change.kind}:{change.text}", title, why, change, asked[change.text])
            for change, title, why in filter(None, found)
            if rules is None or change.text not in (rules.deny if change.kind == DENY else rules.allow)
        ]


def _rule_of(call: Observation) -> str:
    """The rule about exactly this call, where it has one plain argument; empty where none can say that."""
    values = call.values
    if len(values) != 1:
        return ""
    [(name, value)] = values.items()
    if not isinstance(value, str) or HIDDEN in value or not _PLAIN.fullmatch(value):
        return ""
    return f"{call.tool}({name}={value})"


def _answered(rule: str, calls: Sequence[Observation]) -> tuple[Change, str, str] | None:
    """What the answers about a rule suggest, its title, and why; None if they do not agree, or are too few."""
    denied = [each for each in calls if each.verdict in NO]
    if len(denied) == len(calls) and len(denied) >= LEAST_DENIED:
        why = f"You were asked about it {len(calls)} times, and said no each time"
        return Change(DENY, rule, calls[0].tool), f"Deny {rule}", why
    if not denied and len(calls) >= LEAST_ALLOWED and all(each.outcome == OK for each in calls):
        why = f"You were asked about it {len(calls)} times, said yes each time, and it succeeded each time"
        return Change(ALLOW, rule, calls[0].tool), f"Allow {rule} without asking", why
    return None


_COUNTED = ("blocked", "approvals", "risky", "successes", "failures")


def _count(counts: dict[str, int], item: dict[str, Any]) -> None:
    kind, success = str(item.get("type", "")).lower(), item.get("success")
    counts["blocked"] += kind in BLOCKED
    counts["approvals"] += kind in APPROVED
    counts["risky"] += item.get("risk") in ("high", "critical") or item.get("severity") in ("high", "critical")
    counts["successes"] += success is True or kind in ("success", "completed")
    counts["failures"] += success is False or kind in ("failure", "error")


def _baseline(agent: Any) -> dict[str, list[str]]:
    policy: Any = getattr(agent, "policy", None)
    if isinstance(policy, dict):
        given = cast("dict[str, list[str]]", policy)
        return {name: list(given.get(name, [])) for name in ("deny", "require_approval")}
    return {name: list(getattr(policy, name, [])) for name in ("deny", "require_approval")}
