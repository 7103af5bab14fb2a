"""A session's records as the rows of a waterfall: runs, their steps, and what happened in each. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loom_studio.runtime_words import said
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.memory.records import Record

BELOW = "below."
TITLE_CHARS = 120
KINDS = (
    *("run.started", "run.completed", "run.failed", "run.cancelled", "run.looping", "session.rewound"),
    *("step.started", "step.retried", "step.completed", "request.sent", "message.completed", "usage.updated"),
    *("tool.requested", "tool.approval_requested", "tool.approval_decided", "tool.started", "tool.completed"),
    *("tool.failed", "tool.vetoed", "tool.unknown", "context.pressure", "context.compressed", "context.renewed"),
    *("context.provider_edited", "heartbeat.event", "heartbeat.interrupt", "heartbeat.told", "mcp.server"),
    *("beside.sent", "beside.answered"),
)
"""The records that the waterfall is made of, also those of sub-agents, which have `below.` before that."""
PURPOSES = {
    "summary": marked("A summary of what leaves the window"),
    "title": marked("A title for the session"),
    "sampling": marked("Asked for a tool server"),
}
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

    `kind` is run, step, tool, agent, below (what a sub-agent does), beside (what a model was asked beside the steps),
    compression, renewal, alert or notice; `n` the record that it began with, `last_n` the last that belongs to it,
    `run` the row of its run, `step_row` that of its step. `depth` is that in the tree, `child` the session of the
    sub-agent that it is of. `end` is None while it goes on. `state` is empty where all is
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
    step_row: int = -1
    depth: int = 0
    child: str = ""

    @property
    def has_exchange(self) -> bool:
        """Whether a model was asked something here."""
        return self.kind in ("step", "beside")

    @property
    def took_s(self) -> float | None:
        """How long it took; None while it goes on."""
        return None if self.end is None else max(0.0, self.end - self.at)


@dataclass(slots=True)
class _Agent:
    """One agent whose records come: the row of its run, of its step, of its calls, and of what it asked beside.

    `above` gave it work; `last` is the last row of it and of those below it.
    """

    child: str = ""
    depth: int = 0
    above: _Agent | None = None
    last: int = -1
    run: int = -1
    step: int = -1
    calls: dict[str, int] = field(default_factory=dict[str, int])
    beside: dict[str, int] = field(default_factory=dict[str, int])
    uncounted: dict[str, int] = field(default_factory=dict[str, int])


class Trace:
    """The rows so far. `take` adds records, in order; what it changes from which row on is what it returns."""

    def __init__(self) -> None:
        self.rows: list[TraceRow] = []
        self.order: list[int] = []
        """The rows as a tree has them: what agents did side by side stands together for each."""
        self.last_n = 0
        self.steps: list[int] = []
        """The rows of the steps, and of what was asked beside them, in order."""
        self.step_count = 0
        """How many steps the session itself made."""
        self.last_at = 0.0
        self.longest_step_s = 0.0
        self._own = _Agent()
        self._below: dict[str, _Agent] = {}
        self._now = self._own
        self._run = 0
        self._changed = 0
        self._before = 0.0

    def take(self, records: Iterable[Record]) -> int:
        """Take records in; returns the first row that is another now, besides that of the run that goes on."""
        self._changed = len(self.rows)
        for record in records:
            self.last_n = max(self.last_n, record.n)
            self._before, self.last_at = self.last_at, max(self.last_at, record.at)
            kind = record.type.removeprefix(BELOW)
            take = _TAKES.get(kind)
            if take is None:
                continue
            try:
                self._now = self._own if kind is record.type else self._agent_of(record)
                take(self, record if kind is record.type else replace(record, type=kind))
            except (KeyError, TypeError, ValueError, AttributeError):
                self._moment(
                    "notice",
                    tr("Record {number} ({kind}) can't be understood", number=record.n, kind=record.type),
                    record,
                )
        return self._changed

    def step_of(self, row: TraceRow) -> int:
        """Where the step is that a row belongs to; -1 for one of none."""
        return row.step_row

    def step_row(self, row: int) -> int:
        """The row with what was sent and came back that a row belongs to, the first one of a run; -1 without one."""
        if not 0 <= row < len(self.rows):
            return -1
        here = self.rows[row]
        if here.kind not in ("run", "below"):
            return here.step_row
        for place in self.steps[bisect_right(self.steps, row) :]:
            if self.rows[place].child == here.child:
                return place if self.rows[place].run == here.run else -1
        return -1

    def _agent_of(self, record: Record) -> _Agent:
        """The sub-agent of a record. It is as deep as the call that gave it work, and a level more."""
        whose = record.data["below"]
        known = self._below.get(whose["session"])
        if known is None:
            above = self._below.get(whose["above"], self._own)
            last = above.last if above is not self._own else self.order[-1] if self.order else -1
            known = self._below[whose["session"]] = _Agent(whose["session"], above.depth + 3, above, last)
        return known

    # -- by record

    def on_run(self, record: Record) -> None:
        """A run begins, or goes on after an interruption."""
        now = self._now
        if record.data.get("resumed") and now.run >= 0 and self.rows[now.run].end is None:
            self._moment("notice", tr("Resumed"), record)
            return
        self._close(record.at, "interrupted")
        title = _line(record.data.get("prompt")) or tr("(no words)")
        detail = record.data.get("model", "")
        if now is self._own:
            self._run = len(self.rows)
            self._begin_anew()
            self._add(TraceRow("run", title, record.at, record.n, self._run, state="running", detail=detail))
        else:
            name = record.data.get("agent", "")
            title = tr("{agent}: {goal}", agent=name, goal=title) if name else title
            self._add(TraceRow("below", title, record.at, record.n, self._run, state="running", detail=detail))
            self.rows[-1].step_row = -1
        now.run, now.step = len(self.rows) - 1, -1

    def on_run_end(self, record: Record) -> None:
        """A run ended."""
        now = self._now
        if now.run < 0:
            return
        state = {"run.completed": "", "run.failed": "failed"}.get(record.type, "stopped")
        # A fork has its run end when it was made, long after what was copied.
        self._close(self._before if record.data.get("reason") == "forked" else record.at, state)
        if state == "failed":
            title = _line(record.data.get("message")) or tr("The run failed")
            now.step = -1
            self._moment("notice", title, record)
            self.rows[-1].state = "failed"
        now.run = now.step = -1

    def on_beside(self, record: Record) -> None:
        """A model is asked something beside the steps."""
        purpose = record.data["purpose"]
        title = tr(PURPOSES[purpose]) if purpose in PURPOSES else purpose
        place = len(self.rows)
        self._moment("beside", title, record)
        row = self.rows[place]
        row.end, row.state, row.step_row = None, "running", place
        row.segments.append(Segment("model", record.at))
        row.requests.append(record.n)
        row.detail = record.data.get("model", "")
        self._now.beside[record.data["id"]] = self._now.uncounted[purpose] = place
        self.steps.append(place)

    def on_beside_answered(self, record: Record) -> None:
        """What was asked beside the steps has its answer, or has none."""
        data = record.data
        row = self._touch(self._now.beside.pop(data["id"], -1), record)
        if row is None:
            return
        row.end = record.at
        _end(row.segments, record.at)
        row.state, row.model_ms = "failed" if data.get("problem") else "", data.get("took_ms", 0)
        row.detail = _line(data.get("problem")) or row.detail
        if used := data.get("usage"):
            _count(row, used)

    def on_step(self, record: Record) -> None:
        """The model is about to be asked."""
        now = self._now
        step = record.data["step"]
        now.calls.clear()
        now.step = len(self.rows)
        self.steps.append(now.step)
        self.step_count += now is self._own
        self._add(TraceRow("step", "", record.at, record.n, self._run, step, state="running"))

    def on_request(self, record: Record) -> None:
        """A request goes out."""
        row = self._touch(self._now.step, record)
        if row is not None:
            row.requests.append(record.n)
            row.asked_at = record.at
            _end(row.segments, record.at)
            row.segments.append(Segment("waiting", record.at))

    def on_retried(self, record: Record) -> None:
        """A request is tried again."""
        row = self._touch(self._now.step, record)
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
        row = self._touch(self._now.step, record)
        if row is not None:
            row.answer = record.n
            _end(row.segments, record.at)
            called = ", ".join(call["name"] for call in data.get("tool_calls", ()))
            row.title = _line(data.get("text")) or called or tr("(no words)")
            if data.get("stop_reason") == "max_tokens":
                row.state = "cut off"

    def on_usage(self, record: Record) -> None:
        """Tokens were counted: of the step, or of what was asked beside it."""
        now, used, purpose = self._now, record.data["usage"], record.data.get("purpose", "")
        asked = self._agent_row() if purpose == "sub_agent" else now.uncounted.pop(purpose, -1)
        if asked >= 0 and purpose == "sub_agent":
            _count(self.rows[asked], used)
            self._touch(asked, record)
        elif asked >= 0:  # its tokens are counted; what they cost is said here
            self.rows[asked].cost = used.get("cost_usd")
            self._touch(asked, record)
        elif purpose:
            total = used.get("input_tokens", 0) + used.get("output_tokens", 0)
            self._moment("notice", tr(USED.get(purpose, USED_BY_SERVER), tokens=total), record)
        row = self._touch(now.step if not purpose else -1, record)
        for each in (row, self.rows[now.run] if now.run >= 0 else None):
            if each is not None:
                _count(each, used)

    def _agent_row(self) -> int:
        """The row of the last call of this step that gave work to a sub-agent; -1 if there is none."""
        return max((row for row in self._now.calls.values() if self.rows[row].kind == "agent"), default=-1)

    def on_pressure(self, record: Record) -> None:
        """How full the window is."""
        row = self._touch(self._now.step, record)
        if row is not None:
            row.rho = record.data.get("rho")

    def on_step_end(self, record: Record) -> None:
        """A step is done, with its tools."""
        row = self._touch(self._now.step, record)
        if row is None:
            return
        row.end, row.state = record.at, "" if row.state == "running" else row.state
        self.longest_step_s = max(self.longest_step_s, row.end - row.at)
        row.model_ms, row.first_token_ms = record.data.get("model_ms", 0), record.data.get("first_token_ms")
        _end(row.segments, record.at)
        _split(row)

    def on_requested(self, record: Record) -> None:
        """The model wants a tool."""
        now = self._now
        call_id, tool = record.data["call_id"], record.data["tool"]
        now.calls[call_id] = len(self.rows)
        step = self.rows[now.step].step if now.step >= 0 else 0
        kind = "agent" if tool in ("delegate", "delegate_many") else "tool"
        self._add(TraceRow(kind, tool, record.at, record.n, self._run, step, state="running"))
        self._touch(now.step, record)

    def on_call(self, record: Record) -> None:
        """A call came a step further."""
        self._touch(self._now.step, record)
        row = self._touch(self._now.calls.get(record.data["call_id"], -1), record)
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
        self._own.step = self._own.run = -1

    def _moment(self, kind: str, title: str, record: Record) -> None:
        now = self._now
        step = self.rows[now.step].step if now.step >= 0 else 0
        self._add(TraceRow(kind, title, record.at, record.n, self._run, step, end=record.at))
        self._touch(now.step, record)

    def _add(self, row: TraceRow) -> None:
        now = self._now
        row.last_n = row.n
        row.step_row, row.child = now.step, now.child
        row.depth = now.depth + _DEPTHS.get(row.kind, 2)
        self._place(len(self.rows))
        self.rows.append(row)

    def _place(self, number: int) -> None:
        """Put a row of the agent that now speaks where the tree has it."""
        before, agent = self._now.last, self._now
        if agent is self._own or before == self.order[-1]:
            self.order.append(number)
        else:
            at = next(at for at in range(len(self.order), 0, -1) if self.order[at - 1] == before)
            self.order.insert(at, number)
        while agent is not None and agent.last == before:
            agent.last, agent = number, agent.above

    def _begin_anew(self) -> None:
        """Forget the calls and sub-agents of the run before."""
        self._own.calls.clear()
        self._below.clear()

    def _touch(self, place: int, record: Record) -> TraceRow | None:
        """The row at a place, which is another now."""
        if place < 0:
            return None
        row = self.rows[place]
        row.last_n = record.n
        self._changed = min(self._changed, place)
        for run in (self._own.run, self._now.run):
            if run >= 0:
                self.rows[run].last_n = record.n
        return row

    def _close(self, at: float, state: str) -> None:
        """End the run, its last step, and what still ran in that; what sub-agents did in it as well."""
        now = self._now
        if now.run < 0:
            return
        self._changed = min(self._changed, now.run)
        for row in (self.rows[now.run], *(self.rows[now.step :] if now.step >= 0 else ())):
            if row.end is None and (now is self._own or row.child == now.child):
                row.end, row.state = at, state
                _end(row.segments, at)
                _split(row)


_DEPTHS = {"run": 0, "below": 0, "step": 1}


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
    "beside.sent": Trace.on_beside,
    "beside.answered": Trace.on_beside_answered,
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
