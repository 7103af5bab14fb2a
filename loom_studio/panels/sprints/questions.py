"""The questions that the Sprints tab asks: a line of words, a contract, from where to fork."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from loom.orchestration.record import Sprint
from loom.types.ids import generate_id
from loom_studio.panels.sprints.told import sprint_words
from loom_studio.services.harness import HarnessRun
from loom_studio.texts import tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at


def ask_words(parent: QWidget, title: str, question: str, field: str, verb: str, then: Callable[[str], None]) -> None:
    """Ask for a text; `then` gets it, unless it is empty. `title` and `field` are names in English."""
    dialog = QInputDialog(parent)
    named(dialog, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr(title))
    dialog.setLabelText(question)
    dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
    dialog.setOkButtonText(verb)
    for text in dialog.findChildren(QPlainTextEdit):
        named(text, field)
    dialog.textValueSelected.connect(partial(_unless_empty, then))
    dialog.open()


def _unless_empty(then: Callable[[str], None], text: str) -> None:
    if text.strip():
        then(text.strip())


class ContractDialog(QDialog):
    """A contract before the work begins. `then` gets what the signal `contract` says: goal and criteria, or a refusal.

    What is taken out is named before it is approved: it is recorded.
    """

    def __init__(self, sprint: Sprint, goal: str, then: Callable[[dict[str, Any]], None], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Edit contract")
        self.setWindowTitle(tr("Contract of sprint {number}", number=sprint.number))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._then = then
        self._number = sprint.number
        self._before = [each.text.replace("\n", " ") for each in sprint.criteria]
        self._goal_before = goal
        self.goal = named(QPlainTextEdit(goal), "Contract goal")
        self.goal.setTabChangesFocus(True)
        self.criteria = named(QPlainTextEdit("\n".join(self._before)), "Contract criteria")
        self.criteria.setTabChangesFocus(True)
        self.dropped = text_label(look="Muted")
        self.approve = named(QPushButton(tr("Approve")), "Approve this contract")
        self.refuse = named(QPushButton(tr("Refuse and end")), "Refuse and end")
        self.refuse.setToolTip(tr("No work begins, and the run ends."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addWidget(text_label(tr("Goal of the sprint")))
        layout.addWidget(self.goal, 1)
        layout.addWidget(text_label(tr("Criteria, one a line")))
        layout.addWidget(self.criteria, 2)
        layout.addWidget(self.dropped)
        row = QHBoxLayout()
        row.addWidget(self.refuse)
        row.addStretch(1)
        cancel = named(QPushButton(tr("Cancel")), "Cancel")
        for button in (self.refuse, cancel, self.approve):
            button.setAutoDefault(False)
        row.addWidget(cancel)
        row.addWidget(self.approve)
        layout.addLayout(row)
        self.criteria.textChanged.connect(self._on_changed)
        cancel.clicked.connect(self.reject)
        self.approve.clicked.connect(self._on_approve)
        self.refuse.clicked.connect(self._on_refuse)
        open_at(self, 560, 460)
        self._on_changed()

    def _now(self) -> list[str]:
        return [line.strip() for line in self.criteria.toPlainText().splitlines() if line.strip()]

    def _on_changed(self) -> None:
        now = self._now()
        gone = [each for each in self._before if each not in now]
        said = (
            tr("Taken out, and recorded as such: {criteria}", criteria="; ".join(gone))
            if gone
            else tr("Nothing is taken out.")
        )
        self.dropped.setText(said if now else tr("A contract needs a criterion: without one nothing can be judged."))
        self.approve.setEnabled(bool(now))

    def _on_approve(self) -> None:
        said: dict[str, Any] = {"sprint": self._number}
        if (now := self._now()) != self._before:
            said["criteria"] = now
        goal = self.goal.toPlainText().strip()
        if goal and goal != self._goal_before:
            said["goal"] = goal
        self._then(said)
        self.accept()

    def _on_refuse(self) -> None:
        self._then({"sprint": self._number, "refused": True})
        self.accept()


class ForkDialog(QDialog):
    """From which sprint, with which model, on which files. `then` gets the sprint, the changes, and the new folder.

    The folder is None where the run's own is to be taken back.
    """

    def __init__(
        self,
        run: HarnessRun,
        sprints: list[Sprint],
        chosen: int,
        then: Callable[[int, dict[str, Any], Path | None], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        named(self, "Fork from sprint")
        self.setWindowTitle(tr("Fork from a sprint"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._then = then
        workspace = Path(str(run.details.get("workspace") or "."))
        self.sprint = choice("Sprint to fork from")
        self.sprint.addItem(tr("The beginning, before the first sprint"), 0)
        for each in sprints:
            if each.is_over and each.state == "failed":
                self.sprint.addItem(sprint_words(each), each.number)
        self.sprint.setCurrentIndex(max(0, self.sprint.findData(chosen)))
        self.model = named(QLineEdit(str(run.details.get("model") or "")), "Model of the fork")
        self.model.setPlaceholderText(tr("provider:name, or empty: the agents' own"))
        self.where = choice("Files of the fork")
        self.where.addItem(tr("In a copy of the files, in a folder of its own"), "copy")
        if not run.is_running:
            self.where.addItem(tr("In the run's own folder, taken back to that sprint"), "place")
        beside = workspace.parent / f"{workspace.name}-fork-{generate_id()[:6]}"
        self.folder = named(QLineEdit(str(beside)), "Folder of the copy")
        self.start = named(QPushButton(tr("Fork")), "Fork and go on")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, field in (
            (tr("After"), self.sprint),
            (tr("Model"), self.model),
            (tr("Files"), self.where),
            (tr("Folder"), self.folder),
        ):
            form.addRow(text_label(title), field)
        layout.addLayout(form)
        said = tr("A run of its own begins where that sprint ended. What an ignore file leaves out is not copied.")
        layout.addWidget(text_label(said, look="Muted"))
        row = QHBoxLayout()
        row.addStretch(1)
        cancel = named(QPushButton(tr("Cancel")), "Cancel")
        for button in (cancel, self.start):
            button.setAutoDefault(False)
            row.addWidget(button)
        layout.addLayout(row)
        cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self._on_start)
        self.where.currentIndexChanged.connect(self._on_where)
        open_at(self, 520, 240)

    def _on_where(self) -> None:
        self.folder.setEnabled(self.where.currentData() == "copy")

    def _on_start(self) -> None:
        model, folder = self.model.text().strip(), self.folder.text().strip()
        is_copy = self.where.currentData() == "copy"
        if is_copy and not folder:
            return
        self._then(int(self.sprint.currentData()), {"model": model}, Path(folder) if is_copy else None)
        self.accept()
