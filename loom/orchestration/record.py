"""A harness run as its journal tells it: sprints, their criteria, when who worked, and what happened meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from loom.threads import in_thread

if TYPE_CHECKING:
    from loom.orchestration.durable import DurableEngine, WorkRun

SprintState = Literal["waiting", "working", "passed", "failed", "accepted"]
Lane = Literal["planner", "generator", "evaluator"]
Steps = Mapping[str, dict[str, Any]]

WAITS_FOR_APPROVAL = "its contract waits for approval"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion in one sprint. `passed` is None where it was not judged; `confidence` is from 0 to 1.

    `file` and `line` are where the evaluator saw it, where it said so.
    """

    text: str
    passed: bool | None = None
    evidence: str = ""
    confidence: float | None = None
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work: who, from when (seconds since the epoch), for how long; `took_s` is None while it goes on."""

    lane: Lane
    began: float
    took_s: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened in a sprint: an approval, a veto, changed files, a failure, a compression."""

    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that is not as the sprint before left it; lines are None for what is no text."""

    path: str
    what: str
    added_lines: int | None = None
    removed_lines: int | None = None

    @property
    def words(self) -> str:
        """The change in a line."""
        lines = f" (+{self.added_lines} −{self.removed_lines})" if self.added_lines is not None else ""
        return f"{self.path}: {self.what}{lines}"


@dataclass(frozen=True, slots=True)
class Sprint:
    """One sprint as far as it is recorded.

    `doing` says in words what happens now, while it does. `duration_s` is in seconds of work, None until the sprint
    ended; `cost_usd` is None where no price is known. `dropped` are criteria that an approval took out. `pressure` are
    points (seconds since the epoch, ρ) of the generator's context. `has_files` says that the workspace was looked at.
    """

    number: int
    state: SprintState
    criteria: tuple[Criterion, ...] = ()
    output: str = ""
    critique: str = ""
    doing: str = ""
    duration_s: float | None = None
    tokens: int = 0
    cost_usd: float | None = None
    accepted_by: str = ""
    goal: str = ""
    dropped: tuple[str, ...] = ()
    files: tuple[ChangedFile, ...] = ()
    diff: str = ""
    notes: tuple[str, ...] = ()
    has_files: bool = False
    handoff: str = ""
    spans: tuple[Span, ...] = ()
    pressure: tuple[tuple[float, float], ...] = ()
    happenings: tuple[Happening, ...] = ()

    @property
    def passed_criteria(self) -> int:
        """How many criteria hold."""
        return sum(each.passed is True for each in self.criteria)

    @property
    def words(self) -> str:
        """The sprint in a line, such as `Sprint 2, failed, 3 of 5 criteria`."""
        how = f"accepted by {self.accepted_by}" if self.accepted_by else self.doing or self.state
        return f"Sprint {self.number}, {how}, {self.passed_criteria} of {len(self.criteria)} criteria"

    @property
    def is_over(self) -> bool:
        """Whether it was judged."""
        return self.state in ("passed", "failed", "accepted")


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A whole run as its journal tells it. `how` says in words how it stands or ended; `spec` is empty without one."""

    id: str
    brief: str
    how: str
    max_sprints: int
    is_running: bool
    is_done: bool
    details: Mapping[str, Any]
    sprints: tuple[Sprint, ...]
    spec: str = ""
    planning: Span | None = None
    models: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What is known of the run as names and values: who worked where, within what, and what it took."""
        details, forked = self.details, self.details.get("forked_from")
        limits = [f"at most {self.max_sprints} sprints"]
        if details.get("max_tokens"):
            limits.append(f"{details['max_tokens']:,} tokens")
        if details.get("max_cost_usd"):
            limits.append(f"${details['max_cost_usd']:g}")
        if details.get("patience"):
            limits.append(f"{details['patience']} sprints without progress")
        took = [f"{self.duration_s:.1f} s of work", f"{self.tokens:,} tokens"]
        took.append(f"${self.cost_usd:.4f}" if self.cost_usd is not None else "cost not known")
        known = [
            ("State", f"{self.how}, {sum(each.is_over for each in self.sprints)} of {self.max_sprints} sprints"),
            ("Generator", self._role("generator", details.get("agent"))),
            ("Evaluator", self._role("evaluator", details.get("evaluator"), *(details.get("evaluators") or ()))),
            ("Planner", self._role("planner", details.get("planner"))),
            ("Workspace", str(details.get("workspace") or "")),
            ("Budget", ", ".join(limits)),
            ("Took", ", ".join(took)),
            ("Forked", f"from sprint {forked['sprint']} of {forked['run']}" if forked else ""),
            ("Run", self.id),
        ]
        return [(name, value) for name, value in known if value]

    def _role(self, role: str, *files: str | None) -> str:
        """Who a role is: its agent files by name, and the model that it worked with, or is to work with."""
        names = ", ".join(PurePath(each).stem for each in files if each)
        models: dict[str, str] = self.details.get("models") or {}
        own = models.get("agent" if role == "generator" else role)
        model = self.models.get(role) or own or (self.details.get("model") if names or role != "planner" else "")
        return f"{names} ({model})" if names and model else names or str(model or "")

    @property
    def tokens(self) -> int:
        """What all sprints used."""
        return sum(each.tokens for each in self.sprints)

    @property
    def cost_usd(self) -> float | None:
        """What all sprints cost; None where that of any is not known."""
        costs = [each.cost_usd for each in self.sprints if each.tokens]
        known = [each for each in costs if each is not None]
        return sum(known) if known and len(known) == len(costs) else None

    @property
    def duration_s(self) -> float:
        """How long all sprints worked, in seconds."""
        return sum(each.duration_s or 0.0 for each in self.sprints)

    @property
    def title(self) -> str:
        """The first line of the brief."""
        return next((line.strip() for line in self.brief.splitlines() if line.strip()), "(no brief)")

    @property
    def criteria(self) -> list[str]:
        """Every criterion of any sprint, in the order in which they came."""
        return list(dict.fromkeys(each.text for sprint in self.sprints for each in sprint.criteria))


async def told_run(engine: DurableEngine, run: WorkRun) -> ToldRun:
    """A run with its sprints, as far as they are recorded. Raises StoreError."""
    steps = await engine.results(run.id)
    said = [(each.kind, each.data) for each in await engine.signals(run.id)] if run.state == "done" else []
    return await in_thread(told, run, steps, said)


def told(run: WorkRun, steps: Steps, said: Sequence[tuple[str, Mapping[str, Any]]]) -> ToldRun:
    """A run from what was recorded and, once it is over, said; of its outcome the reason alone is needed."""
    details = run.details
    sprints = sprints_of(steps, is_running=run.state == "running", details=details, outcome=run.outcome)
    how = run.reason.replace("_", " ") or run.state
    if run.state == "done":
        after = accepted_afterwards(sprints, said)
        if after != sprints:
            sprints, how = after, f"accepted, after {how}"
    return ToldRun(
        run.id,
        run.brief,
        how,
        run.max_sprints,
        run.state == "running",
        run.state == "done",
        details,
        tuple(sprints),
        specification(steps),
        planning(steps),
        _models(steps),
    )


def _models(steps: Steps) -> dict[str, str]:
    """The model that each role worked with last, as far as it is recorded."""
    roles = {"plan": "planner", "generate": "generator", "criteria": "evaluator", "verdict": "evaluator"}
    models: dict[str, str] = {}
    for name, step in steps.items():
        trace: dict[str, Any] = step.get("trace") or {}
        role, model = roles.get(name.partition(".")[0]), trace.get("model")
        if role is not None and model:
            models[role] = str(model)
    return models


def sprints_of(
    steps: Steps, *, is_running: bool, details: Mapping[str, Any], outcome: Mapping[str, Any] | None = None
) -> list[Sprint]:
    """The sprints that the recorded steps of a run make, in their order."""
    done = {each["sprint"]: each for each in (outcome or {}).get("sprint_results", ())}
    sprints: list[Sprint] = []
    number = 1
    while f"criteria.{number}" in steps:
        result = steps.get(f"end.{number}", {}).get("result") or done.get(number)
        if result is not None:
            sprints.append(_ended(result, steps, number))
        elif not steps.get(f"contract.{number}", {}).get("refused"):
            sprints.append(_open(steps, number, is_running=is_running, details=details))
        number += 1
    return sprints


def accepted_afterwards(sprints: Sequence[Sprint], signals: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Sprint]:
    """The sprints of a run that is over, with those as accepted that somebody took after its end."""
    taken = {data.get("sprint"): str(data.get("by") or "person") for kind, data in signals if kind == "accept"}
    return [
        replace(each, state="accepted", accepted_by=taken[each.number])
        if each.number in taken and each.state == "failed"
        else each
        for each in sprints
    ]


def is_waiting_for_approval(sprint: Sprint) -> bool:
    """Whether a person is to approve its contract."""
    return sprint.doing == WAITS_FOR_APPROVAL


def planning(steps: Steps) -> Span | None:
    """The planner's work; None where there was none, or it is not recorded when."""
    return _span("planner", steps.get("plan"), "the planner wrote the specification")


