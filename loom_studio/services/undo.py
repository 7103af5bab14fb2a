"""What was deleted last, with the way back: one for all windows, pages and panels."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from loom_studio.tasks import TaskOwner

KEPT_MS = 30_000
Work: TypeAlias = "Callable[[], Coroutine[Any, Any, Any]]"


class Deletion(NamedTuple):
    """A deletion in a sentence; `take_back` undoes it, `finish` does what was put off until it is final."""

    sentence: str
    take_back: Work
    finish: Work | None = None


class Undo(QObject):
    """Holds one deletion for half a minute, or until the next one. `changed` says that it is another, or none."""

    changed = Signal()

    def __init__(self, tasks: TaskOwner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.last: Deletion | None = None
        self._tasks = tasks
        self._final = QTimer(self)
        self._final.setSingleShot(True)
        self._final.setInterval(KEPT_MS)
        self._final.timeout.connect(self.let_be)

    def offer(self, sentence: str, take_back: Work, finish: Work | None = None) -> None:
        """Say what was deleted, and how to take it back; what was deleted before is final."""
        self.let_be()
        self.last = Deletion(sentence, take_back, finish)
        self._final.start()
        self.changed.emit()

    def take_back(self) -> None:
        """Undo the last deletion."""
        deletion = self._taken()
        if deletion is not None:
            self._tasks.start(deletion.take_back(), what="take the deletion back")

    def let_be(self) -> None:
        """Make the last deletion final."""
        deletion = self._taken()
        if deletion is not None and deletion.finish is not None:
            self._tasks.start(deletion.finish(), what="delete it for good")

    async def aclose(self) -> None:
        """Make the last deletion final, and wait for it."""
        deletion = self._taken()
        if deletion is not None and deletion.finish is not None:
            await deletion.finish()

    def _taken(self) -> Deletion | None:
        self._final.stop()
        deletion, self.last = self.last, None
        if deletion is not None:
            self.changed.emit()
        return deletion
