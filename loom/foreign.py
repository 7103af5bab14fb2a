"""Functions that others wrote, called so that whatever they do ends them alone: a tool, an evaluator, an approver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class ForeignError(Exception):
    """A function raised what is no error: it would end the program, cancels its caller, or has no text."""


def called(func: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """`func(*args, **kwargs)`, for a thread: `sys.exit`, its like, and an error without a text are a ForeignError."""
    try:
        return func(*args, **kwargs)
    except Exception as error:
        check_text(error)
        raise
    except BaseException as error:  # noqa: BLE001  a thread gets none from outside: it is the function's own
        raise ForeignError(_told(error)) from None


async def awaited(work: Awaitable[T]) -> T:
    """What `work` gives, on the loop, as `called` does; only a cancellation from outside is one."""
    cancels = _cancels()
    try:
        return await work
    except Exception as error:
        check_text(error)
        raise
    except asyncio.CancelledError:
        if _cancels() == cancels:
            raise ForeignError("it cancelled itself") from None
        raise
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  the loop would let it end the program
        raise ForeignError(_told(error)) from None


def check_text(error: Exception) -> None:
    """Raise ForeignError for an error whose text can't be read."""
    try:
        str(error)
    except Exception:  # noqa: BLE001  whatever its own code does
        raise ForeignError(f"{type(error).__name__}, whose text can't be read") from error


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}, which is no error but would end the whole program"


def _cancels() -> int:
    """How often the task that runs was cancelled: a count from before tells a cancellation from the work's own."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0
