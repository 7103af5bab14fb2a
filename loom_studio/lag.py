"""A watch over the GUI loop: when it has not answered for a quarter of a second, the log says what it was doing."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback

from loom.threads import in_thread

log = logging.getLogger(__name__)

LATE_S = 0.25
ASK_EVERY_S = 0.25
STACK_LINES = 12
STOPPED_S = 0.25
"""How much later than it should a watch is that was stopped itself, with its process."""


class LagWatch:
    """Asks the loop from a thread of its own whether it still runs, four times a second, and says so once a stall."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch `loop`, which runs on the calling thread."""
        self._loop = loop
        self._watched = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loom-lag-watch", daemon=True)
        self._thread.start()

    async def aclose(self) -> None:
        """End the watch, and wait for its thread."""
        self._stop.set()
        await in_thread(self._thread.join)

    def _watch(self) -> None:
        while not self._stop.wait(ASK_EVERY_S):
            answered = threading.Event()
            asked, used = time.monotonic(), time.process_time()
            try:
                self._loop.call_soon_threadsafe(answered.set)
            except RuntimeError:  # it was closed
                return
            if answered.wait(LATE_S) or self._stop.is_set():
                continue
            if _was_stopped(asked, used):
                continue
            stack = self._stack()
            while not answered.wait(0.05) and not self._stop.is_set():
                pass
            log.warning("The window did not answer for %.2f s. It was in:\n%s", time.monotonic() - asked, stack)

    def _stack(self) -> str:
        # The one way to another thread's stack.
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if frame is None:
            return "(the thread has ended)"
        return "".join(traceback.format_stack(frame)[-STACK_LINES:])


def _was_stopped(asked: float, used: float) -> bool:
    """Whether the process did not run for a while: it was stopped, or the machine slept. A hang uses the processor."""
    waited = time.monotonic() - asked
    return waited > LATE_S + STOPPED_S and time.process_time() - used < waited / 2
