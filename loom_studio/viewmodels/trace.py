"""A session's records as the rows of a waterfall: runs, their steps, and what happened in each. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.memory.records import Record

TITLE_CHARS = 120
KINDS = (
    *("run.started", "run.completed", "run.failed", "run.cancelled", "run.looping", "session.rewound"),
    *("step.started", "step.retried", "step.completed", "request.sent", "message.completed", "usage.updated"),
    *("tool.requested", "tool.approval_requested", "tool.approval_decided", "tool.started", "tool.completed"),
    *("tool.failed", "tool.vetoed", "tool.unknown", "context.pressure", "context.compressed", "context.renewed"),
    *("context.provider_edited", "heartbeat.event", "heartbeat.interrupt", "heartbeat.told", "mcp.server"),
)
"""The records that the waterfall is made of."""
USED = {
    "sub_agent": marked("A sub-agent used {tokens:,} tokens"),
    "summary": marked("A summary used {tokens:,} tokens"),
}
USED_BY_SERVER = marked("A tool server used {tokens:,} tokens")
VERDICTS = {
    "allow_once": marked("allow_once"),
    "allow_session": marked("allow_session"),
    "allow_always": marked("allow_always"),
    "deny": marked("deny"),
}
BY = {"person": marked("person")}


@dataclass(slots=True)
class Segment:
    """A stretch of a row's time: `waiting` (for the first token), `model`, `tool`, `approval`; seconds since 1970."""

    kind: str
    start: float
    end: float | None = None


@dataclass(slots=True)
class TraceRow:
    """One row: a run, a step, a tool's call, or something that happened at a moment.

    `kind` is run, step, tool, agent, compression, renewal, alert or notice; `n` the record that it began with, `last_n`
    the last that belongs to it, `run` the row of its run. `end` is None while it goes on. `state` is empty where all is
    well. `asked_at` is when the last attempt began. `requests` are the records of what the model was sent in a step,
    `answer` that of what it said. Costs are in dollars, None where they are not known.
    """

    kind: str
    title: str
    at: float
    n: int
    run: int
    step: int = 0
    end: float | None = None
    state: str = ""
    last_n: int = 0
    segments: list[Segment] = field(default_factory=list[Segment])
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    cost: float | None = None
    is_counted: bool = False
    first_token_ms: int | None = None
    model_ms: int = 0
    attempts: int = 1
    asked_at: float = 0.0
    requests: list[int] = field(default_factory=list[int])
    answer: int = 0
    rho: float | None = None
    detail: str = ""
    is_void: bool = False

    @property
    def took_s(self) -> float | None:
        """How long it took; None while it goes on."""
        return None if self.end is None else max(0.0, self.end - self.at)


