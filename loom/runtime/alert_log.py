"""A session's part in its agent's heartbeat over restarts: what its log keeps, and what is taken up from it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from loom.memory.alerts import StoredAlert
from loom.memory.records import HEARTBEAT_PENDING, NewRecord
from loom.runtime.alerts import Alerts

if TYPE_CHECKING:
    from loom.heartbeat.heartbeat import Disposed, Heartbeat, PendingEvent
    from loom.runtime.session_log import SessionLog

log = logging.getLogger(__name__)


class AlertLog:
    """Keeps in one session's log what no run of it says. `run` is the part that the last run has in the heartbeat."""

    def __init__(self, heartbeat: Heartbeat, session_id: str, session_log: SessionLog) -> None:
        self.run = Alerts()
        self._heartbeat = heartbeat
        self._session_id = session_id
        self._log = session_log
        self._stored: set[str] = set()
        self._stop: Callable[[], None] | None = None

    def take(self, stored: Iterable[StoredAlert]) -> None:
        """Have pending again what the log holds."""
        from loom.heartbeat.events import event_from
        from loom.heartbeat.heartbeat import Disposed, PendingEvent

        pending: list[PendingEvent] = []
        disposed: list[Disposed] = []
        for each in stored:
            try:
                event, action = event_from(each.data), str(each.data["action"])
            except (KeyError, TypeError, ValueError) as error:
                log.warning("An alert in the log of session %s can't be understood: %r", self._session_id, error)
                continue
            if each.decision:
                disposed.append(Disposed(event, each.decision, each.by, each.decided_at))
                continue
            self._stored.add(event.id)
            here = {self._session_id}
            told, said = here if each.told_step else set[str](), here if each.is_said else set[str]()
            pending.append(PendingEvent(event, action, set(told), set(said), str(each.data.get("during", ""))))
        self._heartbeat.take_up(pending, disposed)

    def open(self) -> None:
        """Keep in the log from now on what happens between runs, and what happened before it was open."""
        if self._stop is not None:
            return
        from loom.heartbeat.heartbeat import Listener

        self._stop = self._heartbeat.listen(Listener(self._on_event, self._on_disposed))
        for pending in self._heartbeat.pending():
            self._keep(pending)

    def close(self) -> None:
        """Keep nothing more."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    def _on_event(self, pending: PendingEvent) -> None:
        asyncio.get_running_loop().call_soon(self._keep, pending)  # a run that is at work has said it by then

    def _keep(self, pending: PendingEvent) -> None:
        if self._session_id in pending.announced or pending.event.id in self._stored:
            return
        self._stored.add(pending.event.id)
        self._log.add(NewRecord(HEARTBEAT_PENDING, pending.to_payload(), at=pending.event.at))

    def _on_disposed(self, disposed: Disposed) -> None:
        self._stored.discard(disposed.event.id)
        if not self.run.is_open:
            self._log.add(NewRecord("heartbeat.disposed", disposed.to_payload(), at=disposed.at))
