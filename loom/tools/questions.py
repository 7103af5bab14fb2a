"""What is put before a person where one must be asked, and what they grant beyond the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from loom.config.tools import ToolSpec
from loom.errors import ApprovalError
from loom.safety.approvals import ApprovalDesk
from loom.safety.grants import GrantBook
from loom.safety.hooks import HookManager
from loom.safety.odd_text import warnings_about
from loom.safety.permissions import AccessDecision, Permissions, risk_of
from loom.safety.redaction import redact, redacted
from loom.safety.rules import offered_rule
from loom.threads import in_thread
from loom.tools.arguments import FrozenArguments
from loom.tools.caller import Caller
from loom.types.approvals import ApprovalRequest, Decision, Verdict
from loom.types.ids import generate_id
from loom.types.messages import ToolCall


@dataclass(frozen=True, slots=True)
class Question:
    """One call that a person has to decide about, and why; `said` is what the model said before it."""

    tool: ToolSpec
    call: ToolCall
    frozen: FrozenArguments
    why: AccessDecision
    caller: Caller
    said: str
    schema_hash: str
    permissions: Permissions
    agent: str

    async def request(self, preview: Callable[[ToolSpec, dict[str, Any]], dict[str, str]]) -> ApprovalRequest:
        """The question as a person gets it; `preview` shows the call's effect."""
        tool, caller, why, arguments = self.tool, self.caller, self.why, self.frozen.to_dict()
        shown = await in_thread(preview, tool, arguments)
        if server := tool.extensions.get("mcp_server"):
            shown = {**shown, "server": str(server)}
        offered = await in_thread(offered_rule, tool.name, arguments, self.permissions.workspace)
        return ApprovalRequest(
            id=caller.asked_before(self.call.id, self.frozen.hash) or generate_id(),
            run_id=caller.run_id,
            session_id=caller.session_id,
            call_id=self.call.id,
            tool=tool.name,
            arguments=arguments,
            arguments_hash=self.frozen.hash,
            reason=why.reason,
            rule=why.rule,
            risk=risk_of(tool),
            description=tool.description.partition("\n")[0],
            schema_hash=self.schema_hash,
            agent=self.agent,
            why=redact(self.said.strip())[-600:],
            preview={name: redact(text) for name, text in shown.items()},
            warnings=warnings_about(arguments),
            may_last=why.may_be_granted,
            rule_offered=offered if why.may_be_granted else "",
            policy_version=self.permissions.version,
            input_schema=tool.to_input_schema(),
        )

    async def put(self, request: ApprovalRequest, desk: ApprovalDesk, hooks: HookManager) -> Decision:
        """Ask the person, tell everybody that they are asked, and wait for what they say."""
        payload = {**request.to_payload(), "arguments": redacted(request.arguments)}
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._notify(request, hooks), name="notify")
            with _waiting(self.caller):
                # Asked before it is told, so that an answer can come from the event itself.
                asking = desk.ask(request)
                asyncio.get_running_loop().call_soon(self.caller.emit, "tool.approval_requested", payload)
                decision = await asking
            telling.cancel()
        return decision

    async def _notify(self, request: ApprovalRequest, hooks: HookManager) -> None:
        """Tell the hooks for notifications that a call waits: the tool's name, never its arguments."""
        if hooks.has("Notification"):
            context = {
                "hook_event_name": "Notification",
                "session_id": self.caller.session_id,
                "cwd": str(self.permissions.workspace or ""),
                "notification_type": "permission_prompt",
                "message": f"{request.agent or 'An agent'} wants to run {request.tool}",
            }
            await hooks.run("Notification", context)

    async def keep(self, decision: Decision, grants: GrantBook) -> str:
        """Store what the person granted beyond this call; returns why it could not be, which does not undo the call."""
        if decision.verdict not in (Verdict.ALLOW_SESSION, Verdict.ALLOW_ALWAYS):
            return ""
        try:
            await in_thread(
                grants.add,
                tool=self.tool.name,
                schema_hash=self.schema_hash,
                workspace=self.permissions.workspace,
                arguments=self.frozen.to_dict(),
                arguments_hash=self.frozen.hash,
                rule=decision.rule,
                session_id=self.caller.session_id if decision.verdict is Verdict.ALLOW_SESSION else "",
                expires_in_s=decision.expires_in_s,
                by=decision.by,
            )
        except ApprovalError as error:
            return str(error)
        return ""


@contextmanager
def _waiting(caller: Caller) -> Generator[None]:
    """The time in which a person is asked: no limit counts it, of a sub-agent or of those above it."""
    with caller.waiting(), _waiting(caller.above.caller) if caller.above is not None else nullcontext():
        yield
