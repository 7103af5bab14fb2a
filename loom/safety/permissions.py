"""What policy, rules and mode say about one call: a pure and total decision, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from loom.config.matching import names
from loom.config.permissions import RulePattern
from loom.config.policy import ToolAccessPolicy
from loom.config.tools import ToolSpec
from loom.safety.rules import SourcedRule, covers, forbids
from loom.types.frozen import quickly_made
from loom.types.permissions import PermissionMode
from loom.types.strict_json import fingerprint

READING_CALLS = "reading_calls"
"""In a tool's extensions: argument values by name; a call with these only reads, where others of the tool write."""


class Access(StrEnum):
    """What is to happen with a call."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


ALLOW, ASK, DENY = Access
PLAN = PermissionMode.PLAN
"""These by themselves: a member looked up on its class takes as long as a call does, and each call asks for ten."""


@quickly_made
@dataclass(frozen=True, slots=True)
class AccessDecision:
    """What is to happen with a call, by which rule, and why, in words for the person and the model."""

    access: Access
    rule: str
    reason: str
    pattern: RulePattern | None = None
    """The permission rule's, where one denies."""

    @property
    def is_broad(self) -> bool:
        """True if a mode, a rule or a hook allows it: then a protected path, or odd text, still needs a person."""
        return self.access is ALLOW and self.rule.startswith(("mode.", "rule:", "hook:"))

    @property
    def may_be_granted(self) -> bool:
        """True if it is asked about only for want of a permission: then a grant or a hook may answer."""
        return self.access is ASK and self.rule.startswith("policy.")


@dataclass(frozen=True)
class Permissions:
    """Everything that decides about an agent's calls but the mode and the person.

    With a `problem` (a file of rules that can't be read) everything is denied.
    """

    access: ToolAccessPolicy = field(default_factory=ToolAccessPolicy)
    rules: Sequence[SourcedRule] = ()
    workspace: Path | None = None
    problem: str = ""

    @property
    def version(self) -> str:
        """A fingerprint of policy and rules, in eight digits."""
        access = self.access
        plain = [access.allow, access.deny, access.read_only_only, access.allow_destructive]
        return fingerprint([plain, [str(rule) for rule in self.rules], str(self.workspace)])[:8]


PROTECTED = AccessDecision(ASK, "protected_path", "it would change a protected path")


def is_destructive(tool: ToolSpec) -> bool:
    """True if the tool says that it destroys, whatever else it says."""
    return tool.destructive


def is_read_only(tool: ToolSpec) -> bool:
    """True if the tool only reads; one that says both counts as destructive."""
    return tool.read_only and not tool.destructive


def only_reads(tool: ToolSpec, arguments: dict[str, Any]) -> bool:
    """True if this call only reads: any of a tool that does, else one of those that the tool tells apart."""
    told: Any = tool.extensions.get(READING_CALLS)
    if is_read_only(tool) or tool.destructive or not isinstance(told, dict):
        return is_read_only(tool)
    values = cast("dict[str, Any]", told)
    return bool(values) and all(arguments.get(name) in allowed for name, allowed in values.items())


def risk_of(tool: ToolSpec) -> str:
    """The tool's risk in one word: destructive, read_only or write."""
    return "destructive" if tool.destructive else "read_only" if tool.read_only else "write"


def decide(
    tool: ToolSpec,
    arguments: dict[str, Any],
    permissions: Permissions,
    mode: PermissionMode,
    path: str | None = None,
) -> AccessDecision:
    """What policy, rules and mode say about one call: deny beats ask beats allow, whichever is narrower.

    `path` is the call's path as `loom.safety.rules.shown_path` gives it.
    """
    if permissions.problem:
        return AccessDecision(DENY, "rules", permissions.problem)
    denied = _denied(tool, arguments, permissions.access, mode)
    if denied is not None:
        return denied
    unclear: SourcedRule | None = None
    asked: SourcedRule | None = None
    for rule in permissions.rules:
        if rule.effect == "allow" or (rule.effect == "ask" and asked is not None):
            continue
        about = forbids(rule.pattern, tool.name, arguments, path)
        if about is None:
            unclear = unclear or rule
        elif about and rule.effect == "deny":
            return AccessDecision(DENY, f"rule: {rule}", f"the rule {str(rule.pattern)!r} denies it", rule.pattern)
        elif about:
            asked = rule
    if asked is not None:
        return AccessDecision(ASK, f"rule: {asked}", f"the rule {str(asked.pattern)!r} asks about it")
    if unclear is not None:
        reason = f"it can't be told whether the rule {str(unclear.pattern)!r} is about it"
        return AccessDecision(ASK, f"rule: {unclear}", reason)
    return _allowed(tool, arguments, permissions, mode, path)


def _allowed(
    tool: ToolSpec, arguments: dict[str, Any], permissions: Permissions, mode: PermissionMode, path: str | None
) -> AccessDecision:
    """What allows a call that nothing denies and no rule asks about; else that a person is asked."""
    policy = permissions.access
    if policy.allow is not None and (policy.allow_destructive or not tool.destructive):
        return AccessDecision(ALLOW, "policy.allow", f"{tool.name!r} is named in the policy's allow list")
    if not tool.destructive and not tool.requires_permission:
        return _unasked(tool.name, "read_only" if tool.read_only else "tool")
    for rule in permissions.rules:
        if rule.effect == "allow" and covers(rule.pattern, tool.name, arguments, path):
            return AccessDecision(ALLOW, f"rule: {rule}", f"the rule {str(rule.pattern)!r} allows it")
    by_mode = _allowed_by_mode(tool, mode)
    if by_mode is not None:
        return by_mode
    if is_destructive(tool):
        return AccessDecision(ASK, "policy.destructive", f"{tool.name!r} can destroy things")
    if is_read_only(tool):
        return AccessDecision(ASK, "policy.ask", f"{tool.name!r} only reads, but is not to without being asked about")
    return AccessDecision(ASK, "policy.ask", f"{tool.name!r} can change things")


@lru_cache(maxsize=256)
def _unasked(tool: str, rule: str) -> AccessDecision:
    """The decision that most calls get, made once for a tool."""
    return AccessDecision(ALLOW, rule, f"{tool!r} needs no permission")


def _allowed_by_mode(tool: ToolSpec, mode: PermissionMode) -> AccessDecision | None:
    if mode is PermissionMode.AUTO:
        return AccessDecision(ALLOW, "mode.auto", "Auto mode runs what no rule denies")
    if mode is PermissionMode.ACCEPT_EDITS and tool.extensions.get("edits") and not is_destructive(tool):
        return AccessDecision(ALLOW, "mode.accept_edits", "Accept edits mode runs edits in the workspace")
    return None


def _denied(
    tool: ToolSpec, arguments: dict[str, Any], policy: ToolAccessPolicy, mode: PermissionMode
) -> AccessDecision | None:
    for pattern in policy.deny:
        if names(pattern, tool.name):
            return AccessDecision(DENY, "policy.deny", f"{tool.name!r} is denied by the policy ({pattern})")
    if policy.allow is not None and tool.name not in policy.allow:
        return AccessDecision(DENY, "policy.allow", f"{tool.name!r} is not in the policy's allow list")
    if policy.read_only_only and not is_read_only(tool):
        reason = f"{tool.name!r} is not read-only, and the policy allows only reading"
        return AccessDecision(DENY, "policy.read_only_only", reason)
    if mode is PLAN and not only_reads(tool, arguments):
        reason = f"{tool.name!r} is not read-only, and Plan mode only reads"
        return AccessDecision(DENY, "mode.plan", reason)
    return None
