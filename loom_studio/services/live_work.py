"""What an agent of a harness run does now, from the events of its runs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from loom_studio.texts import clauses, marked, tr

if TYPE_CHECKING:
    from loom.orchestration.record import Happening, Sprint
    from loom.types.events import RunEvent

ROLE_WORDS = {
    "agent": marked("The generator"),
    "evaluator": marked("The evaluator"),
    "planner": marked("The planner"),
}
MOST_KEPT = 400


class LiveWork:
    """The events of a run's agents, folded: who works, at which step, with which tool, since when.

    `count` is how many events were taken in; with it as it was, nothing is new.
    """

    def __init__(self) -> None:
        self.role = ""
        self.step = 0
        self.tool = ""
        self.is_waiting = False
        self.count = 0
        self.since = time.time()
        self.pressure: list[tuple[float, float]] = []
        self.happenings: list[Happening] = []

    def take_in(self, role: str, event: RunEvent) -> None:
        """One event of the agent in this role."""
        from loom.orchestration.record import Happening
        from loom.orchestration.trace import happening

        at = event.ts.timestamp()
        self.count += 1
        if event.type == "run.started":
            self.role, self.step, self.tool, self.since, self.is_waiting = role, 0, "", at, False
            if role == "agent":
                self.pressure, self.happenings = [], []
        elif event.type == "step.started":
            self.step = int(event.payload["step"])
        elif event.type in ("tool.started", "tool.approval_requested"):
            self.tool, self.since = str(event.payload["tool"]), at
            self.is_waiting = event.type == "tool.approval_requested"
        elif event.type in ("tool.completed", "tool.failed", "tool.vetoed", "tool.unknown", "tool.approval_decided"):
            self.tool, self.since, self.is_waiting = "", at, False
        elif event.type in ("run.completed", "run.failed", "run.cancelled"):
            self.role = ""
        if role != "agent":
            return
        if event.type == "context.pressure":
            self.pressure = [*self.pressure[-MOST_KEPT:], (at, float(event.payload["rho"]))]
        elif (said := happening(event)) is not None:
            self.happenings = [*self.happenings[-MOST_KEPT:], Happening(at, *said)]

    def words(self, now: float) -> str:
        """What happens now in a line, such as `The generator, step 3, run_command, 12 s`; empty while nobody works."""
        if not self.role:
            return ""
        tool = tr("{tool} waits for a person", tool=self.tool) if self.is_waiting else self.tool
        return role_words(self.role, self.since, now, tr("step {step}", step=self.step) if self.step else "", tool)

    def over(self, sprints: tuple[Sprint, ...]) -> tuple[Sprint, ...]:
        """The sprints, the open one of them with what its generator has gone through by now."""
        is_known = not sprints or sprints[-1].is_over or bool(sprints[-1].pressure)
        if is_known or not (self.pressure or self.happenings):
            return sprints
        began = min((span.began for span in sprints[-1].spans), default=self.since)
        last = replace(  # what is left of the sprint before does not count
            sprints[-1],
            pressure=tuple(point for point in self.pressure if point[0] >= began),
            happenings=tuple(each for each in self.happenings if each.at >= began),
        )
        return (*sprints[:-1], last)


def role_words(role: str, since: float | None, now: float, *more: str) -> str:
    """Who works, with what more is known, and since when."""
    kind, _, number = role.partition(" ")
    who = tr("Evaluator {number}", number=number) if number else tr(ROLE_WORDS.get(kind, kind.capitalize()))
    return clauses(part for part in (who, *more, _lasted(now - since) if since is not None else "") if part)


def _lasted(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole < 120:
        return tr("{seconds} s", seconds=whole)
    if whole < 7200:
        return tr("{minutes} min", minutes=whole // 60)
    return tr("{hours} h {minutes} min", hours=whole // 3600, minutes=whole % 3600 // 60)
