"""Python's cyclic garbage collector, kept on the GUI thread.

A collection runs on whatever thread happens to allocate. On a tool's thread it would destroy there the widgets and
documents that a cycle held, and Qt objects may only die on their own thread: the process crashes, seldom and anywhere.
"""

from __future__ import annotations

import gc


class Collector:
    """Takes collection over from Python: nothing is collected but by `check`, on the widgets' own thread."""

    def __init__(self) -> None:
        self._was_enabled = gc.isenabled()
        self._thresholds = gc.get_threshold()
        gc.disable()

    def check(self) -> None:
        """Collect if as much was allocated as makes Python collect; else it costs next to nothing."""
        counts = gc.get_count()
        if counts[0] > self._thresholds[0]:
            gc.collect(2 if counts[2] > self._thresholds[2] else 1 if counts[1] > self._thresholds[1] else 0)

    def close(self) -> None:
        """Give it back to Python."""
        if self._was_enabled:
            gc.enable()
