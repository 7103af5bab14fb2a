"""A run: one prompt, worked on until its end; watched, steered, stopped."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from loom.config.runtime import RuntimeFallbackMode
from loom.context.partitions import SentRequest
from loom.context.prompt import user_message
from loom.context.renewal import Surroundings
from loom.context.working import DECISIONS
from loom.deadline import IS_STOPPED, never
from loom.errors import (
    ConfigError,
    KnowledgeError,
    LoomError,
    ProviderError,
    ProviderUnavailableError,
    RunLimitError,
    describe_error,
)
from loom.memory.replay import OpenRun
from loom.runtime.alerts import Alerts
from loom.runtime.engine import log
from loom.runtime.feed import RunFeed
from loom.runtime.hooks_before import told_by_hooks
from loom.runtime.limits import RunLimits, shared
from loom.runtime.liveness import Liveness, LivenessWatch, LoopDetector
from loom.runtime.loop import RunLoop
from loom.tools.budget import BUDGET_SHARE, Left, no_limit
from loom.tools.builtin.processes import end_processes
from loom.tools.caller import IN_TOOL, Caller
from loom.types.approvals import Decision
from loom.types.events import RunEvent
from loom.types.ids import generate_id
from loom.types.knowledge import KnowledgeBundle, KnowledgeQuery
from loom.types.messages import Message, ToolCall
from loom.types.runs import Artifact, RunContext, RunResult, RunState, Usage, utc_now

if TYPE_CHECKING:
    from loom.memory.files.remembered import Remembered
    from loom.runtime.session import Session


PERSONS_CALL = "loom.call"
"""In a run's context: the tool call that a person asks for, which is all that the run does."""


