"""Waiting for what a person would see, instead of sleeping for luck."""

import asyncio
from collections.abc import Callable

LIMIT_S = 60.0
LOOK_EVERY_S = 0.01


async def until(condition: Callable[[], object]) -> None:
    """Return once `condition` is true. Raises TimeoutError after a minute."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(LOOK_EVERY_S)
