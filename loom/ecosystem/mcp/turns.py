"""Whose turn it is to start: a program that starts keeps a core busy, so only as many start at once as there are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

AT_ONCE = max(2, os.cpu_count() or 1)
"""With more of them nobody is ready sooner, and what else runs here, a window above all, waits for the cores."""
LONGEST_S = 4.0
"""How long a turn is: a server that downloads something first, or never answers, keeps no other from starting."""
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def places() -> asyncio.Semaphore:
    """The places of the loop that runs now."""
    return _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


@asynccontextmanager
async def turn() -> AsyncGenerator[None]:
    """Wait for a turn, and have it within the block, or until it is over; the block itself goes on then."""
    held = places()
    await held.acquire()
    is_over = False

    def end() -> None:
        nonlocal is_over
        if not is_over:
            is_over = True
            held.release()

    timer = asyncio.get_running_loop().call_later(LONGEST_S, end)
    try:
        yield
    finally:
        timer.cancel()
        end()
