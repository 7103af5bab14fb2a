"""The document that carries a run's situation over a context reset."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from loom.types.runs import utc_now


@dataclass
class HandoffArtifact:
    """What was asked, what is done, what is open: enough to start again with an empty history.

    `sprint` counts renewals from 1. `produced_artifacts` maps a name to where it is. `handoff_ts` is UTC, ISO 8601.
    """

    goal: str
    sprint: int
    progress_summary: str
    produced_artifacts: dict[str, str]
    open_tasks: list[str]
    context_snapshot: dict[str, Any]
    handoff_ts: str = field(default_factory=lambda: utc_now().isoformat())

    def to_system_prompt(self) -> str:
        """The document as Markdown for the next context's system prompt."""
        artifacts = [f"- {name}: {where}" for name, where in self.produced_artifacts.items()]
        tasks = [f"- {task}" for task in self.open_tasks]
        snapshot = json.dumps(self.context_snapshot, ensure_ascii=False, sort_keys=True, default=str)
        return "\n".join(
            [
                f"# Handoff Document (Sprint {self.sprint})",
                "## Goal",
                self.goal,
                "## Progress Summary",
                self.progress_summary or "Nothing recorded yet.",
                "## Produced Artifacts",
                *(artifacts or ["None."]),
                "## Open Tasks",
                *(tasks or ["None."]),
                "## Context Snapshot",
                snapshot,
            ]
        )
