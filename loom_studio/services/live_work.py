"""What the agents of a harness run do now, as far as they work in this process."""

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
    """The events of a run's agents, folded: who works, at which step, with which tool, since when."""

    def __init__(self) -> None:
        self.role = ""
        self.step = 0
        self.tool = ""
        self.since = time.time()
        self.pressure: list[tuple[float, float]] = []
        self.happenings: list[Happening] = []

    def take_in(self, role: str, event: RunEvent) -> None:
        """One event of the agent in this role."""
        from loom.orchestration.record import Happening
        from loom.orchestration.trace import happening

        at = event.ts.timestamp()
        if event.type == "run.started":
            self.role, self.step, self.tool, self.since = role, 0, "", at
            if role == "agent":
                self.pressure, self.happenings = [], []
        elif event.type == "step.started":
            self.step = int(event.payload["step"])
        elif event.type == "tool.started":
            self.tool, self.since = str(event.payload["tool"]), at
        elif event.type in ("tool.completed", "tool.failed"):
            self.tool, self.since = "", at
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
        who = tr(ROLE_WORDS.get(self.role, self.role.capitalize()))
        lasted = tr("{seconds} s", seconds=max(0, int(now - self.since)))
        parts = [who, tr("step {step}", step=self.step) if self.step else "", self.tool, lasted]
        return clauses(part for part in parts if part)

    def over(self, sprints: tuple[Sprint, ...]) -> tuple[Sprint, ...]:
        """The sprints, the open one of them with what its generator has gone through by now."""
        if not sprints or sprints[-1].is_over or sprints[-1].pressure:
            return sprints
        last = replace(sprints[-1], pressure=tuple(self.pressure), happenings=tuple(self.happenings))
        return (*sprints[:-1], last)
