"""Between the heartbeat and one run: its events said, told to the model, and what they interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loom.tools.caller import Caller
from loom.types.messages import Message, ToolCall, ToolResult

if TYPE_CHECKING:
    from loom.heartbeat.heartbeat import Disposed, Heartbeat, PendingEvent

FORCE, QUEUE = "force", "queue"
SKIPPED = "This call was not run: something urgent happened first, of which you are told next."
CUT_SHORT = "Interrupted by something urgent, of which you are told next; what the call had done by then is not known."
BEFORE_IT_RAN = "Interrupted by something urgent before it ran, of which you are told next; this call did not happen."


@dataclass(slots=True)
class _Running:
    tool: str
    task: asyncio.Task[ToolResult]
    is_started: bool = False


@dataclass(slots=True)
class Alerts:
    """A run's part in its agent's heartbeat. Without a heartbeat it does nothing.

    Every event is said once in a session's runs (`heartbeat.event`), also what happened between two of them, and told
    to the model once, for as long as its history holds that.
    """

    heartbeat: Heartbeat | None = None
    caller: Caller | None = None
    _running: dict[str, _Running] = field(default_factory=dict[str, _Running])
    _stop: Callable[[], None] | None = None
    _told_now: frozenset[str] = frozenset()

    def open(self, history: Sequence[Message]) -> None:
        """Begin to hear events; says those that came since the session's last run."""
        if self.heartbeat is None or self.caller is None:
            return
        self.recall(history)
        from loom.heartbeat.heartbeat import Listener

        self._stop = self.heartbeat.listen(Listener(self._on_event, self._on_disposed))
        for pending in self.heartbeat.pending():
            if self.caller.session_id not in pending.announced:
                self._say(pending)

    def close(self) -> None:
        """Hear nothing more."""
        stop, self._stop, self.caller = self._stop, None, None
        if stop is not None:
            stop()

    @property
    def is_open(self) -> bool:
        """True while events are heard."""
        return self._stop is not None

    @property
    def is_urgent(self) -> bool:
        """True while the model was not told of an event that it should be told of before it ends, or goes on."""
        return any(pending.action != QUEUE for pending in self._untold())

    @property
    def is_forced(self) -> bool:
        """True while the model was not told of an event before which no tool should run."""
        return any(pending.action == FORCE for pending in self._untold())

    def note(self, step: int) -> str:
        """What the model is told with its next request; empty if there is nothing new. Counts as told from then on."""
        if self.heartbeat is None:
            return ""
        untold = self._untold()
        self._told_now = frozenset(pending.event.id for pending in untold)
        if not untold or self.caller is None:
            return ""
        from loom.heartbeat.telling import note_of

        text = note_of(untold)
        for pending in untold:
            pending.told.add(self.caller.session_id)
        ids = [pending.event.id for pending in untold]
        self.caller.emit("heartbeat.told", {"event_ids": ids, "step": step, "text": text})
        return text

    def standing(self) -> tuple[int, list[str]]:
        """What nobody settled of what was told before this step: how many only wait, and those that are risks."""
        if self.heartbeat is None:
            return 0, []
        pending = self.heartbeat.pending()
        before = [each for each in pending if each.event.id not in self._told_now]
        risks = [each.event.summary for each in before if each.action != QUEUE]
        return len(before) - len(risks), risks

    def recall(self, history: Sequence[Message]) -> None:
        """Tell again what a history that was made smaller, or gone back in, says no longer, if it is still pending."""
        if self.heartbeat is None or self.caller is None:
            return
        texts = [message.text for message in history if message.role == "user" and "<heartbeat>" in message.text]
        for pending in self.heartbeat.pending():
            if not any(pending.event.id in text for text in texts):
                pending.told.discard(self.caller.session_id)

    async def run(self, call: ToolCall, execute: Callable[[Caller], Awaitable[ToolResult]]) -> ToolResult:
        """Make a call that an event may force to stop; it has a result then, too. Only the run's end is raised."""
        assert self.caller is not None  # noqa: S101  a loop gives its own
        if self.heartbeat is None:
            return await execute(self.caller)
        if self.is_forced:
            return self._refused(call, SKIPPED)
        caller = self.caller

        def emit(kind: str, payload: dict[str, Any]) -> None:
            if kind == "tool.started" and call.id in self._running:
                self._running[call.id].is_started = True
            caller.emit(kind, payload)

        async def made() -> ToolResult:
            return await execute(replace(caller, emit=emit))

        task = asyncio.get_running_loop().create_task(made(), name=f"tool {call.name}")
        self._running[call.id] = running = _Running(call.name, task)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise
            return ToolResult(call.id, CUT_SHORT, is_error=True) if running.is_started else self._refused(call)
        finally:
            del self._running[call.id]

    def _refused(self, call: ToolCall, message: str = BEFORE_IT_RAN) -> ToolResult:
        assert self.caller is not None  # noqa: S101  as in `run`
        payload = {"call_id": call.id, "tool": call.name, "kind": "interrupted", "rule": "heartbeat"}
        self.caller.emit("tool.vetoed", {**payload, "reason": "something urgent happened", "message": message})
        return ToolResult(call.id, message, is_error=True)

    def _untold(self) -> list[PendingEvent]:
        if self.heartbeat is None or self.caller is None:
            return []
        return self.heartbeat.untold(self.caller.session_id)

    def _on_event(self, pending: PendingEvent) -> None:
        changing = [running.tool for running in self._running.values() if running.is_started]
        if pending.event.source == "filesystem" and changing and not pending.during:
            pending.during = changing[0]
        self._say(pending)
        if pending.action == QUEUE or self.caller is None:
            return
        event, calls = pending.event, list(self._running)
        payload = {"event_id": event.id, "action": pending.action, "summary": event.summary, "call_ids": calls}
        self.caller.emit("heartbeat.interrupt", payload)
        if pending.action == FORCE:
            for running in self._running.values():
                running.task.cancel()

    def _say(self, pending: PendingEvent) -> None:
        if self.caller is not None:
            pending.announced.add(self.caller.session_id)
            self.caller.emit("heartbeat.event", pending.to_payload())

    def _on_disposed(self, disposed: Disposed) -> None:
        if self.caller is not None:
            self.caller.emit("heartbeat.disposed", disposed.to_payload())
