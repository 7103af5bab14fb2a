"""What a session's log holds of its agent's heartbeat: what was noticed, who was told, what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from loom.memory.records import HEARTBEAT_PENDING, Record

ALERT_KINDS = (HEARTBEAT_PENDING, "heartbeat.event", "heartbeat.told", "heartbeat.disposed")

KEPT_SETTLED = 500
"""How many of the settled ones are read back: as many as a heartbeat keeps."""


@dataclass(slots=True)
class StoredAlert:
    """An event of the heartbeat as the log tells of it; `data` is the payload of heartbeat.event.

    `is_said` is True once a run said it, `told_step` the step whose request told the model, 0 for none. `decision` is
    empty while nobody disposed of it; then `by` says who did, and `decided_at` when (seconds since 1970).
    """

    data: dict[str, Any]
    is_said: bool = False
    told_step: int = 0
    decision: str = ""
    by: str = ""
    decided_at: float = 0.0


class AlertFold:
    """Takes the records of a log in their order; `alerts` is what they tell, by the events' ids, `kept` what matters.

    Going back in a session takes nothing of this back: the world did not.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, StoredAlert] = {}

    def kept(self) -> dict[str, StoredAlert]:
        """What is pending, and the last of what was settled."""
        settled = [event_id for event_id, alert in self.alerts.items() if alert.decision]
        gone = set(settled[:-KEPT_SETTLED])
        return {event_id: alert for event_id, alert in self.alerts.items() if event_id not in gone}

    def take(self, record: Record) -> None:
        """Take one record; of other kinds than ALERT_KINDS nothing is taken. Raises KeyError for one without sense."""
        data = record.data
        if record.type in (HEARTBEAT_PENDING, "heartbeat.event"):
            known = self.alerts.setdefault(data["id"], StoredAlert(data))
            known.data = data
            known.is_said = known.is_said or record.type == "heartbeat.event"
        elif record.type == "heartbeat.told":
            for event_id in data["event_ids"]:
                if event_id in self.alerts:
                    self.alerts[event_id].told_step = data["step"]
        elif record.type == "heartbeat.disposed" and (settled := self.alerts.get(data["event_id"])) is not None:
            settled.decision, settled.by, settled.decided_at = data["decision"], data["by"], record.at


def alerts_of(records: Iterable[Record]) -> dict[str, StoredAlert]:
    """What records tell of the heartbeat, by the events' ids, in the order in which they were noticed."""
    fold = AlertFold()
    for record in sorted(records, key=lambda each: each.n):
        fold.take(record)
    return fold.kept()
