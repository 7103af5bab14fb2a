"""Carrying out a plan: each task as soon as what it waits for is done."""

from __future__ import annotations

import asyncio
from typing import Any

from loom.orchestration.bus import CoordinationEventBus, announce
from loom.orchestration.planner import COMPLETED, FAILED, PENDING, RUNNING, Task, TaskPlanner
from loom.orchestration.subagent import Spawner, result_of
from loom.types.results import SubAgentResult

SENDER = "coordinator"


class Coordinator:
    """Has the tasks of plans done by managers that are registered under a name; says so on the bus."""

    def __init__(self, event_bus: CoordinationEventBus) -> None:
        self.event_bus = event_bus
        self.agents: dict[str, Spawner] = {}

    def register_agent(self, agent_id: str, manager: Spawner) -> None:
        """Give a manager a name."""
        self.agents[agent_id] = manager

    def unregister_agent(self, agent_id: str) -> None:
        """Forget a manager; an unknown name is no error."""
        self.agents.pop(agent_id, None)

    async def execute_plan(
        self,
        agent_id: str,
        planner: TaskPlanner,
        depth: int = 0,
        inherit_context: bool = True,
        task_timeout: float = 120.0,
        *,
        retries: int = 0,
        is_sequential: bool = False,
    ) -> dict[str, SubAgentResult]:
        """Do every task that is not completed, also what failed before; returns the results by task.

        Tasks run side by side where the graph allows it, one at a time with `is_sequential`. One that fails is tried
        `retries` times more; then what waits for it is not begun, and says so in its result. `task_timeout` is in
        seconds, for each try. Cancelling ends what runs; its tasks are pending then. Raises KeyError for an unknown
        manager, ConfigError for a graph that can't be done.
        """
        manager = self.agents[agent_id]
        planner.check()
        for task in planner.tasks.values():
            if task.status == FAILED:
                planner.update_status(task.id, PENDING)
        results: dict[str, SubAgentResult] = {}
        running: dict[asyncio.Task[SubAgentResult], Task] = {}
        try:
            while True:
                self._skip_blocked(planner, results, depth)
                for task in planner.get_ready_tasks():
                    if is_sequential and running:
                        break
                    planner.update_status(task.id, RUNNING)
                    self._say("task.started", task, {})
                    work = self._done(manager, task, results, depth, inherit_context, task_timeout, retries)
                    running[asyncio.get_running_loop().create_task(work, name=f"task {task.id}")] = task
                if not running:
                    return results
                ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for each in ended:
                    self._end(planner, running.pop(each), each.result(), results)
        finally:
            for each, task in running.items():
                each.cancel()
                planner.update_status(task.id, PENDING)
            await asyncio.gather(*running, return_exceptions=True)

    def aggregate_results(self, results: dict[str, SubAgentResult]) -> dict[str, Any]:
        """The results in numbers: total, succeeded, failed; outputs and errors by task."""
        succeeded = {key: each for key, each in results.items() if each.success}
        failed = {key: each for key, each in results.items() if not each.success}
        return {
            "total": len(results),
            "succeeded": len(succeeded),
            "failed": len(failed),
            "outputs": {key: each.output for key, each in succeeded.items()},
            "errors": {key: each.error for key, each in failed.items()},
        }

    async def _done(
        self,
        manager: Spawner,
        task: Task,
        results: dict[str, SubAgentResult],
        depth: int,
        inherit_context: bool,
        timeout_s: float,
        retries: int,
    ) -> SubAgentResult:
        goal = _with_inputs(task, results)
        result = SubAgentResult(False, None, depth, "not begun")
        for _ in range(1 + max(0, retries)):
            try:
                async with asyncio.timeout(timeout_s):
                    result = result_of(await manager.spawn(goal, depth, inherit_context))
            except TimeoutError:
                result = SubAgentResult(False, None, depth + 1, "timeout")
            except Exception as error:  # noqa: BLE001  one task's failure is not the plan's
                result = SubAgentResult(False, None, depth + 1, str(error) or type(error).__name__)
            if result.success:
                break
        return result

    def _end(
        self, planner: TaskPlanner, task: Task, result: SubAgentResult, results: dict[str, SubAgentResult]
    ) -> None:
        results[task.id] = result
        planner.update_status(task.id, COMPLETED if result.success else FAILED)
        topic = "task.completed" if result.success else "task.failed"
        self._say(topic, task, {"result": result.output, "success": result.success, "error": result.error})

    def _skip_blocked(self, planner: TaskPlanner, results: dict[str, SubAgentResult], depth: int) -> None:
        """Fail what waits for something that failed, and what waits for that."""
        while True:
            lost = {task.id for task in planner.tasks.values() if task.status == FAILED}
            blocked = [
                (task, next(each for each in task.dependencies if each in lost))
                for task in planner.tasks.values()
                if task.status not in (COMPLETED, FAILED, RUNNING) and lost.intersection(task.dependencies)
            ]
            if not blocked:
                return
            for task, cause in blocked:
                self._end(planner, task, SubAgentResult(False, None, depth, f"not begun: {cause} failed"), results)

    def _say(self, topic: str, task: Task, more: dict[str, Any]) -> None:
        payload = {"task_id": task.id, "goal": task.goal, "status": task.status, **more}
        announce(self.event_bus, SENDER, topic, task.id, payload)


def _with_inputs(task: Task, results: dict[str, SubAgentResult]) -> str:
    """The task's goal, with what came of the tasks that it waited for."""
    found = [f"{key}: {results[key].output}" for key in task.dependencies if key in results]
    return f"{task.goal}\n\nResults so far:\n" + "\n".join(found) if found else task.goal
