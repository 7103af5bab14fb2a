"""The Sprints tab: harness runs, their sprints and verdicts, and what a person says to them."""

from __future__ import annotations

import difflib
from collections.abc import Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom_studio.panels.sprints.timeline import SprintTimeline, chosen_row, time_words, verdict_colour
from loom_studio.plain_text import escape_invisible
from loom_studio.services.harness import Criterion, HarnessRun, HarnessRuns, Sprint
from loom_studio.tasks import TaskOwner
from loom_studio.theme import px
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label

FOLLOW_MS = 500
MARKS = {True: "✓ passed", False: "✗ failed", None: "– not judged"}
MOST_SHOWN_CHARS = 400_000
MOST_TOLD_CHARS = 2_000
CRITERION_PX = 150
HOW_TO_BEGIN = (
    "No harness run yet. In one, an agent works in sprints, and another judges each by criteria that both agreed on."
)


class SprintsPanel(QWidget):
    """Shows the harness runs of the profile, whoever started them, and follows those at work while it is in view."""

    new_wanted = Signal()
    """The person wants to say what a new run is to do."""

    def __init__(self, service: HarnessRuns, diff_choice: DiffChoice | None = None) -> None:
        super().__init__()
        self._service = service
        self._runs: list[HarnessRun] = []
        self._sprints: list[Sprint] = []
        self._shown: tuple[str, list[Sprint]] | None = None
        self._is_reading = False
        self._working = 0
        self.tasks = TaskOwner(self.say)
        self.summary = text_label(HOW_TO_BEGIN, look="Muted")
        self.new = named(QPushButton("New harness run…"), "New harness run…")
        self.runs = named(QListWidget(), "Harness runs")
        self.brief = named(QPlainTextEdit(), "Brief")
        self.timeline = SprintTimeline()
        self.criteria = named(QTableWidget(), "Criteria")
        self.critique = named(QPlainTextEdit(), "Critique")
        self.output = named(QPlainTextEdit(), "Output")
        self.changes = DiffView("Changes", diff_choice)
        self.approve = named(QPushButton("Approve contract"), "Approve contract")
        self.accept = named(QPushButton("Accept"), "Accept")
        self.accept.setToolTip("Take the sprint that runs as it is, whatever the verdict. The record says who did.")
        self.add_criterion = named(QPushButton("Add criterion…"), "Add criterion…")
        self.remark = named(QPushButton("Send remark…"), "Send remark…")
        self.stop = named(QPushButton("Stop harness"), "Stop harness")
        self.stop.setToolTip("End after the sprint that runs.")
        self.resume = named(QPushButton("Resume"), "Resume the run")
        self.resume.setToolTip("Go on after the last step that was recorded.")
        self.status = text_label(look="Muted")
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._lay_out()
        self._connect()
        self._show_sprint()

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def refresh(self) -> None:
        """Read the runs again, and the sprints of the one that is chosen."""
        if not self._is_reading:
            self._is_reading = True
            self.tasks.start(self._read(), what="read the harness runs")

    async def aclose(self) -> None:
        """End what runs, and close the journal."""
        self._timer.stop()
        await self.tasks.aclose()
        await self._service.aclose()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def start(self, brief: str, details: dict[str, Any]) -> None:
        """Begin a run, and follow it."""
        self.runs.clearSelection()
        self.tasks.start(self._work(self._service.work(brief, details)), what="work on the harness run")

    def _on_resume(self) -> None:
        run = self._run()
        if run is not None:
            self.tasks.start(self._work(self._service.resume(run)), what="go on with the harness run")

    async def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Follow the runs while one is worked on here: it is not in the journal at once."""
        self._working += 1
        self.say("")
        self._timer.start()
        try:
            await work
        finally:
            self._working -= 1
            self.refresh()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.new, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        for text in (self.brief, self.critique, self.output):
            text.setReadOnly(True)
        self.criteria.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.criteria.verticalHeader().setFixedWidth(px(CRITERION_PX))
        self.criteria.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.runs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.runs.setTextElideMode(Qt.TextElideMode.ElideRight)
        pages = QTabWidget()
        pages.addTab(self.critique, "Critique")
        pages.addTab(self.output, "Output")
        pages.addTab(self.changes, "Changes")
        pages.addTab(self.brief, "Brief")
        lower = QSplitter(Qt.Orientation.Vertical)
        lower.addWidget(self.runs)
        work = QWidget()
        inner = QVBoxLayout(work)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.timeline)
        inner.addWidget(self.criteria, 1)
        lower.addWidget(work)
        lower.addWidget(pages)
        lower.setSizes([90, 320, 220])
        layout.addWidget(lower, 1)
        for buttons in ((self.resume, self.approve, self.accept, self.stop), (self.add_criterion, self.remark)):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addWidget(self.status)

    def _connect(self) -> None:
        self.runs.itemSelectionChanged.connect(self.refresh)
        self.new.clicked.connect(self.new_wanted)
        self.resume.clicked.connect(self._on_resume)
        self.timeline.itemSelectionChanged.connect(self._show_sprint)
        self.accept.clicked.connect(lambda: self._say("accept", "The sprint that runs will be accepted.", by="person"))
        self.stop.clicked.connect(lambda: self._say("stop", "The run ends after this sprint."))
        self.approve.clicked.connect(self._on_approve)
        self.add_criterion.clicked.connect(
            lambda: self._ask("criterion", "Add criterion", "What must hold from the next sprint on?", "Add")
        )
        self.remark.clicked.connect(
            lambda: self._ask("remark", "Send remark", "What should the generator know?", "Send")
        )

    async def _read(self) -> None:
        try:
            runs = await self._service.runs()
            chosen = self._chosen_of(runs)
            sprints = await self._service.sprints(chosen) if chosen is not None else []
        except LoomError as error:
            self.summary.setText(f"The harness runs can't be read: {error}")
            return
        finally:
            self._is_reading = False
        self._show_runs(runs, chosen)
        if self._service.notices:
            self.say(" ".join(self._service.notices))
            self._service.notices.clear()
        if (now := self._run()) is not None and chosen is not None and now.id == chosen.id:
            self._show_sprints(chosen, sprints)
        wants = (self._working > 0 or any(run.is_running for run in runs)) and self.isVisible()
        if wants != self._timer.isActive():
            (self._timer.start if wants else self._timer.stop)()

    def _run(self) -> HarnessRun | None:
        row = chosen_row(self.runs)
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _chosen_of(self, runs: list[HarnessRun]) -> HarnessRun | None:
        """The run that was chosen, as it is now; the first where none was."""
        before = self._run()
        same = next((run for run in runs if before is not None and run.id == before.id), None)
        return same or (runs[0] if runs else None)

    def _show_runs(self, runs: list[HarnessRun], chosen: HarnessRun | None) -> None:
        if chosen is not None and (now := self._run()) is not None:
            chosen = next((run for run in runs if run.id == now.id), chosen)
        if runs != self._runs:
            self._runs = runs
            self.runs.blockSignals(True)
            self.runs.clear()
            for run in runs:
                item = QListWidgetItem(escape_invisible(run.words), self.runs)
                item.setToolTip(escape_invisible(run.brief)[:MOST_TOLD_CHARS])
            self.runs.setCurrentRow(next((n for n, run in enumerate(runs) if run is chosen), -1))
            self.runs.blockSignals(False)
        self.summary.setText(_counted(runs))

    def _show_sprints(self, run: HarnessRun, sprints: list[Sprint]) -> None:
        if self._shown == (run.id, sprints):
            self._show_buttons()
            return
        if self._shown is None or self._shown[0] != run.id:
            self.timeline.clear()
            self.brief.setPlainText(escape_invisible(run.brief)[:MOST_SHOWN_CHARS])
        self._shown, self._sprints = (run.id, sprints), sprints
        self.timeline.show_sprints(sprints)
        self._show_matrix()
        self._show_sprint()

    def _show_matrix(self) -> None:
        """Criteria as rows, whose names stay in view, sprints as columns."""
        names = list(dict.fromkeys(each.text for sprint in self._sprints for each in sprint.criteria))
        self.criteria.setRowCount(len(names))
        self.criteria.setColumnCount(len(self._sprints))
        self.criteria.setHorizontalHeaderLabels([f"Sprint {each.number}" for each in self._sprints])
        for row, name in enumerate(names):
            item = QTableWidgetItem(escape_invisible(name))
            item.setToolTip(escape_invisible(name))
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.criteria.setVerticalHeaderItem(row, item)
        rows = {name: row for row, name in enumerate(names)}
        for column, sprint in enumerate(self._sprints):
            judged = {each.text: each for each in sprint.criteria}
            for name, row in rows.items():
                self.criteria.setItem(row, column, _cell(judged.get(name)))

    def _show_sprint(self) -> None:
        row = chosen_row(self.timeline)
        sprint = self._sprints[row] if 0 <= row < len(self._sprints) else None
        _put(self.critique, _work_list(sprint))
        _put(self.output, sprint.output if sprint is not None else "")
        before = self._sprints[row - 1].output if row > 0 and sprint is not None else ""
        text = _compared(before, sprint.output) if sprint is not None and row > 0 else ""
        self.changes.show_text(text or "There is nothing to compare with yet.", as_diff=bool(text))
        if sprint is not None:
            self.criteria.selectColumn(row)
        self._show_buttons()

    def _show_buttons(self) -> None:
        run = self._run()
        hears = run is not None and not run.is_done
        for button in (self.accept, self.add_criterion, self.remark, self.stop):
            button.setEnabled(hears)
        last = self._sprints[-1] if self._sprints else None
        waits = last is not None and last.doing == "its contract waits for approval"
        self.approve.setVisible(hears and waits)
        self.resume.setVisible(run is not None and not run.is_done and not run.is_running)

    def _on_approve(self) -> None:
        if self._sprints:
            self._say("contract", "The contract is approved.", sprint=self._sprints[-1].number)

    def _ask(self, kind: str, title: str, question: str, verb: str) -> None:
        dialog = QInputDialog(self)
        named(dialog, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(title)
        dialog.setLabelText(question)
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setOkButtonText(verb)
        for text in dialog.findChildren(QPlainTextEdit):
            named(text, kind.capitalize())
        dialog.textValueSelected.connect(partial(self._on_words, kind))
        dialog.open()

    def _on_words(self, kind: str, text: str) -> None:
        if text.strip():
            self._say(kind, "It counts from the next sprint on.", text=text.strip())

    def _say(self, kind: str, then: str, **data: Any) -> None:
        run = self._run()
        if run is not None:
            self.tasks.start(self._tell(run, kind, then, data), what="tell the run")

    async def _tell(self, run: HarnessRun, kind: str, then: str, data: dict[str, Any]) -> None:
        await self._service.say(run, kind, **data)
        self.say(then)
        self.refresh()


def _counted(runs: list[HarnessRun]) -> str:
    if not runs:
        return HOW_TO_BEGIN
    running = sum(run.is_running for run in runs)
    return f"{len(runs)} harness {'run' if len(runs) == 1 else 'runs'}, {running} at work"


def _cell(criterion: Criterion | None) -> QTableWidgetItem:
    if criterion is None:
        return QTableWidgetItem("")
    item = QTableWidgetItem(MARKS[criterion.passed])
    item.setForeground(verdict_colour(criterion.passed))
    sure = f"Confidence {criterion.confidence:.0%}\n" if criterion.confidence is not None else ""
    item.setToolTip(escape_invisible(sure + (criterion.evidence or "No evidence was given.")))
    return item


def _work_list(sprint: Sprint | None) -> str:
    """What is wrong, criterion by criterion, then the critique as it was written, and what the sprint took."""
    if sprint is None:
        return ""
    took = [time_words(sprint.duration_s), f"{sprint.tokens:,} tokens" if sprint.tokens else ""]
    took.append(f"${sprint.cost_usd:.4f}" if sprint.cost_usd is not None else "")
    parts = [" · ".join([sprint.words, *(each for each in took if each)])]
    parts += [
        f"{MARKS[each.passed]}: {each.text}\n{each.evidence}".strip()
        for each in sprint.criteria
        if each.passed is not True
    ]
    return "\n\n".join([*parts, *([sprint.critique] if sprint.critique else [])])


def _put(view: QPlainTextEdit, text: str) -> None:
    """Show a text where it is not shown yet: what is read in it keeps its place."""
    shown = escape_invisible(text)[:MOST_SHOWN_CHARS]
    if view.toPlainText() != shown:
        view.setPlainText(shown)


def _compared(before: str, now: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), "the sprint before", "this one", lineterm="")
    return "\n".join(lines)[:MOST_SHOWN_CHARS]
