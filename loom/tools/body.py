"""Calling the function behind a tool, whatever it is and whatever it does."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Coroutine
from itertools import islice
from typing import Any

from loom.foreign import awaited, called
from loom.threads import in_thread

MOST_ITEMS = 100_000
"""How many items of a generator are taken; one without an end would fill the memory."""


def call_body(func: Callable[..., Any], is_async: bool, values: dict[str, Any]) -> Coroutine[Any, Any, Any]:
    """What the function returns: awaited where it is async, else from a thread; what it yields is a list.

    One that would end the program (`sys.exit`) or cancel its run fails alone: that is a ForeignError.
    """
    return awaited(func(**values)) if is_async else _blocking(func, values)


async def _blocking(func: Callable[..., Any], values: dict[str, Any]) -> Any:
    value = await in_thread(called, _listed, func, values)
    if inspect.isasyncgen(value):
        return await awaited(_all_of(value))
    return await awaited(value) if inspect.isawaitable(value) else value


def _listed(func: Callable[..., Any], values: dict[str, Any]) -> Any:
    value = func(**values)
    return list(islice(value, MOST_ITEMS)) if inspect.isgenerator(value) else value


async def _all_of(items: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in items]
