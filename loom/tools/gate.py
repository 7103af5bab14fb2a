"""The gate: the only code that calls a tool body, whoever asks.

For each call, in this order, and whatever raises or is missing on the way means that the tool does not run:

    arguments read, validated, defaults filled in, frozen      (loom.tools.arguments)
    safety rules                                               (loom.safety.veto)
    policy and mode: deny > ask > allow                        (loom.safety.permissions)
    a slot in the rate window, which every attempt takes       (loom.safety.rate)
    a person, where one must be asked                          (loom.safety.approvals)
    the same rules and policy again, on the same bytes
    tool.started, the body, and what came of it
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from loom.config.policy import ToolAccessPolicy
from loom.config.safety import SafetyRule
from loom.config.tools import ToolSpec
from loom.errors import ToolArgumentError, ToolExecutionError, describe_error
from loom.safety.approvals import ApprovalDesk
from loom.safety.permissions import PROTECTED, Access, AccessDecision, PermissionMode, decide_access, risk_of
from loom.safety.rate import RateWindow
from loom.safety.veto import find_veto
from loom.threads import in_thread
from loom.tools.arguments import FrozenArguments, python_values, read_arguments
from loom.tools.deadline import Overdue, within
from loom.tools.results import RenderedResult, render_result
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.messages import ToolCall, ToolResult
from loom.types.runs import Artifact, RunContext, generate_id

Emit = Callable[[str, dict[str, Any]], None]

RESULT_LIMIT_CHARS = 30_000


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a call is made: the run's identity, its voice, its mode and its clock.

    `waiting` wraps the time in which a person is asked, so that no limit counts it.
    """

    run_id: str
    session_id: str
    context: RunContext
    emit: Emit
    mode: Callable[[], PermissionMode]
    keep: Callable[[Artifact], None]
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


