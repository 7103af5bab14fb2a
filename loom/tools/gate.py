"""The gate: the only code that calls a tool body, whoever asks.

For each call, in this order, and whatever raises or is missing on the way means that the tool does not run:

    a slot in the rate window, which every attempt takes       (loom.safety.rate)
    arguments read, validated, defaults filled in, frozen      (loom.tools.arguments)
    hooks, which may deny, ask, or want other arguments        (loom.safety.hooks)
    safety rules                                               (loom.safety.veto)
    policy, rules and mode: deny > ask > allow                 (loom.safety.permissions)
    standing grants                                            (loom.safety.grants)
    a person, where one must be asked                          (loom.safety.approvals)
    the same rules and policy again, on the same bytes
    the audit, tool.started, both on the disk                  (loom.safety.audit, loom.runtime.session_log)
    the body, and what came of it

In a run that a tool began, the agent whose tool it is is asked the same besides, and the stricter answer holds.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from loom.config.safety import SafetyRule
from loom.config.tools import ToolSpec
from loom.deadline import Overdue, within
from loom.errors import AuditError, LoomError, StoreError, ToolArgumentError, ToolExecutionError
from loom.foreign import ForeignError
from loom.safety.approvals import ApprovalDesk
from loom.safety.argv import as_lines, without_line
from loom.safety.audit import AuditLog, AuditRecord
from loom.safety.grants import GrantBook
from loom.safety.hooks import HookDecision, HookManager, HookOutcome
from loom.safety.odd_text import may_be_odd, warnings_about
from loom.safety.permissions import (
    ALLOW,
    ASK,
    DENY,
    PROTECTED,
    AccessDecision,
    Permissions,
    decide,
    is_read_only,
)
from loom.safety.rate import RateWindow
from loom.safety.redaction import redact, redacted
from loom.safety.rules import shown_path
from loom.safety.veto import find_veto
from loom.safety.veto_match import match_of_rule
from loom.threads import in_thread
from loom.tools.arguments import FrozenArguments, read_arguments
from loom.tools.body import call_body
from loom.tools.caller import IN_TOOL, Caller, Ceiling, Witness
from loom.tools.offering import told_tools
from loom.tools.outcomes import Refusal, completed, decided, error_text, failed, how_to_allow, refused
from loom.tools.questions import Question
from loom.tools.results import RenderedResult, render_result
from loom.types.approvals import Decision, Verdict
from loom.types.messages import ToolCall, ToolResult
from loom.types.strict_json import fingerprint

log = logging.getLogger(__name__)

RESULT_LIMIT_CHARS = 30_000
NO_HOOKS = HookOutcome()
RECORD_LIMIT_CHARS = 20_000
SMALL_CHARS = 4_000
"""Results up to here are rendered on the loop; larger ones, and those of which the size is not known, in a thread."""


Permitted = tuple[ToolSpec, FrozenArguments, str]
"""A call that may run: the tool, the bytes that were decided about, and what allowed them."""


@dataclass(slots=True)
class ToolGate:
    """Decides about tool calls and runs those that are allowed. One for each agent, for all its sessions and runs.

    `protects` says whether a call would change a protected path; `preview` shows a call's effect as a person reads it.
    `tells_secrets` gives the model what looks like a secret in results; events and records never have it.
    `writing` goes around each body, so that whoever watches files knows what the agent wrote itself.
    """

    tools: dict[str, ToolSpec]
    permissions: Permissions = field(default_factory=Permissions)
    rules: Sequence[SafetyRule] = ()
    rate: RateWindow = field(default_factory=lambda: RateWindow(None))
    desk: ApprovalDesk = field(default_factory=ApprovalDesk)
    hooks: HookManager = field(default_factory=HookManager)
    grants: GrantBook = field(default_factory=GrantBook)
    audit: AuditLog | None = None
    agent_name: str = ""
    timeout_s: float = 600.0
    protects: Callable[[ToolSpec, dict[str, Any]], bool] = lambda _tool, _arguments: False
    preview: Callable[[ToolSpec, dict[str, Any]], dict[str, str]] = lambda _tool, _arguments: {}
    writing: Callable[[ToolSpec, dict[str, Any]], AbstractAsyncContextManager[None]] | None = None
    result_limit_chars: int = RESULT_LIMIT_CHARS
    tells_secrets: bool = False
    _schema_hashes: dict[str, tuple[ToolSpec, str]] = field(default_factory=dict[str, tuple[ToolSpec, str]])

    async def execute(self, call: ToolCall, caller: Caller, why: str = "") -> ToolResult:
        """Run one call if it is allowed; always gives exactly one result to tell the model.

        `why` is what the model said before it. Only cancellation is raised; a call that was cancelled after its start
        is told as `tool.unknown`.
        """
        late = self.reserve(caller)
        try:
            permitted = _, frozen, allowed_by = await self._permit(call, caller, late, why)
            if self.audit is not None:
                await self._record("allowed", call, caller, frozen, rule=allowed_by)
        except Refusal as refusal:
            result = await self._refuse(call, caller, refusal)
            if refusal.kind == "stopped":
                await asyncio.sleep(0)  # where the end of the run takes effect
            return result
        except Exception as error:  # noqa: BLE001  a gate that fails is a gate that is shut
            told = str(error) if isinstance(error, LoomError) else f"{type(error).__name__}: {error}"
            reason = f"the check itself failed: {told}"
            refusal = Refusal("gate_error", "gate", reason, f"{call.name!r} did not run: {reason}")
            return await self._refuse(call, caller, refusal)
        return await self._run(permitted, call, caller)

    def schema_hash(self, tool: ToolSpec) -> str:
        """The fingerprint of what the model and the person were told of a tool: name, description, schema."""
        known = self._schema_hashes.get(tool.name)
        if known is None or known[0] is not tool:  # a tool of a server's may become another
            known = (tool, fingerprint([tool.name, tool.description, tool.to_input_schema()]))
            self._schema_hashes[tool.name] = known
        return known[1]

    def reserve(self, caller: Caller) -> Refusal | None:
        """Take a slot of the rate, for a sub-agent also of those above it; the refusal where there is none."""
        above = caller.above
        late = above.gate.reserve(above.caller) if above is not None and above.gate is not self else None
        wait_s = self.rate.reserve()
        if wait_s is not None:
            reason = f"more than {self.rate.limit} tool calls in a minute; the next is possible in {wait_s:.0f} s"
            late = Refusal("rate_limit", "rate_limits", reason, f"Rate limit: {reason}")
        return late

    async def _permit(self, call: ToolCall, caller: Caller, late: Refusal | None, why: str) -> Permitted:
        tool = self._known(call)
        frozen = self._read_here(tool, call) if tool.signature is not None else await self._read(tool, call)
        approved: tuple[str, str] | None = None  # the hash that a person chose by editing, and in whose words
        hooks = NO_HOOKS
        while True:
            if self.hooks.has("PreToolUse"):
                frozen, hooks = await self.consult(tool, frozen, call, caller)
            if caller.above is not None:
                hooks = await self.consult_above(tool, frozen, call, caller.above, hooks)
            decision = await self.judge(tool, frozen, caller, hooks)
            if late is not None:
                raise late
            if decision.access is ALLOW:
                return tool, frozen, decision.rule
            if approved is not None and approved[0] == frozen.hash:
                return tool, frozen, approved[1]
            granted = await self._granted(tool, frozen, decision, caller)
            if granted:
                return tool, frozen, granted
            answer = await self._ask(tool, call, frozen, decision, caller, why)
            allowed_by = f"{answer.by}: {answer.verdict.value}"
            if answer.arguments is None:
                # The world may have changed while the person thought; what forbids now forbids.
                await self.judge(tool, frozen, caller, hooks)
                return tool, frozen, allowed_by
            frozen = await self._read(tool, replace(call, arguments=answer.arguments, malformed=""))
            if answer.arguments_hash in ("", frozen.hash):
                approved = (frozen.hash, f"{allowed_by}, with edited arguments")

    def _known(self, call: ToolCall) -> ToolSpec:
        tool = self.tools.get(call.name)
        if tool is not None and tool.handler is None:
            message = f"The tool {call.name!r} can't be called: its ToolSpec has no handler"
            raise Refusal("unknown_tool", "registry", "no handler", message)
        if tool is None:
            message = f"Tool not found: {call.name!r}. {told_tools(call.name, self.tools)}"
            raise Refusal("unknown_tool", "registry", "no such tool", message)
        return tool

    async def _read(self, tool: ToolSpec, call: ToolCall) -> FrozenArguments:
        if tool.signature is not None:
            return self._read_here(tool, call)
        # A schema that came from outside: checking it is not bounded by us.
        return await in_thread(self._read_here, tool, call)

    @staticmethod
    def _read_here(tool: ToolSpec, call: ToolCall) -> FrozenArguments:
        try:
            return read_arguments(tool, call)
        except ToolArgumentError as error:
            raise Refusal("arguments", "schema", str(error), str(error)) from None

    async def consult(
        self, tool: ToolSpec, frozen: FrozenArguments, call: ToolCall, caller: Caller
    ) -> tuple[FrozenArguments, HookOutcome]:
        """What the hooks say, on the arguments that they want, which are read and told to all of them once more."""
        if not self.hooks.has("PreToolUse"):
            return frozen, NO_HOOKS
        for _ in range(2):
            outcome = await self.hooks.run("PreToolUse", self._hook_context(tool, frozen, call, caller))
            if outcome.decision is HookDecision.DENY:
                message = f"{tool.name!r} was denied by the hook {outcome.hook!r}: {outcome.message or 'it said no'}"
                raise Refusal("hook", f"hook: {outcome.hook}", outcome.message, message)
            wanted = outcome.context_updates.get("arguments")
            if wanted is None:
                return frozen, outcome
            wanted = without_line(wanted, frozen.to_dict())
            rewritten = await self._read(tool, replace(call, arguments=wanted, malformed=""))
            if rewritten.hash == frozen.hash:
                return frozen, outcome
            frozen = rewritten
        message = "Hooks keep changing the arguments of this call, so it did not run"
        raise Refusal("hook", "hooks", "hooks keep changing the arguments", message)

    async def consult_above(
        self, tool: ToolSpec, frozen: FrozenArguments, call: ToolCall, above: Ceiling, own: HookOutcome
    ) -> HookOutcome:
        """What the hooks say, with those of the agents above a sub-agent: a no or a question of theirs counts."""
        outcome = NO_HOOKS
        if above.gate is not self:
            wanted, outcome = await above.gate.consult(tool, frozen, call, above.caller)
            if wanted.hash != frozen.hash:
                message = f"A hook of the agent that gave this work wants other arguments, so {tool.name!r} did not run"
                raise Refusal("hook", f"hook: {outcome.hook}", "a hook above wants other arguments", message)
        if above.caller.above is not None:
            outcome = await above.gate.consult_above(tool, frozen, call, above.caller.above, outcome)
        return outcome if outcome.decision is HookDecision.ASK else own

    def _hook_context(self, tool: ToolSpec, frozen: FrozenArguments, call: ToolCall, caller: Caller) -> dict[str, Any]:
        return {
            "hook_event_name": "PreToolUse",
            "session_id": caller.session_id,
            "run_id": caller.run_id,
            "cwd": str(self.permissions.workspace or ""),
            "permission_mode": caller.mode().value,
            "tool_name": tool.name,
            "tool_input": as_lines(frozen.to_dict())[-1],
            "tool_use_id": call.id,
        }

    def judge(
        self, tool: ToolSpec, frozen: FrozenArguments, caller: Caller, hooks: HookOutcome
    ) -> Coroutine[Any, Any, AccessDecision]:
        """What rules, policy, mode and hooks say; of a sub-agent also those above it. Raises Refusal for a no."""
        if caller.above is None:
            return self._judge_own(tool, frozen, caller, hooks)
        return self._judge_below(caller.above, tool, frozen, caller, hooks)

    async def _judge_below(
        self, above: Ceiling, tool: ToolSpec, frozen: FrozenArguments, caller: Caller, hooks: HookOutcome
    ) -> AccessDecision:
        own = await self._judge_own(tool, frozen, caller, hooks)
        try:
            theirs = await above.gate.judge(tool, frozen, above.caller, NO_HOOKS)
        except Refusal as refusal:
            who = f"the agent {above.gate.agent_name!r}, which gave this work"
            raise Refusal(
                refusal.kind, refusal.rule, f"{refusal.reason} ({who})", f"{refusal.message} ({who})", refusal.match
            ) from None
        is_looser = theirs.access is ALLOW or (own.access is ASK and not own.may_be_granted)
        return own if is_looser else theirs

    async def _judge_own(
        self, tool: ToolSpec, frozen: FrozenArguments, caller: Caller, hooks: HookOutcome
    ) -> AccessDecision:
        arguments = frozen.to_dict()
        if self.rules:
            await self._check_rules(tool, arguments)
        path = await self._path(arguments) if "path" in arguments else None
        decision = decide(tool, arguments, self.permissions, caller.mode(), path)
        if decision.access is DENY:
            match = None
            if decision.pattern is not None:
                match = await in_thread(match_of_rule, decision.pattern, arguments)
            raise Refusal("policy", decision.rule, decision.reason, f"Permission denied: {decision.reason}", match)
        if hooks is not NO_HOOKS:
            if hooks.decision is HookDecision.ASK and (decision.access is ALLOW or decision.may_be_granted):
                return AccessDecision(ASK, f"hook: {hooks.hook}", hooks.message or "a hook wants a person to see it")
            if hooks.decision is HookDecision.ALLOW and decision.may_be_granted:
                decision = AccessDecision(ALLOW, f"hook: {hooks.hook}", hooks.message or "a hook allows it")
        is_outside = "mcp_server" in tool.extensions
        is_unasked = decision.is_broad or (is_outside and decision.rule == "tool")
        if is_unasked or (self.grants.grants and decision.may_be_granted):
            if (is_outside or tool.extensions.get("edits")) and await in_thread(self.protects, tool, arguments):
                return PROTECTED
            if not is_read_only(tool) and may_be_odd(frozen.canonical) and (odd := warnings_about(arguments)):
                return AccessDecision(ASK, "odd_text", odd[0])
        return decision

    async def _check_rules(self, tool: ToolSpec, arguments: dict[str, Any]) -> None:
        """Raise Refusal for a veto of a safety rule; words of a program are also looked at as the line they make."""
        for seen in as_lines(arguments):
            veto = await find_veto(self.rules, tool.name, seen)
            if veto is not None:
                message = f"{tool.name!r} was vetoed by rule {veto.rule!r}: {veto.reason}"
                raise Refusal("veto", veto.rule, veto.reason, message, veto.match)

    async def _path(self, arguments: dict[str, Any]) -> str | None:
        """The call's path as rules and grants know it, looked up only where one of them might ask."""
        if not (self.permissions.rules or self.grants.grants):
            return None
        return await in_thread(shown_path, arguments, self.permissions.workspace)

    async def _granted(self, tool: ToolSpec, frozen: FrozenArguments, why: AccessDecision, caller: Caller) -> str:
        """The standing grant that answers in the person's place; none does where a rule or a hook asks."""
        if not why.may_be_granted:
            return ""
        arguments = frozen.to_dict()
        grant = self.grants.find(
            tool.name,
            self.schema_hash(tool),
            self.permissions.workspace,
            arguments,
            frozen.hash,
            caller.session_id,
            await self._path(arguments) if "path" in arguments else None,
        )
        return f"grant: {grant}" if grant is not None and await in_thread(self.grants.holds, grant) else ""

    async def _ask(
        self,
        tool: ToolSpec,
        call: ToolCall,
        frozen: FrozenArguments,
        why: AccessDecision,
        caller: Caller,
        said: str,
    ) -> Decision:
        """Ask the person. Returns a decision that allows; raises Refusal for a no, also when nobody is there."""
        desk = self.desk_of(caller)
        if not desk.is_attended:
            raise Refusal("no_approver", why.rule, why.reason, how_to_allow(tool, why))
        question = Question(
            tool, call, frozen, why, caller, said, self.schema_hash(tool), self.permissions, self.agent_name
        )
        request = await question.request(self.preview)
        decision = await question.put(request, desk, self.hooks)
        problem = await question.keep(decision, self.grants)
        caller.emit("tool.approval_decided", decided(request, decision, problem))
        if decision.is_allowed:
            return decision
        reason = f": {decision.reason}" if decision.reason else ""
        if decision.verdict is Verdict.STOP:
            caller.stop(decision.reason or "stopped at an approval")
            raise Refusal("stopped", f"by {decision.by}", decision.reason, f"The person stopped the run{reason}")
        raise Refusal("denied", f"by {decision.by}", decision.reason, f"The person denied {tool.name!r}{reason}")

    def desk_of(self, caller: Caller) -> ApprovalDesk:
        """Where people answer: this agent's desk; for a sub-agent that nobody attends, that of those above it."""
        if self.desk.is_attended or caller.above is None:
            return self.desk
        return caller.above.gate.desk_of(caller.above.caller)

    async def _record(
        self, what: str, call: ToolCall, caller: Caller, frozen: FrozenArguments | None, *, rule: str, reason: str = ""
    ) -> None:
        """Write a record to the audit, if there is one, before what it says happens."""
        if self.audit is None:
            return
        arguments = frozen.to_dict() if frozen is not None else call.arguments
        record = AuditRecord(
            what,
            call.name,
            call.id,
            caller.run_id,
            caller.session_id,
            self.agent_name,
            json.dumps(redacted(arguments), ensure_ascii=False)[:RECORD_LIMIT_CHARS],
            frozen.hash if frozen is not None else "",
            rule,
            redact(reason),
        )
        await in_thread(self.audit.append, record)

    async def _refuse(self, call: ToolCall, caller: Caller, refusal: Refusal) -> ToolResult:
        try:
            await self._record("refused", call, caller, None, rule=refusal.rule, reason=refusal.reason)
        except AuditError as error:
            refusal = Refusal(refusal.kind, refusal.rule, refusal.reason, f"{refusal.message} ({error})")
        return refused(call, caller, refusal)

    async def _run(self, permitted: Permitted, call: ToolCall, caller: Caller) -> ToolResult:
        tool, frozen, allowed_by = permitted
        caller.emit(
            "tool.started",
            {
                "call_id": call.id,
                "tool": tool.name,
                "arguments": redacted(frozen.to_dict()),
                "arguments_hash": frozen.hash,
                "allowed_by": allowed_by,
            },
        )
        try:
            if caller.barrier is not None:
                await caller.barrier()
        except StoreError as error:
            await self._note("failed", permitted, call, caller, f"not logged: {error}")
            message = f"{call.name!r} did not run: {error}"
            return refused(call, caller, Refusal("not_logged", "log", str(error), message))
        began = time.monotonic()
        try:
            if caller.witness is None:
                value = await self._call_body(tool, call, frozen, caller)
            else:
                value = await self._witnessed(caller.witness, tool, call, frozen, caller)
            if isinstance(value, str) and len(value) <= SMALL_CHARS and not self.tells_secrets:
                rendered = shown = render_result(value, self.result_limit_chars, redact)
            else:
                rendered, shown = await self._rendered(value)
        except asyncio.CancelledError:
            reason = "interrupted while it ran; what it had done by then is not known"
            caller.emit("tool.unknown", {"call_id": call.id, "tool": tool.name, "reason": reason})
            await self._note("unknown", permitted, call, caller, reason)
            raise
        except Exception as error:  # noqa: BLE001  a failing tool is told to the model, and the run goes on
            await self._note("failed", permitted, call, caller, f"{type(error).__name__}: {error}")
            rendered, shown = await self._rendered(error_text(error))
            result = failed(tool, call, caller, error, rendered, shown, began)
        else:
            if self.audit is not None:
                await self._note("completed", permitted, call, caller)
            result = completed(tool, call, caller, rendered, shown, began)
        return await self._followed(permitted, call, caller, result) if self.hooks.has("PostToolUse") else result

    async def _rendered(self, value: Any) -> tuple[RenderedResult, RenderedResult]:
        """A result as the model gets it, and as events and records do."""
        is_small = value is None or (isinstance(value, str) and len(value) <= SMALL_CHARS)
        render = partial(render_result, value, self.result_limit_chars)
        if not self.tells_secrets:
            clean = render(redact) if is_small else await in_thread(render, redact)
            return clean, clean
        if is_small:
            return render(), render(redact)
        return await in_thread(render), await in_thread(render, redact)

    async def _note(self, what: str, permitted: Permitted, call: ToolCall, caller: Caller, reason: str = "") -> None:
        """Record an outcome. What was done stays done: an audit that can't be written now stops the next call."""
        _, frozen, allowed_by = permitted
        try:
            await self._record(what, call, caller, frozen, rule=allowed_by, reason=reason)
        except AuditError as error:
            log.error("The outcome of %s was not recorded: %s", call.name, error)

    async def _followed(self, permitted: Permitted, call: ToolCall, caller: Caller, result: ToolResult) -> ToolResult:
        """The result, with what hooks say to it: a hook that denies adds its words, it can't undo the call."""
        tool, frozen, _ = permitted
        context = self._hook_context(tool, frozen, call, caller)
        told = result.content if isinstance(result.content, str) else "[pictures]"
        outcome = await self.hooks.run(
            "PostToolUse",
            {**context, "hook_event_name": "PostToolUse", "tool_response": told, "is_error": result.is_error},
        )
        if outcome.decision is not HookDecision.DENY or not isinstance(result.content, str):
            return result
        return replace(result, content=f"{result.content}\n\n[hook {outcome.hook}] {outcome.message}")

    async def _witnessed(
        self, witness: Witness, tool: ToolSpec, call: ToolCall, frozen: FrozenArguments, caller: Caller
    ) -> Any:
        """Run the body, and say which files it changed, also where it failed or was interrupted."""
        arguments = frozen.to_dict()
        seen = await witness.before(tool, arguments)
        if seen is None:
            return await self._call_body(tool, call, frozen, caller)
        try:
            return await self._call_body(tool, call, frozen, caller)
        finally:
            changed = await witness.after(tool, arguments, seen)
            if changed is not None:
                caller.emit("files.changed", {"call_id": call.id, "tool": tool.name, **changed})

    async def _call_body(self, tool: ToolSpec, call: ToolCall, frozen: FrozenArguments, caller: Caller) -> Any:
        assert tool.handler is not None  # noqa: S101  `_permit` refused tools without one
        values = frozen.to_dict() if frozen.values is None else frozen.values
        signature = tool.signature
        if signature is not None and signature.context_parameter is not None:
            values = {**values, signature.context_parameter: replace(caller.context, call_id=call.id)}
        is_async = signature.is_async if signature is not None else iscoroutinefunction(tool.handler.func)
        limit_s = self.timeout_s if tool.timeout_s is None else tool.timeout_s
        outer = IN_TOOL.set(Ceiling(self, caller, call.id, tool.name))
        try:
            if self.writing is None:
                return await within(limit_s, call_body(tool.handler.func, is_async, values))
            async with self.writing(tool, frozen.to_dict()):
                return await within(limit_s, call_body(tool.handler.func, is_async, values))
        except ForeignError as error:
            raise ToolExecutionError(str(error)) from error.__cause__
        except Overdue:
            raise ToolExecutionError(
                f"{tool.name!r} did not finish within {limit_s:g} s and was stopped; "
                "what it had done by then is not known",
                tool=tool.name,
            ) from None
        finally:
            IN_TOOL.reset(outer)
