"""Tasks with an owner: nothing runs into the void, and closing the owner ends what it started."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class TaskOwner:
    """Starts tasks and keeps them until they end; an error that a task lets out is logged with its traceback."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, coro: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `coro` on the running loop."""
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def aclose(self) -> None:
        """Cancel what runs and wait for its end."""
        for task in self._others():
            task.cancel()
        await self.ended()

    async def ended(self) -> None:
        """Wait until everything has ended by itself, but for the task that asks."""
        others = self._others()
        if not all(task.done() for task in others):
            await asyncio.gather(*others, return_exceptions=True)
        elif others:
            await asyncio.sleep(0)  # what hears of their end is about to be called

    def _others(self) -> list[asyncio.Task[Any]]:
        here = asyncio.get_running_loop()
        return [task for task in self._tasks if task is not asyncio.current_task() and task.get_loop() is here]

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("The task %s failed", task.get_name(), exc_info=task.exception())