class Refusal(Exception):  # noqa: N818  not an error of the program: the gate's ordinary "no"
    """The gate says no: which kind, by which rule, and what the model is told."""

    def __init__(self, kind: str, rule: str, reason: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.rule, self.reason, self.message = kind, rule, reason, message


@dataclass(slots=True)
class ToolGate:
    """Decides about tool calls and runs those that are allowed. One for each agent, for all its sessions and runs."""

    tools: dict[str, ToolSpec]
    access: ToolAccessPolicy = field(default_factory=ToolAccessPolicy)
    rules: Sequence[SafetyRule] = ()
    rate: RateWindow = field(default_factory=lambda: RateWindow(None))
    desk: ApprovalDesk = field(default_factory=ApprovalDesk)
    timeout_s: float = 600.0
    protects: Callable[[ToolSpec, dict[str, Any]], bool] = lambda _tool, _arguments: False
    result_limit_chars: int = RESULT_LIMIT_CHARS

    async def execute(self, call: ToolCall, caller: Caller) -> ToolResult:
        """Run one call if it is allowed; always gives exactly one result to tell the model.

        Only cancellation is raised; a call that was cancelled after its start is told as `tool.unknown`.
        """
        wait_s = self.rate.reserve()
        try:
            tool, frozen, allowed_by = await self._permit(call, caller, wait_s)
        except Refusal as refusal:
            return _refused(call, caller, refusal)
        except Exception as error:  # noqa: BLE001  a gate that fails is a gate that is shut
            reason = f"the check itself failed: {type(error).__name__}: {error}"
            return _refused(call, caller, Refusal("gate_error", "gate", reason, f"{call.name!r} did not run: {reason}"))
        return await self._run(tool, call, frozen, allowed_by, caller)

    async def _permit(
        self, call: ToolCall, caller: Caller, wait_s: float | None
    ) -> tuple[ToolSpec, FrozenArguments, str]:
        tool = self.tools.get(call.name)
        if tool is None or tool.handler is None:
            known = ", ".join(sorted(self.tools)) or "none"
            raise Refusal(
                "unknown_tool", "registry", "no such tool", f"Tool not found: {call.name!r}. The tools are: {known}"
            )
        try:
            if tool.signature is not None:
                frozen = read_arguments(tool, call)
            else:  # a schema that came from outside: checking it is not bounded by us
                frozen = await in_thread(read_arguments, tool, call)
        except ToolArgumentError as error:
            raise Refusal("arguments", "schema", str(error), str(error)) from None
        decision = await self._judge(tool, frozen, caller)
        if wait_s is not None:
            limit = self.rate.limit
            reason = f"more than {limit} tool calls in a minute; the next is possible in {wait_s:.0f} s"
            raise Refusal("rate_limit", "rate_limits", reason, f"Rate limit: {reason}")
        if decision.access is Access.ALLOW:
            return tool, frozen, decision.rule
        allowed_by = await self._ask(tool, call, frozen, decision, caller)
        # The world may have changed while the person thought; what forbids now forbids.
        await self._judge(tool, frozen, caller)
        return tool, frozen, allowed_by

    async def _judge(self, tool: ToolSpec, frozen: FrozenArguments, caller: Caller) -> AccessDecision:
        """What rules, policy and mode say. Raises Refusal for a no."""
        if self.rules:
            veto = await find_veto(self.rules, tool.name, frozen.to_dict())
            if veto is not None:
                raise Refusal(
                    "veto", veto.rule, veto.reason, f"{tool.name!r} was vetoed by rule {veto.rule!r}: {veto.reason}"
                )
        decision = decide_access(tool, self.access, caller.mode())
        if decision.is_by_mode and await in_thread(self.protects, tool, frozen.to_dict()):
            decision = PROTECTED
        if decision.access is Access.DENY:
            raise Refusal("policy", decision.rule, decision.reason, f"Permission denied: {decision.reason}")
        return decision

    async def _ask(
        self, tool: ToolSpec, call: ToolCall, frozen: FrozenArguments, why: AccessDecision, caller: Caller
    ) -> str:
        """Ask the person. Returns what allowed the call; raises Refusal for a no, also when nobody is there."""
        if not self.desk.is_attended:
            raise Refusal("no_approver", why.rule, why.reason, _how_to_allow(tool, why))
        request = ApprovalRequest(
            id=generate_id(),
            run_id=caller.run_id,
            session_id=caller.session_id,
            call_id=call.id,
            tool=tool.name,
            arguments=frozen.to_dict(),
            arguments_hash=frozen.hash,
            reason=why.reason,
            rule=why.rule,
            risk=risk_of(tool),
            description=tool.description.partition("\n")[0],
        )
        # Asked before it is told, so that an answer can come from the event itself.
        with caller.waiting():
            asking = self.desk.ask(request)
            decision = await _announced(asking, lambda: caller.emit("tool.approval_requested", request.to_payload()))
        caller.emit("tool.approval_decided", _decided(request, decision))
        if not decision.is_allowed:
            said = f": {decision.reason}" if decision.reason else ""
            raise Refusal("denied", f"by {decision.by}", decision.reason, f"The person denied {tool.name!r}{said}")
        return f"{decision.by}: {decision.verdict.value}"

    async def _run(
        self, tool: ToolSpec, call: ToolCall, frozen: FrozenArguments, allowed_by: str, caller: Caller
    ) -> ToolResult:
        caller.emit(
            "tool.started",
            {
                "call_id": call.id,
                "tool": tool.name,
                "arguments": frozen.to_dict(),
                "arguments_hash": frozen.hash,
                "allowed_by": allowed_by,
            },
        )
        began = time.monotonic()
        try:
            value = await self._call_body(tool, call, frozen, caller)
            rendered = render_result(value, self.result_limit_chars)
        except asyncio.CancelledError:
            if not _is_being_cancelled():
                error = ToolExecutionError(f"{tool.name!r} cancelled itself", tool=tool.name)
                return _failed(tool, call, caller, error, began)
            reason = "interrupted while it ran; what it had done by then is not known"
            caller.emit("tool.unknown", {"call_id": call.id, "tool": tool.name, "reason": reason})
            raise
        except Exception as error:  # noqa: BLE001  a failing tool is told to the model, and the run goes on
            return _failed(tool, call, caller, error, began)
        return _completed(tool, call, caller, rendered, began)

    async def _call_body(self, tool: ToolSpec, call: ToolCall, frozen: FrozenArguments, caller: Caller) -> Any:
        assert tool.handler is not None  # noqa: S101  `_permit` refused tools without one
        values = python_values(tool, frozen)
        signature = tool.signature
        if signature is not None and signature.context_parameter is not None:
            values[signature.context_parameter] = replace(caller.context, call_id=call.id)
        is_async = signature is not None and signature.is_async
        limit_s = self.timeout_s if tool.timeout_s is None else tool.timeout_s
        try:
            return await within(limit_s, _body(tool.handler.func, is_async, values))
        except Overdue:
            raise ToolExecutionError(
                f"{tool.name!r} did not finish within {limit_s:g} s and was stopped; "
                "what it had done by then is not known",
                tool=tool.name,
            ) from None


async def _body(func: Callable[..., Any], is_async: bool, values: dict[str, Any]) -> Any:
    if is_async:
        return await func(**values)
    value = await in_thread(func, **values)
    return await value if asyncio.iscoroutine(value) else value


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _announced(asking: Any, announce: Callable[[], None]) -> Decision:
    """Await `asking`, with `announce` called once it waits."""
    asyncio.get_running_loop().call_soon(announce)
    return await asking


def _decided(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    return {
        "request_id": request.id,
        "call_id": request.call_id,
        "tool": request.tool,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "by": decision.by,
    }


def _how_to_allow(tool: ToolSpec, why: AccessDecision) -> str:
    destructive = " with allow_destructive=True" if tool.destructive else ""
    return (
        f"Permission denied: {tool.name!r} needs permission ({why.reason}) and nobody is attached to give it. "
        f"To allow it, name it in policy.tools.access.allow{destructive}, "
        "or attach somebody who answers (agent.attach_approver())."
    )


def _refused(call: ToolCall, caller: Caller, refusal: Refusal) -> ToolResult:
    caller.emit(
        "tool.vetoed",
        {
            "call_id": call.id,
            "tool": call.name,
            "kind": refusal.kind,
            "rule": refusal.rule,
            "reason": refusal.reason,
            "message": refusal.message,
        },
    )
    return ToolResult(call.id, refusal.message, is_error=True)


def _failed(tool: ToolSpec, call: ToolCall, caller: Caller, error: Exception, began: float) -> ToolResult:
    content = f"Error: {error}" if isinstance(error, ToolExecutionError) else f"Error: {type(error).__name__}: {error}"
    caller.emit(
        "tool.failed",
        {
            "call_id": call.id,
            "tool": tool.name,
            "content": content,
            "error": describe_error(error),
            "duration_ms": _ms_since(began),
        },
    )
    return ToolResult(call.id, content, is_error=True)


def _completed(tool: ToolSpec, call: ToolCall, caller: Caller, rendered: RenderedResult, began: float) -> ToolResult:
    artifact_id: str | None = None
    if rendered.full_text is not None:
        artifact = Artifact(
            run_id=caller.run_id,
            kind="tool_output",
            title=f"{tool.name} output",
            metadata={"content": rendered.full_text, "call_id": call.id},
        )
        artifact.uri = f"run://{caller.run_id}/artifacts/{artifact.id}"
        artifact_id = artifact.id
        caller.keep(artifact)
    caller.emit(
        "tool.completed",
        {
            "call_id": call.id,
            "tool": tool.name,
            "content": rendered.text,
            "duration_ms": _ms_since(began),
            "artifact_id": artifact_id,
            "images": rendered.images,
        },
    )
    return ToolResult(call.id, rendered.content)


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
