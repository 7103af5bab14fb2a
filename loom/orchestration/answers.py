"""Answers that are given by a tool instead of in words: criteria, and verdicts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from loom.config.tools import ToolSpec
from loom.errors import ToolExecutionError
from loom.runtime.engine import ANSWERS, WANTED_ANSWERS, Engine
from loom.tools.offering import ALWAYS
from loom.types.messages import Message

CRITERIA, VERDICT = "propose_criteria", "record_verdict"


class JudgedCriterion(TypedDict):
    """One criterion as an evaluator judges it, by its number."""

    criterion: int
    passed: bool
    evidence: str
    confidence: NotRequired[float]
    file: NotRequired[str]
    line: NotRequired[int]


@dataclass
class Answering:
    """What was given by tools while it was asked for, in order: `{"tool", …}`."""

    given: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


_ASKED: ContextVar[Answering | None] = ContextVar("ASKED", default=None)


@contextmanager
def asked_for(*tools: str) -> Generator[Answering]:
    """While it is entered, runs that are begun here are offered these tools of answer, and what they give is kept."""
    answering = Answering()
    asked, wanted = _ASKED.set(answering), WANTED_ANSWERS.set(tools)
    try:
        yield answering
    finally:
        _ASKED.reset(asked)
        WANTED_ANSWERS.reset(wanted)


def engine_of(manager: Any) -> Engine | None:
    """The engine of the agent that a manager gives work to; None where it has none, or is something else."""
    parent: Any = getattr(manager, "parent", None)
    engine: Any = getattr(parent, "engine", None)
    return engine if isinstance(engine, Engine) else None


def offer_answers(manager: Any) -> None:
    """Let the agent of a manager answer by tools; it is offered them only while it is asked for what they give."""
    engine = engine_of(manager)
    if engine is None:
        return
    for spec in _SPECS:
        engine.gate.tools.setdefault(spec.name, spec)


def recover_answers(history: Sequence[Message]) -> None:
    """Take what was given in a session, before it was interrupted too, for what was given by now."""
    answering = _ASKED.get()
    if answering is None:
        return
    taken = {each.tool_call_id for each in history if each.role == "tool" and not each.is_error}
    answering.given = [
        {**call.arguments, "tool": call.name}
        for message in history
        for call in message.tool_calls
        if call.name in (CRITERIA, VERDICT) and call.id in taken
    ] or answering.given


def propose_criteria(criteria: list[str]) -> str:
    """Say by which criteria the work is to be judged.

    Args:
        criteria: the criteria; each can be checked, and says one thing
    """
    return _given(CRITERIA, criteria=criteria)


def record_verdict(verdict: Literal["PASS", "FAIL"], criteria: list[JudgedCriterion], critique: str = "") -> str:
    """Give your verdict on the work, once you have looked at all of it.

    Args:
        verdict: PASS only if every criterion holds
        criteria: each criterion by its number, whether it holds, what you saw (evidence), how sure you are (confidence,
            from 0 to 1), and the file and line where it can be seen
        critique: what is to be mended
    """
    return _given(VERDICT, verdict=verdict, criteria=criteria, critique=critique)


def _given(tool: str, **answer: Any) -> str:
    answering = _ASKED.get()
    if answering is None:
        raise ToolExecutionError(f"Nobody asked for what {tool} gives", tool=tool)
    answering.given.append({"tool": tool, **answer})
    return "Recorded. You are done: end your turn."


_SPECS = [
    ToolSpec.from_function(each, read_only=True, extensions={ANSWERS: True, ALWAYS: True})
    for each in (propose_criteria, record_verdict)
]
