"""The second tier: what is at hand while a task is worked on, and gone after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class WorkingDashboard:
    """Where a task stands: how full the context is, its plan, progress and errors, and a page for notes."""

    rho: float = 0.0
    token_budget: int = 0
    goal_progress: str = ""
    error_count: int = 0
    depth: int = 0
    last_hb_ts: str | None = None
    interrupt_requested: bool = False
    plan: list[str] = field(default_factory=list[str])
    scratchpad: str = ""


class WorkingMemory:
    """A dashboard with fixed fields, and a scratch pad for anything, for code; a run keeps its own (`loom.context`)."""

    def __init__(self) -> None:
        self.dashboard = WorkingDashboard()
        self.scratch_pad: dict[str, Any] = {}

    def update_dashboard(self, **kwargs: Any) -> None:
        """Set fields of the dashboard; names that it does not have are passed over."""
        for name, value in kwargs.items():
            if name in WorkingDashboard.__dataclass_fields__:
                setattr(self.dashboard, name, value)

    def set_scratch(self, key: str, value: Any) -> None:
        """Keep a value under a key."""
        self.scratch_pad[key] = value

    def get_scratch(self, key: str) -> Any:
        """The value under a key; None where there is none."""
        return self.scratch_pad.get(key)
