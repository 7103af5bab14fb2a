"""Real runs leave observations, which outlive the process; what they suggest is proposed, never applied by itself."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from loom import AgentConfig, ConfigError, Decision, ModelRef, create_agent, tool
from loom.agent import Agent
from loom.config import RuntimeConfig, RuntimeFeatures, load_agent
from loom.errors import StoreError
from loom.evolution import (
    AmoebaSplitStrategy,
    ConstraintHardeningStrategy,
    EvolutionEngine,
    FeedbackLoop,
    PolicyOptimizationStrategy,
    ToolLearningStrategy,
)
from loom.evolution.insights import Insights
from loom.evolution.ledger import InsightsLedger
from loom.evolution.observations import FAILED, OK, REFUSED, Observation, kept_arguments, shape_of
from loom.evolution.proposals import ACCEPTED, DISMISSED, OPEN, Proposal
from loom.providers.scripted import ScriptedProvider
from loom.safety.profile import Profile
from loom.threads import in_thread
from tests.support.agents import call, scripted_agent


@tool(read_only=True)
def look(path: str, deep: bool = False) -> str:
    """Look."""
    if deep:
        raise ValueError("deep does not work here, token sk-abcdefghijklmnopqrstuvwx")
    return f"saw {path}"


@tool
def deploy(target: str) -> str:
    """Deploy."""
    return f"deployed {target}"


def agent_of(folder: Path, *turns: Any, **config: Any) -> Agent:
    ref = ModelRef.scripted(list(turns))
    return create_agent(
        AgentConfig(model=ref, name="Looker", tools=[look, deploy], **config),
        provider=ScriptedProvider(ref),
        profile=Profile(folder),
    )


def seen_of(*rows: tuple[str, dict[str, Any], str, str], agent: str = "Looker") -> list[Observation]:
    """Observations, a run each: (tool, arguments, outcome, run)."""
    import json

    return [
        Observation(
            agent, "s", run, f"c{n}", name, shape_of(arguments), outcome,
            reason="it broke" if outcome == FAILED else "", arguments=json.dumps(arguments), at=float(n), id=n,
        )
        for n, (name, arguments, outcome, run) in enumerate(rows, 1)
    ]  # fmt: skip


async def test_what_runs_did_is_kept_with_shapes_and_without_secrets(tmp_path: Path) -> None:
    agent = agent_of(
        tmp_path, call("look", path="a.py"), call("look", path="b.py", deep=True), call("deploy", target="x"), "done"
    )
    result = await agent.run("go")
    await agent.aclose()
    insights = Insights(tmp_path)
    seen = await in_thread(insights.ledger.observations, "Looker")
    assert [(each.tool, each.shape, each.outcome, each.kind) for each in seen] == [
        ("look", "path=*.py", OK, ""),
        ("look", "deep, path=*.py", FAILED, seen[1].kind),
        ("deploy", "target", REFUSED, "no_approver"),
    ]
    assert seen[0].run_id == result.run_id
    assert "sk-abc" not in seen[1].reason
    [refused, row] = sorted(await in_thread(insights.reliability), key=lambda each: each.tool)
    assert (row.calls, row.ok, row.failed, row.rate) == (2, 1, 1, 0.5)
    assert [shape.shape for shape in row.shapes] == ["deep, path=*.py", "path=*.py"]
    assert (refused.tool, refused.rate, refused.refused) == ("deploy", None, 1)


def test_no_long_text_and_nothing_that_was_remembered_is_kept() -> None:
    assert (
        kept_arguments("write_file", {"path": "a", "content": "x" * 300})
        == '{"path": "a", "content": "[… 300 characters]"}'
    )
    told = kept_arguments("memory", {"command": "create", "path": "/memories/pin.md", "file_text": "4711"})
    assert told == '{"command": "create", "path": "/memories/pin.md", "file_text": "[… 4 characters]"}'
    long = [("write_file", {"content": "[… 300 characters]"}, FAILED, f"r{n}") for n in range(3)]
    assert ConstraintHardeningStrategy().propose(seen_of(*long), None) == []


async def test_an_agent_without_a_profile_or_with_insights_off_keeps_nothing(tmp_path: Path) -> None:
    off = RuntimeConfig(features=RuntimeFeatures(insights=False))
    agent = agent_of(tmp_path, call("look", path="a"), "done", runtime=off)
    await agent.run("go")
    await agent.aclose()
    assert not (tmp_path / "insights.db").exists()
    plain = scripted_agent(call("look", path="a"), "done", tools=[look])
    await plain.run("go")
    assert plain.engine.consumers == []
    await plain.aclose()


async def test_what_is_denied_again_and_again_is_proposed_accepted_measured_and_undone(tmp_path: Path) -> None:
    file = tmp_path / "looker.toml"
    original = 'name = "Looker" # mine\n[model]\nprovider = "scripted"\nname = "s"\n'
    await in_thread(file.write_text, original)
    profile = tmp_path / "profile"
    turns = [part for _ in range(4) for part in (call("deploy", target="moon"), "done")]
    agent = agent_of(profile, *turns)
    agent.attach_approver(lambda _request: Decision.deny("no"))
    for _ in range(4):
        await agent.run("deploy to the moon")
    await agent.aclose()

    def judge() -> None:
        insights = Insights(profile)
        config = load_agent(file)
        [proposal] = insights.look("Looker", config)
        assert (proposal.state, proposal.change.kind) == (OPEN, "deny")
        assert proposal.change.text == "deploy(target=moon)"
        assert file.read_text() == original  # nothing is applied by itself
        assert [each.verdict for each in insights.evidence(proposal)] == ["deny"] * 4
        accepted = insights.accept(proposal.id[:8], file)
        assert "deploy(target=moon)" in file.read_text()
        assert "# mine" in file.read_text()
        effect = insights.effect(accepted)
        assert effect is not None
        assert (effect.asked_before, effect.asked_after) == (4, 0)
        assert "No call since" in effect.told
        with pytest.raises(StoreError, match="accepted already"):
            insights.accept(proposal.id, file)
        again = Insights(profile)  # as after a restart
        assert [each.state for each in again.look("Looker", load_agent(file))] == [ACCEPTED]
        again.undo(proposal.id)
        assert file.read_text() == original

    await in_thread(judge)


def test_a_proposal_that_was_dismissed_is_not_made_again_until_it_is_taken_back(tmp_path: Path) -> None:
    insights = Insights(tmp_path)
    insights.ledger.add(seen_of(*[("look", {"path": "a", "deep": True}, FAILED, f"r{n}") for n in range(4)]))
    found = insights.look("Looker")
    assert {each.change.kind for each in found} == {"hint", "safety_rule"}
    hint = next(each for each in found if each.change.kind == "hint")
    insights.dismiss(hint.id)
    assert next(each for each in insights.look("Looker") if each.id == hint.id).state == DISMISSED
    insights.undo(hint.id)
    assert next(each for each in insights.look("Looker") if each.id == hint.id).state == OPEN


def test_the_effect_is_measured_from_the_calls_before_and_since(tmp_path: Path) -> None:
    file = tmp_path / "looker.toml"
    file.write_text('name = "Looker"\n[model]\nprovider = "scripted"\nname = "s"\n')
    insights = Insights(tmp_path)
    insights.ledger.add(seen_of(*[("look", {"deep": True}, FAILED, f"r{n}") for n in range(4)]))
    hint = next(each for each in insights.look("Looker") if each.change.kind == "hint")
    accepted = insights.accept(hint.id, file)
    from dataclasses import replace

    later = [
        replace(each, at=accepted.decided_at + 1) for each in seen_of(("look", {}, OK, "x"), ("look", {}, OK, "y"))
    ]
    insights.ledger.add(later)
    effect = insights.effect(accepted)
    assert effect is not None
    assert effect.told == "Before: 0 of 4 calls succeeded (0%). Since: 2 of 2 calls succeeded (100%)."


def test_a_hint_names_the_shape_that_fails_and_the_one_that_works() -> None:
    bad = [("look", {"path": "a.py", "deep": True}, FAILED, f"r{n}") for n in range(4)]
    good = [("look", {"path": "a.py"}, OK, f"r{n}") for n in range(5)]
    [proposal] = ToolLearningStrategy().propose(seen_of(*bad, *good), None)
    assert proposal.change.text == (
        "When you call look with deep: 4 of 4 such calls failed, most often with “it broke”. "
        "Without deep it worked 5 of 5 times."
    )
    assert len(proposal.evidence) == 4
    config = AgentConfig(ModelRef.scripted([]), proposal.change.text)
    assert ToolLearningStrategy().propose(seen_of(*bad, *good), config) == []
    assert ToolLearningStrategy().propose(seen_of(*bad[:2], *good), None) == []


def test_a_safety_rule_is_proposed_only_for_what_never_worked_in_several_runs() -> None:
    failing = [("deploy", {"target": "moon"}, FAILED, f"r{n}") for n in range(3)]
    [proposal] = ConstraintHardeningStrategy().propose(seen_of(*failing), None)
    assert (proposal.change.tool, proposal.change.arguments) == ("deploy", {"target": "moon"})
    once = ("deploy", {"target": "moon"}, OK, "r9")
    assert ConstraintHardeningStrategy().propose(seen_of(*failing, once), None) == []
    one_run = [("deploy", {"target": "moon"}, FAILED, "r1")] * 5
    assert ConstraintHardeningStrategy().propose(seen_of(*one_run), None) == []
    secret = [("deploy", {"target": "«hidden»"}, FAILED, f"r{n}") for n in range(3)]
    assert ConstraintHardeningStrategy().propose(seen_of(*secret), None) == []


def test_an_agent_that_does_two_jobs_is_proposed_to_be_two() -> None:
    config = AgentConfig(ModelRef.scripted([]), name="Both", capabilities=["files", "edit", "web"])
    coding = [(name, {}, OK, f"code{n}") for n in range(5) for name in ("read_file", "edit_file")]
    reading = [("fetch_url", {}, OK, f"web{n}") for n in range(4)]
    [proposal] = AmoebaSplitStrategy().propose(seen_of(*coding, *reading, agent="Both"), config)
    assert (proposal.change.name, proposal.change.capabilities) == ("Both – web", ("web",))
    assert "none used both" in proposal.why
    crossing = ("read_file", {}, OK, "web0")
    assert AmoebaSplitStrategy().propose(seen_of(*coding, *reading, crossing, agent="Both"), config) == []
    assert AmoebaSplitStrategy().propose(seen_of(*coding, agent="Both"), config) == []


def test_what_was_allowed_each_time_may_be_allowed_for_good() -> None:
    from dataclasses import replace

    calls = [replace(each, rule="deploy(x)", verdict="allow_once") for each in seen_of(
        *[("deploy", {"target": "x"}, OK, f"r{n}") for n in range(5)]
    )]  # fmt: skip
    [proposal] = PolicyOptimizationStrategy().propose(calls, None)
    assert (proposal.change.kind, proposal.change.text) == ("allow", "deploy(x)")
    assert PolicyOptimizationStrategy().propose(calls[:4], None) == []
    mixed = [*calls, replace(calls[0], verdict="deny", outcome=REFUSED)]
    assert PolicyOptimizationStrategy().propose(mixed, None) == []


async def test_feedback_comes_from_the_engine_as_in_0_7_3(tmp_path: Path) -> None:
    agent = scripted_agent(call("look", path="a"), call("look", path="b", deep=True), "done", tools=[look])
    engine = EvolutionEngine()
    for strategy in (
        ToolLearningStrategy(), PolicyOptimizationStrategy(), ConstraintHardeningStrategy(), AmoebaSplitStrategy(),
    ):  # fmt: skip
        engine.register_strategy(strategy)
    engine.subscribe_to_engine(agent.engine)
    await agent.run("go")
    feedback = engine.feedback_loop.get_feedback()
    assert [(item["tool"], item["type"], item["success"]) for item in feedback] == [
        ("look", "success", True), ("look", "failure", False),
    ]  # fmt: skip
    engine.evolve(agent)
    engine.evolve(agent)  # 0.7.3 failed the second time
    state: Any = vars(agent)["evolution_state"]
    assert set(state) == {"tool_learning", "policy_optimization", "hardened_constraints", "amoeba_split"}
    assert state["tool_learning"]["tool_stats"]["look"]["success_rate"] == 0.5
    with pytest.raises(TypeError, match="does not support event subscription"):
        FeedbackLoop().subscribe_to_engine(object())
    await agent.aclose()


def test_feedback_of_any_form_is_read() -> None:
    agent = SimpleNamespace(
        feedback=[
            {"tool": "a", "is_error": True, "error": "x", "type": "error"},
            {"name": "a", "score": 0.2, "type": "error"},
            {"tool_name": "b", "type": "blocked_by_policy", "risk": "high"},
            {"domain": "d", "early_stop": True},
            "no item",
        ]
    )
    learned = ToolLearningStrategy().apply(agent)
    assert learned["discouraged_tools"] == ["a", "b"]
    assert PolicyOptimizationStrategy().apply(agent)["suggested_policy"] == {"deny": ["b"], "require_approval": ["a"]}
    hardened = ConstraintHardeningStrategy(stale_after=1).apply(agent)
    assert list(hardened["stale_constraints"]) == ["a:x"]
    assert AmoebaSplitStrategy(min_samples=1).apply(agent)["split_recommendations"][0]["domain"] == "d"


def test_a_file_of_another_agent_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('name = "Other"\n[model]\nprovider = "scripted"\nname = "s"\n')
    insights = Insights(tmp_path)
    insights.ledger.add(seen_of(*[("look", {"deep": True}, FAILED, f"r{n}") for n in range(4)]))
    proposal: Proposal = insights.look("Looker")[0]
    with pytest.raises(ConfigError, match="is about 'Looker'"):
        insights.accept(proposal.id, file)


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "insights.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    with pytest.raises(StoreError, match="it is begun anew"):
        Insights(tmp_path).reliability()


WRITER = """
import sys
from pathlib import Path
from loom.evolution.ledger import InsightsLedger
from loom.evolution.observations import Observation
ledger = InsightsLedger(Path(sys.argv[1]))
for n in range(50):
    ledger.add([Observation("A", "s", "r", str(n), "t", "x", "ok")])