class Run:
    """One prompt of a session. Made by `Session.start`; it begins at once, after the session's earlier runs.

    `state` and `output` can be read at any time; `events()` is the whole story. It works on the loop on which it was
    begun, and may be waited for, read, steered, held and cancelled from others, in other threads.
    """

    def __init__(
        self, session: Session, prompt: str, context: RunContext | None = None, resumes: OpenRun | None = None
    ) -> None:
        self.id = resumes.run_id if resumes is not None else generate_id()
        self.resumes = resumes
        self.session = session
        self.prompt = prompt
        self.context = context or RunContext()
        self.state = RunState.QUEUED
        self.created_at = utc_now()
        self.updated_at = self.created_at
        self.feed = RunFeed(self.id, dict.fromkeys(DECISIONS, session.context.note_decision))
        self.feed.consumers = session.engine.consumers
        self._artifacts: list[Artifact] = []
        self._steering: deque[str] = deque()
        self.before: Run | None = None
        """The run that this one waits behind; kept where it was cancelled while it waited."""
        self._task: asyncio.Task[None] | None = None
        self._cancel_reason: str | None = None
        self._result: RunResult | None = None
        self._above = IN_TOOL.get()
        self._share = BUDGET_SHARE.get()
        self._loop: RunLoop | None = None
        """What works on the run, while it does."""
        self._left_over = no_limit()
        self._liveness = LivenessWatch(session.engine.runtime.liveness, time.time(), time.monotonic())
        self._is_announced = False
        self._from_hooks = ""
        self._last_request: SentRequest | None = None
        self._elapsed_s = 0.0

    @property
    def output(self) -> str:
        """What the run said last; empty until it ends."""
        return self._result.output if self._result is not None else ""

    @property
    def last_request(self) -> SentRequest | None:
        """What the model was sent last, with the tokens of each part; None before the first step."""
        return self._last_request or (self.session.context.last_request if self._loop is not None else None)

    @property
    def elapsed_s(self) -> float:
        """Seconds of work so far, without those in which a person was asked; what the limit of time is about."""
        return self._loop.limits.elapsed_s if self._loop is not None else self._elapsed_s

    def liveness(self) -> Liveness:
        """Whether the run gets anywhere, now: its process, its events and its progress, each by itself."""
        return self._liveness.report(self.feed.events, time.time(), time.monotonic())

    async def wait(self) -> RunResult:
        """The result, once the run ended. Cancelling the waiter leaves the run running."""
        self.begin()
        await self.ended()
        assert self._result is not None  # noqa: S101  set before the feed ends
        return self._result

    async def events(self) -> AsyncIterator[RunEvent]:
        """Every event of the run, from its first, as they happen; ends with the run."""
        self.begin()
        async for event in self.feed.read():
            yield event

    async def artifacts(self) -> list[Artifact]:
        """What the run left behind, once it ended."""
        return (await self.wait()).artifacts

    async def transcript(self) -> dict[str, Any]:
        """The whole run as plain data that JSON can hold, once it ended."""
        result = await self.wait()
        return {
            "run_id": self.id,
            "session_id": self.session.id,
            "state": result.state.value,
            "prompt": self.prompt,
            "context": from_json(to_json(self.context.to_payload(), inf_nan_mode="strings", fallback=str)),
            "output": result.output,
            "error": result.error,
            "usage": result.usage.to_dict(),
            "events": [_event_data(event) for event in result.events],
            "artifacts": [_artifact_data(artifact) for artifact in result.artifacts],
        }

    def cancel(self, reason: str = "") -> Ending:
        """Stop the run at once: close the model's stream, cancel its tools. A run that ended stays as it is.

        May be awaited, for the result once everything has stopped.
        """
        if not self.state.is_final and self._cancel_reason is None:
            self._cancel_reason = str(reason or "cancelled")
            if self.state is RunState.QUEUED:
                if self._task is not None:
                    self._announce()  # what was said is told before its end
                self._finish(RunState.CANCELLED, "", "cancelled")
            if self._task is not None:
                _on_loop_of(self._task, self._task.cancel)
        return Ending(self)

    def end_processes(self) -> int:
        """End the commands that the run's tools have running, with all that they started; returns how many.

        The run goes on: the model is told that they were stopped.
        """
        return end_processes(self.id)

    def hold(self) -> None:
        """Let the step that the run is at end, and begin no other until `go_on`; meanwhile its clock stands still."""
        if self._loop is not None:
            self._loop.limits.hold()

    def go_on(self) -> None:
        """Work on after `hold`."""
        if self._loop is not None and self._task is not None:
            _on_loop_of(self._task, self._loop.limits.go_on)

    def steer(self, text: str) -> Done:
        """Say something to the model while it works: it reads it at its next step.

        Raises LoomError if the run has ended; then start another. Raises ConfigError for anything but a text.
        """
        if not isinstance(text, str) or not text.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"What a run is told must be a str that says something, got {text!r}")
        if self.state.is_final:
            raise LoomError(f"The run has ended ({self.state.value}), so it can't be steered; start another")
        self._steering.append(text)
        return Done()

    @property
    def unheard(self) -> tuple[str, ...]:
        """What it was told by `steer` and the model has not read yet; once the run has ended: never will."""
        return tuple(self._steering)

    def decide(self, request_id: str, decision: Decision) -> Done:
        """Answer an approval request of this run. Raises ApprovalError if it no longer waits."""
        self.session.engine.gate.desk.decide(request_id, decision, run_id=self.id)
        return Done()

    def begin(self) -> None:
        """Start working, if that has not happened; needs a running loop."""
        if self._task is None and not self.state.is_final:
            self.session.begin(self)

    def attach(self, task: asyncio.Task[None]) -> None:
        """Take the task that works on the run."""
        self._task = task
        task.add_done_callback(self._on_task_ended)

    async def work(self) -> None:
        """Do the run, once the earlier ones ended. Ends in a state, whatever happens."""
        try:
            await self._turn()
            self._set_state(RunState.RUNNING)
            await self.session.ready(self)
            self.feed.log = self.session.log
            loop = self._make_loop()
            reason = await (self._begun(loop) if self.resumes is None else self._resume(loop, self.resumes))
            self._finish(RunState.COMPLETED, loop.output, reason)
        except asyncio.CancelledError:
            self._announce()  # what was said is shown, also where it was stopped before anybody was told
            if not self.state.is_final:
                self._finish(RunState.CANCELLED, self._said, "cancelled")
            if self._cancel_reason is None:
                raise  # somebody ends the task itself: the loop closes
        except LoomError as error:
            if not self._fall_back(error):
                self._fail(error, error.reason if isinstance(error, RunLimitError) else "error")
        except Exception as error:  # noqa: BLE001  whatever it was, the run ends in a state that people see
            if not self.state.is_final:  # else it was left behind by its loop, and is being collected
                log.error("Run %s failed: a bug in loom", self.id, exc_info=error)
                self._fail(error, "error")
        await self._tell_hooks()

    async def _turn(self) -> None:
        """Wait for the runs before; behind one that was cancelled while it waited stand those that it waited for."""
        before = self.before
        while before is not None:
            if not before.state.is_final:
                await before.ended()
            before = before.before
        self.before = None

    async def _begun(self, loop: RunLoop) -> str:
        """Do what the prompt asks, or make the one call that a person asks for; returns why it ended."""
        context = await self._checked_context()
        if context.knowledge is not None:
            self.session.context.know(context.knowledge)
        call = context.extensions.get(PERSONS_CALL)
        if call is not None:
            return await loop.call(Message("user", self.prompt), ToolCall(**call))
        return await loop.run(user_message(self._expanded(), context))

    async def _resume(self, loop: RunLoop, interrupted: OpenRun) -> str:
        self.feed.continue_from(interrupted.events)
        await self.session.engine.prepare()
        self._announce()
        return await loop.resume(interrupted)

    async def _checked_context(self) -> RunContext:
        """What goes with the prompt, if hooks let it pass. The start is announced whatever comes of that.

        Announced last, so that the start and the message are stored together.
        """
        try:
            await self.session.engine.prepare()
            await self._ask_hooks()
            return await self._with_knowledge()
        finally:
            self._announce()

    def _expanded(self) -> str:
        """What the prompt stands for: a person may name a skill or a command by `/`; another agent may not."""
        expand = self.session.engine.expand
        said = self.prompt if expand is None or self._above is not None else expand(self.prompt, self.session.id)
        if not self._from_hooks:
            return said
        self.feed.emit("ecosystem.notice", {"text": f"Hooks told the agent with this message:\n{self._from_hooks}"})
        return f"{said}\n\n{self._from_hooks}"

    def _announce(self) -> None:
        if self._is_announced:
            return
        self._is_announced = True
        config = self.session.engine.config
        started: dict[str, Any] = {
            "prompt": self.prompt,
            "session_id": self.session.id,
            "agent": config.name,
            "model": config.model.identifier,
        }
        if cause := self.context.extensions.get("cause"):
            started["cause"] = cause
        self.feed.emit("run.started", started if self.resumes is None else {**started, "resumed": True})
        if self.session.engine.remembered is not None:
            self._tell_expired(self.session.engine.remembered)
        if self._loop is not None:
            self._loop.alerts.open(self.session.history)

    def _tell_expired(self, remembered: Remembered) -> None:
        from loom.runtime.memory_tools import changed_payload  # there already, with what is remembered

        for gone in remembered.take_expired():
            self.feed.emit("memory.changed", {**changed_payload(gone, "its time was over"), "command": "expire"})

    def _make_loop(self) -> RunLoop:
        session = self.session
        above, own = self._above, session.engine.runtime.limits
        own = own if above is None else shared(own, above.caller.left().share(self._share))
        limits = RunLimits(own, lambda: self._cancel_reason is not None)
        IS_STOPPED.set(limits.is_over)
        if self.resumes is None:
            session.mend()
        caller = Caller(
            run_id=self.id,
            session_id=session.id,
            context=replace(self.context, run_id=self.id, session_id=session.id),
            emit=self.feed.emit,
            mode=lambda: session.mode,
            keep=self._keep_artifact,
            waiting=limits.paused,
            stop=self.cancel,
            barrier=session.log.barrier if session.log is not None else None,
            asked_before=self._asked_before,
            witness=session.checkpointer,
            above=above,
            log=session.log.add if session.log is not None else None,
            left=self._left,
            spend=self._spend,
        )
        alerts = Alerts(session.engine.heartbeat, caller)
        if session.alert_log is not None:
            session.alert_log.run = alerts
        caller.context.interrupt_requested = lambda: alerts.is_urgent
        loops = LoopDetector(session.engine.runtime.liveness.same_calls)
        loop = self._loop = RunLoop(
            session.engine, caller, session.history, session.context, limits, self._steering, session.log, alerts, loops
        )
        session.context.begin_run(self.id, self.feed.emit, self._surroundings, loop.spend)
        return loop

    def _left(self) -> Left:
        """What sub-agents may still use; once the run has ended, what was left by then."""
        return self._loop.left() if self._loop is not None else self._left_over

    def _spend(self, usage: Usage, steps: int) -> None:
        """Count what a sub-agent used, while the run works."""
        if self._loop is not None:
            self._loop.spend_below(usage, steps)

    def _surroundings(self) -> Surroundings:
        """What a handoff tells besides the conversation."""
        heartbeat = self.session.engine.heartbeat
        pending = heartbeat.pending() if heartbeat is not None else []
        return Surroundings(
            produced={artifact.title or artifact.id: artifact.uri for artifact in self._artifacts},
            pending_events=[each.event.summary for each in pending],
            risks=[each.event.summary for each in pending if each.action != "queue"],
        )

    def _asked_before(self, call_id: str, arguments_hash: str) -> str:
        """The approval request of an interrupted run that asked about the same bytes; empty if none did."""
        call = self.resumes.calls.get(call_id) if self.resumes is not None else None
        return call.request_id if call is not None and call.arguments_hash == arguments_hash else ""

    async def _ask_hooks(self) -> None:
        """Let hooks refuse the message, and say what the model is to know with it. Raises HookDeniedError."""
        is_first, self.session.has_begun = not self.session.has_begun, True
        self._from_hooks = await told_by_hooks(
            self.session.engine, self.session.id, self.id, self.prompt, is_first=is_first
        )

    async def _tell_hooks(self) -> None:
        """Tell the hooks for the end of a run; nothing that they say changes it."""
        IS_STOPPED.set(never)
        hooks = self.session.engine.gate.hooks
        if hooks.has("RunEnd"):
            context = {
                "hook_event_name": "RunEnd",
                "session_id": self.session.id,
                "run_id": self.id,
                "cwd": str(self.session.engine.workspace or ""),
                "state": self.state.value,
                "output": self.output,
            }
            await hooks.run("RunEnd", context)

    async def _with_knowledge(self) -> RunContext:
        """The run's context, with evidence from the agent's knowledge when the caller brought none."""
        sources = self.session.engine.config.knowledge
        if self.context.knowledge is not None or not sources:
            return self.context
        query = KnowledgeQuery(self.prompt)
        try:
            found = await self.session.resolve_knowledge(query)
        except (KnowledgeError, ProviderError) as error:  # the message is answered without it, and the person is told
            found = KnowledgeBundle(query, metadata={"problems": [str(error)]})
        return replace(self.context, knowledge=found)

    def _keep_artifact(self, artifact: Artifact) -> None:
        self._artifacts.append(artifact)
        self.feed.emit(
            "artifact.created",
            {"artifact_id": artifact.id, "kind": artifact.kind, "title": artifact.title, "uri": artifact.uri},
        )

    def _fall_back(self, error: LoomError) -> bool:
        """Complete with a made-up summary, if the configuration asks for that and no model was reached."""
        if not isinstance(error, ProviderUnavailableError):
            return False
        mode = self.session.engine.runtime.features.fallback.mode
        if mode is not RuntimeFallbackMode.LOCAL_SUMMARY or (self._loop is not None and self._loop.step > 1):
            return False
        log.warning("No model: %s. The run completes with a local summary, as configured", error)
        keys = sorted(self.context.to_payload())
        with_keys = f" with context keys {keys}" if keys else ""
        self._finish(RunState.COMPLETED, f"Completed goal: {self.prompt}{with_keys}", "local_summary")
        return True

    def _fail(self, error: Exception, reason: str) -> None:
        self._finish(RunState.FAILED, self._said, reason, describe_error(error))

    @property
    def _said(self) -> str:
        """What was said so far."""
        return self._loop.output if self._loop is not None else ""

    def _finish(self, state: RunState, output: str, reason: str, error: dict[str, Any] | None = None) -> None:
        if state is RunState.COMPLETED:
            self._keep_artifact(
                Artifact(
                    run_id=self.id,
                    kind="text",
                    title="Run Output",
                    uri=f"run://{self.id}/output",
                    metadata={"content": output, "session_id": self.session.id},
                )
            )
        loop = self._loop
        payload: dict[str, Any] = {
            "output": output,
            "reason": reason,
            "usage": loop.usage.to_dict() if loop else {},
            "iterations": loop.step if loop else 0,
            "duration_ms": loop.limits.duration_ms if loop else 0,
        }
        if state is RunState.CANCELLED:
            payload["reason"] = self._cancel_reason or "cancelled"
        if error is not None:
            payload |= {"message": error["message"], "error": error}
        self._set_state(state)
        result = RunResult(
            self.id,
            state,
            output,
            list(self._artifacts),
            error=error,
            duration_ms=payload["duration_ms"],
            reason=reason,
        )
        self._result = result
        if loop is not None:
            result.usage, result.iterations = loop.usage, loop.step
            self._let_go(loop)
        self.feed.emit(f"run.{state.value}", payload)
        self.feed.close(self._ended_for_all)

    def _let_go(self, loop: RunLoop) -> None:
        """Keep of what worked on the run only what may be asked later, so that the rest is freed now."""
        self._elapsed_s, self._left_over = loop.limits.elapsed_s, loop.left()
        self._last_request = self.session.context.last_request
        self._loop = None
        loop.alerts.close()
        self.session.context.end_run()

    def _ended_for_all(self) -> None:
        """What has ended is stored, and may be known."""
        assert self._result is not None  # noqa: S101  set before the feed is closed
        self._result.events = self.feed.events.copy()  # the readers' own stays as it is, whatever is done to this
        self.session.engine_run_ended()

    def _on_task_ended(self, _task: asyncio.Task[None]) -> None:
        # A task that is cancelled before its first step never runs at all.
        if not self.state.is_final:
            self._finish(RunState.CANCELLED, "", "cancelled")

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.updated_at = utc_now()

    async def ended(self) -> None:
        """Wait until the run has ended; one that was left behind by a loop that has closed is ended here."""
        if self._task is not None and self._task.get_loop().is_closed() and not self.state.is_final:
            self._cancel_reason = "its event loop was closed"
            self._finish(RunState.CANCELLED, "", "cancelled", None)
        await self.feed.ended()


