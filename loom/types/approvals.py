"""Approvals: what the gate asks a person, and what the person answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from loom.types.checked import check_fields


class Verdict(StrEnum):
    """What the person said: let this call run, let it and its like run, refuse it, or end the whole run."""

    ALLOW_ONCE = "allow_once"
    ALLOW_SESSION = "allow_session"
    ALLOW_ALWAYS = "allow_always"
    DENY = "deny"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """One call that waits for a person.

    `arguments` are final: validated, with defaults filled in; `arguments_hash` is the SHA-256 of their canonical JSON
    and `schema_hash` that of the tool's name, description and schema. `reason` says why it is asked, `rule` what asks;
    `why` is what the model said before the call. `risk` is one of read_only, write, destructive. `preview` is the
    effect in the form a person reads: `{"kind": "diff" | "command" | "url" | "arguments", "text": …}`. `warnings` are
    sentences about what looks odd. `may_last` says whether a grant can answer such calls from now on; `rule_offered` is
    the rule that it would store (empty: exactly these arguments). `input_schema` is the tool's JSON Schema, by which
    edited arguments are looked at where the tool itself is not at hand; events are without it.
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
    schema_hash: str = ""
    agent: str = ""
    why: str = ""
    preview: dict[str, str] = field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
    may_last: bool = False
    rule_offered: str = ""
    policy_version: str = ""
    input_schema: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_payload(self) -> dict[str, Any]:
        """The fields that `tool.approval_requested` carries."""
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
            "schema_hash": self.schema_hash,
            "agent": self.agent,
            "why": self.why,
            "preview": dict(self.preview),
            "warnings": list(self.warnings),
            "may_last": self.may_last,
            "rule_offered": self.rule_offered,
            "policy_version": self.policy_version,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one approval request.

    `reason` goes to the model when the call is denied. `arguments` replace the call's: they are checked from the start,
    as if the model had sent them, but not asked about again; with an `arguments_hash`, only if it is that of the bytes
    that would run, defaults filled in. `rule` is what "always" stores (empty: exactly these arguments), `expires_in_s`
    how long it holds (None: until it is revoked).
    """

    verdict: Verdict
    reason: str = ""
    by: str = "person"
    arguments: dict[str, Any] | None = None
    arguments_hash: str = ""
    rule: str = ""
    expires_in_s: float | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Refuse what is no answer. Raises ConfigError, which names the field."""
        check_fields(self)

    @staticmethod
    def allow_once(by: str = "person", *, arguments: dict[str, Any] | None = None) -> Decision:
        """Let exactly this call run, once; with `arguments`, the call with these instead."""
        return Decision(Verdict.ALLOW_ONCE, by=by, arguments=arguments)

    @staticmethod
    def allow_for_session(by: str = "person", *, rule: str = "") -> Decision:
        """Let this call run, and in this session every call that `rule` covers (by default: the same arguments)."""
        return Decision(Verdict.ALLOW_SESSION, by=by, rule=rule)

    @staticmethod
    def allow_always(by: str = "person", *, rule: str = "", expires_in_s: float | None = None) -> Decision:
        """Let this call run, and from now on every call in this workspace that `rule` covers."""
        return Decision(Verdict.ALLOW_ALWAYS, by=by, rule=rule, expires_in_s=expires_in_s)

    @staticmethod
    def deny(reason: str = "", by: str = "person") -> Decision:
        """Refuse this call; the model is told `reason`."""
        return Decision(Verdict.DENY, reason, by)

    @staticmethod
    def stop(reason: str = "", by: str = "person") -> Decision:
        """Refuse this call and end the run."""
        return Decision(Verdict.STOP, reason, by)

    @property
    def is_allowed(self) -> bool:
        """True if the call may run."""
        return self.verdict in (Verdict.ALLOW_ONCE, Verdict.ALLOW_SESSION, Verdict.ALLOW_ALWAYS)
