"""Coroutines that slots start: they have an owner, and their failures a voice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from loom.errors import LoomError
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr

log = logging.getLogger(__name__)


class TaskOwner:
    """Starts coroutines, tells the person when one fails, and ends them all when it is closed.

    After that it starts none: what a last signal wants is not done in a window that is gone. `complain` gets a sentence
    for the person; it says where they will look.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    def start(self, coro: Coroutine[Any, Any, Any], *, what: str) -> None:
        """Run `coro`; `what` completes the sentence "Could not …": English here, translated for the person."""
        if self._is_closed:
            coro.close()
            return
        task = asyncio.get_running_loop().create_task(coro, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def cancel_all(self) -> None:
        """Cancel what runs."""
        for task in self._tasks:
            task.cancel()

    async def aclose(self) -> None:
        """Cancel what runs and wait for it."""
        self._is_closed = True
        self.cancel_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finish(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, LoomError):
            self._complain(said_of(error))
        elif error is not None:
            log.error("Could not %s", task.get_name(), exc_info=error)
            self._complain(tr("Could not {what}. This is a bug; the log has the details.", what=tr(task.get_name())))
