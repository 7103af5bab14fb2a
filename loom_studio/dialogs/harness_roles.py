"""Who works on a harness run: an agent and a model for each role, more evaluators, and how many of them must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

LISTED_PX, LINE_PX, FEW = 62, 26, 2
NOBODY = {
    "evaluator": marked("The generator's model"),
    "planner": marked("None: the brief as it stands"),
}
TITLES = {"agent": marked("Generator"), "evaluator": marked("Evaluator"), "planner": marked("Planner")}
MODELS = {
    "agent": marked("Model of the generator"),
    "evaluator": marked("Model of the evaluator"),
    "planner": marked("Model of the planner"),
}


class HarnessRoles:
    """The fields of a form. Agents are `files`, each a name and a path."""

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        self.agents = {role: _agents(title, files, NOBODY.get(role)) for role, title in TITLES.items()}
        self.models = {role: _model(name) for role, name in MODELS.items()}
        self.agents["evaluator"].setToolTip(tr("With no agent of its own it has no tools but those it judges with."))
        self.models["planner"].setToolTip(tr("With a model and no agent, a planner is made that has no tools."))
        self.model = named(QLineEdit(), "Model of the run")
        self.model.setPlaceholderText(tr("provider:name, for every role above that names none"))
        self.more = named(QListWidget(), "Further evaluators")
        self.more.setToolTip(tr("They judge each sprint too, in contexts of their own."))
        self.more.setFixedHeight(px(LISTED_PX if len(files) > FEW else LINE_PX * max(1, len(files))))
        for words, file in files:
            row = QListWidgetItem(words, self.more)
            row.setData(Qt.ItemDataRole.UserRole, file)
            row.setCheckState(Qt.CheckState.Unchecked)
        self.quorum = named(QSpinBox(), "Evaluators that must pass a sprint")
        self.quorum.setSpecialValueText(tr("each"))
        self.judges = text_label(look="Muted")
        self.more.itemChanged.connect(self._on_judges)
        self._on_judges()

    def details(self) -> dict[str, Any]:
        """What was chosen, as `loom.roles.DETAILS` has it."""
        return {
            **{role: box.currentData() for role, box in self.agents.items()},
            "model": self.model.text().strip(),
            "models": {role: said for role, field in self.models.items() if (said := field.text().strip())},
            "evaluators": self._further,
            "quorum": self.quorum.value() or None,
        }

    @property
    def _further(self) -> list[str]:
        rows = map(self.more.item, range(self.more.count()))
        return [row.data(Qt.ItemDataRole.UserRole) for row in rows if row.checkState() == Qt.CheckState.Checked]

    def _on_judges(self) -> None:
        judges = 1 + len(self._further)
        self.quorum.setRange(0, judges)
        self.quorum.setEnabled(judges > 1)
        self.judges.setText(
            tr("of {judges} evaluators must pass a sprint", judges=judges)
            if judges > 1
            else tr("The evaluator alone decides.")
        )

    def add_to(self, form: QFormLayout) -> None:
        """Put the fields into a form."""
        for role, title in TITLES.items():
            form.addRow(text_label(tr(title)), _beside(self.agents[role], 3, self.models[role], 2))
        form.addRow(text_label(tr("Model")), self.model)
        form.addRow(text_label(tr("More judges")), self.more)
        form.addRow(text_label(tr("Quorum")), _beside(self.quorum, 0, self.judges, 1))


def _beside(first: QWidget, share: int, second: QWidget, share_of_second: int) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(first, share)
    row.addWidget(second, share_of_second)
    return row


def _model(name: str) -> QLineEdit:
    field = named(QLineEdit(), name)
    field.setPlaceholderText(tr("the agent's model"))
    return field


def _agents(name: str, files: Sequence[tuple[str, str]], nobody: str | None) -> QComboBox:
    box = choice(name)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    if nobody is not None:
        box.addItem(tr(nobody), "")
    for words, file in files:
        box.addItem(words, file)
    return box
