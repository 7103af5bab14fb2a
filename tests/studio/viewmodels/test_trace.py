"""The waterfall's fold: runs, steps, tools and moments as rows, with the stretches of time that each took."""

from typing import Any

from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from loom.memory.records import Record
from loom_studio.viewmodels.trace import Trace, TraceRow
from loom_studio.viewmodels.trace_table import TraceTable, cell, told


class Log:
    """Records as a session's log has them, a second apart unless said otherwise."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def add(self, kind: str, /, at: float | None = None, **data: Any) -> int:
        n = len(self.records) + 1
        self.records.append(Record("s", n, kind, data, "run", float(n) if at is None else at))
        return n

    def step(self, step: int, at: float, *, answer_at: float, **timing: Any) -> int:
        self.add("step.started", at=at, step=step)
        request = self.add("request.sent", at=at, step=step)
        self.add("message.completed", at=answer_at, role="assistant", text=f"Answer {step}", step=step)
        return request


def run_of(log: Log) -> Trace:
    trace = Trace()
    trace.take(log.records)
    return trace


def shape(rows: list[TraceRow]) -> list[tuple[str, str]]:
    return [(row.kind, row.title) for row in rows]


def test_a_step_shows_when_the_model_first_spoke_and_how_long_a_person_was_waited_for() -> None:
    log = Log()
    log.add("run.started", at=0.0, prompt="Lay the wall\nquickly", session_id="s", model="m")
    request = log.step(1, 0.0, answer_at=3.0)
    log.add("usage.updated", at=3.0, step=1, usage={"input_tokens": 900, "output_tokens": 20, "cache_read_tokens": 800})
    log.add("tool.requested", at=3.0, call_id="c", tool="lay", step=1)
    log.add("tool.approval_requested", at=3.0, call_id="c", tool="lay")
    log.add("tool.approval_decided", at=63.0, call_id="c", tool="lay", verdict="allow_once", by="person")
    log.add("tool.started", at=63.0, call_id="c", tool="lay")
    log.add("tool.completed", at=64.5, call_id="c", tool="lay")
    done = log.add("step.completed", at=64.5, step=1, model_ms=3000, first_token_ms=1000)
    log.add("run.completed", at=65.0, output="", usage={})
    trace = run_of(log)
    assert shape(trace.rows) == [("run", "Lay the wall"), ("step", "Answer 1"), ("tool", "lay")]
    run, step, tool = trace.rows
    assert [(each.kind, each.start, each.end) for each in step.segments] == [("waiting", 0.0, 1.0), ("model", 1.0, 3.0)]
    assert [(each.kind, each.start, each.end) for each in tool.segments] == [
        ("approval", 3.0, 63.0),
        ("tool", 63.0, 64.5),
    ]
    assert (step.requests, step.last_n) == ([request], done)
    assert told(tool).startswith("Tool: lay, took 1 min 1 s, waited 1 min 0 s for an approval")
    assert [cell(step, column) for column in range(8)] == [
        "1. Answer 1",
        "",
        "1 min 4 s",
        "1.0 s",
        "900",
        "800",
        "20",
        "unknown",
    ]
    assert (run.state, run.took_s) == ("", 65.0)


def test_time_of_failed_attempts_is_waiting_and_not_the_answer() -> None:
    log = Log()
    log.add("run.started", at=0.0, prompt="Go", session_id="s")
    log.add("step.started", at=0.0, step=1)
    log.add("request.sent", at=0.0, step=1)
    log.add("step.retried", at=2.0, step=1, attempt=1, delay_s=3.0, error={"message": "The server is busy"})
    log.add("message.completed", at=8.0, role="assistant", text="There", step=1)
    log.add("step.completed", at=8.0, step=1, model_ms=8000, first_token_ms=1000)
    step = run_of(log).rows[1]
    assert [(each.kind, each.start, each.end) for each in step.segments] == [("waiting", 0.0, 6.0), ("model", 6.0, 8.0)]
    assert step.attempts == 2
    assert "2 attempts" in told(step)
    assert "The server is busy" in told(step)


def test_what_did_not_end_well_says_so() -> None:
    log = Log()
    log.add("run.started", prompt="Go", session_id="s")
    log.step(1, 2.0, answer_at=3.0)
    for call, tool in (("a", "vetoed"), ("b", "failed"), ("c", "unknown"), ("d", "interrupted")):
        log.add("tool.requested", call_id=call, tool=tool, step=1)
    log.add("tool.vetoed", call_id="a", tool="vetoed", reason="It deletes the harbour")
    log.add("tool.failed", call_id="b", tool="failed")
    log.add("tool.unknown", call_id="c", tool="unknown")
    log.add("context.renewed", tokens_before=9000, tokens_after=300)
    log.add("heartbeat.event", summary="The tide comes in")
    log.add("run.failed", message="The wall fell", error={}, usage={})
    trace = run_of(log)
    states = {row.title: row.state for row in trace.rows if row.kind == "tool"}
    assert states == {"vetoed": "refused", "failed": "failed", "unknown": "outcome unknown", "interrupted": "failed"}
    assert trace.rows[0].state == "failed"
    kinds = [row.kind for row in trace.rows]
    assert kinds[-3:] == ["renewal", "alert", "notice"]
    assert "It deletes the harbour" in told(trace.rows[2])


def test_a_trace_grows_record_by_record_into_what_it_is_at_once() -> None:
    log = Log()
    for run in range(3):
        log.add("run.started", prompt=f"Go {run}", session_id="s")
        for step in (1, 2):
            log.step(step, float(len(log.records)), answer_at=len(log.records) + 2.0)
            log.add("tool.requested", call_id="c", tool="look", step=step)
            log.add("tool.completed", call_id="c", tool="look")
            log.add("step.completed", step=step)
        log.add("run.completed", output="", usage={})
    whole, slow = run_of(log), Trace()
    table = TraceTable()
    table.begin(slow)
    for record in log.records:
        table.grown(slow.take([record]))
    assert slow.rows == whole.rows
    assert table.rowCount() == len(whole.rows) == 15
    assert [whole.rows[row].kind for row in whole.steps] == ["step"] * 6
    assert [whole.step_row(row) for row in range(5)] == [1, 1, 1, 3, 3]
    assert whole.step_row(14) == 13


def test_what_was_taken_back_stays_and_is_marked() -> None:
    log = Log()
    log.add("run.started", prompt="One", session_id="s")
    log.step(1, 2.0, answer_at=3.0)
    first = log.add("run.completed", output="", usage={})
    log.add("run.started", prompt="Two", session_id="s")
    log.step(1, 7.0, answer_at=8.0)
    log.add("run.completed", output="", usage={})
    log.add("session.rewound", to=first)
    rows = run_of(log).rows
    assert [(row.title, row.is_void) for row in rows if row.kind == "run"] == [("One", False), ("Two", True)]
    assert "taken back" in told(rows[-1])


def test_one_price_that_is_not_known_makes_the_cost_of_the_run_unknown() -> None:
    log = Log()
    log.add("run.started", prompt="Go", session_id="s")
    for step, cost in ((1, 0.01), (2, None), (3, 0.02)):
        log.step(step, float(step), answer_at=step + 0.5)
        log.add("usage.updated", step=step, usage={"input_tokens": 10, "output_tokens": 1, "cost_usd": cost})
    rows = run_of(log).rows
    assert [row.cost for row in rows if row.kind == "step"] == [0.01, None, 0.02]
    assert cell(rows[0], 7) == "unknown"
    assert rows[0].tokens_in == 30


def test_a_record_that_says_nothing_that_can_be_understood_is_told_and_hides_no_other() -> None:
    log = Log()
    log.add("run.started", prompt="Go", session_id="s")
    log.add("step.started")
    log.add("tool.requested", tool="no call id", step=1)
    log.step(1, 4.0, answer_at=5.0)
    rows = run_of(log).rows
    assert [row.title for row in rows if row.kind == "notice"] == [
        "Record 2 (step.started) can't be understood",
        "Record 3 (tool.requested) can't be understood",
    ]
    assert rows[-1].title == "Answer 1"


def test_what_a_sub_agent_used_stands_at_the_call_that_gave_it_work() -> None:
    log = Log()
    log.add("run.started", prompt="Go", session_id="s")
    log.step(1, 2.0, answer_at=3.0)
    log.add("tool.requested", call_id="c", tool="delegate", step=1)
    log.add("tool.started", call_id="c", tool="delegate")
    used = {"input_tokens": 40, "output_tokens": 2, "cost_usd": 0.5}
    log.add("usage.updated", step=1, usage=used, purpose="sub_agent")
    log.add("tool.completed", call_id="c", tool="delegate")
    run, step, agent = run_of(log).rows
    assert (agent.kind, agent.tokens_in, agent.cost) == ("agent", 40, 0.5)
    assert (run.tokens_in, step.tokens_in) == (40, 0)


def below(log: Log, child: str, kind: str, at: float, /, above: str = "s", **data: Any) -> None:
    whose = {"session": child, "above": above, "agent": "Scout", "call_id": "c", "run": f"run of {child}"}
    log.add(f"below.{kind}", at=at, below=whose, **data)


def side_by_side() -> Log:
    log = Log()
    log.add("run.started", at=0.0, prompt="Go", session_id="s", model="m")
    log.step(1, 0.0, answer_at=1.0)
    log.add("tool.requested", at=1.0, call_id="c", tool="delegate_many", step=1)
    for child in ("a", "b"):
        below(log, child, "run.started", 1.0, prompt=f"Look at {child}", agent="Scout", model="m")
    for at, child in enumerate(("a", "b", "a", "b"), 2):
        below(log, child, "step.started", float(at), step=(at + 1) // 2)
        below(log, child, "message.completed", float(at), role="assistant", text=f"{child} at {at}")
    below(log, "deep", "run.started", 6.0, above="a", prompt="Deeper", agent="Scout")
    below(log, "deep", "step.started", 6.0, above="a", step=1)
    below(log, "a", "tool.requested", 7.0, call_id="c", tool="look", step=2)
    for child in ("deep", "a", "b"):
        below(log, child, "run.completed", 8.0, above="a" if child == "deep" else "s")
    log.add("tool.completed", at=8.0, call_id="c", tool="delegate_many")
    log.step(2, 8.0, answer_at=9.0)
    return log


TREE = [
    ("run", 0, "Go"),
    ("step", 1, "Answer 1"),
    ("agent", 2, "delegate_many"),
    ("below", 3, "Scout: Look at a"),
    ("step", 4, "a at 2"),
    ("step", 4, "a at 4"),
    ("below", 6, "Scout: Deeper"),
    ("step", 7, ""),
    ("tool", 5, "look"),
    ("below", 3, "Scout: Look at b"),
    ("step", 4, "b at 3"),
    ("step", 4, "b at 5"),
    ("step", 1, "Answer 2"),
]


def test_sub_agents_that_work_side_by_side_stand_each_by_itself_below_the_call(qapp: QApplication) -> None:
    log = side_by_side()
    whole = run_of(log)
    assert [(row.kind, row.depth, row.title) for row in map(whole.rows.__getitem__, whole.order)] == TREE
    slow, table = Trace(), TraceTable()
    QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    table.begin(slow)
    for record in log.records:
        table.grown(slow.take([record]))
        assert [table.number_at(place) for place in range(table.rowCount())] == slow.order
        assert all(table.place_of(number) == place for place, number in enumerate(slow.order))
    assert slow.rows == whole.rows
    assert slow.order == whole.order
    assert [whole.rows[whole.step_row(number)].title for number in (3, 4)] == ["a at 2", "b at 3"]
    assert all(row.end is not None for row in whole.rows if row.kind == "below")


def test_what_was_asked_beside_the_steps_has_a_row_with_what_it_used_and_a_notice_stays_for_older_logs() -> None:
    log = Log()
    log.add("run.started", prompt="Go", session_id="s")
    log.step(1, 2.0, answer_at=3.0)
    used = {"input_tokens": 700, "output_tokens": 30}
    log.add("beside.sent", at=4.0, id="x", purpose="summary", model="small", system="", messages=[])
    log.add("beside.answered", at=6.0, id="x", purpose="summary", text="It was.", usage=used, took_ms=2000)
    log.add("usage.updated", at=6.0, step=1, usage={**used, "cost_usd": 0.25}, purpose="summary")
    log.add("beside.sent", at=7.0, id="y", purpose="title", model="m", system="", messages=[])
    log.add("beside.answered", at=8.0, id="y", purpose="title", problem="no such key", took_ms=10)
    log.add("usage.updated", at=9.0, step=1, usage=used, purpose="summary")
    rows = [row for row in run_of(log).rows if row.kind in ("beside", "notice")]
    assert [(row.kind, row.state, row.tokens_in, row.cost) for row in rows] == [
        ("beside", "", 700, 0.25),
        ("beside", "failed", 0, None),
        ("notice", "", 0, None),
    ]
    assert rows[0].took_s == 2.0
    assert "no such key" in told(rows[1])
    assert rows[2].title == "A summary used 730 tokens"
