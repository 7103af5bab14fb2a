"""The question what a new harness run is to do: its brief, who works and judges, by which criteria, within what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from loom.errors import LoomError
from loom_studio.dialogs.briefs_file import BriefsFile
from loom_studio.dialogs.harness_place import HarnessPlace
from loom_studio.dialogs.harness_roles import HarnessRoles
from loom_studio.services.agents import AgentEntry
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.column import Column
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

if TYPE_CHECKING:
    from loom_studio.panels.sprints.panel import SprintsPanel

MODES = {
    "ask": marked("Ask: what changes something must be asked about"),
    "auto": marked("Auto: everything runs that no rule denies"),
    "accept-edits": marked("Accept edits: edits run, the rest must be asked about"),
    "plan": marked("Plan: only reading runs"),
}
BRIEF_PX, LINES_PX = 84, 52
WIDE_PX, HIGH_PX = 620, 780
MOST_TOKENS = 100_000_000
MOST_USD = 10_000.0


class NewHarnessDialog(QDialog):
    """`then` is told the brief and the details of the run (`loom.roles.DETAILS`), once Start was pressed.

    Many briefs of a file, and those for a queue, are given to `tab`; without one there is neither.
    """

    def __init__(
        self,
        agents: Sequence[AgentEntry],
        workspace: Path,
        then: Callable[[str, dict[str, Any]], None],
        parent: QWidget,
        tab: SprintsPanel | None = None,
    ) -> None:
        super().__init__(parent)
        named(self, "New harness run")
        self.setWindowTitle(tr("New harness run"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._then = then
        self._tab = tab
        self._workspace = workspace
        files = [(entry.name, str(entry.file)) for entry in agents if entry.config is not None and entry.file]
        self.brief = named(QPlainTextEdit(), "Brief of the run")
        self.brief.setPlaceholderText(tr("What is to be made, and how one sees that it is done"))
        self.file = BriefsFile()
        self.place = HarnessPlace(tab.queue, tab.tasks) if tab is not None and tab.queue is not None else None
        self.roles = HarnessRoles(files)
        self.criteria = named(QPlainTextEdit(), "Criteria from the start")
        self.criteria.setPlaceholderText(tr("A criterion a line; the evaluator adds its own"))
        self.commands = named(QPlainTextEdit(), "Commands that must succeed")
        self.commands.setPlaceholderText(tr("A command a line, such as: python -m pytest -q"))
        self.tools = named(QLineEdit(), "Tools of the evaluator")
        self.tools.setPlaceholderText(tr("such as: read_file, run_command"))
        self.tools.setToolTip(tr("What it judges with. An evaluator of its own must have them already."))
        self.patience = _count("Sprints without progress", 0, 100)
        self.max_sprints = _count("Most sprints", 1, 100)
        self.max_sprints.setValue(5)
        self.max_tokens = _count("Most tokens", 0, MOST_TOKENS)
        self.max_tokens.setSingleStep(10_000)
        self.max_tokens.setGroupSeparatorShown(True)
        self.max_cost = named(QDoubleSpinBox(), "Most dollars")
        self.max_cost.setRange(0, MOST_USD)
        self.max_cost.setSpecialValueText(tr("no limit"))
        self.mode = choice("Mode of the run")
        for mode, words in MODES.items():
            self.mode.addItem(tr(words), mode)
        self.mode.setCurrentIndex(self.mode.findData("accept-edits"))
        self.asks = named(
            QCheckBox(tr("What must be asked about waits for me here; else it is refused")), "Wait for me"
        )
        self.approve = named(QCheckBox(tr("I approve each contract before the work begins")), "Approve contracts")
        self.start = named(QPushButton(tr("Start")), "Start the run")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        self.status = text_label(look="Danger")
        self.status.hide()
        self._lay_out(bool(files))
        self._connect(has_agents=bool(files))

    def _lay_out(self, has_agents: bool) -> None:
        column = Column(keeps_width=True)  # a low screen shows it in two glances
        inner = column.lines
        inner.setContentsMargins(px(24), px(20), px(24), px(8))
        inner.setSpacing(px(8))
        inner.addWidget(text_label(tr("Brief")))
        self.brief.setFixedHeight(px(BRIEF_PX))
        inner.addWidget(self.brief)
        if self._tab is not None:
            inner.addLayout(self.file.row)
        inner.addLayout(self._form())
        inner.addWidget(self.asks)
        inner.addWidget(self.approve)
        said = tr("It works in {folder}.", folder=self._workspace)
        if not has_agents:
            said = tr("There is no agent yet that could work: make one first, under Agents.")
        inner.addWidget(text_label(said, look="Muted"))
        inner.addStretch(1)
        row = QHBoxLayout()
        row.setContentsMargins(px(24), px(8), px(24), px(20))
        row.setSpacing(px(8))
        row.addWidget(self.status, 1)
        row.addStretch(0)
        for button in (self.cancel, self.start):
            button.setAutoDefault(False)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(column, 1)
        layout.addLayout(row)
        open_at(self, WIDE_PX, HIGH_PX)

    def _connect(self, *, has_agents: bool) -> None:
        self.cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self._on_start)

        def show() -> None:
            is_file = bool(self.file.name)
            self.brief.setEnabled(not is_file)
            self.start.setEnabled(has_agents and (is_file or bool(self._said())))

        self.brief.textChanged.connect(show)
        self.file.field.textChanged.connect(show)
        if self.place is not None:
            self.place.where.currentIndexChanged.connect(self._on_where)
        show()

    def _on_where(self) -> None:
        """Nobody sits at a worker: what it must ask about waits, unless the person says otherwise."""
        if self.place is not None and self.place.is_queue:
            self.asks.setChecked(True)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if self.place is not None:
            self.place.add_to(form)
        self.roles.add_to(form)
        for title, field in (
            (tr("Judges with"), self.tools),
            (tr("Criteria"), self.criteria),
            (tr("Commands"), self.commands),
            (tr("At most"), _side_by_side(self.max_sprints, tr("sprints"), self.patience, tr("without progress"))),
            (tr("Budget"), _side_by_side(self.max_tokens, tr("tokens"), self.max_cost, tr("dollars"))),
            (tr("Mode"), self.mode),
        ):
            form.addRow(text_label(title), field)
        for text in (self.criteria, self.commands):
            text.setFixedHeight(px(LINES_PX))
            text.setTabChangesFocus(True)
        return form

    def _on_start(self) -> None:
        details: dict[str, Any] = {
            **self.roles.details(),
            "workspace": str(self._workspace),
            "eval_tools": [name.strip() for name in self.tools.text().split(",") if name.strip()],
            "patience": self.patience.value() or None,
            "max_sprints": self.max_sprints.value(),
            "max_tokens": self.max_tokens.value() or None,
            "max_cost_usd": self.max_cost.value() or None,
            "criterion": _lines(self.criteria),
            "commands": _lines(self.commands),
            "approve_contract": self.approve.isChecked(),
            "mode": self.mode.currentData(),
            "asks": "wait" if self.asks.isChecked() else "refuse",
        }
        is_queue = self.place is not None and self.place.is_queue
        if self._tab is not None and (is_queue or self.file.name):
            self._tab.tasks.start(self._start_many(self._tab, details), what="start the harness runs")
            return
        if self.place is not None:
            self.place.remember()
        self._then(self._said(), details)
        self.accept()

    async def _start_many(self, tab: SprintsPanel, details: dict[str, Any]) -> None:
        """Begin the runs of a file or a queue; the dialog stays, and says why, where that can't be done."""
        self.start.setEnabled(False)
        try:
            briefs = await tab.dialogs.briefs(self.file.name or None, self._said(), details)
            if self.place is not None and self.place.is_queue:
                await tab.put_into_queue(self.place.wanted, briefs)
            else:
                tab.start_many(briefs)
        except LoomError as error:
            if shiboken6.isValid(self):
                self.status.setText(str(error))
                self.status.show()
                self.start.setEnabled(True)
            return
        if shiboken6.isValid(self):
            if self.place is not None:
                self.place.remember()
            self.accept()

    def _said(self) -> str:
        return self.brief.toPlainText().strip()


def _count(name: str, least: int, most: int) -> QSpinBox:
    box = named(QSpinBox(), name)
    box.setRange(least, most)
    if not least:
        box.setSpecialValueText(tr("no limit"))
    return box


def _side_by_side(first: QWidget, of_first: str, second: QWidget, of_second: str) -> QHBoxLayout:
    row = QHBoxLayout()
    for field, words in ((first, of_first), (second, of_second)):
        row.addWidget(field, 1)
        row.addWidget(QLabel(words))
    return row


def _lines(text: QPlainTextEdit) -> list[str]:
    return [line.strip() for line in text.toPlainText().splitlines() if line.strip()]