def specification(steps: Steps) -> str:
    """What the planner made of the brief; empty where there is none."""
    made = steps.get("plan", {})
    return str(made.get("output") or "") if made.get("success") else ""


def _ended(result: dict[str, Any], steps: Steps, number: int) -> Sprint:
    usage, by = result["usage"], result["accepted_by"] or steps.get(f"overruled.{number}", {}).get("by", "")
    looked = steps.get(f"files.{number}", {})
    contract: dict[str, Any] = result.get("contract") or {}
    return Sprint(
        result["sprint"],
        "accepted" if by else "passed" if result["passed"] else "failed",
        tuple(_criterion(each) for each in result["verdicts"]),
        result["output"],
        result["critique"],
        duration_s=result["duration_s"],
        tokens=usage["input_tokens"] + usage["output_tokens"],
        cost_usd=usage["cost_usd"],
        accepted_by=by,
        goal=contract.get("goal", ""),
        dropped=tuple(contract.get("dropped", ())),
        handoff=_handoff(result.get("handoff")),
        **_looked(looked),
        **_traced(steps, number),
    )


def _open(steps: Steps, number: int, *, is_running: bool, details: Mapping[str, Any]) -> Sprint:
    """A sprint that did not end."""
    contract, made = steps.get(f"contract.{number}"), steps.get(f"generate.{number}")
    if contract is None:
        doing = WAITS_FOR_APPROVAL if details.get("approve_contract") else "its contract is being agreed"
        criteria = _proposed(steps, number)
    else:
        doing = "the generator works" if made is None else "the evaluator judges"
        criteria = tuple(contract["criteria"])
    ran = [steps[name] for name in steps if name.startswith(f"command.{number}.")]
    traced = _traced(steps, number)
    started = steps.get(f"start.{number}", {}).get("at")
    if is_running and started is not None:
        last = traced["spans"][-1] if made is not None and traced["spans"] else None
        began = last.began + (last.took_s or 0) if last is not None else started
        traced["spans"] += (Span("generator" if made is None else "evaluator", began, None, doing),)
    return Sprint(
        number,
        "waiting" if contract is None or not is_running else "working",
        (*(Criterion(each) for each in criteria), *map(_criterion, ran)),
        str((made or {}).get("output") or ""),
        doing=doing if is_running else "interrupted",
        goal=str((contract or {}).get("goal") or ""),
        dropped=tuple((contract or {}).get("dropped", ())),
        **_looked(steps.get(f"files.{number}", {})),
        **traced,
    )


