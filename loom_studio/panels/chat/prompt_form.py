"""What a prompt of a tool server wants to know before it can be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from loom.errors import LoomError
from loom_studio.panels.chat.argument_completion import ArgumentCompleter
from loom_studio.plain_text import escape_invisible
from loom_studio.services.conversations import Outgoing
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.column import Column
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.ecosystem.mcp.prompts import ServerPrompt
    from loom_studio.panels.chat.panel import ChatPanel

WIDTH, HEIGHT = 480, 320


class PromptForm(QDialog):
    """A line for each argument. `then` is told the whole command once Send was pressed, `given_up` that it was not.

    `propose` gives values for an argument, from what the others have and what was begun.
    """

    def __init__(
        self,
        prompt: ServerPrompt,
        given: dict[str, str],
        then: Callable[[str], None],
        given_up: Callable[[], None],
        parent: QWidget,
        propose: Callable[[str, dict[str, str], str], Awaitable[list[str]]],
        tasks: TaskOwner,
    ) -> None:
        super().__init__(parent)
        named(self, "Prompt arguments")
        self.setWindowTitle(f"/{escape_invisible(prompt.command)}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._prompt, self._then, self._given_up = prompt, then, given_up
        self.lines = {each.name: named(QLineEdit(given.get(each.name, "")), each.name) for each in prompt.arguments}
        self.completers = {
            name: ArgumentCompleter(line, lambda begun, name=name: propose(name, self._values(), begun), tasks)
            for name, line in self.lines.items()
        }
        self.send = named(QPushButton(tr("Send")), "Send the prompt")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        self._lay_out()
        for line in self.lines.values():
            line.textChanged.connect(self._check)
        self.send.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self._check()
        self.resize(WIDTH, HEIGHT)

    def _lay_out(self) -> None:
        prompt = self._prompt
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addWidget(text_label(self.windowTitle(), "Title"))
        if prompt.description:
            layout.addWidget(text_label(escape_invisible(prompt.description)))
        layout.addWidget(
            text_label(tr("Its text comes from the tool server and is sent as part of your message."), "Muted")
        )
        column = Column()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        for each in prompt.arguments:
            mark = " *" if each.required else ""
            form.addRow(text_label(escape_invisible(each.name) + mark), self.lines[each.name])
            if each.description:
                form.addRow("", text_label(escape_invisible(each.description), "Muted"))
        form.addRow(text_label(tr("* is needed"), "Muted"))
        column.lines.setContentsMargins(0, 0, 8, 0)
        column.lines.addLayout(form)
        column.lines.addStretch(1)
        layout.addWidget(column, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.send)
        layout.addLayout(row)
        self.send.setDefault(True)

    def _values(self) -> dict[str, str]:
        return {name: line.text() for name, line in self.lines.items() if line.text().strip()}

    def _check(self) -> None:
        self.send.setEnabled(not self._prompt.missing(self._values()))

    @override
    def accept(self) -> None:
        if self.send.isEnabled():
            self._then(self._prompt.line(self._values()))
            super().accept()

    @override
    def reject(self) -> None:
        self._given_up()
        super().reject()


async def form_for(panel: ChatPanel, message: Outgoing) -> PromptForm | None:
    """The form for a message that calls a prompt without all that it can be told; None for one that can go.

    A message whose arguments can't be read is given back. Raises LoomError, which says why.
    """
    try:
        called = await panel.conversation.offers.called(message.text)
    except LoomError:
        panel.composer.give_back([message])
        raise
    if called is None:
        return None
    prompt, given = called
    if not prompt.arguments or (given and not prompt.missing(given)):
        return None

    def send(line: str) -> None:
        panel.send(message._replace(text=line))

    propose = partial(panel.conversation.offers.complete, prompt)
    return PromptForm(prompt, given, send, lambda: panel.composer.give_back([message]), panel, propose, panel.tasks)
