"""What one agent remembers, as a whole: the files, the search over them, what has expired, and the overview."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.memory.files.memories import Changed, Memories
from loom.memory.files.search import MemorySearch
from loom.memory.files.view import overview

DAY_S = 86_400.0


@dataclass
class Remembered:
    """The memory of an agent. `overview` is what its requests say of it, as of the last `refresh`.

    `expires_days` is how long what the agent writes is kept, unless it says otherwise; None is for ever.
    """

    memories: Memories
    search: MemorySearch
    expires_days: float | None = None
    overview: str = ""
    expired: list[Changed] = field(default_factory=list[Changed])
    _ends: dict[str, tuple[float, int, float | None]] = field(
        default_factory=dict[str, tuple[float, int, float | None]]
    )

    def refresh(self) -> None:
        """Forget what has expired, and look at what there is; blocks. What was forgotten is added to `expired`."""
        self.expired += self.forget_expired()
        self.overview = overview(self.memories)

    def forget_expired(self, now: float | None = None) -> list[Changed]:
        """Delete the files whose time is over; blocks. A file that can't be deleted stays, and is shown to nobody."""
        now = time.time() if now is None else now
        gone: list[Changed] = []
        for path in self._over(now):
            try:
                gone.append(self.memories.delete(path))
            except (ToolExecutionError, ToolPermissionError):
                continue
        return gone

    def take_expired(self) -> list[Changed]:
        """What was forgotten since this was asked last."""
        taken, self.expired = self.expired, []
        return taken

    def expiry(self, days: float | None) -> float | None:
        """When something written now expires: after so many days, or after as many as the agent's file says."""
        days = self.expires_days if days is None else days
        return None if days is None or days <= 0 else time.time() + days * DAY_S

    def _over(self, now: float) -> list[str]:
        """The files whose time is over; each is read once, and again when it has changed."""
        ends: dict[str, tuple[float, int, float | None]] = {}
        for path, seen in self.memories.paths():
            known = self._ends.get(path)
            if known is None or known[:2] != (seen.changed_at, seen.size):
                known = (seen.changed_at, seen.size, self._end_of(path))
            ends[path] = known
        self._ends = ends
        return [path for path, (_, _, end) in ends.items() if end is not None and end <= now]

    def _end_of(self, path: str) -> float | None:
        try:
            return self.memories.read(path).provenance.expires_at
        except (ToolExecutionError, ToolPermissionError):
            return None
