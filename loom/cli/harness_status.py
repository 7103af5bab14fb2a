"""One harness run in full, as lines for a terminal."""

from __future__ import annotations

from loom.interchange.harness_report import took_words
from loom.orchestration.findings import findings_of
from loom.orchestration.record import Criterion, Sprint, ToldRun
from loom.safety.odd_text import escaped

MARKS = {True: "passed", False: "failed", None: "not judged"}
EVIDENCE_CHARS = 160


def status_lines(run: ToldRun) -> list[str]:
    """The run: its roles and budget, then each sprint with its criteria, files and use, then what is open."""
    lines = ["", *(f"{name}: {value}" for name, value in run.facts)]
    for sprint in run.sprints:
        lines += ["", *_sprint(sprint)]
    found = findings_of(run.sprints, len(run.sprints) - 1) if run.sprints else []
    open_now = [each for each in found if each.state != "fixed"]
    if open_now and run.sprints[-1].state != "passed":
        lines += ["", "Open:"]
        lines += [
            f"  {each.fate}  {each.criterion or each.text}" + (f"  ({each.place})" if each.place else "")
            for each in open_now
        ]
    return [escaped(line) for line in lines]


def _sprint(sprint: Sprint) -> list[str]:
    took = took_words(sprint)
    lines = [sprint.words + (f" · {took}" if took else ""), *(f"  {_criterion(each)}" for each in sprint.criteria)]
    lines += [f"  dropped by whoever approved  {each}" for each in sprint.dropped]
    lines += [f"  file  {each.words}" for each in sprint.files]
    return [*lines, *(f"  note  {each}" for each in sprint.notes)]


def _criterion(each: Criterion) -> str:
    sure = f" ({each.confidence:.0%})" if each.confidence is not None else ""
    place = f" at {each.file}" + (f":{each.line}" if each.line is not None else "") if each.file else ""
    first = each.evidence.strip().splitlines()[0][:EVIDENCE_CHARS] if each.evidence.strip() else ""
    return f"{MARKS[each.passed]}{sure}  {each.text}{place}{': ' if first else ''}{first}"
