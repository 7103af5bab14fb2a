"""The critique of a sprint as a work list: each finding with its fate, its criterion, its place."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import override

from loom.orchestration.findings import Finding, findings_of
from loom.orchestration.record import Sprint
from loom_studio.panels.sprints.placed_text import PlacedText, escaped, link, placed
from loom_studio.panels.sprints.told import change_words, fate_words, sprint_words
from loom_studio.panels.sprints.words import cost_words, time_words
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import current

MOST_EVIDENCE_CHARS = 1_500
MOST_CRITIQUE_CHARS = 20_000
MOST_FINDINGS = 60
MOST_FILES = 12


class CritiqueView(PlacedText):
    """Shows what was wrong after a sprint, and what became of it since; then the critique as it was written."""

    def __init__(self) -> None:
        super().__init__(marked("Critique"))
        self._shown: tuple[Sequence[Sprint], int] = ((), -1)

    def show_sprint(self, sprints: Sequence[Sprint], at: int) -> None:
        """Show the sprint at this place of the list; -1 shows none. What is read in it keeps its place."""
        self._shown = sprints, at
        self.render_page()

    @override
    def page(self) -> str:
        sprints, at = self._shown
        return _page(sprints, at) if 0 <= at < len(sprints) else ""


def _page(sprints: Sequence[Sprint], at: int) -> str:
    sprint = sprints[at]
    used = [time_words(sprint.duration_s), tr("{tokens:,} tokens", tokens=sprint.tokens) if sprint.tokens else ""]
    used.append(cost_words(sprint) if sprint.cost_usd is not None else "")
    if sprint.has_files:
        used.append(plural("{n} file changed", "{n} files changed", len(sprint.files)))
    head = " · ".join([sprint_words(sprint), *(each for each in used if each)])
    parts = [f"<p>{escaped(head)}</p>"]
    dropped = [tr("Dropped when the contract was approved: {criterion}", criterion=each) for each in sprint.dropped]
    parts += [f"<p>{_muted(each)}</p>" for each in dropped]
    findings = findings_of(sprints, at) if sprint.is_over else []
    parts += [_finding(each) for each in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        parts.append(f"<p>{_muted(tr('{more} more; the matrix has them.', more=len(findings) - MOST_FINDINGS))}</p>")
    if sprint.critique:
        parts.append(f"<p>{_muted(tr('As the evaluator wrote it'))}</p><p>{placed(_cut(sprint.critique))}</p>")
    if sprint.files:
        names = [change_words(each) for each in sprint.files[:MOST_FILES]]
        if len(sprint.files) > MOST_FILES:
            names.append(tr("… {more} more", more=len(sprint.files) - MOST_FILES))
        parts.append(f"<p>{_muted(tr('Files'))}</p><p>{'<br>'.join(map(escaped, names))}</p>")
    parts += [f"<p>{_muted(each)}</p>" for each in sprint.notes]
    return "".join(parts)


def _finding(each: Finding) -> str:
    tokens = current()
    colour = {"fixed": tokens.success, "waived": tokens.muted, "not judged": tokens.muted}.get(
        each.state, tokens.danger
    )
    sign = {"fixed": "✓", "waived": "–", "not judged": "–"}.get(each.state, "✗")
    fate = f'<b style="color:{colour}">{sign} {escaped(fate_words(each))}</b>'
    is_apart = each.place and each.place not in each.text
    place = f" <code>{link(each.place, each.file, each.line)}</code>" if is_apart else ""
    since = _muted(tr(" since sprint {sprint}", sprint=each.since)) if each.state in ("open", "came back") else ""
    about = f" <b>{escaped(each.criterion)}</b>" if each.criterion else ""
    told = placed(each.text[:MOST_EVIDENCE_CHARS])
    return f"<p>{fate}{since}{place}{about}{'<br>' if about and told else ' '}{told}</p>"


def _muted(text: str) -> str:
    return f'<span style="color:{current().muted}">{escaped(text)}</span>'


def _cut(text: str) -> str:
    if len(text) <= MOST_CRITIQUE_CHARS:
        return text
    left = tr("[… {count:,} characters left out]", count=len(text) - MOST_CRITIQUE_CHARS)
    return f"{text[:MOST_CRITIQUE_CHARS]}\n{left}"
