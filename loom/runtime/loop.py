"""The loop of one run: Reason → Act → Observe → Δ, until the model is done, a limit is reached, or it is stopped."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from loom.config.model import ModelRef
from loom.context.pairs import is_valid, repair
from loom.context.working import CALM, SUB_AGENT_DEPTH, TELL_FROM_RHO, Dashboard
from loom.errors import ContextOverflowError, ProviderError, describe_error
from loom.memory.codec import message_to_log
from loom.memory.records import HISTORY_MESSAGE, MESSAGE_STREAMED, TOOL_RESULT, NewRecord
from loom.memory.recovery import MISSING, WHY_UNKNOWN, unfinished
from loom.memory.replay import CallState, OpenRun
from loom.providers.base import (
    Completion,
    Retrying,
    StopReason,
    StreamPart,
    TextDelta,
    ThinkingDelta,
)
from loom.providers.prices import Price, priced
from loom.providers.retry import complete_with_retries
from loom.runtime.alerts import Alerts
from loom.runtime.engine import Engine
from loom.runtime.keeper import ContextKeeper
from loom.runtime.limits import RunLimits
from loom.runtime.liveness import LoopDetector
from loom.runtime.server_context import told_edits
from loom.runtime.session_log import SessionLog
from loom.runtime.skill_model import SkillModel
from loom.runtime.standing import Standing, news, told_model
from loom.safety.hooks import HookDecision, HookOutcome
from loom.safety.redaction import redact, redacted
from loom.tools.batch import batches
from loom.tools.budget import Left
from loom.tools.caller import Caller, Emit
from loom.tools.offering import FIND_TOOLS
from loom.types.content import ContentBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall, ToolResult
from loom.types.runs import Usage

HELD_BACK_LIMIT = 3
"""How often hooks may keep a run from ending."""

KEEP_STREAM_EVERY_S = 2.0
FULL, PAUSED, REFUSED = StopReason.CONTEXT_EXCEEDED, StopReason.PAUSE_TURN, StopReason.REFUSAL
"""By themselves: a member looked up on its class takes as long as a call does."""
NOT_RUN = {
    StopReason.MAX_TOKENS: "the answer was cut off at the output limit, so its arguments may be incomplete",
    FULL: "the answer was cut off where the window was full, so its arguments may be incomplete",
    REFUSED: "the answer was refused in the middle",
}
"""Why the calls of an answer that ended so are not run."""


@dataclass(slots=True)
class RunLoop:
    """One run's work on its session's history.

    The history is valid at every moment between two awaits: a message with tool calls is followed by their results,
    also when the run is cancelled or fails in the middle.
    """

    engine: Engine
    caller: Caller
    history: list[Message]
    context: ContextKeeper
    limits: RunLimits
    steering: deque[str]
    log: SessionLog | None
    alerts: Alerts
    loops: LoopDetector
    emit: Emit = field(init=False)
    step: int = 0
    usage: Usage = field(default_factory=Usage)
    output: str = ""
    _models: SkillModel = field(init=False)
    _model: ModelRef = field(init=False)
    _step_began: float = 0.0
    _asked_at: float = 0.0
    _heard_at: float = 0.0
    _model_ms: int = 0
    _first_token_ms: int | None = None
    _partial: list[str] = field(default_factory=list[str])
    _kept_pieces: int = 0
    _kept_at: float = 0.0
    _errors_in_a_row: int = 0
    _steps_below: int = 0
    _asked_for: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _held: int = 0
    _logged: dict[str, Message] = field(default_factory=dict[str, Message])
    _stood: list[Standing] = field(default_factory=list[Standing])

    def __post_init__(self) -> None:
        """Speak as the run does."""
        self.emit = self.caller.emit
        self._models, self._model = SkillModel(self.engine, self.context), self.engine.config.model

    async def run(self, prompt: Message) -> str:
        """Work until the end of the model's turn; returns why it ended (`RunResult.reason`).

        Raises RunLimitError, ProviderError, ContextOverflowError; on cancellation the history stays valid.
        """
        self.context.manager.goal = prompt
        self._remember(prompt)
        return await self._work()

    async def call(self, prompt: Message, call: ToolCall) -> str:
        """Make one call that a person asks for, without asking the model; returns why it ended.

        The history says of it what it says of a model's calls, so that the model knows of it later.
        """
        self._remember(prompt)
        self.step += 1
        self._step_began = time.monotonic()
        self.emit("step.started", {"step": self.step})
        completion = Completion(Message("assistant", "", [call]), StopReason.TOOL_USE)
        self._keep(completion)
        async with self.context.lock:
            results = await self.limits.bounded(self._act(completion))
            self._observe(completion, results)
        self.output = "\n".join(result.content for result in results.values() if isinstance(result.content, str))
        return "tool_call"

    async def resume(self, interrupted: OpenRun) -> str:
        """Go on with an interrupted run; returns why it ended.

        Calls of its last message that have no result get one: what is known of them, the outcome of making them now, or
        that they may have happened.
        """
        self.step = interrupted.step
        if not interrupted.messages:  # it was told to nobody yet
            return await self.run(Message("user", interrupted.prompt))
        self.context.manager.goal = _asked(self.history, interrupted.prompt)
        async with self.context.lock:
            await self._catch_up(interrupted)
        if self.history and self.history[-1].role == "assistant":
            self.output = self.history[-1].text
            return StopReason.END_TURN.value
        if not is_valid(self.history):  # a record that was damaged may have taken a call or a result away
            self.history[:] = repair(self.history)
        return await self._work()

    async def _catch_up(self, interrupted: OpenRun) -> None:
        """Give each call of the last message that has no result one."""
        calls, found = unfinished(self.history)
        if calls:
            why = self.history[-1 - len(found)].text
            del self.history[len(self.history) - len(found) :]
            self._logged.update(found)
            results: dict[str, ToolResult] = {}
            try:
                for call in calls:
                    results[call.id] = await self.limits.bounded(self._caught_up(call, found, interrupted, why))
            finally:
                self._remember_results(calls, results)
            self.emit(
                "step.completed",
                {"step": self.step, "stop_reason": StopReason.TOOL_USE.value, "tools": len(calls), "duration_ms": 0},
            )

    async def _caught_up(
        self, call: ToolCall, found: Mapping[str, Message], interrupted: OpenRun, why: str
    ) -> ToolResult:
        state = interrupted.calls.get(call.id, CallState())
        if call.id in found:
            return ToolResult(call.id, found[call.id].content, found[call.id].is_error)
        if state.told and not state.is_unknown:
            result = ToolResult(call.id, state.told, state.failed)
        elif (state.is_started or state.is_unknown) and not self._may_repeat(call):
            result = _interrupted(call)
            if not state.is_unknown:
                self.emit("tool.unknown", {"call_id": call.id, "tool": call.name, "reason": WHY_UNKNOWN})
        else:
            result = await self.engine.gate.execute(call, self.caller, why)
        if self.log is not None:
            self._log_result(self.log, call, result)
        return result

    def _may_repeat(self, call: ToolCall) -> bool:
        tool = self.engine.tools.get(call.name)
        return tool is not None and tool.idempotent

    async def _work(self) -> str:
        while True:
            if self.limits.is_held:
                await self.limits.released()
            self.limits.check(self.step + self._steps_below, self.usage)
            self.step += 1
            completion = await self.limits.bounded(self._reason())
            await self.context.lock.acquire()  # by itself, since `async with` takes three times as long
            try:
                results = await self.limits.bounded(self._act(completion))
                self._observe(completion, results)
            finally:
                self.context.lock.release()
            if not completion.message.tool_calls:
                await asyncio.sleep(0)  # who reads along may steer by what was just said
            ended = self._delta(completion)
            if ended is not None and not await self._held_back():
                return ended

    async def _reason(self) -> Completion:
        """Ask the model; stream what it says; keep its message."""
        self._step_began = time.monotonic()
        self._model_ms, self._first_token_ms = 0, None
        self.emit("step.started", {"step": self.step})
        if self.engine.servers is not None:
            self._tell_standing()
        if not self.context.has_room() and await self.context.fit(self._may_compress):
            self.alerts.recall(self.history)
        if self.alerts.heartbeat is not None and (note := self.alerts.note(self.step)):
            self._remember(Message("user", note))
        try:
            completion = await self._answered()
        except (asyncio.CancelledError, ProviderError):
            self._keep_partial()
            raise
        self._keep(completion)
        is_told = completion.usage is not None or completion.extra_usage is not None
        is_priced = is_told or self.limits.is_of_tokens
        self._count(completion, await self.engine.price(self._model) if is_priced else None)
        if not self.context.has_room():
            await self.context.announce()
        return completion

    async def _answered(self) -> Completion:
        """The model's answer; where its window is full, room is made once, and it is asked again."""
        try:
            completion = await self._ask_model()
        except ContextOverflowError:
            if not await self.context.overflowed(self._may_compress):
                raise
            return await self._ask_model()
        if completion.stop_reason is FULL and await self.context.overflowed(self._may_compress):
            if completion.usage is not None:
                self.spend(priced(completion.usage, await self.engine.price(self._model)), "")
            return await self._ask_model()
        return completion

    async def _may_compress(self, strategy: str) -> bool:
        """Whether no hook denies a compression."""
        if not self.engine.gate.hooks.has("PreCompact"):
            return True
        return (await self._hook("PreCompact", trigger=strategy)).decision is not HookDecision.DENY

    def _ask_model(self) -> Coroutine[Any, Any, Completion]:
        chosen = self._models.choose()
        return self._asked_of(chosen) if chosen is self.engine.config.model else self._asked_as_wanted(chosen)

    async def _asked_as_wanted(self, chosen: ModelRef) -> Completion:
        """The answer of the model that a skill wants, or of the agent's own where that can't be."""
        try:
            return await self._asked_of(chosen)
        except (ProviderError, ContextOverflowError) as error:
            if not self._models.refuse(chosen, error):
                raise
            self._hear(Retrying(1, 0.0, error))
        return await self._asked_of(self.engine.config.model)

    async def _asked_of(self, model: ModelRef) -> Completion:
        self._model = model
        request, provider = self._models.addressed(self.context.compile(self.step, self._dashboard()), model)
        if self.log is not None:
            request = self.context.noted(request, self.step)
            await self.log.barrier()
        self._partial.clear()
        began = self._asked_at = self._kept_at = time.monotonic()
        self._kept_pieces, self._heard_at = 0, 0.0
        completion = await complete_with_retries(provider, request, self.engine.retries, self._hear)
        if completion is None:
            raise ProviderError(f"{model.identifier} ended its answer without saying so")
        self._model_ms += round((time.monotonic() - began) * 1000)
        self._first_token_ms = round((self._heard_at - self._asked_at) * 1000) if self._heard_at else None
        self._partial.clear()
        return completion

    def _hear(self, part: StreamPart) -> None:
        """Say what the model says, as it says it."""
        if not self._heard_at:
            self._heard_at = time.monotonic()
        match part:
            case TextDelta(text):
                self._partial.append(text)
                self.emit("text.delta", {"text": text, "step": self.step})
                self._keep_streamed()
            case ThinkingDelta(text):
                self.emit("thinking.delta", {"text": text, "step": self.step})
            case Retrying():
                self._partial.clear()
                self._kept_pieces = 0
                self._asked_at, self._heard_at = time.monotonic() + part.delay_s, 0.0
                self._retried(part)
            case _:
                return

    async def _act(self, completion: Completion) -> dict[str, ToolResult]:
        """Run the tool calls of the message through the gate: side by side where that is safe, in order otherwise.

        Gives the results by the ids of their calls.
        """
        calls = completion.message.tool_calls
        if not calls:
            return {}
        for call, asked in zip(calls, self._asked_for, strict=True):
            self._requested(call, asked["arguments"])
        if completion.stop_reason in NOT_RUN:
            return self._not_run(calls, completion.stop_reason)
        if FIND_TOOLS in self.engine.gate.tools:
            self.context.offer([call.name for call in calls])
        results: dict[str, ToolResult] = {}
        try:
            for batch in batches(calls, self.engine.tools) if len(calls) > 1 else [calls]:
                if len(batch) == 1:
                    await self._run_one(batch[0], results, completion.message.text)
                else:
                    await self._run_side_by_side(batch, results, completion.message.text)
        except BaseException:
            # Whatever ended the run, each call has its one result in the history.
            self._remember_results(calls, results)
            raise
        return results

    async def _run_side_by_side(self, batch: Sequence[ToolCall], results: dict[str, ToolResult], why: str) -> None:
        async with asyncio.TaskGroup() as group:
            for call in batch:
                group.create_task(self._run_one(call, results, why), name=f"tool {call.name}")

    async def _run_one(self, call: ToolCall, results: dict[str, ToolResult], why: str) -> None:
        gate = self.engine.gate
        if self.alerts.heartbeat is None:
            result = await gate.execute(call, self.caller, why)
        else:
            result = await self.alerts.run(call, partial(gate.execute, call, why=why))
        results[call.id] = result
        if self.log is not None:
            self._log_result(self.log, call, result)

    def _observe(self, completion: Completion, results: Mapping[str, ToolResult]) -> None:
        """Take in what the tools said and what the person added meanwhile."""
        calls = completion.message.tool_calls
        self._remember_results(calls, results)
        all_failed = True
        for call in calls:
            result = results[call.id]
            all_failed = all_failed and result.is_error
            if self.loops.is_looping(call, result):
                looping = {"step": self.step, "call_id": call.id, "tool": call.name, "times": self.loops.times}
                self.emit("run.looping", looping)
        if calls:
            self._errors_in_a_row = self._errors_in_a_row + 1 if all_failed else 0
        self.emit(
            "step.completed",
            {
                "step": self.step,
                "stop_reason": str(completion.stop_reason),
                "tools": len(results),
                "duration_ms": round((time.monotonic() - self._step_began) * 1000),
                "model_ms": self._model_ms,
                "first_token_ms": self._first_token_ms,
            },
        )

    def _delta(self, completion: Completion) -> str | None:
        """Whether the run goes on: None, or why it ended."""
        reason = completion.stop_reason
        ends = reason is REFUSED or reason is FULL
        steered = bool(self.steering) and self._take_steering()
        if steered or reason is PAUSED or (completion.message.tool_calls and not ends):
            return None
        if self.alerts.is_urgent:
            return None
        if reason is FULL:
            raise ContextOverflowError(
                f"{self.engine.config.model.identifier} says that its window is full, "
                "also after older messages were left out"
            )
        return str(reason)

    async def _held_back(self) -> bool:
        """Whether a hook wants the model to go on: its words are then put before the model, a few times at most."""
        if not self.engine.gate.hooks.has("Stop") or self._held >= HELD_BACK_LIMIT:
            return False
        outcome = await self._hook("Stop", stop_hook_active=self._held > 0, last_assistant_message=self.output)
        if outcome.decision is not HookDecision.DENY:
            return False
        self._held += 1
        self.steering.append(outcome.message or "You are not done yet.")
        return self._take_steering()

    async def _hook(self, event: str, **fields: Any) -> HookOutcome:
        context = {
            "hook_event_name": event,
            "session_id": self.caller.session_id,
            "run_id": self.caller.run_id,
            "cwd": str(self.engine.workspace or ""),
            **fields,
        }
        return await self.engine.gate.hooks.run(event, context)

    def _take_steering(self) -> bool:
        took = bool(self.steering)
        while self.steering:
            text = self.steering.popleft()
            self._remember(Message("user", text))
            self.emit("message.completed", {"role": "user", "text": text, "step": self.step, "steered": True})
        return took

    def _dashboard(self) -> Dashboard:
        budgets = self.limits.nearly_spent(self.step - 1 + self._steps_below, self.usage)
        pending, risks = self.alerts.standing() if self.alerts.heartbeat is not None else (0, ())
        depth = SUB_AGENT_DEPTH.get()
        notices = told_model(self._stood) if self._stood else ()
        rho = self.context.manager.rho
        if rho < TELL_FROM_RHO and not (self._errors_in_a_row or budgets or depth or pending or risks or notices):
            return CALM
        return Dashboard(rho, self._errors_in_a_row, budgets, depth, pending, risks, notices)

    def _tell_standing(self) -> None:
        """Say which tool servers are not as they should be, where that is news."""
        now = self.engine.standing()
        if now == self._stood:
            return
        for each in news(self._stood, now):
            self.emit("mcp.server", each.to_payload())
        self._stood = now

    def _keep(self, completion: Completion) -> None:
        """Add the model's message to the history and say what it was."""
        message = completion.message
        content = message.content
        text, thinking = (content, "") if isinstance(content, str) else (message.text, _thinking(content))
        if content or message.tool_calls:
            self._remember(message)
        if text:
            self.output = text
        self._asked_for = [
            {"id": call.id, "name": call.name, "arguments": redacted(call.arguments)} for call in message.tool_calls
        ]
        self.emit(
            "message.completed",
            {
                "role": "assistant",
                "text": text,
                "step": self.step,
                "thinking": thinking,
                "tool_calls": self._asked_for,
                "stop_reason": str(completion.stop_reason),
            },
        )

    def _count(self, completion: Completion, price: Price | None) -> None:
        """Say what an answer cost, what the provider left out before it, and how full the context is."""
        usage, extra = completion.usage, completion.extra_usage
        is_ours = (usage is None or not usage.total_tokens) and self.limits.is_of_tokens
        if is_ours:
            usage = self.context.expected()
        if extra is not None:
            self.spend(priced(extra, price))
        if completion.context_edits:
            edits = [dict(edit) for edit in completion.context_edits]
            self.emit("context.provider_edited", {"step": self.step, "edits": edits, "detail": told_edits(edits)})
        if usage is not None:
            usage = priced(usage, price)
            self.usage = self.usage + usage
            told = {"step": self.step, "usage": usage.to_dict(), "total": self.usage.to_dict()}
            if is_ours:
                told["estimated"] = True
            own = self._model.name == self.engine.config.model.name
            self.emit("usage.updated", told if own else {**told, "model": self._model.identifier})
        self._tell_above(usage, 1)
        self.context.count(None if is_ours else usage, is_edited=bool(completion.context_edits))

    def spend(self, usage: Usage, purpose: str = "summary") -> None:
        """Count what was asked beside the steps as the run's; how full the window is, it does not say."""
        self._spent(usage, purpose)
        self._tell_above(usage, 0)

    def spend_below(self, usage: Usage, steps: int) -> None:
        """Count what a sub-agent used as the run's own, and as that of those above it."""
        self._steps_below += steps
        if usage.total_tokens:
            self._spent(usage, "sub_agent")
        self._tell_above(usage, steps)

    def left(self) -> Left:
        """What sub-agents may still use."""
        return self.limits.left(self.step + self._steps_below, self.usage)

    def _spent(self, usage: Usage, purpose: str) -> None:
        self.usage = self.usage + usage
        told = {"step": self.step, "usage": usage.to_dict(), "total": self.usage.to_dict(), "purpose": purpose}
        self.emit("usage.updated", told)

    def _tell_above(self, usage: Usage | None, steps: int) -> None:
        if self.caller.above is not None:
            self.caller.above.caller.spend(usage or Usage(), steps)

    def _keep_streamed(self) -> None:
        """Have what came of a long answer in the log, now and then: not all of it is lost with the process."""
        if self.log is None or time.monotonic() - self._kept_at < KEEP_STREAM_EVERY_S:
            return
        text = "".join(self._partial[self._kept_pieces :])
        self._kept_pieces, self._kept_at = len(self._partial), time.monotonic()
        self.log.add(self._record(MESSAGE_STREAMED, {"text": text, "step": self.step}))

    def _keep_partial(self) -> None:
        text = "".join(self._partial)
        self._partial.clear()
        if not text.strip():
            return
        self.output = text
        self._remember(Message("assistant", text))
        self.emit("message.completed", {"role": "assistant", "text": text, "step": self.step, "partial": True})

    def _remember(self, message: Message) -> None:
        self.history.append(message)
        if self.log is not None:
            self.log.add(self._record(HISTORY_MESSAGE, message_to_log(message)))

    def _remember_results(self, calls: Sequence[ToolCall], results: Mapping[str, ToolResult]) -> None:
        """Have each call's one result in the history; one without was interrupted."""
        for call in calls:
            result = results.get(call.id) or _interrupted(call)
            if self.log is not None:
                self._log_result(self.log, call, result)
            self.history.append(self._logged.get(call.id) or Message.of_result(result, call.name))
        self._logged.clear()

    def _log_result(self, log: SessionLog, call: ToolCall, result: ToolResult) -> None:
        """Have a result in the log, as soon as there is one and only once."""
        if call.id not in self._logged:
            message = self._logged[call.id] = Message.of_result(result, call.name)
            log.add(self._record(TOOL_RESULT, message_to_log(message)))

    def _record(self, kind: str, data: dict[str, Any]) -> NewRecord:
        return NewRecord(kind, data, self.caller.run_id)

    def _requested(self, call: ToolCall, shown: dict[str, Any]) -> None:
        payload: dict[str, Any] = {
            "call_id": call.id,
            "tool": call.name,
            "arguments": shown,
            "step": self.step,
            "malformed": redact(call.malformed) if call.malformed else "",
        }
        tool = self.engine.gate.tools.get(call.name)
        if tool is not None and (server := tool.extensions.get("mcp_server")):
            payload["server"] = server
        self.emit("tool.requested", payload)

    def _not_run(self, calls: Sequence[ToolCall], stop: StopReason) -> dict[str, ToolResult]:
        message = f"This call was not run: {NOT_RUN[stop]}."
        told = {"kind": "arguments", "rule": str(stop), "reason": NOT_RUN[stop], "message": message}
        for call in calls:
            self.emit("tool.vetoed", {"call_id": call.id, "tool": call.name, **told})
        return {call.id: ToolResult(call.id, message, is_error=True) for call in calls}

    def _retried(self, retrying: Retrying) -> None:
        self.emit(
            "step.retried",
            {
                "step": self.step,
                "attempt": retrying.attempt,
                "delay_s": retrying.delay_s,
                "error": describe_error(retrying.error),
            },
        )


def _asked(history: Sequence[Message], prompt: str) -> Message | None:
    """The last message that says `prompt`, perhaps with more."""
    return next((each for each in reversed(history) if each.role == "user" and each.text.startswith(prompt)), None)


def _interrupted(call: ToolCall) -> ToolResult:
    return ToolResult(call.id, MISSING, is_error=True)


def _thinking(content: Sequence[ContentBlock]) -> str:
    return "\n\n".join(block.text for block in content if isinstance(block, ThinkingBlock) and block.text)
