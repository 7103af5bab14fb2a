"""The working part: what happens around a run, what was decided and what is known ends each request."""

import asyncio
from typing import Any

from loom import tool
from loom.config import HeartbeatConfig, KnowledgeSource, RuntimeConfig, RuntimeLimits
from loom.config.knowledge import KnowledgeDocument
from loom.context.tokens import estimate_text
from loom.context.working import CALM, Dashboard, PlanStep, WorkingContext, render_working
from loom.heartbeat.events import HeartbeatEvent
from loom.orchestration.subagent import SubAgentManager
from loom.types.approvals import Decision
from loom.types.messages import WORKING_CONTEXT
from tests.support.agents import call, requests_of, scripted_agent


@tool(destructive=True)
def deploy(target: str) -> str:
    """Deploy."""
    return f"deployed {target}"


@tool(read_only=True)
def look() -> str:
    """Look."""
    return "seen"


def working_of(agent: Any, request: int) -> str:
    last = requests_of(agent)[request].messages[-1]
    return last.text if last.name == WORKING_CONTEXT else ""


async def test_what_a_person_decided_is_told_once_its_call_no_longer_ends_the_request() -> None:
    agent = scripted_agent(call("deploy", target="prod"), call("look"), "done", tools=[deploy, look])
    agent.attach_approver()
    run = agent.session().start("go")
    async for event in run.events():
        if event.type == "tool.approval_requested":
            run.decide(event.payload["request_id"], Decision.deny("not before noon"))
    assert working_of(agent, 1) == "", "the result of the call says it"
    assert "Decided: deploy deny, by person: not before noon" in working_of(agent, 2)
    kept = [event.payload["decisions"] async for event in run.events() if event.type == "context.working"]
    assert kept == [["deploy deny, by person: not before noon"]], "the log has it, for a session that is opened again"


async def test_what_is_pending_and_risky_is_told_until_it_is_settled() -> None:
    agent = scripted_agent("one", "two", "three", heartbeat=HeartbeatConfig())
    assert agent.heartbeat is not None
    try:
        low = HeartbeatEvent("test", "ticket 90210 waits", "Ticket 90210 waits", "low")
        high = HeartbeatEvent("test", "the disk is full", "The disk is full", "critical")
        agent.heartbeat.take(low)
        agent.heartbeat.take(high)
        session = agent.session()
        await session.run("go")
        assert working_of(agent, 0) == "", "the note of this very request says it"
        await session.run("and on")
        told = working_of(agent, 1)
        assert "Risk: The disk is full" in told
        assert "Pending: 1 more" in told
        assert "Ticket" not in told, "the history says it already"
        agent.heartbeat.dispose(high.id, "cleaned")
        agent.heartbeat.dispose(low.id, "answered")
        await session.run("on")
        assert "Risk" not in working_of(agent, 2)
    finally:
        await agent.aclose()


async def test_a_sub_agent_is_told_how_deep_it_works() -> None:
    agent = scripted_agent("found", "found", "mine")
    manager = SubAgentManager(agent)
    await asyncio.gather(manager.spawn("look"), manager.spawn("look further", depth=1))
    depths = sorted(working_of(agent, at).partition("agent, ")[2][:1] for at in (0, 1))
    assert depths == ["1", "2"]
    await agent.run("by myself")
    assert working_of(agent, 2) == ""


async def test_evidence_takes_a_bounded_share_of_the_window_and_outlives_the_run() -> None:
    docs = [KnowledgeDocument("Deploys need approval. " * 400, title=f"Doc {n}") for n in range(5)]
    limits = RuntimeConfig(limits=RuntimeLimits(max_context_tokens=8_000))
    agent = scripted_agent("one", "two", knowledge=[KnowledgeSource.inline("ops", docs)], runtime=limits)
    session = agent.session()
    await session.run("What do deploys need?")
    told = working_of(agent, 0).splitlines()  # a line each: of a long text only samples are counted
    assert 500 < sum(map(estimate_text, told)) < 0.17 * 8_000
    await session.run("xyzzy")
    assert "Deploys need approval" in working_of(agent, 1), "nothing new was found"
    assert all("Deploys need" not in message.text for message in session.history)


def test_of_many_events_the_last_are_named_and_the_rest_counted() -> None:
    told = render_working(WorkingContext(), Dashboard(pending=2, risks=[f"event {n}" for n in range(20)]))
    assert "Risk: event 19" in told
    assert "Risk: event 11\n" not in told
    assert "Pending: 14 more" in told


def test_what_older_records_hold_is_taken() -> None:
    working = WorkingContext()
    working.take({"plan": [{"text": "look", "is_done": True}], "notes": [], "progress": "half"})
    assert (working.progress, working.evidence) == ("half", [])


def test_what_is_written_down_is_told_also_where_nothing_happens() -> None:
    assert Dashboard() == CALM
    assert render_working(WorkingContext(), CALM) == ""
    wrote = [
        WorkingContext(plan=[PlanStep("Build")]),
        WorkingContext(notes=["It rains."]),
        WorkingContext(progress="Half of it"),
        WorkingContext(decisions=["deploy allowed"]),
        WorkingContext(questions=["Why?"], evidence=["[1] Because."]),
    ]
    for working in wrote:
        told = render_working(working, CALM)
        assert told
        assert told == render_working(working, Dashboard())