def _criterion(data: dict[str, Any]) -> Criterion:
    return Criterion(
        data["criterion"],
        data["passed"],
        data["evidence"],
        data["confidence"],
        data.get("file", ""),
        data.get("line"),
    )


def _looked(looked: dict[str, Any]) -> dict[str, Any]:
    return {
        "files": tuple(ChangedFile(**each) for each in looked.get("files", ())),
        "diff": looked.get("diff", ""),
        "notes": tuple(looked.get("notes", ())),
        "has_files": bool(looked.get("checkpoint")),
    }


def _traced(steps: Steps, number: int) -> dict[str, Any]:
    """When who worked in a sprint, its context's pressure, and what happened."""
    made = steps.get(f"generate.{number}", {})
    spans = [
        _span("evaluator", steps.get(f"criteria.{number}"), "the evaluator proposed criteria"),
        _span("generator", made, "the generator worked"),
        *(
            _span("evaluator", steps[name], f"a command ran: {steps[name]['criterion']}")
            for name in steps
            if name.startswith(f"command.{number}.")
        ),
        *(
            _span("evaluator", steps[name], f"evaluator {name.rpartition('.')[2]} judged")
            for name in steps
            if name.startswith(f"verdict.{number}.")
        ),
    ]
    trace: dict[str, list[Any]] = made.get("trace") or {}
    began: float = made.get("at", 0.0)
    return {
        "spans": tuple(span for span in spans if span is not None),
        "pressure": tuple((began + at, rho) for at, rho in trace.get("pressure", ())),
        "happenings": tuple(Happening(began + at, kind, text) for at, kind, text in trace.get("happened", ())),
    }


def _span(lane: Lane, step: dict[str, Any] | None, words: str) -> Span | None:
    if not step or "at" not in step:
        return None
    if step.get("success") is False:
        words = f"{words}, and failed: {step.get('error')}"
    return Span(lane, step["at"], step.get("took_s", 0.0), words)


def _handoff(data: dict[str, Any] | None) -> str:
    from loom.types.handoff import HandoffArtifact

    return HandoffArtifact(**data).to_system_prompt() if data else ""


def _proposed(steps: Steps, number: int) -> tuple[str, ...]:
    from loom.orchestration.judging import proposed_criteria
    from loom.orchestration.steps import result_from_data

    before = steps.get(f"contract.{number - 1}", {}).get("criteria", ())
    return tuple(dict.fromkeys([*before, *proposed_criteria(result_from_data(steps[f"criteria.{number}"]))]))
