"""Waiting for what a person would see, instead of sleeping for luck; and how long something took, without what the
machine took."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

LIMIT_S = 150.0
LOOK_EVERY_S = 0.01


async def until(condition: Callable[[], object]) -> None:
    """Return once `condition` is true. Raises TimeoutError after `LIMIT_S`."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(LOOK_EVERY_S)


@dataclass
class Took:
    """How long something took."""

    seconds: float = 0.0


@asynccontextmanager
async def timed() -> AsyncGenerator[Took]:
    """Time what is done within; where a busy machine has no time for this process, little of that is counted."""
    took = Took()

    async def count() -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(LOOK_EVERY_S)
            took.seconds += min(loop.time() - began, 2 * LOOK_EVERY_S)

    counting = asyncio.get_running_loop().create_task(count())
    try:
        yield took
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)