class Trace:
    """The rows so far. `take` adds records, in order; what it changes from which row on is what it returns."""

    def __init__(self) -> None:
        self.rows: list[TraceRow] = []
        self.last_n = 0
        self.steps: list[int] = []
        """The rows of the steps, in order."""
        self.last_at = 0.0
        self.longest_step_s = 0.0
        self._run = -1
        self._step = -1
        self._calls: dict[str, int] = {}
        self._changed = 0
        self._before = 0.0

    def take(self, records: Iterable[Record]) -> int:
        """Take records in; returns the first row that is another now, besides that of the run that goes on."""
        self._changed = len(self.rows)
        for record in records:
            self.last_n = max(self.last_n, record.n)
            self._before, self.last_at = self.last_at, max(self.last_at, record.at)
            take = _TAKES.get(record.type)
            if take is None:
                continue
            try:
                take(self, record)
            except (KeyError, TypeError, ValueError, AttributeError):
                self._moment(
                    "notice",
                    tr("Record {number} ({kind}) can't be understood", number=record.n, kind=record.type),
                    record,
                )
        return self._changed

    def step_of(self, row: TraceRow) -> int:
        """Where the step is that a row belongs to; -1 for one of none."""
        place = bisect_right(self.steps, row.n, key=lambda each: self.rows[each].n) - 1
        step = self.steps[place] if place >= 0 else -1
        return step if step >= 0 and self.rows[step].run == row.run else -1

    def step_row(self, row: int) -> int:
        """The row of the step that a row belongs to, that of its first step for a run; -1 where there is none."""
        if not 0 <= row < len(self.rows):
            return -1
        here = self.rows[row]
        if here.kind != "run":
            return self.step_of(here)
        place = bisect_right(self.steps, row)
        return self.steps[place] if place < len(self.steps) and self.rows[self.steps[place]].run == row else -1

    # -- by record

    def on_run(self, record: Record) -> None:
        """A run begins, or goes on after an interruption."""
        if record.data.get("resumed") and self._run >= 0 and self.rows[self._run].end is None:
            self._add(TraceRow("notice", tr("Resumed"), record.at, record.n, self._run, end=record.at))
            return
        self._close(record.at, "interrupted")
        self._calls.clear()
        self._step, self._run = -1, len(self.rows)
        title = _line(record.data.get("prompt")) or tr("(no words)")
        detail = record.data.get("model", "")
        self._add(TraceRow("run", title, record.at, record.n, self._run, state="running", detail=detail))

    def on_run_end(self, record: Record) -> None:
        """A run ended."""
        if self._run < 0:
            return
        state = {"run.completed": "", "run.failed": "failed"}.get(record.type, "stopped")
        # A fork has its run end when it was made, long after what was copied.
        self._close(self._before if record.data.get("reason") == "forked" else record.at, state)
        if state == "failed":
            title = _line(record.data.get("message")) or tr("The run failed")
            self._add(TraceRow("notice", title, record.at, record.n, self._run, end=record.at, state="failed"))
        self._step = self._run = -1

    def on_step(self, record: Record) -> None:
        """The model is about to be asked."""
        step = record.data["step"]
        self._calls.clear()
        self._step = len(self.rows)
        self.steps.append(self._step)
        self._add(TraceRow("step", "", record.at, record.n, max(0, self._run), step, state="running"))

    def on_request(self, record: Record) -> None:
        """A request goes out."""
        row = self._touch(self._step, record)
        if row is not None:
            row.requests.append(record.n)
            row.asked_at = record.at
            _end(row.segments, record.at)
            row.segments.append(Segment("waiting", record.at))

    def on_retried(self, record: Record) -> None:
        """A request is tried again."""
        row = self._touch(self._step, record)
        if row is not None:
            row.attempts += 1
            row.asked_at = record.at + record.data.get("delay_s", 0.0)
            told = said(record.data.get("error", {}).get("message", ""))
            row.detail = _line(told) or row.detail

    def on_message(self, record: Record) -> None:
        """Somebody said something: the model its answer, or the person a remark."""
        data = record.data
        if data.get("role") != "assistant":
            self._moment("notice", tr("Steered: {text}", text=_line(data.get("text"))), record)
            return
        row = self._touch(self._step, record)
        if row is not None:
            row.answer = record.n
            _end(row.segments, record.at)
            called = ", ".join(call["name"] for call in data.get("tool_calls", ()))
            row.title = _line(data.get("text")) or called or tr("(no words)")
            if data.get("stop_reason") == "max_tokens":
                row.state = "cut off"

    def on_usage(self, record: Record) -> None:
        """Tokens were counted: of the step, or of what was asked beside it."""
        used, purpose = record.data["usage"], record.data.get("purpose", "")
        asked = self._agent_row() if purpose == "sub_agent" else -1
        if asked >= 0:
            _count(self.rows[asked], used)
            self._touch(asked, record)
        elif purpose:
            total = used.get("input_tokens", 0) + used.get("output_tokens", 0)
            self._moment("notice", tr(USED.get(purpose, USED_BY_SERVER), tokens=total), record)
        row = self._touch(self._step if not purpose else -1, record)
        for each in (row, self.rows[self._run] if self._run >= 0 else None):
            if each is not None:
                _count(each, used)

    def _agent_row(self) -> int:
        """The row of the last call of this step that gave work to a sub-agent; -1 if there is none."""
        return max((row for row in self._calls.values() if self.rows[row].kind == "agent"), default=-1)

    def on_pressure(self, record: Record) -> None:
        """How full the window is."""
        row = self._touch(self._step, record)
        if row is not None:
            row.rho = record.data.get("rho")

    def on_step_end(self, record: Record) -> None:
        """A step is done, with its tools."""
        row = self._touch(self._step, record)
        if row is None:
            return
        row.end, row.state = record.at, "" if row.state == "running" else row.state
        self.longest_step_s = max(self.longest_step_s, row.end - row.at)
        row.model_ms, row.first_token_ms = record.data.get("model_ms", 0), record.data.get("first_token_ms")
        _end(row.segments, record.at)
        _split(row)

    def on_requested(self, record: Record) -> None:
        """The model wants a tool."""
        call_id, tool = record.data["call_id"], record.data["tool"]
        self._calls[call_id] = len(self.rows)
        step = self.rows[self._step].step if self._step >= 0 else 0
        kind = "agent" if tool in ("delegate", "delegate_many") else "tool"
        self._add(TraceRow(kind, tool, record.at, record.n, max(0, self._run), step, state="running"))
        self._touch(self._step, record)

    def on_call(self, record: Record) -> None:
        """A call came a step further."""
        self._touch(self._step, record)
        row = self._touch(self._calls.get(record.data["call_id"], -1), record)
        if row is None:
            return
        kind = record.type.removeprefix("tool.")
        _end(row.segments, record.at)
        if kind in ("approval_requested", "started"):
            row.segments.append(Segment("approval" if kind == "approval_requested" else "tool", record.at))
            row.state = "waits for you" if kind == "approval_requested" else "running"
        elif kind == "approval_decided":
            row.state = "running"
            row.detail = _decided(record.data["verdict"], record.data["by"])
        else:
            row.end = record.at
            row.state = {"completed": "", "vetoed": "refused", "unknown": "outcome unknown"}.get(kind, kind)
            if kind == "vetoed":
                row.detail = _line(record.data.get("reason"))

    def on_moment(self, record: Record) -> None:
        """Something happened beside what the model and its tools do."""
        kind, told = _MOMENTS[record.type]
        self._moment(kind, told(record.data), record)

    def on_rewound(self, record: Record) -> None:
        """What came after a record no longer counts."""
        to = record.data["to"]
        for place in range(len(self.rows) - 1, -1, -1):
            if self.rows[place].last_n <= to and self.rows[place].kind == "run":
                break
            if self.rows[place].n > to:
                self.rows[place].is_void = True
                self._changed = min(self._changed, place)
        self._close(record.at, "taken back")
        self._step = self._run = -1

    def _moment(self, kind: str, title: str, record: Record) -> None:
        step = self.rows[self._step].step if self._step >= 0 else 0
        self._add(TraceRow(kind, title, record.at, record.n, max(0, self._run), step, end=record.at))
        self._touch(self._step, record)

    def _add(self, row: TraceRow) -> None:
        row.last_n = row.n
        self.rows.append(row)

    def _touch(self, place: int, record: Record) -> TraceRow | None:
        """The row at a place, which is another now."""
        if place < 0:
            return None
        row = self.rows[place]
        row.last_n = record.n
        self._changed = min(self._changed, place)
        if self._run >= 0:
            self.rows[self._run].last_n = record.n
        return row

    def _close(self, at: float, state: str) -> None:
        """End the run, its last step, and what still ran in that."""
        if self._run < 0:
            return
        self._changed = min(self._changed, self._run)
        for row in (self.rows[self._run], *(self.rows[self._step :] if self._step >= 0 else ())):
            if row.end is None:
                row.end, row.state = at, state
                _end(row.segments, at)
                _split(row)


