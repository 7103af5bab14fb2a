"""Takes in the events of an agent's runs, and keeps what came of each tool call in the person's profile."""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from loom.errors import StoreError
from loom.evolution.ledger import InsightsLedger
from loom.evolution.observations import (
    FAILED,
    OK,
    REASON_CHARS,
    REFUSED,
    UNKNOWN,
    Observation,
    kept_arguments,
    shape_of,
)
from loom.safety.redaction import redact
from loom.threads import in_thread, start_in_thread
from loom.types.events import RunEvent

log = logging.getLogger(__name__)

_ENDS = frozenset({"run.completed", "run.failed", "run.cancelled"})


@dataclass(slots=True)
class _Call:
    """A call that was asked for, until it is known what came of it."""

    arguments: dict[str, Any]
    rule: str = ""
    verdict: str = ""


@dataclass(slots=True)
class _Ended:
    """A call with its outcome, as it was on the loop; what is slow about it is done in a thread."""

    run_id: str
    session_id: str
    call_id: str
    tool: str
    call: _Call
    outcome: str
    kind: str
    reason: str
    duration_ms: float
    at: float


@dataclass(slots=True)
class _Run:
    session_id: str
    calls: dict[str, _Call] = field(default_factory=dict[str, _Call])


class Recorder:
    """Follows one agent. What came of a call is written at once, by one thread that takes what came meanwhile along."""

    def __init__(self, ledger: InsightsLedger, agent: str) -> None:
        self._ledger = ledger
        self._agent = agent
        self._runs: dict[str, _Run] = {}
        self._ended: deque[_Ended] = deque()
        self._is_writing = False
        self._writing: list[Future[None]] = []

    def take(self, event: RunEvent) -> None:
        """Take an event in."""
        kind = event.type
        if kind.startswith("tool."):
            run = self._runs.get(event.run_id)
            if run is not None:
                self._tool(run, event)
        elif kind == "run.started":
            self._runs[event.run_id] = _Run(event.payload["session_id"])
        elif kind in _ENDS:
            self._runs.pop(event.run_id, None)

    async def aclose(self) -> None:
        """Keep what there is."""
        self._keep()
        writing, self._writing = self._writing, []
        for each in writing:
            await in_thread(each.result)

    def _tool(self, run: _Run, event: RunEvent) -> None:
        payload = event.payload
        match event.type:
            case "tool.requested":
                run.calls[payload["call_id"]] = _Call(payload["arguments"])
            case "tool.approval_requested":
                call = run.calls.setdefault(payload["call_id"], _Call(payload["arguments"]))
                call.rule = payload.get("rule_offered", "")
            case "tool.approval_decided":
                if payload["call_id"] in run.calls and payload.get("by") == "person":
                    run.calls[payload["call_id"]].verdict = payload["verdict"]
            case "tool.completed":
                self._end(run, event, OK, "", "", payload["duration_ms"])
            case "tool.failed":
                error = payload["error"]
                self._end(run, event, FAILED, str(error.get("type", "")), payload["content"], payload["duration_ms"])
            case "tool.vetoed":
                self._end(run, event, REFUSED, payload["kind"], payload["reason"] or payload["message"], 0.0)
            case "tool.unknown":
                self._end(run, event, UNKNOWN, "interrupted", payload["reason"], 0.0)
            case _:
                return

    def _end(self, run: _Run, event: RunEvent, outcome: str, kind: str, reason: str, duration_ms: float) -> None:
        call_id, tool = event.payload["call_id"], event.payload["tool"]
        call = run.calls.pop(call_id, None) or _Call({})
        at = event.ts.timestamp()
        self._ended.append(
            _Ended(event.run_id, run.session_id, call_id, tool, call, outcome, kind, reason, duration_ms, at)
        )
        self._keep()

    def _keep(self) -> None:
        if self._ended and not self._is_writing:
            self._is_writing = True
            self._writing = [each for each in self._writing if not each.done()]
            self._writing.append(start_in_thread(self._write_all))

    def _write_all(self) -> None:
        """Write what ended, until there is no more; blocks."""
        while self._is_writing:
            ended: list[_Ended] = []
            while self._ended:
                ended.append(self._ended.popleft())
            try:
                if ended:
                    self._ledger.add([self._observation(each) for each in ended])
            except StoreError as error:
                log.warning("What came of %d tool calls is not kept for insights: %s", len(ended), error)
            finally:
                self._is_writing = False
            # What came before that was said waits for nobody, unless another thread took it on meanwhile.
            if self._ended and not self._is_writing:
                self._is_writing = True

    def _observation(self, ended: _Ended) -> Observation:
        return Observation(
            self._agent,
            ended.session_id,
            ended.run_id,
            ended.call_id,
            ended.tool,
            shape_of(ended.call.arguments),
            ended.outcome,
            ended.kind,
            redact(" ".join(ended.reason[: 4 * REASON_CHARS].split()))[:REASON_CHARS],
            kept_arguments(ended.tool, ended.call.arguments),
            ended.duration_ms,
            ended.call.rule,
            ended.call.verdict,
            ended.at,
        )
