"""What an empty chat says: who answers, what it may do, and what to do when its model is not set up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from loom_studio.overriding import override
from loom_studio.texts import marked, tr
from loom_studio.widgets.named import named, text_label

if TYPE_CHECKING:
    from loom.config import AgentConfig

CAN = {
    "files": marked("read files"),
    "search": marked("search"),
    "edit": marked("edit files"),
    "shell": marked("run commands"),
    "web": marked("fetch pages"),
}


class EmptyState(QWidget):
    """Lies over an empty transcript."""

    setup_wanted = Signal()

    def __init__(self, over: QWidget) -> None:
        # Beside it, since a transcript tells assistive technology of its rows alone.
        super().__init__(over.parentWidget())
        named(self, "Empty chat")
        self.heading = text_label(look="Title")
        self.text = text_label(look="Muted")
        self.set_up = named(QPushButton(tr("Set up a model…")), "Set up a model…")
        self.set_up.clicked.connect(self.setup_wanted)
        self.set_up.hide()  # until the agents are read nobody knows that a model lacks
        for label in (self.heading, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.text)
        layout.addWidget(self.set_up, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        over.installEventFilter(self)
        self._follow(over)

    def show_agent(self, config: AgentConfig, workspace: Path, problem: str) -> None:
        """Describe the agent; `problem` says why its model can't answer, or nothing."""
        self.heading.setText(config.name or tr("New session"))
        can = tr(", ").join(tr(CAN[each]) for each in config.capabilities)
        may = tr("It can {can} in {workspace}, and asks before it changes anything.", can=can, workspace=workspace)
        parts = [tr(config.description), may if can else "", problem or tr("Write below to begin.")]
        self.text.setText("\n".join(part for part in parts if part))
        self.set_up.setVisible(bool(problem))

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and isinstance(watched, QWidget):
            self._follow(watched)
        return False

    def _follow(self, over: QWidget) -> None:
        self.setGeometry(over.geometry().adjusted(24, 0, -24, 0))
