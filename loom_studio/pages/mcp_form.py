"""The form for a tool server of the person's own: a program, an address, or what another program's file says."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from loom.config.mcp import MCPServerConfig, check_server
from loom.errors import ConfigError
from loom_studio.runtime_words import said_of
from loom_studio.services.mcp import McpService
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

PAIRS_PX = 70
EXAMPLE = '{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"]}}}'


class ServerForm(QDialog):
    """`added` is told the names of what was put into the profile; nothing of it is started by that."""

    def __init__(self, service: McpService, added: Callable[[list[str]], Awaitable[None]], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Add a server")
        self.setWindowTitle(tr("Add a server"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._service = service
        self._added = added
        self.tasks = TaskOwner(self._say)
        self.name = _line(marked("Server name"), marked("how the names of its tools begin, such as git"))
        self.command = _line(marked("Command"), marked("such as: uvx mcp-server-git --repository ."))
        self.url = _line(marked("Address"), marked("such as https://example.com/mcp"))
        self.env = _pairs(marked("Variables"), marked("NAME=VALUE, a line each; ${NAME} takes it from the environment"))
        self.headers = _pairs(
            marked("Headers"), marked("Name: value, a line each; ${NAME} takes it from the environment")
        )
        self.json = named(QPlainTextEdit(), "Servers as JSON")
        self.json.setPlaceholderText(EXAMPLE)
        self.json.setTabChangesFocus(True)
        self.kinds = named(QTabWidget(), "Kind of server")
        self.fault = text_label(look="Danger")
        self.add = named(QPushButton(tr("Add server")), "Add server", "Send")
        self.cancel = named(QPushButton(tr("Cancel")), "Cancel")
        self._lay_out()
        self.add.clicked.connect(lambda: self.tasks.start(self._add(), what="add the server"))
        self.cancel.clicked.connect(self.reject)
        open_at(self, 560, 360)

    def _lay_out(self) -> None:
        program, address, pasted = QWidget(), QWidget(), QWidget()
        form = QFormLayout(program)
        form.addRow(text_label(tr("Command")), self.command)
        form.addRow(text_label(tr("Variables")), self.env)
        form = QFormLayout(address)
        form.addRow(text_label(tr("Address")), self.url)
        form.addRow(text_label(tr("Headers")), self.headers)
        QVBoxLayout(pasted).addWidget(self.json)
        for title, page in (
            (tr("A program"), program),
            (tr("An address"), address),
            (tr("Paste JSON"), pasted),
        ):
            self.kinds.addTab(page, title)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.add)
        naming = QFormLayout()
        naming.addRow(text_label(tr("Name")), self.name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(10)
        layout.addLayout(naming)
        layout.addWidget(self.kinds, 1)
        layout.addWidget(self.fault)
        layout.addLayout(row)
        self.fault.hide()
        for button in (self.add, self.cancel):
            button.setAutoDefault(False)
        self.kinds.currentChanged.connect(self._on_kind)

    def _on_kind(self, page: int) -> None:
        self.name.setEnabled(page < 2)  # pasted servers bring their names

    def config(self) -> MCPServerConfig:
        """What the form says. Raises ConfigError."""
        if self.kinds.currentIndex() == 1:
            headers = _read_pairs(self.headers.toPlainText(), ":")
            return MCPServerConfig(url=self.url.text().strip() or None, headers=headers or None)
        try:
            words = shlex.split(self.command.text())
        except ValueError as error:
            raise ConfigError(tr("The command can't be read: {error}", error=said_of(error))) from None
        env = _read_pairs(self.env.toPlainText(), "=")
        return MCPServerConfig(command=words[0] if words else None, args=words[1:] or None, env=env or None)

    async def _add(self) -> None:
        if self.kinds.currentIndex() == 2:
            names = await self._service.paste(self.json.toPlainText())
        else:
            name, config = self.name.text().strip(), self.config()
            check_server(name, config, "mcpServers")
            await self._service.put(name, config)
            names = [name]
        self.accept()
        await self._added(names)

    def _say(self, sentence: str) -> None:
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))


def _line(name: str, hint: str) -> QLineEdit:
    line = named(QLineEdit(), name)
    line.setPlaceholderText(tr(hint))
    return line


def _pairs(name: str, hint: str) -> QPlainTextEdit:
    text = named(QPlainTextEdit(), name)
    text.setPlaceholderText(tr(hint))
    text.setTabChangesFocus(True)
    text.setMaximumHeight(PAIRS_PX)
    return text


def _read_pairs(text: str, sign: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, at, value = line.partition(sign)
        if not at or not name.strip():
            raise ConfigError(tr("{line!r} must be a name, {sign!r} and a value", line=line, sign=sign))
        found[name.strip()] = value.strip()
    return found
