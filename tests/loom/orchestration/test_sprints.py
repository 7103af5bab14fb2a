"""Sprints: what passes, what must not, and what goes from one to the next."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom import AgentConfig, ConfigError, ModelRef, create_agent
from loom.orchestration import (
    AgentHarness,
    CommandCriterion,
    CoordinationEventBus,
    GeneratorEvaluatorLoop,
    SprintContract,
    SprintControls,
    SubAgentManager,
    SubAgentResult,
)
from loom.orchestration.verdicts import read_criteria, read_verdict
from loom.threads import in_thread
from loom.types import CoordinationEvent, Usage

MUST_NOT_PASS = [
    "PASSABLE", "NOT PASS", "FAIL: would PASS if", "", "   \n", "pass", "**PASS**", "PASS!", "PASS FAIL",
    "Verdict: PASS", "PASSWORD check missing -> FAIL", "FAIL\nPASS", "PASS\n1. FAIL: it crashes",
    "PASS\n1. PASS\n1. FAIL", '"PASS"',
    '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": false}]}', '{"verdict": "PASSABLE"}',
    '{"verdict": true}', '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": true}]}', "{", "null",
    '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": "yes"}, {"criterion": 2, "passed": true}]}',
    "```json\n{\"verdict\": \"FAIL\"}\n```",
    "PASS\nFAIL", "PASS\n\nVerdict: FAIL", "PASS\nFinal result: failed",
    "PASS\nNOT PASS", "PASS\n- FAIL: the second",
    "PASS\n1. PASS\n2. NOT PASS: no", "PASS\n1. Fails on empty input", "PASS\nCriterion 1 - FAILED", "PASS\n2: ✗ no",
    "PASS\n1. first: FAIL", "PASS\n7. FAIL: there are only two", 'PASS\n{"verdict": "FAIL"}',
    "PASS\n```json\n{\"verdict\": \"PASS\", \"criteria\": [{\"criterion\": 1, \"passed\": false}]}\n```",
    '{"verdict": "FAIL", "verdict": "PASS"}', '{"verdict": "PASS", "criteria": []}',
    '{"verdict": "PASS", "criteria": {}}',
    '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": true}, {"criterion": 2, "passed": true}, '
    '{"criterion": "a third", "passed": false}]}',
    '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": true}, {"criterion": 2, "passed": true}], '
    '"critique": "FAIL: see above"}',
]  # fmt: skip
PASSES = [
    "PASS", "PASS\n", "  PASS  \nGood work.", "PASS\n1. PASS: seen\n2. PASS: seen",
    '{"verdict": "PASS", "criteria": [{"criterion": 1, "passed": true}, {"criterion": "second", "passed": true}]}',
    '```json\n{"verdict": "PASS"}\n```',
    "PASS\n1. PASS: a failed login is refused\n2. PASS: FAIL is printed\nFailing input is told, and nothing failed.",
]  # fmt: skip


class Asked:
    """An evaluator or generator with a list of answers, which keeps what it was asked."""

    def __init__(self, *answers: str | Exception | Callable[[str], str]) -> None:
        self.answers = list(answers)
        self.goals: list[str] = []

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        self.goals.append(goal)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            return SubAgentResult(False, None, depth + 1, str(answer))
        text = answer if isinstance(answer, str) else await in_thread(answer, goal)
        return SubAgentResult(True, text, depth + 1, usage=Usage(10, 5, cost_usd=0.01))


@pytest.mark.parametrize("said", MUST_NOT_PASS)
def test_what_is_not_clearly_a_pass_is_none(said: str) -> None:
    verdict = read_verdict(said, ["first", "second"])
    assert not verdict.passed
    assert len(verdict.criteria) == 2
    assert verdict.critique


@pytest.mark.parametrize("said", PASSES)
def test_a_clear_pass_passes_every_criterion(said: str) -> None:
    verdict = read_verdict(said, ["first", "second"])
    assert verdict.passed
    assert [each.passed for each in verdict.criteria] == [True, True]


@given(st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_any_answer_is_read_and_passes_only_if_nothing_failed(said: str, criteria: list[str]) -> None:
    verdict = read_verdict(said, criteria)
    assert [each.criterion for each in verdict.criteria] == criteria
    if verdict.passed:
        assert all(each.passed for each in verdict.criteria)


def test_a_verdict_has_evidence_and_confidence_by_criterion() -> None:
    verdict = read_verdict(
        '{"verdict": "FAIL", "criteria": [{"criterion": 2, "passed": false, "evidence": "500", "confidence": 7}],'
        ' "critique": "mend it"}',
        ["first", "second"],
    )
    assert verdict.critique == "mend it"
    assert [each.passed for each in verdict.criteria] == [None, False]
    assert (verdict.criteria[1].evidence, verdict.criteria[1].confidence) == ("500", 1.0)
    lines = read_verdict("FAIL\n1. PASS: works\nCriterion 2: FAIL - crashes\nmore", ["first", "second"])
    assert [(each.passed, each.evidence) for each in lines.criteria] == [(True, "works"), (False, "crashes")]


def test_criteria_are_read_from_lines_and_json() -> None:
    wanted = ["It starts", "It ends"]
    said = "# Criteria\nThese are they:\n1. It starts\n - [ ] It ends\n\n* It ends"
    assert read_criteria(said) == wanted
    assert read_criteria('```json\n{"criteria": ["It starts", "It ends"]}\n```') == wanted
    assert read_criteria('["It starts", "It ends"]') == wanted
    assert read_criteria("") == []


async def test_a_failed_sprint_tells_the_next_one_what_to_mend() -> None:
    generator = Asked("draft one", "draft two")
    evaluator = Asked("It greets\nIt is short", "FAIL\n1. PASS: hello\n2. FAIL: too long", "It greets", "PASS")
    bus, heard = CoordinationEventBus(), list[CoordinationEvent]()
    bus.subscribe("sprint.*", heard.append)
    loop = GeneratorEvaluatorLoop(generator=generator, evaluator=evaluator, event_bus=bus)
    results = await loop.run("Write a greeting", max_sprints=5)
    assert [(r.sprint, r.passed, r.output) for r in results] == [(1, False, "draft one"), (2, True, "draft two")]
    assert results[0].contract == SprintContract(1, "Write a greeting", ["It greets", "It is short"])
    assert results[1].contract.criteria == ["It greets", "It is short"]  # none is dropped
    assert "It is short: too long" in generator.goals[1]
    assert "draft one" in generator.goals[1]
    assert loop.reason == "passed"
    topics = [each.topic for each in heard]
    assert topics[:6] == [
        "sprint.planned", "sprint.contract", "sprint.started", "sprint.criterion", "sprint.criterion", "sprint.failed",
    ]  # fmt: skip
    assert topics[-1] == "sprint.passed"
    assert results[0].usage.input_tokens == 20


async def test_a_generator_that_fails_never_passes_and_is_not_judged() -> None:
    evaluator = Asked("It works", "PASS")
    loop = GeneratorEvaluatorLoop(Asked(RuntimeError("down")), evaluator)
    results = await loop.run("x", max_sprints=2)
    assert [r.passed for r in results] == [False, False]
    assert results[0].output == "[generator error] down"
    assert not any("<work>" in goal for goal in evaluator.goals)


async def test_an_evaluator_that_fails_never_passes() -> None:
    results = await GeneratorEvaluatorLoop(Asked("x"), Asked(RuntimeError("no key"))).run("x", max_sprints=1)
    assert not results[0].passed
    assert results[0].critique == "Evaluator error: no key"
    assert results[0].contract.criteria == ["Output addresses the goal: x"]


@pytest.mark.parametrize(("quorum", "passes"), [(None, False), (2, True), (3, False), (1, True)])
async def test_a_quorum_of_evaluators_decides(quorum: int | None, passes: bool) -> None:
    loop = GeneratorEvaluatorLoop(
        Asked("x"), Asked("It works", "PASS"), evaluators=[Asked("PASS"), Asked("FAIL\n1. FAIL: no")], quorum=quorum
    )
    (result,) = await loop.run("x", max_sprints=1)
    assert result.passed is passes
    assert result.verdicts[0].passed is passes


def test_a_quorum_that_nobody_can_reach_is_refused() -> None:
    with pytest.raises(ConfigError, match="quorum must be from 1 to 1"):
        GeneratorEvaluatorLoop(Asked("x"), Asked("PASS"), quorum=2)


async def test_a_command_decides_on_code_that_is_written_wrong_and_then_right(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("from it import double\n\ndef test_it():\n    assert double(2) == 4\n")
    bodies = iter(["return n + 1", "return n * 2"])

    def write(_goal: str) -> str:
        (tmp_path / "it.py").write_text(f"def double(n):\n    {next(bodies)}\n")
        return "written"

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    criterion = CommandCriterion(command, tmp_path, 60, name="the tests pass")
    generator = Asked(write)
    loop = GeneratorEvaluatorLoop(generator, Asked("It doubles", "PASS"), criteria=[criterion])
    results = await loop.run("Write double", max_sprints=3)
    assert [r.passed for r in results] == [False, True]
    first = results[0].verdicts[-1]
    assert (first.criterion, first.passed, first.confidence) == ("the tests pass", False, 1.0)
    assert "assert 3 == 4" in first.evidence
    assert "assert 3 == 4" in generator.goals[1]


async def test_a_command_that_cannot_start_or_hangs_has_failed(tmp_path: Path) -> None:
    missing = await CommandCriterion(["/no/such/program"], tmp_path).judge()
    assert missing.passed is False
    slow = await CommandCriterion([sys.executable, "-c", "import time; time.sleep(30)"], tmp_path, 0.3).judge()
    assert slow.passed is False
    assert slow.evidence.startswith("Stopped after 0.3 s")


async def test_a_person_stops_adds_criteria_remarks_and_accepts() -> None:
    controls = SprintControls()
    generator = Asked("a", "b", "c")

    def judge(goal: str) -> str:
        if "<work>\na" in goal:
            controls.add_criterion("It rhymes")
            controls.remark("Make it shorter")
        if "<work>\nb" in goal:
            controls.accept("Ada")
        return "FAIL\nnot yet" if "<work>" in goal else "It greets"

    loop = GeneratorEvaluatorLoop(generator, Asked(judge), controls=controls)
    results = await loop.run("x", max_sprints=5)
    assert [r.passed for r in results] == [False, True]
    assert results[1].accepted_by == "Ada"
    assert "It rhymes" in results[1].contract.criteria
    assert "Make it shorter" in generator.goals[1]
    assert loop.reason == "accepted"
    controls.stop()
    assert await loop.run("x") == []
    assert loop.reason == "stopped"


async def test_a_contract_waits_for_its_approval() -> None:
    async def shorter(contract: SprintContract) -> SprintContract | None:
        return SprintContract(contract.sprint, contract.goal, [*contract.criteria, "mine"])

    async def refuse(_contract: SprintContract) -> SprintContract | None:
        return None

    (result,) = await GeneratorEvaluatorLoop(Asked("x"), Asked("It works", "PASS"), approve=shorter).run("x")
    assert result.contract.criteria == ["It works", "mine"]
    generator = Asked("x")
    assert await GeneratorEvaluatorLoop(generator, Asked("It works"), approve=refuse).run("x") == []
    assert generator.goals == []


@pytest.mark.parametrize(
    ("options", "sprints", "reason"),
    [
        ({"patience": 2}, 3, "no_progress"),
        ({"max_tokens": 60}, 2, "budget"),
        ({"max_cost_usd": 0.02}, 1, "budget"),
        ({}, 4, "max_sprints"),
    ],
)
async def test_sprints_end_where_they_lead_nowhere(options: dict[str, Any], sprints: int, reason: str) -> None:
    loop = GeneratorEvaluatorLoop(
        Asked("x"), Asked(lambda goal: "FAIL\n1. FAIL" if "<work>" in goal else "c"), **options
    )
    assert len(await loop.run("x", max_sprints=4)) == sprints
    assert loop.reason == reason


async def test_a_budget_in_money_is_not_passed_over_where_one_model_has_no_price() -> None:
    class Unpriced(Asked):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            made = await super().spawn(goal, depth, inherit_context)
            return replace(made, usage=replace(made.usage, cost_usd=None))

    judge = Asked(lambda goal: "FAIL\n1. FAIL" if "<work>" in goal else "c")
    loop = GeneratorEvaluatorLoop(Unpriced("x"), judge, max_cost_usd=100)
    assert len(await loop.run("x", max_sprints=4)) == 1
    assert loop.reason == "cost_unknown"


async def test_the_harness_plans_makes_and_judges_with_real_agents() -> None:
    def manager(*turns: Any) -> SubAgentManager:
        return SubAgentManager(create_agent(AgentConfig(ModelRef.scripted(list(turns)))))

    bus, heard = CoordinationEventBus(), list[str]()
    bus.subscribe("*", lambda event: heard.append(event.topic))
    harness = AgentHarness(
        generator=manager("first", "second"),
        evaluator=manager("It converts", "FAIL\nno streaming", "It streams", "PASS"),
        planner=manager("A tool that converts CSV to JSON, streaming."),
        max_sprints=5,
        event_bus=bus,
    )
    result = await harness.run("Build a CSV converter")
    assert (result.spec, result.output) == ("A tool that converts CSV to JSON, streaming.", "second")
    assert (result.passed, result.sprints, result.reason) == (True, 2, "passed")
    assert len(result.sprint_results) == 2
    assert result.sprint_results[1].contract.criteria == ["It converts", "It streams"]
    assert heard[-1] == "harness.completed"


async def test_without_planner_and_evaluator_the_generator_works_once() -> None:
    result = await AgentHarness(generator=Asked("done")).run("x")
    assert (result.spec, result.output, result.passed, result.sprints) == ("x", "done", True, 1)
    failed = await AgentHarness(generator=Asked(RuntimeError("down"))).run("x")
    assert (failed.passed, failed.output, failed.reason) == (False, "[error] down", "failed")


async def test_a_planner_that_fails_leaves_the_brief() -> None:
    harness = AgentHarness(Asked("done"), Asked("c", "PASS"), Asked(RuntimeError("down")))
    assert (await harness.run("the brief")).spec == "the brief"


class Odd:
    """Raises, or gives whatever it has."""

    def __init__(self, given: Any) -> None:
        self.given = given

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> Any:
        del goal, depth, inherit_context
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (None, "It gave 'NoneType' instead of a SubAgentResult"),
        ("PASS", "It gave 'str' instead of a SubAgentResult"),
        (SimpleNamespace(success="yes", output="PASS", error="no"), "Evaluator error: no"),
    ],
)
async def test_who_raises_or_gives_no_result_has_failed_and_ends_no_harness(
    answer: Any, said: str, error_records: list[str]
) -> None:
    judged = await AgentHarness(Asked("work"), Odd(answer), max_sprints=2).run("Make it")
    assert (judged.passed, judged.reason, judged.sprints) == (False, "max_sprints", 2)
    assert said in judged.critique
    if isinstance(answer, Exception):
        made = await AgentHarness(Odd(answer), Asked("It is there", "PASS"), Odd(answer), max_sprints=1).run("Make it")
        assert (made.passed, made.spec) == (False, "Make it")
        assert said in made.output
        assert error_records
    error_records.clear()


async def test_a_result_of_another_kind_counts_by_what_it_says() -> None:
    made = SimpleNamespace(success=True, output="work", depth=1)
    result = await AgentHarness(Odd(made), Odd(SimpleNamespace(success=True, output="PASS", error=""))).run("Make it")
    assert (result.passed, result.output) == (True, "work")


def test_a_command_that_is_empty_is_no_criterion() -> None:
    for command in ("", "  ", [], [" "]):
        with pytest.raises(ConfigError, match="it would hold whatever was made"):
            CommandCriterion(command)
