"""The rate limit of tool calls: a window that slides, on a clock that never jumps."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

WINDOW_S = 60.0


class RateWindow:
    """Counts attempts of the last 60 seconds; safe to use from several threads.

    An attempt counts from the moment it is made, whatever becomes of it. `limit` None means no limit.
    """

    def __init__(self, limit: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._attempts: deque[float] = deque()
        self._lock = threading.Lock()

    def reserve(self) -> float | None:
        """Count one attempt. None if it is within the limit, else the seconds until one would be.

        Looking and counting are one step, so attempts made at once can't share a slot.
        """
        if self.limit is None:
            return None
        with self._lock:
            now = self._clock()
            while self._attempts and self._attempts[0] <= now - WINDOW_S:
                self._attempts.popleft()
            if len(self._attempts) < self.limit:
                self._attempts.append(now)
                return None
            if self.limit == 0:
                return WINDOW_S
            # A refused attempt counts too: it takes the place of the oldest, so that memory stays bounded.
            self._attempts.popleft()
            self._attempts.append(now)
            return self._attempts[0] + WINDOW_S - now
