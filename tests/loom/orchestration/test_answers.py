"""Verdicts and criteria that are given by a tool, and what of them must not pass."""

from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ConfigError, ModelRef, create_agent
from loom.agent import Agent
from loom.config import PolicyConfig, ToolAccessPolicy, ToolPolicy
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import GeneratorEvaluatorLoop, SprintResult, SubAgentManager
from loom.orchestration.answers import asked_for, offer_answers
from loom.orchestration.durable import WORK_STEP
from loom.orchestration.verdicts import read_given
from loom.role_sessions import RoleWorker
from loom.threads import in_thread
from loom.types.permissions import PermissionMode
from tests.support.agents import call, requests_of, scripted_agent

CRITERIA = call("propose_criteria", criteria=["It greets", "It is short"])


def judged(verdict: str, first: bool, second: bool, **more: Any) -> dict[str, Any]:
    criteria = [
        {"criterion": 1, "passed": first, "evidence": "hello", "confidence": 0.9},
        {"criterion": 2, "passed": second, "evidence": "nine pages", "file": "poem.md", "line": 3},
    ]
    return call("record_verdict", verdict=verdict, criteria=criteria, critique="shorten it", **more)


async def sprint(judge: Agent) -> SprintResult:
    generator = SubAgentManager(scripted_agent("hello"))
    (result,) = await GeneratorEvaluatorLoop(generator, SubAgentManager(judge)).run("Greet", max_sprints=1)
    return result


async def test_an_evaluator_answers_by_tools_that_only_it_is_offered() -> None:
    judge = scripted_agent(CRITERIA, "done", judged("FAIL", first=True, second=False), "done")
    result = await sprint(judge)
    assert result.contract.criteria == ["It greets", "It is short"]
    assert [each.passed for each in result.verdicts] == [True, False]
    assert (result.verdicts[0].confidence, result.verdicts[0].evidence) == (0.9, "hello")
    assert (result.verdicts[1].file, result.verdicts[1].line) == ("poem.md", 3)
    assert result.critique == "shorten it"
    offered = [[tool.name for tool in request.tools] for request in requests_of(judge)]
    assert offered[0] == ["propose_criteria"]
    assert offered[2] == ["record_verdict"]
    # What it is offered as the agent that it is else, it is not.
    await judge.run("hello")
    assert [tool.name for tool in requests_of(judge)[-1].tools] == []


async def test_a_verdict_by_tool_passes_if_it_judged_every_criterion() -> None:
    result = await sprint(scripted_agent(CRITERIA, "done", judged("PASS", first=True, second=True), "done"))
    assert result.passed


async def test_a_policy_that_allows_few_tools_lets_an_evaluator_answer() -> None:
    policy = PolicyConfig(tools=ToolPolicy(access=ToolAccessPolicy(allow=[])))
    judge = scripted_agent(CRITERIA, "done", judged("PASS", first=True, second=True), "done", policy=policy)
    assert (await sprint(judge)).passed


@pytest.mark.parametrize(
    "turns",
    [
        [judged("PASS", first=True, second=False), "done"],
        [judged("FAIL", first=True, second=True), "PASS"],
        [judged("PASS", first=True, second=True), "FAIL"],
        [judged("PASS", first=True, second=True), "PASS\n2. FAIL: no"],
        [judged("PASS", first=True, second=True), '{"verdict": "FAIL"}'],
        [judged("FAIL", first=True, second=True), judged("PASS", first=True, second=True), "done"],
        [call("record_verdict", verdict="PASS", criteria=[], critique=""), "done"],
        [call("record_verdict", verdict="PASSABLE", criteria=[], critique=""), "it is passable"],
        [call("record_verdict", verdict="PASS", criteria=[{"criterion": 1, "passed": True, "evidence": ""}]), "done"],
        [judged("PASS", first=True, second=True), {"error": "the line is down"}],
    ],
)
async def test_a_verdict_by_tool_that_is_not_clear_passes_nothing(turns: list[Any]) -> None:
    result = await sprint(scripted_agent(CRITERIA, "done", *turns))
    assert not result.passed
    assert result.critique


async def test_who_does_not_call_tools_is_read_in_lines() -> None:
    result = await sprint(scripted_agent("It greets", "PASS\n1. PASS: hello"))
    assert result.passed


def test_a_tool_s_answer_about_a_criterion_that_there_is_not_is_passed_over() -> None:
    given = {"tool": "record_verdict", "verdict": "PASS", "criteria": [{"criterion": 9, "passed": True}]}
    assert not read_given([given], "", ["only one"]).passed


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("done", True),
        ("What I tried:\n1. A wrong login fails, as it should", True),
        ("FAIL", False),
        ("I looked.\nVerdict: FAIL", False),
        ("1. FAIL: it crashes", False),
        ('{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": false}]}', False),
    ],
)
def test_what_is_said_beside_a_verdict_by_tool_takes_it_back_only_if_it_is_a_verdict(text: str, passes: bool) -> None:
    given = {"tool": "record_verdict", "verdict": "PASS", "criteria": [{"criterion": 1, "passed": True}]}
    assert read_given([given], text, ["only one"]).passed is passes


def test_evaluators_must_have_the_tools_that_they_are_to_judge_with() -> None:
    judge = SubAgentManager(scripted_agent("x"))
    with pytest.raises(ConfigError, match="the evaluator has no tool 'run_command'"):
        GeneratorEvaluatorLoop(SubAgentManager(scripted_agent("x")), judge, eval_tools=["run_command"])


async def test_what_was_answered_before_an_interruption_is_known_after_it(tmp_path: Path) -> None:
    store = await in_thread(SQLiteStore, tmp_path / "sessions.db")
    turns = ModelRef.scripted([judged("PASS", first=True, second=True), "done"])
    before = WORK_STEP.set("r1.verdict.1.1")
    try:
        first = create_agent(AgentConfig(turns), store=store)
        offer_answers(SubAgentManager(RoleWorker(first, PermissionMode.AUTO)))
        with asked_for("record_verdict") as answering:
            await RoleWorker(first, PermissionMode.AUTO).run("judge")
        await first.aclose()
        # The step was not recorded: another process finds the work done, and asks no model again.
        other = create_agent(AgentConfig(ModelRef.scripted([])), store=store)
        offer_answers(SubAgentManager(RoleWorker(other, PermissionMode.AUTO)))
        with asked_for("record_verdict") as again:
            assert (await RoleWorker(other, PermissionMode.AUTO).run("judge")).output == "done"
        await other.aclose()
        assert again.given == answering.given
        assert again.given[0]["verdict"] == "PASS"
    finally:
        WORK_STEP.reset(before)
        await in_thread(store.close)
