"""Blocking functions off the loop: one daemon thread a call.

Not a pool: a call that never returns must not hold a pool's slot, nor keep the process from ending.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(func: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """`func(*args, **kwargs)` in a thread of its own, with the caller's context variables.

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

    def work() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = context.run(func, *args, **kwargs)
        except StopIteration as stop:  # a future can't carry it
            error = RuntimeError(f"the function raised StopIteration: {stop}")
        except BaseException as caught:  # noqa: BLE001  carried to the caller, whatever it is
            error = caught
        try:
            loop.call_soon_threadsafe(deliver, result, error)
        except RuntimeError:
            return  # the loop has ended; nobody waits

    threading.Thread(target=work, name=f"loom-call-{getattr(func, '__name__', 'function')}", daemon=True).start()
    return await future
