"""Settings: programs that agents ask at events of a run: listed, added, changed and tried."""

from __future__ import annotations

import shlex
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)
from typing_extensions import override

from loom.config.hooks import HOOK_EVENTS, HookSpec
from loom.errors import ConfigError
from loom_studio.pages.page import Page, PageContext
from loom_studio.runtime_words import said_of
from loom_studio.services.hooks import HookEntry, Hooks, try_hook
from loom_studio.texts import marked, tr
from loom_studio.widgets.choice import choice
from loom_studio.widgets.named import named, text_label

FAILURES = {"deny": marked("No answer is a no"), "ignore": marked("No answer is passed over")}


class HooksPage(Page):
    """A hook is in the file of its agent; what is changed here is changed there."""

    def __init__(self, context: PageContext, parent: QWidget | None = None) -> None:
        super().__init__(
            context,
            marked("Hooks"),
            marked(
                "Programs that are asked before and told after what an agent does. They get JSON on their standard "
                "input; exit code 2 is a no. They are in the agents' files and hold from the next message on."
            ),
            parent,
        )
        self.hooks = Hooks(context.agent_files)
        self._chosen: HookEntry | None = None
        self.list = named(QListWidget(), "Hooks")
        self.owner = choice("Agent of the hook")
        self.occasion = choice("Event")
        self.occasion.addItems(list(HOOK_EVENTS))
        self.occasion.setCurrentText("PreToolUse")
        self.matcher = named(QLineEdit(), "Tools")
        self.matcher.setPlaceholderText(tr("Every tool; or names and globs: run_command|mcp__*"))
        self.command = named(QLineEdit(), "Program")
        self.command.setPlaceholderText(tr("/path/to/program --option 'an argument'"))
        self.limit = named(QDoubleSpinBox(), "Time limit")
        self.limit.setRange(0.1, 600)
        self.limit.setValue(30)
        self.limit.setSuffix(tr(" s"))
        self.failure = choice("Without an answer")
        for value, words in FAILURES.items():
            self.failure.addItem(tr(words), value)
        names = (marked("Add hook"), marked("Change hook"), marked("Remove hook"), marked("Test hook"))
        self.add, self.change, self.remove, self.test = (_button(each) for each in names)
        self._lay_out()
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.add.clicked.connect(lambda: self.tasks.start(self._put(None), what="add the hook"))
        self.change.clicked.connect(lambda: self.tasks.start(self._put(self._chosen), what="change the hook"))
        self.remove.clicked.connect(lambda: self.tasks.start(self._remove(), what="remove the hook"))
        self.test.clicked.connect(lambda: self.tasks.start(self._test(), what="test the hook"))

    def _lay_out(self) -> None:
        form = QFormLayout()
        for words, widget in (
            (tr("Agent"), self.owner),
            (tr("Event"), self.occasion),
            (tr("Tools"), self.matcher),
            (tr("Program"), self.command),
            (tr("Time limit"), self.limit),
            (tr("Without an answer"), self.failure),
        ):
            form.addRow(words, widget)
        row = QHBoxLayout()
        for button in (self.add, self.change, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.test)
        self.body.addWidget(self.list, 1)
        self.body.addLayout(form)
        self.body.addLayout(row)
        self.body.addWidget(text_label(tr("Test runs the program once, now, with a sample of the event."), "Muted"))

    @override
    async def refresh(self) -> None:
        await self.context.library.load()
        chosen = self.owner.currentData()
        self.owner.clear()
        for entry in self.context.library.entries:
            if entry.file is not None and entry.config is not None:
                self.owner.addItem(entry.name, entry.file)
        self.owner.setCurrentIndex(max(0, self.owner.findData(chosen)))
        self.list.clear()
        for each in self.hooks.entries():
            item = QListWidgetItem(each.words)
            item.setData(Qt.ItemDataRole.UserRole, each)
            self.list.addItem(item)
        if not self.list.count():
            empty = QListWidgetItem(tr("No agent has a hook yet. Add one below."))
            empty.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(empty)
        self._on_chosen()

    def spec(self) -> HookSpec:
        """The hook that the form says. Raises ConfigError."""
        try:
            words = shlex.split(self.command.text())
        except ValueError as error:
            raise ConfigError(tr("The program's line can't be read: {error}", error=said_of(error))) from None
        kept = self._chosen.spec.environment if self._chosen is not None else {}
        failure = self.failure.currentData()
        return HookSpec(
            self.occasion.currentText(), words, self.matcher.text().strip(), self.limit.value(), failure, dict(kept)
        )

    def _on_chosen(self) -> None:
        self._chosen = next((item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()), None)
        if self._chosen is not None:
            spec = self._chosen.spec
            self.owner.setCurrentIndex(self.owner.findData(self._chosen.file))
            self.occasion.setCurrentText(spec.event)
            self.matcher.setText(spec.matcher)
            self.command.setText(shlex.join(spec.command))
            self.limit.setValue(spec.timeout_s)
            self.failure.setCurrentIndex(self.failure.findData(spec.on_failure))
        self.change.setEnabled(self._chosen is not None)
        self.remove.setEnabled(self._chosen is not None)

    async def _put(self, entry: HookEntry | None) -> None:
        file = entry.file if entry is not None else self.owner.currentData()
        if file is None:
            self.say(tr("There is no agent with a file to put it in: make one first."))
            return
        await self.hooks.put(file, entry.number if entry is not None else None, self.spec())
        await self.refresh()
        self.say(tr("It is in the agent's file, and holds from the next message on."))

    async def _remove(self) -> None:
        if self._chosen is not None:
            entry = self._chosen
            await self.hooks.remove(entry)
            await self.refresh()
            self.say(tr("It is out of the agent's file; its earlier versions still have it."))
            back = partial(self.hooks.put, entry.file, None, entry.spec)
            self.context.undo.offer(tr("The hook {program} was removed.", program=entry.spec.command[-1]), back)

    async def _test(self) -> None:
        spec = self.spec()
        self.say(tr("{program} is asked …", program=spec.command[0]))
        self.test.setEnabled(False)
        try:
            self.say(await try_hook(spec, self.context.workspace()))
        finally:
            self.test.setEnabled(True)


def _button(words: str) -> QPushButton:
    button = named(QPushButton(tr(words)), words)
    button.setAutoDefault(False)
    return button
