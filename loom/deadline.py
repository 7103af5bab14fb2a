"""A time limit that costs nothing until it is needed."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Overdue(Exception):  # noqa: N818  what happened, for the caller to put into words
    """The time was over before the work was done."""


async def within(limit_s: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns, for which it has `limit_s` seconds; then it is cancelled. Raises Overdue.

    The timer is set when `work` first waits. Most tools that only compute never do, and a timer costs more than they.
    """
    deadline = asyncio.get_running_loop().time() + limit_s
    try:
        waits_for = work.send(None)
    except StopIteration as done:
        return done.value
    limit = asyncio.timeout_at(deadline)
    try:
        async with limit:
            return await _resumed(work, waits_for)
    except TimeoutError:
        if not limit.expired():
            raise
        raise Overdue from None


@types.coroutine
def _resumed(work: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
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
            else:
                waits_for = work.send(sent)
    except StopIteration as done:
        return done.value
