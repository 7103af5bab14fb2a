"""What one agent remembers, as a whole: the files, the search over them, what has expired, and the overview."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from loom.errors import ToolExecutionError, ToolPermissionError
from loom.memory.files.folder import Seen
from loom.memory.files.memories import Changed, Memories
from loom.memory.files.search import MemorySearch
from loom.memory.files.view import MOST_IN_CONTEXT, overview_of

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
    _known: dict[str, _Known] = field(default_factory=dict[str, "_Known"])

    def refresh(self) -> None:
        """Forget what has expired, and look at what there is; blocks. What was forgotten is added to `expired`."""
        self.expired += self.forget_expired()
        listed = [(path, known) for path, known in self._known.items() if known.is_readable]
        newest = [(path, known.changed_at, known.title) for path, known in listed[:MOST_IN_CONTEXT]]
        self.overview = overview_of(newest, len(self._known))

    def forget_expired(self, now: float | None = None) -> list[Changed]:
        """Delete the files whose time is over; blocks. A file that can't be deleted stays, and is shown to nobody."""
        now = time.time() if now is None else now
        gone: list[Changed] = []
        for path in self._over(now):
            try:
                gone.append(self.memories.delete(path))
                del self._known[path]
            except (ToolExecutionError, ToolPermissionError):
                self._known[path] = replace(self._known[path], is_readable=False)
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
        """The files whose time is over; each is read once, and again when it has changed. The newest come first."""
        known: dict[str, _Known] = {}
        for path, seen in self.memories.paths():
            held = self._known.get(path)
            if held is None or (held.changed_at, held.size) != (seen.changed_at, seen.size):
                held = self._look(path, seen)
            known[path] = held
        self._known = known
        return [path for path, held in known.items() if held.expires_at is not None and held.expires_at <= now]

    def _look(self, path: str, seen: Seen) -> _Known:
        try:
            held = self.memories.read(path)
        except (ToolExecutionError, ToolPermissionError):
            return _Known(seen.changed_at, seen.size, is_readable=False)
        return _Known(seen.changed_at, seen.size, held.title, held.provenance.expires_at)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a file, as long as it was not changed."""

    changed_at: float
    size: int
    title: str = ""
    expires_at: float | None = None
    is_readable: bool = True
