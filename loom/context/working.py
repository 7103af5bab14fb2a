"""The working part: where a run stands, what happens, what is known, what the model planned and noted; made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from loom.context.citations import HOW_TO_CITE, Cited, label_of, numbered
from loom.context.tokens import estimate_text
from loom.types.frozen import quickly_made
from loom.types.knowledge import KnowledgeBundle, KnowledgeEvidenceItem

MOST_STEPS = 50
MOST_NOTES = 40
LONGEST_CHARS = 500
TELL_FROM_RHO = 0.7
TELL_FROM_ERRORS = 3
MOST_DECISIONS = 5
MOST_EVENTS = 8
KNOWLEDGE_SHARE = 0.15
"""How much of the window evidence may take."""
NUMBER_TOKENS = 6

SUB_AGENT_DEPTH: ContextVar[int] = ContextVar("SUB_AGENT_DEPTH", default=0)
"""How deep below the first agent a run works that is started now."""


@dataclass(slots=True)
class PlanStep:
    """A step of the model's plan."""

    text: str
    is_done: bool = False


@dataclass(slots=True)
class WorkingContext:
    """What the model wrote down for itself (`plan`, `notes`, `progress`), and what it works with.

    `decisions` are the last that people and the model made on calls and alerts. `questions` and `evidence` (numbered
    pieces) are what was last found in the agent's knowledge; `citations` are the places of all that was, with numbers.
    """

    plan: list[PlanStep] = field(default_factory=list[PlanStep])
    notes: list[str] = field(default_factory=list[str])
    progress: str = ""
    decisions: list[str] = field(default_factory=list[str])
    questions: list[str] = field(default_factory=list[str])
    evidence: list[str] = field(default_factory=list[str])
    citations: list[str] = field(default_factory=list[str])
    highest: int = 0
    """The highest number that a citation ever had in the session, also in what was taken back."""

    @property
    def is_blank(self) -> bool:
        """True while nothing is written down or known that the model is told of."""
        return not (self.decisions or self.evidence or self.progress or self.plan or self.notes)

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

    def decide(self, told: str) -> None:
        """Keep a decision; of more than five the oldest goes."""
        self.decisions = [*self.decisions, told[:LONGEST_CHARS]][-MOST_DECISIONS:]

    def know(self, bundle: KnowledgeBundle, room_tokens: int) -> list[Cited]:
        """Take what was found instead of what was before, the best that has room; nothing found changes nothing.

        Gives what was taken.
        """
        if not bundle.items:
            return []
        self.questions = [bundle.query.text[:LONGEST_CHARS]]
        self.evidence = []
        taken: list[KnowledgeEvidenceItem] = []
        for item in bundle.items:
            about = estimate_text(label_of(item)) + NUMBER_TOKENS
            cost = estimate_text(item.content)
            if about >= room_tokens:
                break
            if about + cost > room_tokens:
                letters = len(item.content) * (room_tokens - about) // cost
                taken.append(replace(item, content=f"{item.content[:letters]}…"))
                break
            taken.append(item)
            room_tokens -= about + cost
        cited = self.cite(taken)
        self.evidence = [each.piece for each in cited]
        return cited

    def cite(self, items: Sequence[KnowledgeEvidenceItem]) -> list[Cited]:
        """Give pieces their numbers, and remember their citations."""
        cited, self.citations = numbered(self.citations, items, self.highest)
        self.highest = max((each.number for each in cited), default=self.highest)
        return cited

    def to_dict(self) -> dict[str, Any]:
        """The fields, as events carry them."""
        return {name: value for name, value in asdict(self).items() if name != "highest"}

    def take(self, data: dict[str, Any]) -> None:
        """Become what `to_dict` gave. Raises KeyError or TypeError for anything else."""
        self.plan = [PlanStep(**step) for step in data["plan"]]
        self.notes = list(data["notes"])
        self.progress = data["progress"]
        for name in ("decisions", "questions", "evidence", "citations"):
            setattr(self, name, list(data.get(name, ())))


