"""Two runs side by side: what they were, how each criterion ended, and how their outputs differ."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from loom.orchestration.record import ToldRun
from loom_studio.panels.sprints.told import facts_of
from loom_studio.panels.sprints.words import verdict_colour, verdict_words
from loom_studio.plain_text import escape_invisible
from loom_studio.services.harness import HarnessRun
from loom_studio.texts import marked, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named
from loom_studio.widgets.sized import open_at

MOST_COMPARED_CHARS = 40_000
MOST_ROWS = 400


class ComparisonDialog(QDialog):
    """Compares `run` with another that is chosen from `others`; `wanted` is called with the chosen one.

    What was wanted is given to `show_other`, if the dialog `is_open` still.
    """

    def __init__(
        self,
        run: ToldRun,
        others: Sequence[HarnessRun],
        wanted: Callable[[ComparisonDialog, HarnessRun], None],
        diff_choice: DiffChoice | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        named(self, "Compare runs")
        self.setWindowTitle(tr("Compare with: {run}", run=run.title[:80]))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._run = run
        self._others = list(others)
        self._wanted = wanted
        self.is_open = True
        self.finished.connect(self._on_finished)
        self.other = choice("Run to compare with")
        for each in self._others:
            self.other.addItem(escape_invisible(each.words))
        self.table = named(QTableWidget(0, 3), "Comparison")
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setHorizontalHeaderLabels(["", tr("This run"), tr("The other run")])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setWordWrap(True)
        self.outputs = DiffView(
            marked("Difference of the outputs"), diff_choice, switch_name=marked("Outputs side by side")
        )
        self.changes = [
            DiffView(name, diff_choice, switch_name=switch)
            for name, switch in (
                (marked("Changes of this run"), marked("Changes of this run, side by side")),
                (marked("Changes of the other run"), marked("Changes of the other run, side by side")),
            )
        ]
        self._lay_out()
        self.other.currentIndexChanged.connect(self._on_other)

    def _lay_out(self) -> None:
        pages = QTabWidget()
        pages.addTab(self.outputs, tr("Outputs"))
        both = QSplitter(Qt.Orientation.Horizontal)
        for view in self.changes:
            both.addWidget(view)
        pages.addTab(both, tr("Last changes"))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(pages)
        split.setSizes([380, 260])
        close = named(QPushButton(tr("Close")), "Close the comparison")
        close.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.addWidget(self.other)
        layout.addWidget(split, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        layout.addLayout(row)
        close.clicked.connect(self.reject)
        open_at(self, 900, 680)

    def begin(self) -> None:
        """Open it, and ask for the run that is chosen first."""
        self.open()
        self._on_other()

    def show_other(self, other: ToldRun) -> None:
        """Show the run that was asked for; an answer to an earlier question is passed over."""
        row = self.other.currentIndex()
        if not 0 <= row < len(self._others) or self._others[row].id != other.id:
            return
        facts = [{name: value for _, name, value in facts_of(each)} for each in (self._run, other)]
        names = list(dict.fromkeys([*facts[0], *facts[1]]))
        criteria = list(dict.fromkeys([*self._run.criteria, *other.criteria]))[:MOST_ROWS]
        self.table.setRowCount(len(names) + len(criteria))
        for number, name in enumerate(names):
            self._put(number, 0, name)
            for column, known in enumerate(facts, 1):
                self._put(number, column, known.get(name, ""))
        for number, text in enumerate(criteria, len(names)):
            self._put(number, 0, text)
            for column, each in enumerate((self._run, other), 1):
                passed, words = _ended(each, text)
                item = self._put(number, column, words)
                if words:
                    item.setForeground(verdict_colour(passed))
        self._show_texts(other)

    def _show_texts(self, other: ToldRun) -> None:
        outputs = [run.sprints[-1].output if run.sprints else "" for run in (self._run, other)]
        if max(map(len, outputs)) > MOST_COMPARED_CHARS:
            self.outputs.show_text(
                tr("The outputs are too long to be compared here; export the reports."), as_diff=False
            )
        else:
            lines = difflib.unified_diff(
                outputs[0].splitlines(), outputs[1].splitlines(), tr("this run"), tr("the other run"), lineterm=""
            )
            text = "\n".join(lines)
            self.outputs.show_text(text or tr("The last outputs are the same."), as_diff=bool(text))
        for view, run in zip(self.changes, (self._run, other), strict=True):
            diff = next((each.diff for each in reversed(run.sprints) if each.diff), "")
            view.show_text(diff or tr("No sprint of it changed a file."), as_diff=bool(diff))

    def _on_other(self) -> None:
        row = self.other.currentIndex()
        if 0 <= row < len(self._others):
            self._wanted(self, self._others[row])

    def _on_finished(self) -> None:
        self.is_open = False

    def _put(self, row: int, column: int, text: str) -> QTableWidgetItem:
        shown = escape_invisible(text)
        item = QTableWidgetItem(shown[:600])
        item.setToolTip(shown[:4_000])
        self.table.setItem(row, column, item)
        return item


def _ended(run: ToldRun, text: str) -> tuple[bool | None, str]:
    """How a criterion stood at the end of a run, in words; empty where it was none of it."""
    judged = [(each.number, one.passed) for each in run.sprints for one in each.criteria if one.text == text]
    if not judged:
        return None, ""
    last = judged[-1][1]
    since = judged[-1][0]
    for number, passed in reversed(judged):
        if passed is not last:
            break
        since = number
    return last, tr("{verdict} since sprint {sprint}", verdict=verdict_words(last), sprint=since)
