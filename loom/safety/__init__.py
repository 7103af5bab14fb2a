"""What may run: vetoes, rules, permissions, hooks, approvals, grants, paths, and the audit of it all."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.safety.approvals import ApprovalDesk, ApproverHandle
    from loom.safety.audit import AuditLog
    from loom.safety.grants import Grant, GrantBook
    from loom.safety.hooks import HookDecision, HookManager, HookOutcome
    from loom.safety.permissions import Permissions
    from loom.safety.profile import Profile
    from loom.types.permissions import PermissionMode

_HOMES = {
    "ApprovalDesk": "approvals",
    "ApproverHandle": "approvals",
    "AuditLog": "audit",
    "Grant": "grants",
    "GrantBook": "grants",
    "HookDecision": "hooks",
    "HookManager": "hooks",
    "HookOutcome": "hooks",
    "PermissionMode": "permissions",
    "Permissions": "permissions",
    "Profile": "profile",
}

__all__ = [
    "ApprovalDesk",
    "ApproverHandle",
    "AuditLog",
    "Grant",
    "GrantBook",
    "HookDecision",
    "HookManager",
    "HookOutcome",
    "PermissionMode",
    "Permissions",
    "Profile",
]


def __getattr__(name: str) -> Any:
    """Import a name on first use: few need all of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
