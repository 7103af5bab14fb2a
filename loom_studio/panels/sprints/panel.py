"""The Sprints tab: harness runs, their sprints and verdicts, and what a person says to them."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom.orchestration.record import Sprint, ToldRun
from loom_studio.panels.sprints.actions import SprintActions
from loom_studio.panels.sprints.matrix import CriteriaTable, evidence_words
from loom_studio.panels.sprints.placed_text import PlacedText
from loom_studio.panels.sprints.questions import ContractDialog, ForkDialog, ask_words
from loom_studio.panels.sprints.run_dialogs import RunDialogs
from loom_studio.panels.sprints.run_list import RunFinder
from loom_studio.panels.sprints.sprint_pages import SprintPages
from loom_studio.panels.sprints.timeline import TimelineBox
from loom_studio.panels.sprints.told import facts_of
from loom_studio.panels.sprints.words import chosen_row, verdict_words
from loom_studio.plain_text import escape_invisible
from loom_studio.runtime_words import said_of
from loom_studio.services.harness import HarnessRun, HarnessRuns
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import px
from loom_studio.widgets.column import Column
from loom_studio.widgets.diff_choice import DiffChoice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.one_line import OneLine

if TYPE_CHECKING:
    from loom.briefs import Brief
    from loom.types.approvals import ApprovalRequest
    from loom_studio.panels.sprints.waiting_call import WaitingCall
    from loom_studio.services.run_queue import RunQueue, Wanted

FOLLOW_MS = 500
EVIDENCE_PX, BODY_PX = 52, 180
SHOWN_FACTS = ("Generator", "Evaluator", "Planner", "Budget", "Took", "Forked")
HOW_TO_BEGIN = marked(
    "No harness run yet. In one, an agent works in sprints, and another judges each by criteria that both agreed on."
)


class SprintsPanel(QWidget):
    """Shows the harness runs of the profile, whoever started them, and follows those at work while it is in view."""

    new_wanted = Signal()
    """The person wants to say what a new run is to do."""
    place_wanted = Signal(str, str, int)
    """A workspace, a file in it as an evaluator named it, and a line of that (0 for none)."""
    answered = Signal()
    """A call that waited was answered."""

    def __init__(
        self, service: HarnessRuns, diff_choice: DiffChoice | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._service = service
        self._diff_choice = diff_choice
        self._told: ToldRun | None = None
        self._seen: tuple[HarnessRun | None, int] = (None, 0)
        self._wanted_id = ""
        self._is_reading = False
        self._is_stale = False
        self._working = 0
        self._said_of_queue: tuple[str, set[str]] = ("", set())
        self.tasks = TaskOwner(self.say)
        self.dialogs = RunDialogs(self, service, self.tasks, self.say, diff_choice)
        self.summary = text_label(tr(HOW_TO_BEGIN), look="Muted")
        self.new = named(QPushButton(tr("New harness run…")), "New harness run…")
        self._finder = RunFinder()
        self.search, self.runs = self._finder.field, self._finder.runs
        self.facts = OneLine()
        self.doing = OneLine()
        box = TimelineBox()
        self.timeline = box.timeline
        self.criteria = CriteriaTable()
        self.evidence = PlacedText(marked("Evidence"))
        self.pages = SprintPages(diff_choice)
        self.buttons = SprintActions()
        self.status = text_label(look="Muted")
        self.status.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._lay_out(box)
        self._connect()
        self._show_sprint()

    @cached_property
    def waiting(self) -> WaitingCall:
        """The card of the call that waits for the person; made with the first one."""
        from loom_studio.panels.sprints.answers import Answers
        from loom_studio.panels.sprints.waiting_call import WaitingCall

        card = WaitingCall(self._diff_choice)
        self._answers = Answers(card, self._service, self.tasks, lambda: self.runs.chosen, self.say)
        self._answers.then = self._on_answered
        self._column.lines.insertWidget(self._column.lines.indexOf(self.buttons), card)
        return card

    @property
    def call_in_hand(self) -> ApprovalRequest | None:
        """The call that is shown, while its card or a part of that has the keyboard."""
        return self.waiting.in_hand if "waiting" in vars(self) else None

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)
        self.status.setVisible(bool(sentence))

    def refresh(self) -> None:
        """Read the runs again, and the sprints of the one that is chosen."""
        if self._is_reading:
            self._is_stale = True
            return
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

    def show_run(self, run_id: str, request_id: str = "") -> None:
        """Bring a run into view, and the call of it that waits."""
        self._wanted_id = run_id
        self._finder.show_run()
        if request_id or "waiting" in vars(self):
            self.waiting.want(request_id)
        self.refresh()

    def start(self, brief: str, details: dict[str, Any]) -> None:
        """Begin a run, and follow it."""
        self.runs.choose_none()
        self._wanted_id = ""
        self.tasks.start(self._work(self._service.work(brief, details)), what="work on the harness run")

    def start_many(self, briefs: Sequence[Brief]) -> None:
        """Begin the runs of a file of briefs here, and follow the first."""
        self._wanted_id = briefs[0].id
        self.tasks.start(self._work(self._service.work_on_many(briefs, self.say)), what="work on the harness runs")

    async def put_into_queue(self, wanted: Wanted, briefs: Sequence[Brief]) -> None:
        """Have workers do these, and follow the first. Raises ConfigError, StoreError."""
        said = await self._service.put_into_queue(wanted, briefs)
        self.show_run(briefs[0].id)
        self._said_of_queue = said, {brief.id for brief in briefs}
        self.say(said)

    @property
    def queue(self) -> RunQueue | None:
        """Where runs are put for workers; None where there are no settings to remember one."""
        return self._service.queue

    @property
    def is_working(self) -> bool:
        """Whether a run is worked on from this panel."""
        return self._working > 0

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

    def _lay_out(self, box: TimelineBox) -> None:
        """Put all together from the outside in: Qt styles again whatever is inside of what finds a parent."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.new, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        self._column = column = Column()  # a low window that has a call to answer too shows it in two glances
        layout.addWidget(column, 1)
        column.lines.setContentsMargins(0, 0, 0, 0)
        column.lines.setSpacing(6)
        self._body = QScrollArea()  # a low window shows it in two glances
        column.lines.addWidget(self._body, 1)
        self._lay_out_run(box)
        column.lines.addWidget(self.buttons)
        layout.addWidget(self.status)
        self._below = QWidget()  # keeps the first line at the top while there is nothing else
        layout.addWidget(self._below, 1)
        self._show_body(is_there=False)

    def _lay_out_run(self, box: TimelineBox) -> None:
        """The list, and what is shown of one run."""
        self._body.setMinimumHeight(px(BODY_PX))
        self._body.setWidgetResizable(True)
        self._body.setFrameShape(QScrollArea.Shape.NoFrame)
        self._body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        lower = QSplitter(Qt.Orientation.Vertical)
        self._body.setWidget(lower)
        lower.addWidget(self._finder)
        work = QWidget()
        lower.addWidget(work)
        inner = QVBoxLayout(work)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        self.doing.hide()
        for widget, stretch in ((self.facts, 0), (self.doing, 0), (box, 0), (self.criteria, 1), (self.evidence, 0)):
            inner.addWidget(widget, stretch)
        self.evidence.setFixedHeight(px(EVIDENCE_PX))
        self.evidence.setPlaceholderText(tr("Choose a cell to read its evidence."))
        lower.addWidget(self.pages)
        self.pages.setMinimumHeight(px(110))
        lower.setSizes([px(70), px(400), px(220)])
        lower.setChildrenCollapsible(False)

    def _connect(self) -> None:
        buttons = self.buttons
        self.runs.itemSelectionChanged.connect(self._on_run_chosen)
        self.new.clicked.connect(self.new_wanted)
        self.timeline.itemSelectionChanged.connect(self._show_sprint)
        self.criteria.clicked.connect(self._on_cell)
        for text in (self.evidence, self.pages.critique):
            text.place_wanted.connect(self._on_place)
        self.criteria.selectionModel().currentChanged.connect(self._on_current)
        buttons.resume.clicked.connect(self._on_resume)
        buttons.accept.clicked.connect(self._on_accept)
        buttons.stop.clicked.connect(lambda: self._say("stop", tr("The run ends after this sprint.")))
        buttons.end.clicked.connect(self._on_end)
        buttons.approve.clicked.connect(self._on_approve)
        buttons.edit.clicked.connect(self._on_edit)
        buttons.fork.clicked.connect(self._on_fork)
        buttons.compare.clicked.connect(self._on_compare)
        buttons.export.clicked.connect(self._on_export)
        buttons.delete.clicked.connect(self._on_delete)
        buttons.add_criterion.clicked.connect(
            lambda: self._ask(
                "criterion",
                marked("Add criterion"),
                tr("What must hold from the next sprint on?"),
                marked("Criterion"),
                tr("Add"),
            )
        )
        buttons.remark.clicked.connect(
            lambda: self._ask(
                "remark", marked("Send remark"), tr("What should the generator know?"), marked("Remark"), tr("Send")
            )
        )

    def _on_place(self, file: str, line: int) -> None:
        if self._told is not None:
            self.place_wanted.emit(str(self._told.details.get("workspace") or "."), file, line)

    def _on_run_chosen(self) -> None:
        if self.runs.chosen is not None:
            self._wanted_id = ""
        self.refresh()

    async def _read(self) -> None:
        self._is_stale = False
        try:
            runs = await self._service.runs()
            chosen = self._chosen_of(runs)
            # What nothing was added to is as it was shown, but for what its agents go through.
            seen = (chosen, await self._service.look(chosen) if chosen is not None else 0)
            is_new = chosen is not None and (seen != self._seen or self._told is None)
            told = await self._service.told(chosen) if chosen is not None and is_new else self._told
            asks = chosen is not None and chosen.is_running and chosen.details.get("asks") == "wait"
            waiting = await self._service.approvals(chosen) if chosen is not None and asks else []
        except LoomError as error:
            self.summary.setText(tr("The harness runs can't be read: {why}", why=said_of(error)))
            return
        finally:
            self._is_reading = False
        if chosen is not None and self._chosen_of(runs) != chosen:
            self._is_stale = True  # another was chosen meanwhile
        else:
            self._seen = seen
            self._show(runs, chosen, told)
            if waiting or "waiting" in vars(self):
                self.waiting.show_waiting(waiting)
        said, queued = self._said_of_queue
        if self.status.text() == said and any(run.id in queued and not run.is_queued for run in runs):
            self.say("")  # somebody works there now
        if self._service.notices:
            self.say(" ".join(self._service.notices))
            self._service.notices.clear()
        is_moving = self._working > 0 or self._service.is_shared or any(run.is_running for run in runs)
        wants = is_moving and self.isVisible()
        if wants != self._timer.isActive():
            (self._timer.start if wants else self._timer.stop)()
        if self._is_stale:
            self.refresh()

    def _chosen_of(self, runs: list[HarnessRun]) -> HarnessRun | None:
        """The run that was chosen, as it is now; the first where none was."""
        before = self.runs.chosen
        wanted = self._wanted_id or (before.id if before is not None else "")
        same = next((run for run in runs if run.id == wanted), None)
        if same is None and before is not None:  # what is wanted is not in the journal yet
            same = next((run for run in runs if run.id == before.id), None)
        return same or (runs[0] if runs else None)

    def _show(self, runs: list[HarnessRun], chosen: HarnessRun | None, told: ToldRun | None) -> None:
        if chosen is not None and chosen.id == self._wanted_id:
            self._wanted_id = ""
        self._show_body(is_there=bool(runs))
        self.runs.show_runs(runs, chosen.id if chosen is not None else "")
        self.summary.setText(_counted(runs))
        doing = self._service.doing(chosen, told) if chosen is not None and told is not None else ""
        self.doing.show_text(doing)
        self.doing.setVisible(bool(doing))
        if told is self._told:
            self.timeline.grow()
            self._show_buttons()
            return
        if told is not None and (self._told is None or self._told.id != told.id):
            self.timeline.clear()
        self._told = told
        if told is None:
            return
        known = [
            tr("{name}: {value}", name=name, value=value) for fact, name, value in facts_of(told) if fact in SHOWN_FACTS
        ]
        self.facts.show_text(escape_invisible(" · ".join(known)))
        self.pages.show_run(told)
        self.timeline.blockSignals(True)
        self.timeline.show_sprints(told.sprints, told.planning)
        self.timeline.blockSignals(False)
        self.criteria.show_sprints(told.sprints)
        self._show_sprint()
        self._on_current(self.criteria.currentIndex())

    def _show_body(self, *, is_there: bool) -> None:
        """Show the run and what can be done with it, where there is one."""
        for widget in (self._column, self.buttons):
            widget.setVisible(is_there)
        self._below.setVisible(not is_there)

    @property
    def _sprints(self) -> tuple[Sprint, ...]:
        return self._told.sprints if self._told is not None else ()

    @property
    def _sprint(self) -> Sprint | None:
        row = chosen_row(self.timeline)
        return self._sprints[row] if 0 <= row < len(self._sprints) else None

    def _show_sprint(self) -> None:
        row = chosen_row(self.timeline)
        self.pages.show_sprint(self._sprints, row)
        if self._sprint is not None and row != self.criteria.currentIndex().column():
            self.criteria.selectColumn(row)
            self.criteria.scrollTo(self.criteria.matrix.index(0, row))
        self._show_buttons()

    def _show_buttons(self) -> None:
        last = self._sprints[-1] if self._sprints else None
        self.buttons.show_state(self.runs.chosen, len(self.runs.runs), self._sprint, last)

    def _on_cell(self, index: QModelIndex) -> None:
        if 0 <= index.column() < self.timeline.count():
            self.timeline.setCurrentRow(index.column())

    def _on_current(self, index: QModelIndex) -> None:
        each = self.criteria.matrix.criterion(index.row(), index.column())
        if each is None:
            self.evidence.show_text("")
            return
        number = self._sprints[index.column()].number if index.column() < len(self._sprints) else index.column() + 1
        self.evidence.show_text(
            tr(
                "{verdict} in sprint {number}: {criterion}\n{evidence}",
                verdict=verdict_words(each.passed),
                number=number,
                criterion=escape_invisible(each.text),
                evidence=evidence_words(each),
            )
        )

    def _on_resume(self) -> None:
        run = self.runs.chosen
        if run is not None:
            self.tasks.start(self._work(self._service.resume(run)), what="go on with the harness run")

    def _on_accept(self) -> None:
        sprint = self._sprint
        if sprint is not None and sprint.is_over:
            then = tr("Sprint {number} is accepted as it is; the record says so.", number=sprint.number)
            self._say("accept", then, by="person", sprint=sprint.number)
        else:
            self._say("accept", tr("The sprint that runs will be accepted."), by="person")

    def _on_approve(self) -> None:
        if self._sprints:
            self._say("contract", tr("The contract is approved."), sprint=self._sprints[-1].number)

    def _on_edit(self) -> None:
        if self._told is not None and self._sprints:
            last = self._sprints[-1]
            goal = last.goal or self._told.spec or self._told.brief
            ContractDialog(last, goal, self._on_contract, self).open()

    def _on_contract(self, said: dict[str, Any]) -> None:
        refused = tr("The contract is refused, and the run ends.")
        self._say("contract", refused if said.get("refused") else tr("The contract is approved."), **said)

    def _on_fork(self) -> None:
        run, sprint = self.runs.chosen, self._sprint
        if run is not None:
            chosen = sprint.number if sprint is not None else 0
            ForkDialog(run, list(self._sprints), chosen, partial(self._fork, run), self).open()

    def _fork(self, run: HarnessRun, sprint: int, changes: dict[str, Any], into: Path | None) -> None:
        work = self._service.fork(run, sprint, changes, into, self._on_forked)
        self.tasks.start(self._work(work), what="fork the harness run")

    def _on_forked(self, run_id: str, notes: list[str]) -> None:
        self._wanted_id = run_id
        self.say(" ".join(notes) or tr("The fork goes on in a run of its own."))
        self.refresh()

    def _on_compare(self) -> None:
        if self._told is not None:
            self.dialogs.compare(self._told, self.runs.runs)

    def _on_export(self) -> None:
        run = self.runs.chosen
        if run is not None:
            self.dialogs.export(run)

    def _on_end(self) -> None:
        run = self.runs.chosen
        if run is not None:
            self.dialogs.ask_to_end(run, self.refresh)

    def _on_delete(self) -> None:
        run = self.runs.chosen
        if run is not None:
            self.dialogs.ask_to_delete(run, self.refresh)

    def _on_answered(self) -> None:
        self.answered.emit()
        self.refresh()

    def _ask(self, kind: str, title: str, question: str, field: str, verb: str) -> None:
        ask_words(self, title, question, field, verb, partial(self._on_words, kind))

    def _on_words(self, kind: str, text: str) -> None:
        self._say(kind, tr("It counts from the next sprint on."), text=text)

    def _say(self, kind: str, then: str, **data: Any) -> None:
        run = self.runs.chosen
        if run is not None:
            self.tasks.start(self._tell(run, kind, then, data), what="tell the run")

    async def _tell(self, run: HarnessRun, kind: str, then: str, data: dict[str, Any]) -> None:
        await self._service.say(run, kind, **data)
        self.say(then)
        self._seen = (None, 0)
        self.refresh()


def _counted(runs: list[HarnessRun]) -> str:
    if not runs:
        return tr(HOW_TO_BEGIN)
    running, queued = sum(run.is_running for run in runs), sum(run.is_queued for run in runs)
    told = plural(
        "{n} harness run, {running} at work", "{n} harness runs, {running} at work", len(runs), running=running
    )
    return tr("{told}, {queued} queued", told=told, queued=queued) if queued else told
