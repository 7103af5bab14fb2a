"""Approvals: what the gate asks a person, and what the person answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the person said."""

    ALLOW_ONCE = "allow_once"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One call that waits for a person.

    `arguments` are final: validated, with defaults filled in; `arguments_hash` is the SHA-256 of their
    canonical JSON. `reason` says why it is asked, `rule` what asks. `risk` is one of read_only, write, destructive.
    """

    id: str
    run_id: str
    session_id: str
    call_id: str
    tool: str
    arguments: dict[str, Any]
    arguments_hash: str
    reason: str
    rule: str = ""
    risk: str = "write"
    description: str = ""

    def to_payload(self) -> dict[str, Any]:
        """The fields, as `tool.approval_requested` carries them."""
        return {
            "request_id": self.id,
            "call_id": self.call_id,
            "tool": self.tool,
            "arguments": self.arguments,
            "arguments_hash": self.arguments_hash,
            "reason": self.reason,
            "rule": self.rule,
            "risk": self.risk,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one approval request. `reason` goes to the model when the call is denied."""

    verdict: Verdict
    reason: str = ""
    by: str = "person"
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    @staticmethod
    def allow_once(by: str = "person") -> Decision:
        """Let exactly this call run, once."""
        return Decision(Verdict.ALLOW_ONCE, by=by)

    @staticmethod
    def deny(reason: str = "", by: str = "person") -> Decision:
        """Refuse this call; the model is told `reason`."""
        return Decision(Verdict.DENY, reason, by)

    @property
    def is_allowed(self) -> bool:
        """True if the call may run."""
        return self.verdict is Verdict.ALLOW_ONCE
