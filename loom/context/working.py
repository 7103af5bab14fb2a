"""The working part: where a run stands, what the model planned and noted; made anew for each request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_STEPS = 50
MOST_NOTES = 40
LONGEST_CHARS = 500
TELL_FROM_RHO = 0.7
TELL_FROM_ERRORS = 3


@dataclass(slots=True)
class PlanStep:
    """A step of the model's plan."""

    text: str
    is_done: bool = False


@dataclass(slots=True)
class WorkingContext:
    """What the model wrote down for itself: `plan`, `notes`, and how far it came."""

    plan: list[PlanStep] = field(default_factory=list[PlanStep])
    notes: list[str] = field(default_factory=list[str])
    progress: str = ""

    @property
    def open_steps(self) -> list[str]:
        """The steps that are not done."""
        return [step.text for step in self.plan if not step.is_done]

    def set_plan(self, steps: Sequence[str]) -> None:
        """Take a new plan; steps that were done and are in it again stay done."""
        done = {step.text for step in self.plan if step.is_done}
        texts = [step.strip()[:LONGEST_CHARS] for step in steps if step.strip()]
        self.plan = [PlanStep(text, text in done) for text in texts[:MOST_STEPS]]

    def add_note(self, text: str) -> None:
        """Keep a note; of more than forty the oldest goes."""
        self.notes = [*self.notes, text.strip()[:LONGEST_CHARS]][-MOST_NOTES:]

    def mark(self, progress: str, done: Sequence[int]) -> None:
        """Say how far it came, and which steps are done, counted from 1; numbers without a step are passed over."""
        self.progress = progress.strip()[:LONGEST_CHARS]
        for number in done:
            if 1 <= number <= len(self.plan):
                self.plan[number - 1].is_done = True

    def to_dict(self) -> dict[str, Any]:
        """The fields, as events carry them."""
        return asdict(self)

    def take(self, data: dict[str, Any]) -> None:
        """Become what `to_dict` gave. Raises KeyError or TypeError for anything else."""
        self.plan = [PlanStep(**step) for step in data["plan"]]
        self.notes = list(data["notes"])
        self.progress = data["progress"]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where a run stands: how full the context is, in how many steps all calls failed, which budgets near their end."""

    rho: float = 0.0
    errors_in_a_row: int = 0
    budgets: Sequence[str] = ()


def render_working(working: WorkingContext, dashboard: Dashboard) -> str:
    """The block that ends a request; empty while it would say nothing that matters."""
    lines: list[str] = []
    if dashboard.rho >= TELL_FROM_RHO:
        lines.append(f"Context: {dashboard.rho:.0%} of the window is used; what is old becomes a summary soon.")
    if dashboard.budgets:
        lines += [f"Budget: {budget}" for budget in dashboard.budgets]
        lines.append("Wrap up: finish what is under way, and say what is left.")
    if dashboard.errors_in_a_row >= TELL_FROM_ERRORS:
        lines.append(f"Errors: in the last {dashboard.errors_in_a_row} steps every tool call failed. Try another way.")
    if working.progress:
        lines.append(f"Progress: {working.progress}")
    if working.plan:
        lines.append("Plan:")
        lines += [f"{n}. [{'x' if step.is_done else ' '}] {step.text}" for n, step in enumerate(working.plan, 1)]
    if working.notes:
        lines.append("Notes:")
        lines += [f"- {note}" for note in working.notes]
    return "\n".join(["<working_context>", *lines, "</working_context>"]) if lines else ""
