"""The journal of harness runs, read again and again at the price of what is new in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.memory.records import SessionSummary
    from loom.memory.store import Store
    from loom.orchestration.durable import WorkRun, WorkState


@dataclass(slots=True)
class _Known:
    """What is known of a run up to its record `last_n`."""

    last_n: int = 0
    data: dict[str, Any] | None = None
    ended: int = 0
    outcome: dict[str, Any] | None = None


@dataclass(slots=True)
class _Steps:
    run_id: str = ""
    last_n: int = 0
    results: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


class JournalReader:
    """Reads a store of harness runs; its methods block and may be called from several threads.

    A record is read once: the runs that are over cost nothing more, and of the one that is looked at only what came
    since is read.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._known: dict[str, _Known] = {}
        self._steps = _Steps()

    def runs(self) -> list[tuple[WorkRun, int, int]]:
        """Every run, the last used first, each with how many of its sprints ended, and its last record's number.

        Of an outcome there is the reason alone. Raises StoreError.
        """
        from loom.orchestration.durable import SIGNALS

        with self._lock:
            summaries = [each for each in self._store.sessions() if not each.id.endswith(SIGNALS)]
            known = [(each, self._taken_in(each)) for each in summaries]
            self._known = {each.id: one for each, one in known}
            return [(self._run(each.id, one), one.ended, one.last_n) for each, one in known if one.data is not None]

    def steps(self, run_id: str) -> dict[str, dict[str, Any]]:
        """What each recorded step of a run gave, in the order in which they were recorded. Raises StoreError."""
        from loom.orchestration.durable import STEP

        with self._lock:
            if self._steps.run_id != run_id:
                self._steps = _Steps(run_id)
            kept = self._steps
            for record in self._store.records(run_id, after=kept.last_n, kind=STEP):
                kept.results[record.data["name"]] = record.data["result"]
                kept.last_n = record.n
            return dict(kept.results)

    def _taken_in(self, summary: SessionSummary) -> _Known:
        from loom.orchestration.durable import FINISHED, STARTED, STEP

        known = self._known.get(summary.id) or _Known()
        if known.last_n >= summary.last_n:
            return known
        if known.data is None:
            started = self._store.records(summary.id, limit=1, kind=STARTED)
            known.data = started[0].data if started else None
        if known.last_n == 0 and (finished := self._store.records(summary.id, kind=FINISHED)):
            # What is over when it is first seen is not read step by step.
            known.outcome = _brief(finished[-1].data)
            known.ended = int(finished[-1].data.get("sprints") or 0)
        else:
            for record in self._store.records(summary.id, after=known.last_n):
                if record.type == STEP:
                    known.ended += str(record.data["name"]).startswith("end.")
                elif record.type == FINISHED:
                    known.outcome = _brief(record.data)
        known.last_n = summary.last_n
        return known

    def _run(self, run_id: str, known: _Known) -> WorkRun:
        from loom.orchestration.durable import WorkRun

        owner = "" if known.outcome is not None else self._store.owner_of(run_id)
        state: WorkState = "done" if known.outcome is not None else "running" if owner else "interrupted"
        return WorkRun(run_id, known.data or {}, state, [], known.outcome, owner)


def _brief(outcome: dict[str, Any]) -> dict[str, Any]:
    return {"reason": outcome.get("reason", ""), "passed": bool(outcome.get("passed"))}
