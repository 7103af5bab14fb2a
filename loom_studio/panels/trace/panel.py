"""The Trace tab: a session as a waterfall of steps; what was sent in each and what came back; step by step; forks."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

from PySide6.QtCore import QItemSelection, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom_studio.panels.trace.waterfall import LEGEND, WaterfallPainter, colours
from loom_studio.services.conversations import Conversation
from loom_studio.services.trace import NO_STEP, Exchanged, Sessions, TraceService
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.theme import icon, px, theme_watch
from loom_studio.viewmodels.trace import KINDS, Trace, TraceRow
from loom_studio.viewmodels.trace_table import STEP, WATERFALL, TraceTable
from loom_studio.widgets.choice import choice
from loom_studio.widgets.diff_view import DiffView
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.row_table import fit_rows, row_table

CATCH_UP_MS = 300
PLAY_MS = 900
TICK_MS = 500
LIVE = ("running", "needs you")
WIDTHS = (170, 120, 66, 88, 82, 74, 90, 74)
FORMS = (marked("Readable"), marked("Exact bytes"))
NOTHING_CHOSEN = Exchanged("", b"", "", "", "")
SCALES = (marked("Over the run"), marked("Each step by itself"))
NOTHING = marked("Nothing ran in this session yet. Its steps appear here as they happen.")


class TracePanel(QWidget):
    """Shows the trace of one conversation, and follows it while it is in view."""

    fork_wanted = Signal(str, int)
    """A session, and the record up to which it is to be copied."""

    def __init__(self, sessions: Sessions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasks = TaskOwner(self.say)
        self.service = TraceService(sessions, KINDS)
        self.table = TraceTable(self)
        self.summary = text_label(tr(NOTHING), look="Muted")
        self.scale = choice("Time scale")
        self.scale.addItems([tr(each) for each in SCALES])
        self.steps = row_table(marked("Steps"))
        self.painter = WaterfallPainter(self.steps)
        self.legend = QLabel()
        self.first = named(QPushButton(), "First step")
        self.back = named(QPushButton(), "Previous step")
        self.play = named(QPushButton(tr("Replay")), "Replay")
        self.forth = named(QPushButton(), "Next step")
        self.place = named(QSlider(Qt.Orientation.Horizontal), "Replay position")
        self.at = QLabel()
        self.form = choice("Form of the request")
        self.form.addItems([tr(each) for each in FORMS])
        self.copy = named(QPushButton(tr("Copy")), "Copy request")
        self.request = DiffView(marked("Request"))
        self.response = DiffView(marked("Response"))
        self.state = DiffView(marked("Conversation as of this step"))
        self.pages = named(QTabWidget(), "Trace pages")
        self.fork = named(QPushButton(tr("Fork")), "Fork from here")
        self.export = named(QPushButton(tr("Export…")), "Export trace")
        self.status = text_label(look="Muted")
        self._session = ""
        self._shown = NOTHING_CHOSEN
        self._wanted = (-1, 0)
        self._is_reading = False
        self._is_behind = False
        self._soon = QTimer(self, singleShot=True, interval=CATCH_UP_MS)
        self._playing = QTimer(self, interval=PLAY_MS)
        self._ticking = QTimer(self, interval=TICK_MS)
        self._lay_out()
        self._connect()
        self._show_place()

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the tab."""
        self.status.setText(sentence)

    def show_conversation(self, conversation: Conversation) -> None:
        """Show a conversation's trace, and take up what came since it was last shown."""
        if conversation.id != self._session:
            self._session = conversation.id
            self._wanted = (-1, 0)
            self._shown = NOTHING_CHOSEN
            self.status.clear()
            self._on_stop()
            self.table.begin(Trace())
            self._show_exchange()
            self._show_place()
            self.refresh()
        elif not self._soon.isActive():
            self._soon.start()
        self.painter.is_live = conversation.state in LIVE
        if self.painter.is_live:
            self._ticking.start()

    def refresh(self) -> None:
        """Read what is new, if the tab is in view."""
        if not self.isVisible() or not self._session:
            return
        self._is_behind = self._is_reading
        if not self._is_reading:
            self._is_reading = True
            self.tasks.start(self._read(self._session), what="read the trace")

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    async def aclose(self) -> None:
        """End what runs."""
        self._soon.stop()
        self._playing.stop()
        self._ticking.stop()
        await self.tasks.aclose()

    def _lay_out(self) -> None:
        self.steps.setModel(self.table)
        self.steps.setItemDelegate(self.painter)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self._show_legend()
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.scale)
        above = QWidget()
        inner = QVBoxLayout(above)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addLayout(top)
        inner.addWidget(self.steps, 1)
        inner.addWidget(self.legend)
        split = named(QSplitter(Qt.Orientation.Vertical), "Trace parts")
        split.addWidget(above)
        split.addWidget(self._below())
        split.setChildrenCollapsible(False)
        split.setSizes([420, 380])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(split, 1)
        layout.addWidget(self.status)

    def _fit_columns(self) -> None:
        """Give the names and the waterfall what the numbers leave."""
        widths = [px(width) for width in WIDTHS]
        spare = max(0, self.width() - sum(widths) - px(40))
        widths[STEP] += spare // 2
        widths[WATERFALL] += spare - spare // 2
        for column, width in enumerate(widths):
            self.steps.setColumnWidth(column, width)

    def _below(self) -> QWidget:
        """The walk through the steps, and what was exchanged in the chosen one."""
        walk = QHBoxLayout()
        for button in (self.first, self.back, self.play, self.forth):
            button.setAutoDefault(False)
            walk.addWidget(button)
        for button in (self.first, self.back, self.forth):
            button.setFixedWidth(px(34))
            button.setToolTip(button.accessibleName())
        self.play.setToolTip(tr("Walk through the steps, one after the other"))
        walk.addWidget(self.place, 1)
        walk.addWidget(self.at)
        acts = QHBoxLayout()
        acts.addWidget(self.form)
        acts.addWidget(self.copy)
        acts.addStretch(1)
        acts.addWidget(self.fork)
        acts.addWidget(self.export)
        self.fork.setToolTip(tr("Copy the session as it was after this step, and go on from there"))
        self.pages.addTab(self.request, tr("Request"))
        self.pages.addTab(self.response, tr("Response"))
        self.pages.addTab(self.state, tr("As of this step"))
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addLayout(walk)
        inner.addWidget(self.pages, 1)
        inner.addLayout(acts)
        return below

    def _connect(self) -> None:
        self._soon.timeout.connect(self.refresh)
        self._playing.timeout.connect(self._on_play_tick)
        self._ticking.timeout.connect(self._on_tick)
        self.steps.selectionModel().selectionChanged.connect(self._on_selected)
        self.scale.activated.connect(self._on_scale)
        self.form.activated.connect(self._on_form)
        self.copy.clicked.connect(self._on_copy)
        self.first.clicked.connect(lambda: self._go(0))
        self.back.clicked.connect(lambda: self._go(self.place.value() - 1))
        self.forth.clicked.connect(lambda: self._go(self.place.value() + 1))
        self.play.clicked.connect(self._on_play)
        self.place.valueChanged.connect(self._on_place)
        self.fork.clicked.connect(self._on_fork)
        self.export.clicked.connect(self._on_export)
        theme_watch().changed.connect(self._on_theme)

    async def _read(self, session: str) -> None:
        trace, follows = self.table.trace, self._is_at_end()
        try:
            async for first in self.service.catch_up(session, trace):
                if trace is not self.table.trace:
                    return
                self.table.grown(first)
                self._show_summary()
                self._show_place()
            if follows and not self.steps.selectionModel().hasSelection():
                self.steps.scrollToBottom()
            self._read_exchange()
        finally:
            self._is_reading = False
            if self._is_behind or session != self._session:
                self._is_behind = False
                self.refresh()

    def _is_at_end(self) -> bool:
        bar = self.steps.verticalScrollBar()
        return bar.value() == bar.maximum() and not self.steps.selectionModel().hasSelection()

    def _show_summary(self) -> None:
        rows = self.table.trace.rows
        runs = [row for row in rows if row.kind == "run"] if len(rows) < 2000 else []
        steps = self.table.trace.step_count
        if not rows:
            self.summary.setText(tr(NOTHING))
            return
        told = (
            plural("{n} step in {runs:,} runs", "{n} steps in {runs:,} runs", steps, runs=len(runs))
            if len(runs) > 1
            else plural("{n} step", "{n} steps", steps)
        )
        total = sum(row.tokens_in + row.tokens_out for row in runs)
        self.summary.setText(tr("{steps} · {tokens:,} tokens", steps=told, tokens=total) if total else told)

    def _show_place(self) -> None:
        """Where the walk is, and what can be done there."""
        count = len(self.table.trace.steps)
        here = self.place.value()
        self.place.blockSignals(True)
        self.place.setRange(0, max(0, count - 1))
        self.place.blockSignals(False)
        has_step = self._step() >= 0
        self.at.setText(tr("{here:,} of {count:,}", here=here + 1, count=count) if has_step else f"{count:,}")
        for widget in (self.place, self.play, self.first):
            widget.setEnabled(count > 0)
        self.back.setEnabled(has_step and here > 0)
        self.forth.setEnabled(count > 0 and (not has_step or here < count - 1))
        for widget in (self.copy, self.form):
            widget.setEnabled(has_step)
        row = self._row()
        self.fork.setEnabled(row is not None and row.kind == "step" and not row.child)
        self.export.setEnabled(count > 0)

    def _step(self) -> int:
        """The row of the step that is chosen; -1 if none is."""
        chosen = self.steps.selectionModel().selectedRows()
        return self.table.trace.step_row(self.table.number_at(chosen[0].row())) if chosen else -1

    def _row(self) -> TraceRow | None:
        """The step that is chosen; None if none is."""
        step = self._step()
        return self.table.trace.rows[step] if step >= 0 else None

    def _on_selected(self, _now: QItemSelection, _before: QItemSelection) -> None:
        step = self._step()
        if step >= 0:
            self.place.blockSignals(True)
            self.place.setValue(bisect_left(self.table.trace.steps, step))
            self.place.blockSignals(False)
        self._show_place()
        self._read_exchange()

    def _go(self, place: int) -> None:
        """Choose a step by its number among the steps."""
        steps = self.table.trace.steps
        if steps:
            place = min(max(0, place), len(steps) - 1)
            row = self.table.place_of(steps[place])
            self.steps.selectRow(row)
            self.steps.scrollTo(self.table.index(row, STEP))

    def _on_place(self, place: int) -> None:
        self._go(place)

    def _on_play(self) -> None:
        if self._playing.isActive():
            self._on_stop()
            return
        self.pages.setCurrentWidget(self.state)
        at_end = self._step() >= 0 and self.place.value() == self.place.maximum()
        self._go(0 if at_end or self._step() < 0 else self.place.value())
        self._playing.start()
        self.play.setText(tr("Pause"))

    def _on_stop(self) -> None:
        self._playing.stop()
        self.play.setText(tr("Replay"))

    def _on_tick(self) -> None:
        """Let the time of what runs go on."""
        if not self.painter.is_live or not self.isVisible():
            self._ticking.stop()
        self.steps.viewport().update()

    def _on_play_tick(self) -> None:
        if self.place.value() >= self.place.maximum():
            self._on_stop()
        else:
            self._go(self.place.value() + 1)

    def _read_exchange(self) -> None:
        """Read what was sent in the chosen step and what came back, if that is not what is shown."""
        step = self._step()
        row = self._row()
        wanted = (-1, 0) if row is None else (step, row.last_n)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if row is None:
            self._shown = NOTHING_CHOSEN
            self._show_exchange()
            return
        self.tasks.start(self._exchange(self._session, wanted), what="read the step")

    async def _exchange(self, session: str, wanted: tuple[int, int]) -> None:
        row = self.table.trace.rows[wanted[0]]
        if row.kind == "beside":
            found = await self.service.exchanged_beside(session, row.child, row.n)
        elif row.child:
            found = await self.service.exchanged_below(session, row.child, list(row.requests), row.n, wanted[1])
        else:
            found = await self.service.exchanged(session, list(row.requests), row.n, wanted[1])
        if session == self._session and wanted == self._wanted:
            self._shown = found
            self._show_exchange()

    def _show_exchange(self) -> None:
        shown = self._shown
        is_exact = self.form.currentIndex() == 1
        no_bytes = tr("This model is asked over no wire, so no bytes were sent.")
        exact = shown.exact_shown or no_bytes if shown.request else ""
        for view, text in (
            (self.request, exact if is_exact else shown.request),
            (self.response, shown.response),
            (self.state, shown.state),
        ):
            if view.text != (said := text or tr(NO_STEP)):
                view.show_text(said, as_diff=False)

    def _on_form(self, _chosen: int) -> None:
        self._show_exchange()

    def _on_copy(self) -> None:
        is_exact = self.form.currentIndex() == 1
        exact = self._shown.exact.decode("utf-8", "replace") if is_exact else ""
        QGuiApplication.clipboard().setText(exact or self._shown.request)
        self.say(tr("The request was copied."))

    def _on_scale(self) -> None:
        self.painter.each_step = self.scale.currentIndex() == 1
        self.steps.viewport().update()

    def _on_fork(self) -> None:
        row = self._row()
        if row is not None:
            self.fork_wanted.emit(self._session, row.last_n)

    def _on_export(self) -> None:
        dialog = QFileDialog(self, tr("Export the trace"), str(Path.home() / "trace.json"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("JSON with everything (*.json)"), tr("HTTP archive (*.har)")])
        dialog.fileSelected.connect(self._on_file)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _on_file(self, file: str) -> None:
        self.tasks.start(self._export(Path(file)), what="export the trace")

    async def _export(self, file: Path) -> None:
        await self.service.export(self._session, file)
        self.say(tr("The trace is in {file}.", file=file))

    def _on_theme(self) -> None:
        fit_rows(self.steps)
        self._fit_columns()
        self._show_legend()

    def _show_legend(self) -> None:
        """What the colours mean."""
        known = colours()
        swatches = [
            f'<span style="color:{known[kind]}">■</span>&nbsp;{tr(words).replace(" ", "&nbsp;")}'
            for kind, words in LEGEND
        ]
        self.legend.setText("&nbsp; ".join(swatches))
        for button, name in ((self.first, "first"), (self.back, "chevron-left"), (self.forth, "chevron-right")):
            button.setIcon(icon(name))