@quickly_made
@dataclass(frozen=True, slots=True)
class Dashboard:
    """Where a run stands, and what happens around it.

    How full the context is, in how many steps all calls failed, which budgets near their end, how deep below the first
    agent it works; how many of the events that were told wait to be settled, and those of them that are risks;
    what is to be known of tool servers.
    """

    rho: float = 0.0
    errors_in_a_row: int = 0
    budgets: Sequence[str] = ()
    depth: int = 0
    pending: int = 0
    risks: Sequence[str] = ()
    notices: Sequence[str] = ()


CALM = Dashboard()
"""Where a run stands of which nothing is to be told."""
DECISIONS = ("tool.approval_decided", "heartbeat.disposed")
"""The events that say that somebody decided something."""


def decision_of(kind: str, payload: Mapping[str, Any]) -> str:
    """What an event of `DECISIONS` says that somebody decided."""
    if kind == "heartbeat.disposed":
        return f"{payload['summary']}: {payload['decision']}, by {payload['by']}"
    edited = " with other arguments" if payload["edited"] else ""
    why = f": {payload['reason']}" if payload["reason"] else ""
    return f"{payload['tool']} {payload['verdict']}{edited}, by {payload['by']}{why}"


def render_working(working: WorkingContext, dashboard: Dashboard) -> str:
    """The block that ends a request; empty while it would say nothing that matters."""
    if dashboard is CALM and working.is_blank:
        return ""
    lines = _where(dashboard) + _surfaces(working, dashboard) + _scratchpad(working)
    return "\n".join(["<working_context>", *lines, "</working_context>"]) if lines else ""


def _where(dashboard: Dashboard) -> list[str]:
    lines: list[str] = []
    if dashboard.rho >= TELL_FROM_RHO:
        lines.append(f"Context: {dashboard.rho:.0%} of the window is used; what is old becomes a summary soon.")
    if dashboard.budgets:
        lines += [f"Budget: {budget}" for budget in dashboard.budgets]
        lines.append("Wrap up: finish what is under way, and say what is left.")
    if dashboard.errors_in_a_row >= TELL_FROM_ERRORS:
        lines.append(f"Errors: in the last {dashboard.errors_in_a_row} steps every tool call failed. Try another way.")
    if dashboard.depth:
        lines.append(
            f"Depth: you work for another agent, {dashboard.depth} below the first. It sees your answer alone."
        )
    return lines


def _surfaces(working: WorkingContext, dashboard: Dashboard) -> list[str]:
    lines: list[str] = []
    if dashboard.risks:
        lines += [f"Risk: {risk}" for risk in dashboard.risks[-MOST_EVENTS:]]
    if dashboard.notices:
        lines += [f"Tools: {notice[:LONGEST_CHARS]}" for notice in dashboard.notices[:MOST_EVENTS]]
    if dashboard.pending or len(dashboard.risks) > MOST_EVENTS:
        more = dashboard.pending + max(0, len(dashboard.risks) - MOST_EVENTS)
        lines.append(f"Pending: {more} more of the events that you were told of.")
    if working.decisions:
        lines += [f"Decided: {decision}" for decision in working.decisions]
    if working.evidence:
        asked = [f"Question: {question}" for question in working.questions]
        lines += ["<knowledge>", *asked, HOW_TO_CITE, *working.evidence, "</knowledge>"]
    return lines


def _scratchpad(working: WorkingContext) -> list[str]:
    lines = [f"Progress: {working.progress}"] if working.progress else []
    if working.plan:
        lines.append("Plan:")
        lines += [f"{n}. [{'x' if step.is_done else ' '}] {step.text}" for n, step in enumerate(working.plan, 1)]
    if working.notes:
        lines.append("Notes:")
        lines += [f"- {note}" for note in working.notes]
    return lines
