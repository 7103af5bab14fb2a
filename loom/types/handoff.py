"""The document that carries a run's situation over a context reset."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from loom.types.runs import utc_now


@dataclass
class HandoffArtifact:
    """What was asked, what is done, what is open: enough to start again with an empty history.

    `sprint` counts renewals from 1. `produced_artifacts` maps a name to where it is. `handoff_ts` is UTC, ISO 8601.
    `context_snapshot` says how full the context was that ended.
    """

    goal: str
    sprint: int
    progress_summary: str
    produced_artifacts: dict[str, str]
    open_tasks: list[str]
    context_snapshot: dict[str, Any]
    handoff_ts: str = field(default_factory=lambda: utc_now().isoformat())
    decisions: list[str] = field(default_factory=list[str])
    pending_events: list[str] = field(default_factory=list[str])
    risks: list[str] = field(default_factory=list[str])
    citations: list[str] = field(default_factory=list[str])

    def to_system_prompt(self) -> str:
        """The document as Markdown for the next context's system prompt."""
        snapshot = json.dumps(self.context_snapshot, ensure_ascii=False, sort_keys=True, default=str)
        artifacts = [f"{name}: {where}" for name, where in self.produced_artifacts.items()]
        further = {
            "Decisions": self.decisions,
            "Pending Events": self.pending_events,
            "Risks": self.risks,
            "Citations": self.citations,
        }
        return "\n".join(
            [
                f"# Handoff Document (Sprint {self.sprint})",
                "## Goal",
                self.goal,
                "## Progress Summary",
                self.progress_summary or "Nothing recorded yet.",
                *_listed("Produced Artifacts", artifacts or ["None."]),
                *_listed("Open Tasks", self.open_tasks or ["None."]),
                *(line for title, items in further.items() if items for line in _listed(title, items)),
                "## Context Snapshot",
                snapshot,
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields, as events and files carry them."""
        return asdict(self)


def _listed(title: str, items: list[str]) -> list[str]:
    return [f"## {title}", *(item if item == "None." else f"- {item}" for item in items)]
