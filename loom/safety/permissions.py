"""Modes, and what a policy and a mode say about one tool: a pure decision, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from loom.config.matching import fold
from loom.config.policy import ToolAccessPolicy
from loom.config.tools import ToolSpec


class PermissionMode(StrEnum):
    """How much runs without being asked about.

    PLAN: reading only. DEFAULT: reads run, everything else is asked about. ACCEPT_EDITS: edits of files in the
    workspace run too. AUTO: everything runs that no rule denies.
    """

    PLAN = "plan"
    DEFAULT = "default"
    ACCEPT_EDITS = "accept_edits"
    AUTO = "auto"


class Access(StrEnum):
    """What is to happen with a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """What is to happen with a call, by which rule, and why, in words for the person and the model."""

    access: Access
    rule: str
    reason: str

    @property
    def is_by_mode(self) -> bool:
        """True if nothing but the mode allows it: then a protected path still needs a person."""
        return self.access is Access.ALLOW and self.rule.startswith("mode.")


PROTECTED = AccessDecision(Access.ASK, "protected_path", "it would change a protected path")


def is_destructive(tool: ToolSpec) -> bool:
    """True if the tool says that it destroys, whatever else it says."""
    return tool.destructive


def is_read_only(tool: ToolSpec) -> bool:
    """True if the tool only reads; one that says both counts as destructive."""
    return tool.read_only and not tool.destructive


def risk_of(tool: ToolSpec) -> str:
    """The tool's risk in one word: destructive, read_only or write."""
    return "destructive" if tool.destructive else "read_only" if tool.read_only else "write"


def decide_access(tool: ToolSpec, policy: ToolAccessPolicy, mode: PermissionMode) -> AccessDecision:
    """What policy and mode say about a call of `tool`: deny beats ask beats allow."""
    denied = _denied(tool, policy, mode)
    if denied is not None:
        return denied
    if policy.allow is not None and (policy.allow_destructive or not is_destructive(tool)):
        return AccessDecision(Access.ALLOW, "policy.allow", f"{tool.name!r} is named in the policy's allow list")
    if not is_destructive(tool) and not tool.requires_permission:
        rule = "read_only" if is_read_only(tool) else "tool"
        return AccessDecision(Access.ALLOW, rule, f"{tool.name!r} needs no permission")
    by_mode = _allowed_by_mode(tool, mode)
    if by_mode is not None:
        return by_mode
    if is_destructive(tool):
        return AccessDecision(Access.ASK, "policy.destructive", f"{tool.name!r} can destroy things")
    return AccessDecision(Access.ASK, "policy.ask", f"{tool.name!r} can change things")


def _allowed_by_mode(tool: ToolSpec, mode: PermissionMode) -> AccessDecision | None:
    if mode is PermissionMode.AUTO:
        return AccessDecision(Access.ALLOW, "mode.auto", "Auto mode runs what no rule denies")
    if mode is PermissionMode.ACCEPT_EDITS and tool.extensions.get("edits") and not is_destructive(tool):
        return AccessDecision(Access.ALLOW, "mode.accept_edits", "Accept edits mode runs edits in the workspace")
    return None


def _denied(tool: ToolSpec, policy: ToolAccessPolicy, mode: PermissionMode) -> AccessDecision | None:
    for pattern in policy.deny:
        if fnmatchcase(fold(tool.name), fold(pattern)):
            return AccessDecision(Access.DENY, "policy.deny", f"{tool.name!r} is denied by the policy ({pattern})")
    if policy.allow is not None and tool.name not in policy.allow:
        return AccessDecision(Access.DENY, "policy.allow", f"{tool.name!r} is not in the policy's allow list")
    if policy.read_only_only and not is_read_only(tool):
        reason = f"{tool.name!r} is not read-only, and the policy allows only reading"
        return AccessDecision(Access.DENY, "policy.read_only_only", reason)
    if mode is PermissionMode.PLAN and not is_read_only(tool):
        reason = f"{tool.name!r} is not read-only, and Plan mode only reads"
        return AccessDecision(Access.DENY, "mode.plan", reason)
    return None
