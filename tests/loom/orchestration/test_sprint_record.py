"""What is kept of a sprint: files, handoff, times, what was dropped; and what is told of it while it runs."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.checkpoints import CheckpointStore
from loom.memory.in_memory import InMemoryStore
from loom.orchestration import (
    AgentHarness,
    CommandCriterion,
    CoordinationEventBus,
    GeneratorEvaluatorLoop,
    LogEngine,
    MemoryEngine,
    SprintContract,
    SprintControls,
    SprintFiles,
    SubAgentManager,
    SubAgentResult,
)
from loom.orchestration.durable import Journal
from loom.orchestration.record import told_run
from loom.threads import in_thread
from loom.types import CoordinationEvent
from loom.types.events import PAYLOADS, RunEvent
from tests.support.agents import call, scripted_agent


class Writer:
    """Writes a text into a file of the workspace with each piece of work."""

    def __init__(self, workspace: Path, *texts: str, take_s: float = 0.0) -> None:
        self.file = workspace / "poem.md"
        self.texts = list(texts)
        self.goals: list[str] = []
        self.take_s = take_s

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        self.goals.append(goal)
        text = self.texts.pop(0)
        if self.take_s:
            await asyncio.sleep(self.take_s)
        await in_thread(self.file.write_text, text)
        return SubAgentResult(True, f"I wrote {len(text)} characters", depth + 1)


class Judge:
    """Proposes one criterion, and passes what its word is in."""

    def __init__(self, word: str = "moon") -> None:
        self.word = word

    async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
        del inherit_context
        if "<work>" not in goal:
            return SubAgentResult(True, "It rhymes", depth + 1)
        return SubAgentResult(True, "PASS" if self.word in goal else "FAIL\n1. FAIL: poem.md:1 ends flat", depth + 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "notes.txt").write_text("one\n")
    return folder


async def test_each_sprint_is_a_checkpoint_with_the_difference_to_the_one_before(
    workspace: Path, tmp_path: Path
) -> None:
    files = SprintFiles(workspace, tmp_path / "kept")
    loop = GeneratorEvaluatorLoop(Writer(workspace, "a\nb\n", "a\nc\n"), Judge(), files=files)
    first, second = await loop.run("Write a poem", max_sprints=2)
    assert first.artifacts == [{"path": "poem.md", "what": "added", "added_lines": 2, "removed_lines": 0}]
    assert "+a\n+b" in first.diff
    assert second.artifacts[0]["what"] == "changed"
    assert "-b\n+c" in second.diff
    assert "notes.txt" not in second.diff
    store = await in_thread(CheckpointStore, tmp_path / "kept", workspace)
    states = await in_thread(store.load, first.checkpoint)
    assert set(states) == {"poem.md", "notes.txt"}


async def test_files_that_cannot_be_kept_are_told_and_end_no_sprint(workspace: Path) -> None:
    files = SprintFiles(workspace, workspace / "inside")
    engine = MemoryEngine()
    harness = AgentHarness(Writer(workspace, "moon"), Judge("I wrote"), files=files, engine=engine)
    result = await harness.run("x", "r1")
    assert result.passed
    assert (await engine.results("r1"))["files.1"]["notes"][0].startswith("The files could not be kept: ")


async def test_a_failed_criterion_goes_into_the_next_prompt_with_the_handoff(workspace: Path, tmp_path: Path) -> None:
    writer = Writer(workspace, "a\n", "b\n")
    files = SprintFiles(workspace, tmp_path / "kept")
    first, _ = await GeneratorEvaluatorLoop(writer, Judge(), files=files).run("Write a poem", max_sprints=2)
    assert first.handoff is not None
    assert first.handoff.goal == "Write a poem"
    assert first.handoff.open_tasks == ["It rhymes (failed): poem.md:1 ends flat"]
    assert first.handoff.produced_artifacts == {"poem.md": "added in sprint 1"}
    assert "0 of 1 criteria hold" in first.handoff.progress_summary
    assert "# Handoff Document (Sprint 1)" in writer.goals[1]
    assert "It rhymes: poem.md:1 ends flat" in writer.goals[1]


async def test_what_an_approval_drops_is_recorded_and_told() -> None:
    async def shorter(contract: SprintContract) -> SprintContract:
        return SprintContract(contract.sprint, contract.goal, ["mine"])

    bus, heard = CoordinationEventBus(), list[CoordinationEvent]()
    bus.subscribe("sprint.contract", heard.append)
    engine = MemoryEngine()
    harness = AgentHarness(SubAgentManager(scripted_agent("x")), Judge("x"), approve=shorter, event_bus=bus)
    harness.engine = engine
    result = await harness.run("Write", "r1")
    assert result.sprint_results[0].contract.dropped == ["It rhymes"]
    assert heard[0].payload["dropped"] == ["It rhymes"]
    assert (await engine.results("r1"))["contract.1"]["dropped"] == ["It rhymes"]
    handoff = result.sprint_results[0].handoff
    assert handoff is not None
    assert "No longer judged: It rhymes" in handoff.decisions


async def test_a_contract_that_was_emptied_is_judged_by_its_goal() -> None:
    async def nothing(contract: SprintContract) -> SprintContract:
        return SprintContract(contract.sprint, contract.goal, [])

    loop = GeneratorEvaluatorLoop(SubAgentManager(scripted_agent("x")), Judge("never"), approve=nothing)
    (result,) = await loop.run("Write", max_sprints=1)
    assert not result.passed
    assert result.contract.criteria == ["Output addresses the goal: Write"]


async def test_commands_alone_decide_where_no_criterion_is_left_for_a_quorum(workspace: Path) -> None:
    async def nothing(contract: SprintContract) -> SprintContract:
        return SprintContract(contract.sprint, contract.goal, [])

    loop = GeneratorEvaluatorLoop(
        SubAgentManager(scripted_agent("x")),
        Judge("never"),
        evaluators=[Judge("never")],
        quorum=2,
        criteria=[CommandCriterion("true", workspace)],
        approve=nothing,
    )
    (result,) = await loop.run("Write", max_sprints=1)
    assert result.passed


async def test_a_sprint_that_is_over_can_be_accepted_and_the_record_says_who(workspace: Path) -> None:
    controls = SprintControls()

    class Late(Judge):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            if "<work>" in goal and "8 characters" in goal:
                controls.accept("Ada", sprint=1)
            return await super().spawn(goal, depth, inherit_context)

    engine = MemoryEngine()
    harness = AgentHarness(Writer(workspace, "a", "abcdefgh"), Late(), controls=controls, engine=engine)
    result = await harness.run("Write", "r1")
    assert (result.passed, result.reason, result.output) == (True, "accepted", "I wrote 1 characters")
    assert [each.accepted_by for each in result.sprint_results] == ["Ada", ""]
    (run,) = await engine.runs()
    told = await told_run(engine, run)
    assert [each.words for each in told.sprints] == [
        "Sprint 1, accepted by Ada, 0 of 1 criteria",
        "Sprint 2, failed, 0 of 1 criteria",
    ]


async def test_who_accepts_after_the_end_is_told_and_the_outcome_stays(workspace: Path) -> None:
    engine = MemoryEngine()
    await AgentHarness(Writer(workspace, "a"), Judge(), max_sprints=1, engine=engine).run("Write", "r1")
    await engine.signal("r1", "accept", {"by": "Ada", "sprint": 1})
    (run,) = await engine.runs()
    told = await told_run(engine, run)
    assert told.how == "accepted, after max sprints"
    assert told.sprints[0].accepted_by == "Ada"
    assert run.outcome is not None
    assert run.outcome["passed"] is False


async def test_a_run_is_a_stream_of_catalogued_events(workspace: Path) -> None:
    harness = AgentHarness(Writer(workspace, "a", "b"), Judge("never"), max_sprints=2)
    events = [event async for event in harness.stream("Write", "r1")]
    assert [event.type for event in events] == [
        *["sprint.planned", "sprint.contract", "sprint.started", "sprint.criterion", "sprint.failed"] * 2,
        "harness.completed",
    ]
    for number, event in enumerate(events):
        assert (event.seq, event.run_id) == (number, "r1")
        PAYLOADS[event.type].model_validate(event.payload)


async def test_leaving_the_stream_ends_the_work(workspace: Path) -> None:
    writer = Writer(workspace, "a", "b", take_s=30)
    stream = AgentHarness(writer, Judge()).stream("Write")
    async for event in stream:
        if event.type == "sprint.started":
            break
    await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(writer.texts) == 2 or not (workspace / "poem.md").exists()


async def test_a_harness_in_a_tool_is_heard_in_the_run_of_the_agent_that_called_it(workspace: Path) -> None:
    from loom import tool

    @tool(read_only=True)
    async def build(brief: str) -> str:
        """Build it.

        Args:
            brief: what
        """
        result = await AgentHarness(Writer(workspace, "a"), Judge("I wrote"), max_sprints=1).run(brief)
        return result.output

    agent = scripted_agent(call("build", brief="a poem"), "done", tools=[build])
    result = await agent.run("go")
    types = [event.type for event in result.events]
    assert types.index("tool.started") < types.index("sprint.started") < types.index("tool.completed")
    assert "harness.completed" in types
    for event in result.events:
        PAYLOADS[event.type].model_validate(event.payload)


async def test_what_a_generator_went_through_is_kept_with_its_step(workspace: Path) -> None:
    turns = ModelRef.scripted([call("write_file", path="poem.md", content="a\n"), "done"])
    agent = create_agent(AgentConfig(turns, capabilities=["edit"]), workspace=workspace)
    engine = MemoryEngine()
    await AgentHarness(SubAgentManager(agent), Judge("never"), max_sprints=1, engine=engine).run("Write", "r1")
    (run,) = await engine.runs()
    (sprint,) = (await told_run(engine, run)).sprints
    assert [each.lane for each in sprint.spans] == ["evaluator", "generator", "evaluator"]
    assert sprint.pressure
    assert sprint.pressure[0][0] >= sprint.spans[1].began
    assert [each.kind for each in sprint.happenings] == ["veto"]  # nobody could be asked, so the call was refused
    assert sprint.happenings[0].text.startswith("write_file was refused: ")


async def test_an_interruption_does_not_count_as_work(workspace: Path) -> None:
    engine, began = LogEngine(InMemoryStore()), time.monotonic()

    class Broken(Judge):
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            if "<work>" in goal:
                raise asyncio.CancelledError
            return await super().spawn(goal, depth, inherit_context)

    with pytest.raises(asyncio.CancelledError):
        await AgentHarness(Writer(workspace, "a", take_s=0.3), Broken(), engine=engine).run("Write", "r1")
    await asyncio.sleep(0.5)
    result = await AgentHarness(Writer(workspace), Judge("I wrote"), engine=engine).resume("r1")
    assert result.passed
    assert 0.3 <= result.sprint_results[0].duration_s < time.monotonic() - began - 0.5


async def test_a_journal_s_sprints_are_given_back_as_they_were(workspace: Path, tmp_path: Path) -> None:
    engine = MemoryEngine()
    await engine.start("r1", {})
    files = SprintFiles(workspace, tmp_path / "kept")
    loop = GeneratorEvaluatorLoop(Writer(workspace, "a\n", "b\n"), Judge(), files=files, journal=Journal(engine, "r1"))
    first = await loop.run("Write", max_sprints=2)
    assert await loop.run("Write", max_sprints=2) == first
    assert first[1].diff


def test_the_events_are_in_the_catalogue() -> None:
    wanted = {"planned", "contract", "started", "criterion", "passed", "failed"}
    assert {each.removeprefix("sprint.") for each in PAYLOADS if each.startswith("sprint.")} == wanted
    assert "harness.completed" in PAYLOADS
    event = RunEvent(type="sprint.failed", payload={"sprint": 1, "passed": False, "critique": "no"})
    values: dict[str, Any] = PAYLOADS[event.type].model_validate(event.payload).model_dump()
    assert values["accepted_by"] == ""