def _decided(verdict: str, by: str) -> str:
    return tr("{verdict} by {by}", verdict=tr(VERDICTS.get(verdict, verdict)), by=tr(BY.get(by, by)))


def _end(segments: list[Segment], at: float) -> None:
    if segments and segments[-1].end is None:
        segments[-1].end = at


def _split(row: TraceRow) -> None:
    """Say of the last request when the model began to speak, once that is known."""
    asked = next((each for each in reversed(row.segments) if each.kind == "waiting"), None)
    if asked is None or asked.end is None or row.kind != "step":
        return
    end = asked.end
    if row.first_token_ms is None:
        asked.kind = "model"
        return
    # What earlier attempts took, and the pauses between them, counts as waiting.
    asked.end = min(end, max(asked.start, row.asked_at + row.first_token_ms / 1000))
    row.segments.append(Segment("model", asked.end, end))


def _count(row: TraceRow, used: dict[str, Any]) -> None:
    row.tokens_in += used.get("input_tokens", 0)
    row.tokens_out += used.get("output_tokens", 0)
    row.cached += used.get("cache_read_tokens", 0)
    cost = used.get("cost_usd")
    # One price that is not known makes the sum unknown.
    row.cost = None if cost is None or (row.is_counted and row.cost is None) else (row.cost or 0.0) + cost
    row.is_counted = True


