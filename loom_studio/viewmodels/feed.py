"""From a run's events to batches, at most one a frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from loom.types.events import RunEvent

FRAME_MS = 33


class EventFeed(QObject):
    """Collects events and passes them on together, 30 times a second at most; no timer runs while nothing comes."""

    batch_ready = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[RunEvent] = []
        self._frame = QTimer(self)
        self._frame.setSingleShot(True)
        self._frame.setInterval(FRAME_MS)
        self._frame.timeout.connect(self._flush)

    async def pump(self, events: AsyncIterator[RunEvent]) -> None:
        """Pass on everything that `events` yields, until it ends."""
        try:
            async for event in events:
                self._waiting.append(event)
                if not self._frame.isActive():
                    self._frame.start()
        finally:  # what came before a failure is shown before the failure
            self._frame.stop()
            self._flush()

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if batch:
            self.batch_ready.emit(batch)
