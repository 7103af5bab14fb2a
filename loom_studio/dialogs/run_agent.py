"""The question which agent is to start on what was noticed, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from loom_studio.texts import marked, tr
from loom_studio.widgets.agent_file import AgentFile
from loom_studio.widgets.named import named, text_label
from loom_studio.widgets.sized import open_at

PROMPT = marked("Look at what changed, and say what is worth knowing about it.")


class RunAgentDialog(QDialog):
    """`then` is told the agent file (empty: the session's own agent) and the prompt, once Start was pressed."""

    def __init__(self, noticed: str, folder: str, then: Callable[[str, str], None], parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Run an agent")
        self.setWindowTitle(tr("Run an agent"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._then = then
        self.agent = AgentFile(folder)
        self.prompt = named(QPlainTextEdit(tr(PROMPT)), "Prompt")
        self.start = named(QPushButton(tr("Start")), "Start the agent")
        cancel = named(QPushButton(tr("Cancel")), "Cancel")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(8)
        layout.addWidget(text_label(noticed, "Muted"))
        layout.addWidget(text_label(tr("Agent")))
        layout.addWidget(self.agent)
        layout.addWidget(text_label(tr("What it is asked")))
        layout.addWidget(self.prompt, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.start)
        layout.addLayout(row)
        for button in (cancel, self.start):
            button.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self._on_start)
        self.prompt.textChanged.connect(lambda: self.start.setEnabled(bool(self.prompt.toPlainText().strip())))
        open_at(self, 480, 320)

    def _on_start(self) -> None:
        self._then(self.agent.text(), self.prompt.toPlainText().strip())
        self.accept()