def _line(text: str | None) -> str:
    first = next((line.strip() for line in (text or "").splitlines() if line.strip()), "")
    return first if len(first) <= TITLE_CHARS else first[: TITLE_CHARS - 1] + "…"


_MOMENTS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "run.looping": (
        "alert",
        lambda data: tr("{tool} gave the same result {times} times", tool=data["tool"], times=data["times"]),
    ),
    "context.compressed": (
        "compression",
        lambda data: tr(
            "{level}: {before:,} → {after:,} tokens",
            level=tr(data["strategy"]),
            before=data["tokens_before"],
            after=data["tokens_after"],
        ),
    ),
    "context.renewed": (
        "renewal",
        lambda data: tr(
            "Begun anew: {before:,} → {after:,} tokens", before=data["tokens_before"], after=data["tokens_after"]
        ),
    ),
    "context.provider_edited": (
        "compression",
        lambda data: tr("By the provider: {what}", what=_line(data.get("detail"))),
    ),
    "heartbeat.event": ("alert", lambda data: _line(data.get("summary"))),
    "heartbeat.interrupt": ("alert", lambda data: tr("Interrupted: {why}", why=_line(data.get("summary")))),
    "heartbeat.told": ("notice", lambda data: tr("The model was told of {count} events", count=len(data["event_ids"]))),
    "mcp.server": (
        "notice",
        lambda data: tr("Tool server {server}: {state}", server=data["server"], state=tr(data["state"])),
    ),
}

_TAKES: dict[str, Callable[[Trace, Record], None]] = {
    "run.started": Trace.on_run,
    "run.completed": Trace.on_run_end,
    "run.failed": Trace.on_run_end,
    "run.cancelled": Trace.on_run_end,
    "step.started": Trace.on_step,
    "step.retried": Trace.on_retried,
    "step.completed": Trace.on_step_end,
    "request.sent": Trace.on_request,
    "message.completed": Trace.on_message,
    "usage.updated": Trace.on_usage,
    "context.pressure": Trace.on_pressure,
    "tool.requested": Trace.on_requested,
    "session.rewound": Trace.on_rewound,
    **dict.fromkeys(_MOMENTS, Trace.on_moment),
    **dict.fromkeys(
        (
            *("tool.approval_requested", "tool.approval_decided", "tool.started", "tool.completed"),
            *("tool.failed", "tool.vetoed", "tool.unknown"),
        ),
        Trace.on_call,
    ),
}
