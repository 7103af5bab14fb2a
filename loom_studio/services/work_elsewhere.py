"""What the agents of a harness run do now that another process works on, as the logs of their sessions say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loom_studio.services.live_work import LiveWork, role_words
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.memory.records import Record
    from loom.memory.tails import SessionTails
    from loom.orchestration.record import Sprint, ToldRun
    from loom.types.events import RunEvent

KINDS = (
    *("run.started", "run.completed", "run.failed", "run.cancelled", "step.started", "step.retried", "run.looping"),
    *("tool.approval_requested", "tool.approval_decided", "tool.started", "tool.completed", "tool.failed"),
    *("tool.vetoed", "tool.unknown", "files.changed"),
    *("context.pressure", "context.compressed", "context.renewed", "heartbeat.event"),
)
LONG: dict[str, Any] = {"content": "", "files": [], "error": {}}
"""What long records come without."""
ROLES = {"generate": "agent", "plan": "planner"}
LANES = {"generator": "agent"}


class WorkElsewhere:
    """Looks at one run at a time: at those of its sessions that somebody writes to, from where it looked last."""

    def __init__(self, profile: Path) -> None:
        self._profile = profile
        self._tails: SessionTails | None = None
        self._run_id = ""
        self._at_work: dict[str, tuple[LiveWork, int]] = {}
        self._count = 0

    def look(self, run_id: str) -> int:
        """See what is new; the number that it gives is another then. Blocks. Raises StoreError."""
        if self._tails is None:
            from loom.memory.tails import SessionTails
            from loom.orchestration.durable import SESSIONS

            self._tails = SessionTails(self._profile / SESSIONS)
        if run_id != self._run_id:
            self._run_id, self._at_work = run_id, {}
            self._count += 1
        before, self._at_work = self._at_work, {}
        for session in self._tails.at_work(f"{run_id}."):
            live, after = before.get(session, (LiveWork(), 0))
            role = role_of(session.removeprefix(f"{run_id}."))
            for record in self._tails.since(session, KINDS, after):
                live.take_in(role, _event(record))
                after = record.n
                self._count += 1
            self._at_work[session] = live, after
        self._count += before.keys() != self._at_work.keys()
        return self._count

    def words(self, run_id: str, now: float) -> str:
        """What happens now, a part for each agent at work; empty where nothing is known."""
        if run_id != self._run_id:
            return ""
        said = ""
        for live, _ in self._at_work.values():
            one = live.words(now)
            said = tr("{before} · {after}", before=said, after=one) if said and one else said or one
        return said

    def over(self, run_id: str, sprints: tuple[Sprint, ...]) -> tuple[Sprint, ...]:
        """The sprints, the open one of them with what its generator has gone through by now."""
        if run_id == self._run_id:
            for live, _ in self._at_work.values():
                sprints = live.over(sprints)
        return sprints

    def close(self) -> None:
        """Let go of the logs; blocks."""
        if self._tails is not None:
            self._tails.close()


def role_of(step: str) -> str:
    """The role that works in a step of a harness run, as the runtime names it."""
    name, _, rest = step.partition(".")
    number = rest.split(".")[1] if name == "verdict" and "." in rest else "1"
    return ROLES.get(name, "evaluator") if number == "1" else f"evaluator {number}"


def recorded_words(run: ToldRun, now: float) -> str:
    """Who is at work by the journal alone, and for how long: where the sessions' logs are on another machine."""
    from loom.orchestration.record import is_waiting_for_approval

    last = run.sprints[-1] if run.sprints else None
    if last is not None and is_waiting_for_approval(last):
        return ""
    spans = [each for each in (run.planning, *(last.spans if last is not None else ())) if each is not None]
    if spans and spans[-1].took_s is None:
        return role_words(LANES.get(spans[-1].lane, spans[-1].lane), spans[-1].began, now)
    models: dict[str, str] = run.details.get("models") or {}
    is_planning = last is None and run.planning is None and bool(run.details.get("planner") or models.get("planner"))
    began = max((each.began + (each.took_s or 0.0) for each in spans), default=None)
    return role_words("planner" if is_planning else "evaluator", began, now)


def _event(record: Record) -> RunEvent:
    from datetime import UTC, datetime

    from loom.types.events import RunEvent

    at = datetime.fromtimestamp(record.at, UTC)
    return RunEvent(f"{record.run_id}.{record.n}", record.run_id, record.type, at, payload={**LONG, **record.data})
