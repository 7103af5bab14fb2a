"""A plan of tasks that wait for each other."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from loom.errors import ConfigError

log = logging.getLogger(__name__)

PENDING, RUNNING, COMPLETED, FAILED = "pending", "running", "completed", "failed"
_SEPARATORS = re.compile(r"\n|->|;|,| and then ")
_LISTED = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s*(.+?)\s*$", re.MULTILINE)
_ASKED = (
    "Break this goal into at most {count} tasks that are done one after the other. "
    "Answer with a numbered list, one task a line, and nothing else.\n\nGoal: {goal}"
)


@dataclass
class Task:
    """One task; it can begin when all its `dependencies` (ids) are completed.

    `status` is pending, running, completed or failed.
    """

    id: str
    goal: str
    dependencies: list[str] = field(default_factory=list[str])
    status: str = PENDING


class TaskPlanner:
    """Holds a graph of tasks."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}

    def add_task(self, task: Task) -> None:
        """Add a task, in place of one of the same id."""
        self.tasks[task.id] = task

    async def plan(self, goal: str, provider: Any = None, max_tasks: int = 5) -> list[Task]:
        """The goal as tasks, by a model; without one as `create_plan` does.

        `provider` is an agent, or anything else with an async `run(goal)` or `complete(messages)`. Where it fails or
        answers with no list, the log has a warning and the goal is split.
        """
        if provider is None:
            return self.create_plan(goal, max_tasks)
        try:
            said = await _said_by(provider, _ASKED.format(count=max_tasks, goal=goal))
        except Exception as error:  # noqa: BLE001  a plan can be made without it
            log.warning("No model made a plan, so the goal is split at its commas and lines: %s", error)
            return self.create_plan(goal, max_tasks)
        goals = [found.strip() for found in _LISTED.findall(said)]
        if not goals:
            log.warning("The model's plan is no numbered list, so the goal is split at its commas and lines")
            return self.create_plan(goal, max_tasks)
        return self._chained(goals[:max_tasks])

    def create_plan(self, goal: str, max_tasks: int = 5) -> list[Task]:
        """The goal as tasks, one after the other, split at lines, arrows, semicolons, commas and `and then`."""
        parts = [part.strip() for part in _SEPARATORS.split(goal) if part.strip()]
        return self._chained(parts[:max_tasks] or [goal])

    def get_task(self, task_id: str) -> Task | None:
        """A task by its id."""
        return self.tasks.get(task_id)

    def update_status(self, task_id: str, status: str) -> Task:
        """Give a task another status. Raises KeyError for an unknown id."""
        task = self.tasks[task_id]
        task.status = status
        return task

    def all_completed(self) -> bool:
        """True if every task is completed."""
        return all(task.status == COMPLETED for task in self.tasks.values())

    def get_ready_tasks(self) -> list[Task]:
        """The pending tasks whose dependencies are all completed."""
        done = {task.id for task in self.tasks.values() if task.status == COMPLETED}
        return [task for task in self.tasks.values() if task.status == PENDING and done.issuperset(task.dependencies)]

    def check(self) -> None:
        """Raise ConfigError for a dependency that is no task, and for tasks that wait for each other in a circle."""
        for task in self.tasks.values():
            unknown = [each for each in task.dependencies if each not in self.tasks]
            if unknown:
                raise ConfigError(f"Task {task.id!r} waits for {unknown[0]!r}, which is not in the plan")
        left = {task.id: set(task.dependencies) for task in self.tasks.values()}
        while left:
            free = [key for key, waits_for in left.items() if not waits_for]
            if not free:
                circle = " → ".join(_circle(left))
                raise ConfigError(f"These tasks wait for each other, so none could begin: {circle}")
            for key in free:
                del left[key]
            for waits_for in left.values():
                waits_for.difference_update(free)

    def _chained(self, goals: list[str]) -> list[Task]:
        added: list[Task] = []
        free = (name for number in count(1) if (name := f"task_{number}") not in self.tasks)
        for goal in goals:
            task = Task(next(free), goal, [added[-1].id] if added else [])
            self.add_task(task)
            added.append(task)
        return added


def _circle(left: dict[str, set[str]]) -> list[str]:
    """One circle among tasks that all wait for another of them."""
    path = [min(left)]
    while True:
        following = min(each for each in left[path[-1]] if each in left)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


async def _said_by(asked: Any, prompt: str) -> str:
    if hasattr(asked, "complete"):
        return str(await asked.complete([{"role": "user", "content": prompt}]))
    answer = await asked.run(prompt)
    return str(getattr(answer, "output", answer) or "")
