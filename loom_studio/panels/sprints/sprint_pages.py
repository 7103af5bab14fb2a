"""What one sprint is about, a page each: its critique, output, changes and contract, and the run's brief."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from PySide6.QtWidgets import QPlainTextEdit, QTabWidget

from loom.orchestration.record import Sprint, ToldRun
from loom_studio.panels.sprints.critique import CritiqueView
from loom_studio.panels.sprints.told import change_words, facts_of
from loom_studio.plain_text import escape_invisible
from loom_studio.texts import marked, tr
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named

MOST_SHOWN_CHARS = 400_000
MOST_COMPARED_CHARS = 40_000
NOTHING_YET = marked("There is nothing to compare with yet.")


class SprintPages(QTabWidget):
    """Shows the sprint that is chosen; what is read keeps its place while nothing changes."""

    def __init__(self, diff_choice: DiffChoice | None) -> None:
        super().__init__()
        self.critique = CritiqueView()
        self.output = named(QPlainTextEdit(), "Output")
        self.changes = DiffView(marked("Changes"), diff_choice)
        self.contract = named(QPlainTextEdit(), "Contract")
        self.brief = named(QPlainTextEdit(), "Brief")
        self._diff: tuple[str, bool] | None = None
        for text in (self.output, self.contract, self.brief):
            text.setReadOnly(True)
        for page, title in (
            (self.critique, tr("Critique")),
            (self.output, tr("Output")),
            (self.changes, tr("Changes")),
            (self.contract, tr("Contract")),
            (self.brief, tr("Brief")),
        ):
            self.addTab(page, title)

    def show_run(self, run: ToldRun) -> None:
        """Show what the run is about."""
        facts = "\n".join(tr("{name}: {value}", name=name, value=value) for _, name, value in facts_of(run))
        spec = f"\n\n{tr('Specification')}\n{run.spec}" if run.spec and run.spec != run.brief else ""
        _put(self.brief, f"{facts}\n\n{tr('Brief')}\n{run.brief}{spec}")

    def show_sprint(self, sprints: Sequence[Sprint], at: int) -> None:
        """Show the sprint at this place of the list; -1 shows none."""
        sprint = sprints[at] if 0 <= at < len(sprints) else None
        self.critique.show_sprint(sprints, at)
        _put(self.output, sprint.output if sprint is not None else "")
        _put(self.contract, _contract_words(sprint) if sprint is not None else "")
        before = sprints[at - 1] if sprint is not None and at > 0 else None
        diff = _difference(sprint, before) if sprint is not None else (tr(NOTHING_YET), False)
        if diff != self._diff:
            self._diff = diff
            self.changes.show_text(diff[0], as_diff=diff[1])


def _difference(sprint: Sprint, before: Sprint | None) -> tuple[str, bool]:
    """The diff of the files to the sprint before; of the outputs where no file was looked at, or none changed."""
    if sprint.diff:
        return sprint.diff, True
    if sprint.has_files and sprint.files:
        said = tr("Only files changed of which there is no text to show:")
        return "\n".join([said, *map(change_words, sprint.files)]), False
    if before is None:
        return tr(NOTHING_YET) if not sprint.has_files else tr("This sprint changed no file."), False
    if max(len(sprint.output), len(before.output)) > MOST_COMPARED_CHARS:
        return tr("No file changed, and the outputs are too long to be compared here."), False
    lines = difflib.unified_diff(
        before.output.splitlines(),
        sprint.output.splitlines(),
        tr("the output before"),
        tr("the output now"),
        lineterm="",
    )
    text = "\n".join(lines)
    return (text, True) if text else (tr("Neither a file nor the output changed."), False)


def _contract_words(sprint: Sprint) -> str:
    parts = [f"{tr('Goal')}\n{sprint.goal}"] if sprint.goal else []
    parts.append("\n".join([tr("Criteria"), *(f"{n}. {each.text}" for n, each in enumerate(sprint.criteria, 1))]))
    if sprint.dropped:
        parts.append("\n".join([tr("Dropped when it was approved"), *(f"- {each}" for each in sprint.dropped)]))
    if sprint.handoff:
        parts.append(f"{tr('What the next sprint begins with')}\n{sprint.handoff}")
    return "\n\n".join(parts)


def _put(view: QPlainTextEdit, text: str) -> None:
    """Show a text where it is not shown yet: what is read in it keeps its place."""
    shown = escape_invisible(text[:MOST_SHOWN_CHARS])
    if view.toPlainText() != shown:
        view.setPlainText(shown)
