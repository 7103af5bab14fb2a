"""Events become rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester

from loom import tool
from loom.types.events import RunEvent
from loom_studio.viewmodels.transcript import TranscriptModel
from tests.support.agents import call, scripted_agent


def events(*pairs: tuple[str, dict[str, Any]]) -> list[RunEvent]:
    return [RunEvent(f"e{n}", "r", kind, payload=payload, seq=n) for n, (kind, payload) in enumerate(pairs)]


def delta(text: str) -> tuple[str, dict[str, Any]]:
    return "text.delta", {"text": text, "step": 1}


@tool(read_only=True)
def look(thing: str) -> str:
    return f"saw {thing}"


@tool
def change(thing: str) -> str:
    return thing


async def test_a_real_run_reads_as_a_conversation(qapp: QApplication) -> None:
    agent = scripted_agent(
        {"thinking": "hm", "text": "Looking.", **call("look", thing="sea")},
        call("change", thing="x"),
        "Blue.",
        tools=[look, change],
    )
    result = await agent.run("Colour?")
    model = TranscriptModel()
    model.apply(result.events)
    assert [(row.kind, row.title, row.text) for row in model.rows[:4]] == [
        ("user", "You", "Colour?"),
        ("thinking", "Thinking", ""),
        ("assistant", "", "Looking."),
        ("tool", "look · sea", ""),
    ]
    assert model.rows[3].state.startswith("done in")
    assert "saw sea" in model.rows[3].detail
    assert model.rows[4].state == "refused"
    assert model.rows[-1].text == "Blue."
    assert not any(row.is_streaming for row in model.rows)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=20), st.integers(1, 7))
def test_deltas_cut_anyhow_give_the_same_answer(qapp: QApplication, pieces: list[str], size: int) -> None:
    model = TranscriptModel()
    batch = events(*map(delta, pieces))
    for start in range(0, len(batch), size):
        model.apply(batch[start : start + size])
    assert [row.text for row in model.rows] == ["".join(pieces)]


def test_a_retry_marks_what_was_said_as_void(qapp: QApplication) -> None:
    model = TranscriptModel()
    error = {"type": "E", "message": "It broke off.", "retryable": True}
    retried = ("step.retried", {"step": 1, "attempt": 1, "delay_s": 0.5, "error": error})
    model.apply(events(delta("Hel"), retried, delta("Hello")))
    assert [(row.text, row.state) for row in model.rows] == [
        ("Hel", "void"),
        ("It broke off. Trying again in 0.5 s.", ""),
        ("Hello", ""),
    ]


def test_a_veto_looks_different_from_a_denial(qapp: QApplication) -> None:
    for kind, row_kind in (("veto", "veto"), ("denied", "tool")):
        model = TranscriptModel()
        asked = ("tool.requested", {"call_id": "c", "tool": "rm", "arguments": {}, "step": 1, "malformed": ""})
        refused = {"call_id": "c", "tool": "rm", "kind": kind, "rule": "r", "reason": "x", "message": "no: x"}
        model.apply(events(asked, ("tool.vetoed", refused)))
        assert [(row.kind, row.state, row.text) for row in model.rows] == [(row_kind, "refused", "no: x")]


def test_failures_are_sentences(qapp: QApplication) -> None:
    model = TranscriptModel()
    model.apply(events(delta("so far"), ("run.failed", {"message": "No connection to x"})))
    assert [row.kind for row in model.rows] == ["assistant", "error"]
    assert model.rows[0].is_streaming is False


@pytest.mark.filterwarnings("ignore")
def test_the_model_obeys_qts_rules(qtmodeltester: ModelTester, qapp: QApplication) -> None:
    model = TranscriptModel()
    model.apply(events(delta("a"), delta("b")))
    qtmodeltester.check(model)


def test_what_the_agent_noticed_stands_where_it_reached_the_run(qapp: QApplication) -> None:
    del qapp
    model = TranscriptModel()
    noticed = {"summary": "modified src/a.py", "urgency": "high"}
    model.apply(
        events(
            ("run.started", {"prompt": "go", "session_id": "s"}),
            ("heartbeat.event", noticed),
            ("heartbeat.interrupt", {"summary": "modified src/a.py"}),
        )
    )
    assert [row.text for row in model.rows] == [
        "go",
        "Noticed (high): modified src/a.py",
        "Interrupted what ran: modified src/a.py",
    ]


def test_what_happens_to_the_context_is_said(qapp: QApplication) -> None:
    tokens = {"tokens_before": 8_100, "tokens_after": 900}
    model = TranscriptModel()
    model.apply(
        events(
            ("run.started", {"prompt": "go", "session_id": "s"}),
            (
                "context.compressed",
                {"strategy": "snip", "tokens_before": 9000, "tokens_after": 4000, "detail": "2 tool outputs cut"},
            ),
            ("context.renewed", {"sprint": 3, **tokens, "summary_by": "anthropic:claude"}),
            ("context.renewed", {"sprint": 4, **tokens, "summary_by": "", "summary_problem": "the server is down"}),
            ("context.provider_edited", {"step": 2, "edits": [], "detail": "8 tool results were left out"}),
        )
    )
    cut, renewed, alone, edited = [row.text for row in model.rows][1:]
    assert cut == "The context was made smaller (snip): 2 tool outputs cut, 9,000 → 4,000 tokens."
    assert renewed.startswith("The context began anew: handoff 3 says what was, 8,100 → 900 tokens. anthropic:claude")
    assert "No model wrote to the summary (the server is down)" in alone
    assert edited.startswith("The provider made room in the context itself: 8 tool results were left out.")


def test_a_call_says_what_it_is_about_in_one_plain_line() -> None:
    model = TranscriptModel()
    for arguments in (
        {"limit": 3, "path": "src/a.py"},
        {"command": "echo 1\n\techo 2"},
        {"text": "x" * 500},
        {"flag": True},
        {"path": "safe\u202egnp.exe"},
    ):
        payload = {"call_id": str(arguments), "tool": "do", "arguments": arguments, "malformed": ""}
        model.apply([RunEvent(type="tool.requested", payload=payload)])
    titles = [row.title for row in model.rows]
    assert titles[:2] == ["do · src/a.py", "do · echo 1 echo 2"]
    assert titles[2] == f"do · {'x' * 71}…"
    assert titles[3:] == ["do", "do · safe\\u202egnp.exe"]


def test_what_is_remembered_and_forgotten_is_a_line_of_the_conversation(qapp: QApplication) -> None:
    changed = {"path": "/memories/taste.md", "by": "Coder", "title": "Taste", "added_lines": 3, "removed_lines": 1}
    model = TranscriptModel()
    model.apply(
        events(
            ("memory.changed", {"command": "create", **changed}),
            ("memory.changed", {"command": "delete", **changed}),
            ("memory.changed", {"command": "rename", **changed, "new_path": "/memories/b.md"}),
            ("memory.changed", {"command": "expire", **changed}),
        )
    )
    assert [row.text for row in model.rows] == [
        "Remembered: /memories/taste.md (“Taste”), +3 −1 lines.",
        "Forgotten: /memories/taste.md (“Taste”).",
        "The memory /memories/taste.md is /memories/b.md now.",
        "Forgotten, since its time was over: /memories/taste.md (“Taste”).",
    ]


def of_server(name: str, state: str, detail: str = "") -> tuple[str, dict[str, Any]]:
    return "mcp.server", {"server": name, "state": state, "detail": detail}


def test_how_a_tool_server_is_is_said_once_until_it_is_another(qapp: QApplication) -> None:
    failed = of_server("a", "failed", "no such program")
    other = of_server("b", "failed", "no such program")
    begin = ("run.started", {"prompt": "go"})
    model = TranscriptModel()
    model.apply(events(begin, failed, other, begin, failed, other))
    assert [row.kind for row in model.rows] == ["user", "notice", "notice", "user"]
    model.apply(events(of_server("a", "ready"), failed, failed, begin, failed))
    assert [row.text for row in model.rows[4:]] == [
        "The tool server a is ready",
        "The tool server a is failed: no such program",
        "go",
    ]
    model.apply(events(of_server("a", "changed", "x://y")))
    assert model.rows[-1].text == "The tool server a says that x://y changed since it was read"
