"""What comes of a call, told: to the run in an event, to the model in a result."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError, describe_error
from loom.safety.permissions import AccessDecision
from loom.safety.redaction import redact
from loom.safety.veto_match import RuleMatch
from loom.tools.caller import Caller
from loom.tools.results import RenderedResult
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.messages import ToolCall, ToolResult
from loom.types.runs import Artifact


class Refusal(Exception):  # noqa: N818  not an error of the program: the gate's ordinary "no"
    """The gate says no: which kind, by which rule, what the model is told, and what of the call a rule is about."""

    def __init__(self, kind: str, rule: str, reason: str, message: str, match: RuleMatch | None = None) -> None:
        super().__init__(message)
        self.kind, self.rule, self.reason, self.message, self.match = kind, rule, reason, message, match


def decided(request: ApprovalRequest, decision: Decision, problem: str) -> dict[str, Any]:
    """The payload that tells an answer, and what of it could not be kept."""
    return {
        "request_id": request.id,
        "call_id": request.call_id,
        "tool": request.tool,
        "verdict": decision.verdict.value,
        "reason": decision.reason or problem,
        "by": decision.by,
        "edited": decision.arguments is not None,
    }


def error_text(error: Exception) -> str:
    """What the model is told of a failure, whole."""
    told = str(error) if isinstance(error, ToolExecutionError) else f"{type(error).__name__}: {error}"
    return f"Error: {told}".removesuffix(": ")


def failed(
    tool: ToolSpec,
    call: ToolCall,
    caller: Caller,
    error: Exception,
    rendered: RenderedResult,
    shown: RenderedResult,
    began: float,
) -> ToolResult:
    """Say that a call failed, as `shown`; gives what the model is told, as `rendered`."""
    described = describe_error(error)
    described["message"] = shown.text.removeprefix("Error: ").removeprefix(f"{described['type']}: ")
    caller.emit(
        "tool.failed",
        {
            "call_id": call.id,
            "tool": tool.name,
            "content": shown.text,
            "error": described,
            "duration_ms": ms_since(began),
            "artifact_id": _kept(tool, call, caller, shown),
        },
    )
    return ToolResult(call.id, rendered.content, is_error=True)


def how_to_allow(tool: ToolSpec, why: AccessDecision) -> str:
    """What the model is told where nobody is there to ask: the way out."""
    destructive = " with allow_destructive=True" if tool.destructive else ""
    return (
        f"Permission denied: {tool.name!r} needs permission ({why.reason}) and nobody is attached to give it. "
        f"To allow it, name it in policy.tools.access.allow{destructive}, "
        "or attach somebody who answers (agent.attach_approver())."
    )


def refused(call: ToolCall, caller: Caller, refusal: Refusal) -> ToolResult:
    """Say that a call was refused; gives what the model is told."""
    match = {"match": asdict(refusal.match)} if refusal.match is not None else {}
    caller.emit(
        "tool.vetoed",
        {
            "call_id": call.id,
            "tool": call.name,
            "kind": refusal.kind,
            "rule": refusal.rule,
            "reason": redact(refusal.reason),
            "message": redact(refusal.message),
            **match,
        },
    )
    return ToolResult(call.id, refusal.message, is_error=True)


def completed(
    tool: ToolSpec, call: ToolCall, caller: Caller, rendered: RenderedResult, shown: RenderedResult, began: float
) -> ToolResult:
    """Say that a call ran to its end, as `shown`; gives what the model is told, as `rendered`."""
    artifact_id = _kept(tool, call, caller, shown)
    caller.emit(
        "tool.completed",
        {
            "call_id": call.id,
            "tool": tool.name,
            "content": shown.text,
            "duration_ms": ms_since(began),
            "artifact_id": artifact_id,
            "images": shown.images,
        },
    )
    return ToolResult(call.id, rendered.content)


def _kept(tool: ToolSpec, call: ToolCall, caller: Caller, shown: RenderedResult) -> str | None:
    """The id of the artifact that has the whole of a text that was cut; None where it was not."""
    if shown.full_text is None:
        return None
    artifact = Artifact(
        run_id=caller.run_id,
        kind="tool_output",
        title=f"{tool.name} output",
        metadata={"content": shown.full_text, "call_id": call.id},
    )
    artifact.uri = f"run://{caller.run_id}/artifacts/{artifact.id}"
    caller.keep(artifact)
    return artifact.id


def ms_since(began: float) -> int:
    """Milliseconds since a reading of the monotonic clock."""
    return round((time.monotonic() - began) * 1000)
