"""What the desktop is told of while the window is not in front."""

from __future__ import annotations

from loom_studio.services.settings import Settings
from loom_studio.texts import marked

KINDS = {
    "approvals": marked("A call needs my permission, or a tool server asks me something"),
    "alerts": marked("Something urgent was noticed by a watch"),
    "budgets": marked("A budget is nearly spent, or spent"),
    "ends": marked("A run has ended, or failed"),
}


def wants(settings: Settings, kind: str) -> bool:
    """Whether the person wants to be told of this kind of thing; by default of what waits for them."""
    return settings.flag(f"notify_{kind}", default=kind != "ends")
