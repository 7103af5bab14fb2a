"""The harness section of 0.7.3's README, word for word, and its other parts by the constructors that it had."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from loom import AgentConfig, ModelRef, create_agent
from loom.context import ContextManager
from loom.orchestration import CoordinationEventBus, Coordinator, SubAgentManager, TaskPlanner
from loom.types import CoordinationEvent, Message

SECTION = (Path(__file__).parents[2] / "fixtures" / "readme-0.7.3-harness.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
ENOUGH = 12
CRITERIA = "POST /login returns a JWT\nThe README says how to start it"


def judge(request: Any) -> str:
    """Proposes two criteria, and passes the second piece of work that it is shown."""
    asked = "\n".join(each.text for each in request.messages if each.role == "user")
    if "<work>" not in asked:
        return CRITERIA
    if "second draft" in asked:
        return "PASS\n1. PASS: a token came back\n2. PASS: it does"
    return "FAIL\n1. PASS: a token came back\n2. FAIL: there is no README\nWrite the README"


def agent(*turns: Any) -> Any:
    return create_agent(AgentConfig(ModelRef.scripted(list(turns) * ENOUGH)))


async def test_its_snippets_run_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    context = ContextManager(
        history=[Message("user", "Build a REST API"), Message("assistant", "The routes are there")]
    )
    context.goal = context.history[0]
    context.renew()
    workers = [agent("first draft", "second draft"), agent(judge), agent("A specification of the tool")]
    bus, heard = CoordinationEventBus(), list[str]()
    bus.subscribe("sprint.passed", lambda event: heard.append(f"{event.topic} {event.payload['sprint']}"))
    bus.subscribe("sprint.failed", lambda event: heard.append(f"{event.topic} {event.payload['sprint']}"))
    names: dict[str, Any] = {
        "context_manager": context,
        **dict(zip(("gen_manager", "eval_manager", "plan_manager"), map(SubAgentManager, workers), strict=True)),
        "bus": bus,
    }
    assert len(SNIPPETS) == 4
    for snippet in SNIPPETS:
        code = compile(snippet, "README.md of 0.7.3", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)  # noqa: S307  the page of our own earlier version
        if inspect.isawaitable(result):
            await result
    for each in workers:
        await each.aclose()
    out = capsys.readouterr().out
    assert "Build a REST API" in names["system_msg"]
    assert [each.passed for each in names["results"]] == [False, True]
    assert "Sprint 1: FAIL" in out
    assert "Sprint 2: PASS" in out
    assert "Write the README" in out
    assert names["contract"].eval_tools == ["pytest", "httpx"]
    result = names["result"]
    assert (result.spec, result.output, result.passed) == ("A specification of the tool", "second draft", True)
    assert (result.sprints, [each.passed for each in result.sprint_results]) == (2, [False, True])
    assert heard == ["sprint.failed 1", "sprint.passed 2"] * 2


async def test_a_manager_a_plan_a_coordinator_and_the_bus_work_as_they_were_made() -> None:
    """The README lists them without a snippet; these are the constructors and calls that 0.7.3 had."""
    worker = agent("done")
    bus, heard = CoordinationEventBus(delta_min=0.1), list[CoordinationEvent]()
    bus.subscribe("task.completed", heard.append)
    manager = SubAgentManager(worker, max_depth=5)
    assert (await manager.spawn("one thing", depth=0, inherit_context=True)).success
    assert [each.output for each in await manager.spawn_many(["a", "b"], depth=0)] == ["done", "done"]
    assert (await manager.spawn("too deep", depth=5)).error == "MAX_DEPTH_EXCEEDED"
    planner = TaskPlanner()
    tasks = planner.create_plan("read the log -> find the fault -> mend it")
    assert [len(each.dependencies) for each in tasks] == [0, 1, 1]
    coordinator = Coordinator(event_bus=bus)
    coordinator.register_agent("worker", manager)
    results = await coordinator.execute_plan("worker", planner, depth=0, inherit_context=True, task_timeout=120.0)
    assert list(results) == [task.id for task in tasks]
    summary = coordinator.aggregate_results(results)
    assert (summary["total"], summary["succeeded"], summary["failed"]) == (3, 3, 0)
    assert [event.payload["task_id"] for event in heard] == [task.id for task in tasks]
    bus.publish(CoordinationEvent("x", "me", "task.completed", {}, delta_h=0.05, priority="low"))
    assert len(heard) == 3
    assert [event.topic for event in bus.published_events if event.topic == "task.completed"] == ["task.completed"] * 3
    await worker.aclose()
