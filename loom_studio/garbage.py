"""Python's cyclic garbage collector, kept on the GUI thread.

A collection runs on whatever thread happens to allocate. On a tool's thread it would destroy there the widgets and
documents that a cycle held, and Qt objects may only die on their own thread: the process crashes, seldom and anywhere.
"""

from __future__ import annotations

import gc
import time

FULL_EVERY_S = 30.0
"""A full collection looks at everything that was made since the start, up to 50 ms for a long session."""


class Collector:
    """Takes collection over from Python: nothing is collected but by `check`, on the widgets' own thread."""

    def __init__(self) -> None:
        self._was_enabled = gc.isenabled()
        self._thresholds = gc.get_threshold()
        self._full_at = time.monotonic()
        gc.disable()
        # What is there at the start (modules, types) stays to the end: nothing of it is looked at again.
        gc.freeze()

    def check(self) -> None:
        """Collect if as much was allocated as makes Python collect; else it costs next to nothing."""
        counts = gc.get_count()
        if counts[0] <= self._thresholds[0]:
            return
        now = time.monotonic()
        if counts[2] > self._thresholds[2] and now - self._full_at > FULL_EVERY_S:
            gc.collect(2)
            self._full_at = now
        else:
            gc.collect(1 if counts[1] > self._thresholds[1] else 0)

    def close(self) -> None:
        """Give it back to Python."""
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()