def _on_loop_of(task: asyncio.Task[None], act: Callable[[], object]) -> None:
    """Do something on the loop of a task, from any thread."""
    loop = task.get_loop()
    if loop is asyncio._get_running_loop():  # noqa: SLF001  None where there is none
        act()
    else:
        with suppress(RuntimeError):  # it was closed
            loop.call_soon_threadsafe(act)


class Ending:
    """What `Run.cancel` gives: await it for the run's result once everything has stopped."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __await__(self) -> Generator[Any, None, RunResult]:
        return self._run.wait().__await__()


class Done:
    """What an act gives that is done already: it may be awaited, and that changes nothing."""

    def __await__(self) -> Generator[Any, None, None]:
        yield from ()


def _event_data(event: RunEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "run_id": event.run_id,
        "seq": event.seq,
        "type": event.type,
        "ts": event.ts.isoformat(),
        "visibility": event.visibility,
        "payload": event.payload,
    }


def _artifact_data(artifact: Artifact) -> dict[str, Any]:
    return {
        "id": artifact.id,
        "run_id": artifact.run_id,
        "kind": artifact.kind,
        "title": artifact.title,
        "uri": artifact.uri,
        "created_at": artifact.created_at.isoformat(),
        "metadata": artifact.metadata,
    }


async def finished(run: Run) -> RunResult:
    """The result of a run that nobody else holds: cancelling the waiter cancels the run."""
    try:
        return await run.wait()
    except asyncio.CancelledError:
        with suppress(asyncio.CancelledError):
            await run.cancel("the caller was cancelled")
        raise
