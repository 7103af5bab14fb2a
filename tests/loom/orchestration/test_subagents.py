"""Sub-agents and plans: real agents on scripted models, failures as results."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom import AgentConfig, ConfigError, ModelRef, create_agent
from loom.orchestration import CoordinationEventBus, Coordinator, SubAgentManager, SubAgentResult, Task, TaskPlanner
from loom.types import CoordinationEvent
from tests.support.waiting import until


class Worker:
    """Does what its function says."""

    def __init__(self, work: Any) -> None:
        self.work = work
        self.goals: list[str] = []

    async def run(self, goal: str) -> Any:
        self.goals.append(goal)
        answer = self.work(goal)
        return await answer if asyncio.iscoroutine(answer) else answer


def broken(_goal: str) -> str:
    raise RuntimeError("no tools today")


async def test_an_agent_is_a_sub_agent_with_a_session_of_its_own() -> None:
    agent = create_agent(AgentConfig(ModelRef.scripted([{"text": "one", "usage": {"input_tokens": 5}}, "two"])))
    manager = SubAgentManager(agent)
    first, second = await manager.spawn("a"), await manager.spawn("b")
    assert (first.success, first.output, first.depth, first.error) == (True, "one", 1, None)
    assert first.usage.input_tokens == 5
    assert second.output == "two"
    await agent.aclose()


async def test_a_run_that_fails_says_why() -> None:
    agent = create_agent(AgentConfig(ModelRef.scripted([{"error": "no quota"}])))
    result = await SubAgentManager(agent).spawn("a")
    assert not result.success
    assert "no quota" in str(result.error)
    await agent.aclose()


async def test_a_sub_agent_of_a_sub_agent_is_deeper_whatever_is_said() -> None:
    depths: list[int] = []

    async def work(goal: str) -> str:
        result = await SubAgentManager(Worker(work), max_depth=3).spawn(goal)
        depths.append(result.depth)
        return str(result.error or result.output)

    result = await SubAgentManager(Worker(work), max_depth=3).spawn("a")
    assert depths == [3, 3, 2]
    assert (result.output, result.depth) == ("MAX_DEPTH_EXCEEDED", 1)


async def test_errors_and_time_outs_are_results_and_depth_is_limited() -> None:
    assert (await SubAgentManager(Worker(broken)).spawn("a")).error == "no tools today"
    slow = SubAgentManager(Worker(lambda _: asyncio.sleep(30)), timeout_s=0.05)
    assert (await slow.spawn("a")).error == "not done within 0.05 s"
    deep = await SubAgentManager(Worker(str), max_depth=2).spawn("a", depth=2)
    assert (deep.success, deep.error, deep.depth) == (False, "MAX_DEPTH_EXCEEDED", 2)


async def test_a_brief_is_inherited_only_where_it_is_wanted_and_is_cut() -> None:
    worker = Worker(lambda goal: goal)
    manager = SubAgentManager(worker, brief=lambda: "we work on X" + "x" * 9000)
    await manager.spawn("do it")
    await manager.spawn("do it", inherit_context=False)
    assert worker.goals[0].startswith("do it\n\n<brief>")
    assert len(worker.goals[0]) < 4300
    assert worker.goals[1] == "do it"


async def test_many_run_side_by_side_under_a_limit_and_in_order() -> None:
    running, most = 0, 0

    async def work(goal: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return goal.upper()

    results = await SubAgentManager(Worker(work), max_parallel=3).spawn_many([f"g{n}" for n in range(10)])
    assert [each.output for each in results] == [f"G{n}" for n in range(10)]
    assert most == 3


async def test_cancelling_ends_the_sub_agents() -> None:
    begun, ended = list[str](), list[str]()

    async def work(goal: str) -> str:
        begun.append(goal)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append(goal)
            raise
        return goal

    task = asyncio.get_running_loop().create_task(SubAgentManager(Worker(work)).spawn_many(["a", "b"]))
    await until(lambda: len(begun) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == ["a", "b"]


async def test_a_plan_is_made_by_a_model_or_from_the_words() -> None:
    planner = TaskPlanner()
    tasks = await planner.plan("x", Worker(lambda _: "1. read\n2) write\n- test\n4. ship"), max_tasks=3)
    assert [task.goal for task in tasks] == ["read", "write", "test"]
    assert [task.dependencies for task in tasks] == [[], ["task_1"], ["task_2"]]
    for provider in (None, Worker(broken), Worker(lambda _: "no list here")):
        words = await TaskPlanner().plan("read it, then -> write; test and then ship", provider, max_tasks=10)
        assert [task.goal for task in words] == ["read it", "then", "write", "test", "ship"]


async def test_a_graph_runs_as_far_apart_as_it_allows() -> None:
    planner = TaskPlanner()
    for key, waits_for in {"a": [], "b": [], "c": ["a", "b"], "d": ["c"]}.items():
        planner.add_task(Task(key, f"do {key}", waits_for))
    order: list[str] = []

    async def work(goal: str) -> str:
        key = goal.split("\n")[0][-1]
        order.append(f"{key} begins")
        await asyncio.sleep(0.01)
        order.append(f"{key} ends")
        return goal[:4]

    bus, heard = CoordinationEventBus(), list[CoordinationEvent]()
    bus.subscribe("task.*", heard.append)
    coordinator = Coordinator(bus)
    worker = Worker(work)
    coordinator.register_agent("w", SubAgentManager(worker))
    results = await coordinator.execute_plan("w", planner)
    assert planner.all_completed()
    assert order[:2] == ["a begins", "b begins"]
    assert sorted(order[2:4]) == ["a ends", "b ends"]
    assert order[4:] == ["c begins", "c ends", "d begins", "d ends"]
    assert "Results so far:\na: do a\nb: do b" in worker.goals[2]
    assert coordinator.aggregate_results(results)["succeeded"] == 4
    assert [each.topic for each in heard].count("task.completed") == 4
    with pytest.raises(KeyError):
        await coordinator.execute_plan("nobody", planner)


async def test_what_waits_for_a_failure_is_not_begun_and_the_rest_is_done() -> None:
    planner = TaskPlanner()
    for key, waits_for in {"bad": [], "after": ["bad"], "later": ["after"], "free": []}.items():
        planner.add_task(Task(key, key, waits_for))
    worker = Worker(lambda goal: broken(goal) if goal == "bad" else goal)
    coordinator = Coordinator(CoordinationEventBus())
    coordinator.register_agent("w", SubAgentManager(worker))
    results = await coordinator.execute_plan("w", planner, retries=2)
    assert worker.goals.count("bad") == 3
    assert sorted(set(worker.goals)) == ["bad", "free"]
    assert results["free"].success
    assert results["after"].error == "not begun: bad failed"
    assert results["later"].error == "not begun: after failed"


async def test_a_manager_that_gives_no_result_fails_its_task_alone() -> None:
    class Odd:
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> Any:
            del depth, inherit_context
            return None if "bad" in goal else SimpleNamespace(success=True, output=goal.upper(), error=None)

    coordinator, planner = Coordinator(CoordinationEventBus()), TaskPlanner()
    coordinator.register_agent("odd", Odd())
    for name in ("bad", "good"):
        planner.add_task(Task(name, name))
    results = await coordinator.execute_plan("odd", planner)
    assert results["bad"].error == "It gave 'NoneType' instead of a SubAgentResult"
    assert results["good"].output == "GOOD"


def test_many_at_a_time_are_one_at_least() -> None:
    with pytest.raises(ConfigError, match="max_parallel must be 1 or more, got 0"):
        SubAgentManager(None, max_parallel=0)  # each would wait for ever


async def test_a_task_that_takes_too_long_is_a_time_out() -> None:
    planner = TaskPlanner()
    planner.add_task(Task("slow", "slow"))
    coordinator = Coordinator(CoordinationEventBus())
    coordinator.register_agent("w", SubAgentManager(Worker(lambda _: asyncio.sleep(30))))
    results = await coordinator.execute_plan("w", planner, task_timeout=0.02)
    assert results["slow"].error == "timeout"


async def test_one_at_a_time_where_that_is_wanted_and_what_failed_is_tried_again_later() -> None:
    planner = TaskPlanner()
    for key in ("a", "b", "c"):
        planner.add_task(Task(key, key))
    running, most, is_broken = 0, 0, True

    async def work(goal: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        return broken(goal) if goal == "b" and is_broken else goal

    coordinator = Coordinator(CoordinationEventBus())
    worker = Worker(work)
    coordinator.register_agent("w", SubAgentManager(worker))
    results = await coordinator.execute_plan("w", planner, is_sequential=True)
    assert most == 1
    assert coordinator.aggregate_results(results)["errors"] == {"b": "no tools today"}
    is_broken = False
    assert sorted(await coordinator.execute_plan("w", planner)) == ["b"]
    assert planner.all_completed()
    assert worker.goals == ["a", "b", "c", "b"]


async def test_a_plan_that_is_cancelled_ends_its_tasks_and_can_be_gone_on_with() -> None:
    planner = TaskPlanner()
    planner.add_task(Task("a", "a"))
    planner.add_task(Task("b", "b", ["a"]))
    begun, ended = asyncio.Event(), list[str]()

    async def work(goal: str) -> str:
        if len(ended) > 0 or goal == "a":
            return goal
        begun.set()
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(goal)
        return goal

    coordinator = Coordinator(CoordinationEventBus())
    coordinator.register_agent("w", SubAgentManager(Worker(lambda goal: work(goal.split("\n")[0]))))
    task = asyncio.get_running_loop().create_task(coordinator.execute_plan("w", planner))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["b"]
    assert [each.status for each in planner.tasks.values()] == ["completed", "pending"]
    assert sorted(await coordinator.execute_plan("w", planner)) == ["b"]
    assert planner.all_completed()


def test_a_second_plan_replaces_no_task_of_the_first() -> None:
    planner = TaskPlanner()
    planner.add_task(Task("task_2", "mine"))
    made = planner.create_plan("one, two")
    assert [task.id for task in made] == ["task_1", "task_3"]
    assert planner.tasks["task_2"].goal == "mine"


def test_a_circle_and_a_missing_task_are_named() -> None:
    planner = TaskPlanner()
    planner.add_task(Task("a", "a", ["c"]))
    planner.add_task(Task("b", "b", ["a"]))
    planner.add_task(Task("c", "c", ["b"]))
    with pytest.raises(ConfigError, match="a → c → b → a"):
        planner.check()
    planner.add_task(Task("c", "c", ["gone"]))
    with pytest.raises(ConfigError, match="'c' waits for 'gone'"):
        planner.check()


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
async def test_any_graph_is_done_in_an_order_that_it_allows_or_refused(edges: list[tuple[int, int]]) -> None:
    planner = TaskPlanner()
    waits_for: dict[str, list[str]] = {str(n): [] for n in range(8)}
    for task, other in edges:
        waits_for[str(task)].append(str(other))
    for key, others in waits_for.items():
        planner.add_task(Task(key, key, others))
    done: list[str] = []

    class Noting:
        async def spawn(self, goal: str, depth: int = 0, inherit_context: bool = True) -> SubAgentResult:
            del inherit_context
            done.append(goal.split("\n")[0])
            return SubAgentResult(True, goal, depth + 1)

    coordinator = Coordinator(CoordinationEventBus())
    coordinator.register_agent("w", Noting())
    try:
        await coordinator.execute_plan("w", planner)
    except ConfigError:
        assert done == []
        return
    assert sorted(done) == sorted(waits_for)
    assert all(done.index(other) < done.index(key) for key, others in waits_for.items() for other in others)
