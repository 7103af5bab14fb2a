"""The second tier: what is at hand while a task is worked on, and gone after it."""

from __future__ import annotations

from typing import Any

from loom.types.loop import Dashboard


class WorkingMemory:
    """A dashboard with fixed fields, and a scratch pad for anything, for code; a run keeps its own (`loom.context`)."""

    def __init__(self) -> None:
        self.dashboard = Dashboard()
        self.scratch_pad: dict[str, Any] = {}

    def update_dashboard(self, **kwargs: Any) -> None:
        """Set fields of the dashboard; names that it does not have are passed over."""
        for name, value in kwargs.items():
            if name in Dashboard.__dataclass_fields__:
                setattr(self.dashboard, name, value)

    def set_scratch(self, key: str, value: Any) -> None:
        """Keep a value under a key."""
        self.scratch_pad[key] = value

    def get_scratch(self, key: str) -> Any:
        """The value under a key; None where there is none."""
        return self.scratch_pad.get(key)
