"""A harness run as a report in Markdown: what was asked, how each sprint was judged, and what is open."""

from __future__ import annotations

import re

from loom.interchange.containment import fenced
from loom.interchange.markdown import plain
from loom.orchestration.findings import Finding, findings_of
from loom.orchestration.record import Criterion, Sprint, ToldRun
from loom.safety.odd_text import escaped
from loom.safety.redaction import redact

SIGNS = {True: "✓ passed", False: "✗ failed", None: "– not judged"}
MOST_OUTPUT_CHARS = 20_000
MOST_DIFF_CHARS = 40_000
_HALF = re.compile("[\ud800-\udfff]")


def report_markdown(run: ToldRun) -> str:
    """The report, to be written as UTF-8. What looks like a secret is hidden."""
    parts = [f"# {plain(run.title)}", "\n".join(f"- {name}: {plain(value)}" for name, value in run.facts)]
    parts += ["## Brief", _block(run.brief)]
    if run.spec and run.spec != run.brief:
        parts += ["## Specification", _block(run.spec)]
    parts += ["## Criteria", _matrix(run)]
    for place, sprint in enumerate(run.sprints):
        parts += _sprint(sprint, findings_of(run.sprints, place))
    return _HALF.sub("\ufffd", redact("\n\n".join(part for part in parts if part) + "\n"))


def _matrix(run: ToldRun) -> str:
    """Criteria as rows, sprints as columns."""
    if not run.sprints:
        return "No sprint has begun."
    heads = ["Criterion", *(f"{each.number}" for each in run.sprints)]
    rows = [heads, ["---"] * len(heads)]
    judged = [{each.text: each for each in sprint.criteria} for sprint in run.sprints]
    rows += [
        [plain(text), *(SIGNS[each[text].passed] if text in each else "" for each in judged)] for text in run.criteria
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _sprint(sprint: Sprint, findings: list[Finding]) -> list[str]:
    parts = [f"## {plain(sprint.words)}", plain(took_words(sprint))]
    parts.append("\n".join(f"- {_judged(each)}" for each in sprint.criteria))
    if sprint.dropped:
        parts.append("\n".join(f"- Taken out when the contract was approved: {plain(each)}" for each in sprint.dropped))
    if findings:
        parts += ["### What was wrong", "\n".join(f"- {finding_words(each)}" for each in findings)]
    if sprint.files:
        parts += ["### Files", "\n".join(f"- {plain(each.words)}" for each in sprint.files)]
    if sprint.diff:
        parts.append(_block(shortened(sprint.diff, MOST_DIFF_CHARS), "diff"))
    if sprint.critique:
        parts += ["### Critique", _block(sprint.critique)]
    return [*parts, "### Output", _block(shortened(sprint.output, MOST_OUTPUT_CHARS))]


def finding_words(finding: Finding) -> str:
    """A finding in a line of Markdown."""
    place = f" at {plain(finding.place)}" if finding.place else ""
    about = plain(finding.criterion) + (f": {plain(finding.text)}" if finding.text else "")
    return f"{plain(finding.fate)}{place}: {about if finding.criterion else plain(finding.text)}"


def _judged(each: Criterion) -> str:
    sure = f", confidence {each.confidence:.0%}" if each.confidence is not None else ""
    return f"{SIGNS[each.passed]}{sure}: {plain(each.text)}"


def took_words(sprint: Sprint) -> str:
    """What a sprint took: seconds of work, tokens, dollars, as far as they are known."""
    took = [f"{sprint.duration_s:.1f} s" if sprint.duration_s is not None else ""]
    took.append(f"{sprint.tokens:,} tokens" if sprint.tokens else "")
    took.append(f"${sprint.cost_usd:.4f}" if sprint.cost_usd is not None else "")
    return " · ".join(each for each in took if each)


def shortened(text: str, most: int) -> str:
    """A text of no more than so many characters, which says how many are left out."""
    return text if len(text) <= most else f"{text[:most]}\n[… {len(text) - most:,} characters left out …]"


def _block(text: str, language: str = "") -> str:
    """A text as it stands, but for characters that would move the cursor of a terminal or turn the text around."""
    return escaped(fenced(text, language), "\n\t")