"""


def test_two_programs_keep_what_they_saw_side_by_side(tmp_path: Path) -> None:
    programs = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) for _ in range(2)]
    assert [program.wait(timeout=150) for program in programs] == [0, 0]
    assert len(Insights(tmp_path).ledger.observations("A")) == 100


KILLED = """
import asyncio, os, signal, sys, time
from pathlib import Path
from loom import AgentConfig, ModelRef, create_agent, tool
from loom.evolution.ledger import InsightsLedger
from loom.safety.profile import Profile

folder = Path(sys.argv[1])

@tool(read_only=True)
def look(path: str) -> str:
    "Look."
    return "seen"

@tool(read_only=True)
def die() -> str:
    "Die."
    ended = time.monotonic() + 150
    while not InsightsLedger(folder).observations() and time.monotonic() < ended:
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
    return ""

turns = [{"tool": "look", "arguments": {"path": "a"}}, {"tool": "die", "arguments": {}}]
agent = create_agent(AgentConfig(ModelRef.scripted(turns), name="Looker", tools=[look, die]), profile=Profile(folder))
asyncio.run(agent.run("Go"))
"""


def test_what_came_of_a_call_is_kept_though_the_process_is_killed_in_the_next(tmp_path: Path) -> None:
    command, root = [sys.executable, "-c", KILLED, str(tmp_path)], Path(__file__).parents[3]
    killed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert [each.tool for each in Insights(tmp_path).ledger.observations("Looker")] == ["look"]


def test_what_was_forgotten_comes_back_before_what_was_kept_since(tmp_path: Path) -> None:
    ledger = InsightsLedger(tmp_path)

    def observed(*tools: str) -> list[Observation]:
        return [Observation("a", "s", "r", tool, tool, "{}", OK, at=1.0) for tool in tools]

    ledger.add(observed("one", "two", "three"))
    cleared = ledger.clear()
    assert ledger.observations() == []
    ledger.add(observed("four", "five"))
    ledger.restore(cleared)
    assert [(each.id, each.tool) for each in ledger.observations()] == [
        (1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "five"),
    ]  # fmt: skip
    ledger.restore(InsightsLedger(tmp_path / "empty").clear())
    assert len(ledger.observations()) == 5
