"""Blocking functions off the loop: a daemon thread for each, which takes another call when it is done.

Not a pool of some size: a call that never returns must not hold a place that others wait for, nor keep the process from
ending. A call finds a thread that has nothing to do, or gets a new one; a thread without work for a while ends.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

IDLE_NAME = "loom-idle"
IDLE_S = 5.0
"""How long a thread waits for another call."""

_idle: list[_Worker] = []  # append, pop and remove are atomic
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # a child has none of its parent's threads


async def in_thread(func: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """`func(*args, **kwargs)` in a thread that does nothing else meanwhile, with the caller's context variables.

    Cancelling the caller does not stop the function: nothing can; its result is dropped then.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # pyright: ignore[reportArgumentType]

    def work() -> Callable[[], None]:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = context.run(func, *args, **kwargs)
        except StopIteration as stop:  # a future can't carry it
            error = RuntimeError(f"the function raised StopIteration: {stop}")
        except BaseException as caught:  # noqa: BLE001  carried to the caller, whatever it is
            error = caught

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended; nobody waits
                loop.call_soon_threadsafe(deliver, result, error)

        return tell

    name = f"loom-call-{getattr(func, '__name__', 'function')}"
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
    worker.calls.put((name, work))
    return await future


def start_in_thread(func: Callable[[], object]) -> Future[None]:
    """Have `func` called in a thread, with no loop to wait for it: whoever starts it keeps what this returns."""
    future: Future[None] = Future()

    def work() -> Callable[[], None]:
        try:
            func()
        except BaseException as caught:  # noqa: BLE001  carried to who asks
            error = caught
            return lambda: future.set_exception(error)
        return lambda: future.set_result(None)

    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
    worker.calls.put((f"loom-call-{getattr(func, '__name__', 'function')}", work))
    return future


class _Worker:
    """A thread that makes one call after another. A call is its name, and a function that gives what tells of it."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[tuple[str, Callable[[], Callable[[], None]]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=IDLE_NAME, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while True:
            try:
                self._thread.name, work = self.calls.get(timeout=IDLE_S)
            except queue.Empty:
                try:
                    _idle.remove(self)
                except ValueError:
                    continue  # a call is about to come
                return
            tell = work()
            self._thread.name = IDLE_NAME
            _idle.append(self)  # before the caller hears of it, who may have another call at once
            tell()
            del work, tell  # and what they hold
