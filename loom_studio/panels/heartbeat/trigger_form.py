"""The form for one trigger: what it starts on, whom, and how often; checked and tried while one types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from loom.config import TriggerConfig
from loom.threads import in_thread
from loom_studio.services.triggers import TriggerService, trigger_of
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.theme import px
from loom_studio.widgets.agent_file import AgentFile
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

SOURCES = ("", "filesystem", "process", "resource", "network", "schedule", "signal", "environment")
ANY = marked("Any")
URGENCIES = {"": ANY, "low": marked("low"), "high": marked("high"), "critical": marked("critical")}
POLICIES = {
    "skip": marked("Skip what comes"),
    "queue": marked("Queue what comes"),
    "replace": marked("Stop it and start anew"),
}
PAUSE_S = 0.2
PROMPT_PX = 70


class TriggerForm(QDialog):
    """`then` is told the trigger once Save was pressed. `before` is the one that is changed; None: a new one."""

    def __init__(
        self,
        service: TriggerService,
        before: TriggerConfig | None,
        folder: str,
        then: Callable[[str, TriggerConfig], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        title = marked("New trigger") if before is None else marked("Edit trigger")
        named(self, title)
        self.setWindowTitle(tr(title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._service = service
        self._before = before.name if before is not None else ""
        self._then = then
        self._asked = 0
        self.tasks = TaskOwner(self._say_fault)
        self.name = named(QLineEdit(), "Trigger name")
        self.prompt = named(QPlainTextEdit(), "Trigger prompt")
        self.prompt.setTabChangesFocus(True)
        self.prompt.setMaximumHeight(px(PROMPT_PX))
        self.agent = AgentFile(folder)
        self.source = _choice(choice("Trigger source"), {each: each or ANY for each in SOURCES})
        self.source.setEditable(True)
        self.kind = _line(named(QLineEdit(), "Trigger kind"), tr("such as modified, deleted, threshold"))
        self.path = _line(named(QLineEdit(), "Trigger path"), tr("such as src/**/*.py, as in .gitignore"))
        self.text = _line(named(QLineEdit(), "Trigger text"), tr("words of the alert"))
        self.urgency = _choice(choice("Trigger urgency"), URGENCIES)
        self.cooldown = _number(named(QSpinBox(), "Cool-down"), 0, 86_400, tr(" s"))
        self.most = _number(named(QSpinBox(), "At most a minute"), 1, 60, tr(" times"))
        self.concurrency = _choice(choice("While it works"), POLICIES)
        self.dry = named(QCheckBox(tr("Dry run: only say what it would have started")), "Dry run only")
        self.fault = text_label(look="Danger")
        self.tried = text_label(look="Muted")
        self.save = named(QPushButton(tr("Save trigger")), "Save trigger", "Send")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        self._lay_out()
        self._fill(before or TriggerConfig("", "-", path=""))
        if before is None:
            self.prompt.clear()
        self._connect()
        self._check()

    def fields(self) -> dict[str, Any]:
        """What the form says, as the fields of a trigger."""
        return {
            "name": self.name.text().strip(),
            "prompt": self.prompt.toPlainText().strip(),
            "agent": self.agent.text(),
            "source": "" if self.source.currentText() == tr(ANY) else self.source.currentText().strip(),
            "kind": self.kind.text().strip(),
            "path": self.path.text().strip(),
            "text": self.text.text().strip(),
            "urgency": self.urgency.currentData(),
            "cooldown_s": float(self.cooldown.value()),
            "most_per_minute": self.most.value(),
            "concurrency": self.concurrency.currentData(),
            "dry_run": self.dry.isChecked(),
        }

    def _fill(self, trigger: TriggerConfig) -> None:
        self.name.setText(trigger.name)
        self.prompt.setPlainText(trigger.prompt)
        self.agent.set_text(trigger.agent)
        self.source.setCurrentText(trigger.source or tr(ANY))
        self.kind.setText(trigger.kind)
        self.path.setText(trigger.path)
        self.text.setText(trigger.text)
        self.urgency.setCurrentIndex(max(0, self.urgency.findData(trigger.urgency)))
        self.cooldown.setValue(round(trigger.cooldown_s))
        self.most.setValue(trigger.most_per_minute)
        self.concurrency.setCurrentIndex(self.concurrency.findData(trigger.concurrency))
        self.dry.setChecked(trigger.dry_run)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setVerticalSpacing(8)
        for label, field in (
            (tr("Name"), self.name),
            (tr("Source"), self.source),
            (tr("Kind"), self.kind),
            (tr("Path"), self.path),
            (tr("Text"), self.text),
            (tr("Urgency"), self.urgency),
            (tr("Agent"), self.agent),
            (tr("Prompt"), self.prompt),
        ):
            form.addRow(label, field)
        often = QHBoxLayout()
        often.addWidget(self.cooldown)
        often.addWidget(text_label(tr("At most a minute")))
        often.addWidget(self.most)
        often.addStretch(1)
        form.addRow(tr("Cool-down"), often)
        form.addRow(tr("While it works"), self.concurrency)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.dry)
        layout.addWidget(self.fault)
        layout.addWidget(self.tried)
        layout.addStretch(1)
        layout.addLayout(buttons)
        open_at(self, 480, 520)

    def _connect(self) -> None:
        for line in (self.name, self.kind, self.path, self.text):
            line.textChanged.connect(self._check)
        for box in (self.source, self.urgency, self.concurrency):
            box.currentTextChanged.connect(self._check)
        for number in (self.cooldown, self.most):
            number.valueChanged.connect(self._check)
        self.agent.changed.connect(self._check)
        self.prompt.textChanged.connect(self._check)
        for button in (self.save, self.cancel):
            button.setAutoDefault(False)
        self.save.clicked.connect(self._on_save)
        self.cancel.clicked.connect(self.reject)
        self.finished.connect(self.tasks.cancel_all)

    def _check(self) -> None:
        self._asked += 1
        self.save.setEnabled(False)
        self.tasks.start(self._checked(self._asked), what="check the trigger")

    async def _checked(self, asked: int) -> None:
        """Say what is wrong, or what it would have started on; only for what was typed last."""
        await asyncio.sleep(PAUSE_S)
        if asked != self._asked:
            return
        fields = self.fields()
        fault = await in_thread(self._service.fault_in, fields, self._before)
        said = "" if fault else await in_thread(self._service.tried, fields)
        if asked == self._asked:
            self._say_fault(fault)
            self.tried.setText(said)
            self.save.setEnabled(not fault)

    def _say_fault(self, sentence: str) -> None:
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))

    def _on_save(self) -> None:
        self._then(self._before, trigger_of(self.fields()))
        self.accept()


def _line(line: QLineEdit, hint: str) -> QLineEdit:
    line.setPlaceholderText(hint)
    return line


def _choice(box: QComboBox, values: dict[str, str]) -> QComboBox:
    for value, label in values.items():
        box.addItem(tr(label), value)
    return box


def _number(box: QSpinBox, least: int, most: int, unit: str) -> QSpinBox:
    box.setRange(least, most)
    box.setSuffix(unit)
    return box
