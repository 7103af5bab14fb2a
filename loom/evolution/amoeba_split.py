"""An agent that does two jobs, as two agents with the tools that each needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from typing_extensions import override

from loom.config.agent import AgentConfig
from loom.evolution.observations import Observation
from loom.evolution.proposals import SPLIT, Change, Proposal
from loom.evolution.strategies import EvolutionStrategy, feedback_of, keep_state, proposed

CAPABILITY_OF = {
    "read_file": "files",
    "list_files": "files",
    "glob": "search",
    "grep": "search",
    "write_file": "edit",
    "edit_file": "edit",
    "run_command": "shell",
    "fetch_url": "web",
    "memory": "memory",
    "search_memory": "memory",
}
COVERED = 0.8


class AmoebaSplitStrategy(EvolutionStrategy):
    """Says in which domains runs end early more often than `split_threshold`, of those with `min_samples` or more.

    Proposes a split where nearly all runs use one or the other of two groups of capabilities that none uses together,
    each in `min_samples` runs or more.
    """

    def __init__(self, split_threshold: float = 0.4, min_samples: int = 3) -> None:
        self.split_threshold = split_threshold
        self.min_samples = min_samples

    @override
    def apply(self, agent: Any) -> dict[str, Any]:
        feedback = feedback_of(agent)
        domains: dict[str, dict[str, int]] = {}
        for item in feedback:
            domain = item.get("domain") or item.get("task_type") or item.get("goal_type")
            if domain:
                counts = domains.setdefault(str(domain), {"total": 0, "early_stop": 0})
                counts["total"] += 1
                counts["early_stop"] += bool(item.get("early_stop") or item.get("type") == "early_stop")
        split = {
            "split_recommendations": [
                {
                    "domain": domain,
                    "task_ratio": round(counts["early_stop"] / counts["total"], 3),
                    **counts,
                    "recommendation": f"spawn specialist sub-agent for domain '{domain}'",
                }
                for domain, counts in domains.items()
                if counts["total"] >= self.min_samples and counts["early_stop"] / counts["total"] > self.split_threshold
            ],
            "domain_stats": domains,
            "feedback_count": len(feedback),
        }
        return keep_state(agent, "amoeba_split", split)

    @override
    def propose(self, seen: Sequence[Observation], config: AgentConfig | None) -> list[Proposal]:
        if config is None or len(config.capabilities) < 2 or not seen:
            return []
        runs = _capabilities_of_runs(seen, set(config.capabilities))
        groups = [group for group in _groups(runs.values()) if _count(runs, group) >= self.min_samples]
        if len(groups) != 2 or sum(_count(runs, group) for group in groups) < COVERED * len(runs):
            return []
        larger, smaller = sorted(groups, key=lambda group: (-_count(runs, group), sorted(group)))
        moved = tuple(each for each in config.capabilities if each in smaller)
        job = "-".join(moved)
        name = f"{config.name or seen[0].agent} – {job}"
        change = Change(SPLIT, name=name, capabilities=moved)
        why = (
            f"{_count(runs, larger)} runs used {', '.join(sorted(larger))} and {_count(runs, smaller)} runs "
            f"{', '.join(sorted(smaller))}; none used both"
        )
        own = {run for run, used in runs.items() if used & smaller}
        evidence = [each for each in seen if each.run_id in own]
        return [
            proposed(
                seen, f"split:{job}", f"Split {', '.join(moved)} off as an agent of its own", why, change, evidence
            )
        ]


def _capabilities_of_runs(seen: Sequence[Observation], known: set[str]) -> dict[str, frozenset[str]]:
    """The capabilities that each run used; runs that used none of them are left out."""
    used: dict[str, set[str]] = {}
    for each in seen:
        capability = CAPABILITY_OF.get(each.tool, "")
        if capability in known:
            used.setdefault(each.run_id, set()).add(capability)
    return {run: frozenset(these) for run, these in used.items()}


def _groups(used: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Capabilities joined where any run used them together: groups that no run crosses."""
    groups: list[set[str]] = []
    for these in used:
        touched = [group for group in groups if group & these]
        groups = [group for group in groups if not group & these]
        groups.append(set(these).union(*touched))
    return [frozenset(group) for group in groups]


def _count(runs: Mapping[str, frozenset[str]], group: frozenset[str]) -> int:
    return sum(used <= group for used in runs.values())
