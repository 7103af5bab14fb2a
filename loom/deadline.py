"""A time limit that costs nothing until it is needed, and an end that holds for work that won't end."""

from __future__ import annotations

import asyncio
import logging
import time
import types
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)

GRACE_S = 0.5
"""How long work that was cancelled may clean up. Then it is cancelled again, and what goes on all the same is left."""

_left: set[asyncio.Task[Any]] = set()
"""What was left to end by itself, kept until it does."""


class Overdue(Exception):  # noqa: N818  what happened, for the caller to put into words
    """The time was over before the work was done."""


def never() -> bool:
    """Nothing was stopped."""
    return False


IS_STOPPED: ContextVar[Callable[[], bool]] = ContextVar("is_stopped", default=never)
"""Set by a run: says that it was stopped, or is out of time, and that nobody wants what it does any more."""


async def within(limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, for which it has `limit_s` seconds; then it is cancelled. Raises Overdue.

    The timer is set when `work` first waits. Most tools that only compute never do, and a timer costs more than they.
    Work that takes no notice of being cancelled is left to itself after `GRACE_S`, where its time is over or
    `IS_STOPPED`: that it was cancelled does not say so, for a task group within it cancels it too.
    """
    began = time.monotonic()
    try:
        waits_for = work.send(None)
    except StopIteration as done:
        return done.value
    is_stopped, limit = IS_STOPPED.get(), asyncio.timeout(limit_s - (time.monotonic() - began))
    try:
        async with limit:
            value = await _resumed(work, waits_for, _Patience(lambda: limit.expired() or is_stopped()))
    except TimeoutError:
        if not limit.expired():
            raise
        raise Overdue from None
    if is_stopped():  # the work took no notice of what was meant for its caller too
        raise asyncio.CancelledError
    return value


@types.coroutine
def _resumed(work: Coroutine[Any, Any, T], waits_for: Any, patience: _Patience | None) -> Generator[Any, Any, T]:
    """Await `work`, which was started and waits for `waits_for` (PEP 380, from its first step on)."""
    try:
        while True:
            try:
                sent = yield waits_for
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001  whatever it is, it is thrown where `work` waits
                waits_for = work.throw(error)
                if patience is not None and patience.is_over():
                    _leave(work, waits_for, patience.task)
                    raise asyncio.CancelledError from None
            else:
                waits_for = work.send(sent)
    except StopIteration as done:
        return done.value
    finally:
        if patience is not None:
            patience.end()


class _Patience:
    """How long a task waits for work that is to end: the second time that it is cancelled is the last."""

    def __init__(self, is_unwanted: Callable[[], bool]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine that runs is some task's
        self.task = task
        self._is_unwanted = is_unwanted
        self._timer: asyncio.TimerHandle | None = None
        self._has_asked_again = False

    def is_over(self) -> bool:
        """True if work that was cancelled twice still goes on; after the first time it is given a while."""
        if self._has_asked_again:
            return True
        if self._timer is None and self._is_unwanted():
            self._timer = asyncio.get_running_loop().call_later(GRACE_S, self._ask_again)
        return False

    def end(self) -> None:
        """Stop waiting, and take back what only the work was to hear."""
        if self._timer is not None:
            self._timer.cancel()
        if self._has_asked_again:
            self.task.uncancel()

    def _ask_again(self) -> None:
        self._has_asked_again = True
        self.task.cancel()


def _leave(work: Coroutine[Any, Any, Any], waits_for: Any, task: asyncio.Task[Any]) -> None:
    """Have the work go on by itself."""
    log.warning("%s was cancelled twice and goes on; it is not waited for any longer", task.get_name())
    left = asyncio.get_running_loop().create_task(_to_its_end(work, waits_for), name=f"left of {task.get_name()}")
    _left.add(left)
    left.add_done_callback(_left.discard)


async def _to_its_end(work: Coroutine[Any, Any, Any], waits_for: Any) -> None:
    try:
        await _resumed(work, waits_for, None)
    except Exception as error:  # noqa: BLE001  nobody waits for it any more
        log.info("What was left ended with %s: %s", type(error).__name__, error)
