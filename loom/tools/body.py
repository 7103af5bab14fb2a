"""Calling the function behind a tool, whatever it is and whatever it does."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from itertools import islice
from typing import Any

from loom.errors import ToolExecutionError
from loom.threads import in_thread

MOST_ITEMS = 100_000
"""How many items of a generator are taken; one without an end would fill the memory."""


async def call_body(func: Callable[..., Any], is_async: bool, values: dict[str, Any]) -> Any:
    """What the function returns: awaited where it is async, else from a thread; what it yields is a list.

    One that would end the program (`sys.exit`) fails alone: that, and its like, is a ToolExecutionError.
    """
    try:
        if is_async:
            return await func(**values)
        value = await in_thread(_called, func, values)
        if inspect.isasyncgen(value):
            return [item async for item in value]
        return await value if inspect.isawaitable(value) else value
    except Exception as error:
        if not _can_be_told(error):
            raise ToolExecutionError(f"{type(error).__name__}, whose text can't be read") from error
        raise
    except (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001  the loop would let it end the program
        raise ToolExecutionError(_told(error)) from None


def _called(func: Callable[..., Any], values: dict[str, Any]) -> Any:
    try:
        value = func(**values)
        return list(islice(value, MOST_ITEMS)) if inspect.isgenerator(value) else value
    except Exception:
        raise
    except BaseException as error:  # noqa: BLE001  a thread gets none from outside: it is the function's own
        raise ToolExecutionError(_told(error)) from None


def _can_be_told(error: Exception) -> bool:
    try:
        str(error)
    except Exception:  # noqa: BLE001  whatever its own code does
        return False
    return True


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}, which is no error of a tool but would end the whole program"
