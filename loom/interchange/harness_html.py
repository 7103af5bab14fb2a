"""A harness run as one HTML page that needs nothing else, with its matrix of criteria as a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loom.interchange.harness_report import (
    MOST_DIFF_CHARS,
    MOST_OUTPUT_CHARS,
    SIGNS,
    shortened,
    took_words,
)
from loom.interchange.html import POLICY
from loom.interchange.html_style import STYLE
from loom.interchange.html_text import exact
from loom.orchestration.findings import Finding, findings_of
from loom.orchestration.record import Criterion, Sprint, ToldRun
from loom.safety.redaction import redact

CELL = 22
NAMES_PX = 300
NAME_CHARS = 42
EVIDENCE_CHARS = 300
MOST_DRAWN = 200
"""More criteria than this are told below the picture, and not drawn."""
_HALF = re.compile("[\ud800-\udfff]")

_OWN_STYLE = """
svg { display: block; max-width: none; }
.matrix { overflow-x: auto; background: var(--surface); border: 1px solid var(--border); border-radius: .6rem;
  padding: .8rem; margin-bottom: 1.5rem; }
.matrix text { fill: var(--text); font: 12px system-ui, sans-serif; }
.matrix .passed { fill: var(--success); } .matrix .failed { fill: var(--danger); } .matrix .none { fill: var(--muted); }
.matrix .sign { fill: var(--surface); font-weight: 700; }
pre { white-space: pre-wrap; background: var(--code); padding: .6rem .8rem; border-radius: .4rem;
  overflow-wrap: anywhere; font-size: .85rem; }
.added { color: var(--success); } .removed { color: var(--danger); }
.fate { font-weight: 600; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; } h3 { font-size: .95rem; }
"""
_CLASSES = {True: "passed", False: "failed", None: "none"}
_LETTERS = {True: "✓", False: "✗", None: "–"}


def report_html(run: ToldRun) -> str:
    """The page, to be written as UTF-8: light and dark, without script or network. Secrets are hidden.

    Everything in it comes from models and programs, so every text goes through `exact`.
    """
    known = "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in run.facts)
    sprints = "\n".join(_sprint(each, findings_of(run.sprints, n)) for n, each in enumerate(run.sprints))
    spec = f"<h2>Specification</h2>{_pre(run.spec)}" if run.spec and run.spec != run.brief else ""
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(run.title)}</title>
<style>{STYLE}{_OWN_STYLE}</style>
</head>
<body>
<header>
<h1 dir="auto">{_text(run.title)}</h1>
<dl>{known}</dl>
</header>
<main>
<h2>Brief</h2>{_pre(run.brief)}
{spec}
<h2>Criteria</h2>
<div class="matrix" tabindex="0">{matrix_svg(run)}</div>
{sprints or "<p>No sprint has begun.</p>"}
</main>
<footer>Exported by Loom Studio.</footer>
</body>
</html>
"""
    return _HALF.sub("\ufffd", page)


def matrix_svg(run: ToldRun) -> str:
    """The criteria as rows and the sprints as columns, as a picture that says in words what it shows."""
    rows = run.criteria[:MOST_DRAWN]
    judged = [{each.text: each for each in sprint.criteria} for sprint in run.sprints]
    width, height = NAMES_PX + CELL * max(1, len(run.sprints)) + 8, CELL * (len(rows) + 1) + 8
    said = "; ".join(each.words for each in run.sprints) or "No sprint has begun"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"'
        f' viewBox="0 0 {width} {height}" aria-label="{_attribute(said)}">'
    ]
    for column, sprint in enumerate(run.sprints):
        x = NAMES_PX + column * CELL + CELL / 2
        parts.append(f'<text x="{x:g}" y="{CELL - 7}" text-anchor="middle">{sprint.number}</text>')
    for row, name in enumerate(rows):
        top = CELL * (row + 1)
        short = name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"
        parts.append(f'<text x="0" y="{top + 15}">{_text(short)}<title>{_text(name)}</title></text>')
        for column, each in enumerate(judged):
            if name in each:
                parts.append(_Cell(NAMES_PX + column * CELL, top, each[name]).svg())
    left = len(run.criteria) - len(rows)
    more = f"<p>{left} more criteria are not drawn; the sprints below have them.</p>" if left > 0 else ""
    return "".join([*parts, "</svg>", more])


@dataclass(frozen=True, slots=True)
class _Cell:
    x: int
    y: int
    criterion: Criterion

    def svg(self) -> str:
        each = self.criterion
        told = f"{SIGNS[each.passed]}: {each.text}\n{each.evidence[:EVIDENCE_CHARS]}".strip()
        return (
            f'<g><title>{_text(told)}</title><rect class="{_CLASSES[each.passed]}" x="{self.x + 1}" y="{self.y + 1}"'
            f' width="{CELL - 2}" height="{CELL - 2}" rx="3"/><text class="sign" x="{self.x + CELL / 2:g}"'
            f' y="{self.y + 16}" text-anchor="middle">{_LETTERS[each.passed]}</text></g>'
        )


def _sprint(sprint: Sprint, findings: list[Finding]) -> str:
    parts = [f"<h2>{_text(sprint.words)}</h2>", f'<p class="told">{_text(took_words(sprint))}</p>']
    parts.append(f"<ul>{''.join(_judged(each) for each in sprint.criteria)}</ul>")
    if sprint.dropped:
        dropped = "".join(f"<li>{_text(each)}</li>" for each in sprint.dropped)
        parts.append(f"<h3>Taken out when the contract was approved</h3><ul>{dropped}</ul>")
    if findings:
        parts.append(f"<h3>What was wrong</h3><ul>{''.join(map(_finding, findings))}</ul>")
    if sprint.files:
        files = "".join(f"<li>{_text(each.words)}</li>" for each in sprint.files)
        parts.append(f"<h3>Files</h3><ul>{files}</ul>")
    if sprint.diff:
        parts.append(f"<details><summary>What changed</summary>{_diff(sprint.diff)}</details>")
    if sprint.critique:
        parts.append(f"<h3>Critique</h3>{_pre(sprint.critique)}")
    parts.append(f"<details><summary>Output</summary>{_pre(shortened(sprint.output, MOST_OUTPUT_CHARS))}</details>")
    return "\n".join(parts)


def _judged(each: Criterion) -> str:
    sure = f" ({each.confidence:.0%})" if each.confidence is not None else ""
    mark = f'<span class="{"completed" if each.passed else "failed"}">{SIGNS[each.passed]}</span>'
    evidence = f"<details><summary>Evidence</summary>{_pre(each.evidence)}</details>" if each.evidence else ""
    return f"<li>{mark}{sure} {_text(each.text)}{evidence}</li>"


def _finding(each: Finding) -> str:
    place = f" <code>{_text(each.place)}</code>" if each.place else ""
    return f'<li><span class="fate">{_text(each.fate)}</span>{place} {_text(each.criterion or each.text)}</li>'


def _diff(text: str) -> str:
    lines: list[str] = []
    for line in shortened(text, MOST_DIFF_CHARS).splitlines():
        kind = {"+": "added", "-": "removed"}.get(line[:1])
        lines.append(f'<span class="{kind}">{_text(line)}</span>' if kind else _text(line))
    return f"<pre>{chr(10).join(lines)}</pre>"


def _pre(text: str) -> str:
    return f'<pre dir="auto">{_text(text)}</pre>'


def _text(text: str) -> str:
    return exact(redact(text))


def _attribute(text: str) -> str:
    return _text(text).replace('"', "&quot;")
