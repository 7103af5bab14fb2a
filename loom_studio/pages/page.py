"""What every page of the settings window has, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QSlider, QVBoxLayout, QWidget
from typing_extensions import override

from loom_studio.services.agent_files import AgentFiles
from loom_studio.services.agents import AgentEntry, AgentLibrary
from loom_studio.services.conversations import Conversation
from loom_studio.services.harness import HarnessRuns
from loom_studio.services.keys import Keys
from loom_studio.services.mcp import McpService
from loom_studio.services.model_defaults import ModelDefaults
from loom_studio.services.permissions import PermissionsService
from loom_studio.services.sessions import SessionsService
from loom_studio.services.settings import Settings
from loom_studio.services.shortcuts import Shortcuts
from loom_studio.services.undo import Undo
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.column import Column
from loom_studio.widgets.named import named, text_label


@dataclass(frozen=True)
class PageContext:
    """What pages may use. `workspace` and `conversations` are asked each time: both change while the window is open.

    `conversations` are the open ones, the one in view first. `act_on_agent` does what `AgentDesk.act` does.
    """

    settings: Settings
    keys: Keys
    library: AgentLibrary
    sessions: SessionsService
    permissions: PermissionsService
    workspace: Callable[[], Path]
    conversations: Callable[[], list[Conversation]]
    mcp: McpService
    agent_files: AgentFiles
    act_on_agent: Callable[[str, AgentEntry | None], None]
    models: ModelDefaults
    shortcuts: Shortcuts
    undo: Undo
    harness: HarnessRuns | None = None


SLOW_MS = 150
"""After how long a page says that it is still reading."""


class _Wheel(QObject):
    """Has the wheel scroll the page, not change a control that it passes over."""

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget) or watched.hasFocus():
            return False
        event.ignore()
        return True


class Page(QWidget):
    """One page: a title, what it is about, its own content in `body`, and at its foot a sentence about what happened.

    All but that sentence scrolls where the window is smaller than what it needs.

    Title and subject are marked English texts, which are translated here.

    It is made when it is first chosen, and reads what it shows in `refresh`, each time it comes into view.
    """

    def __init__(self, context: PageContext, title: str, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, tr("{title} page", title=tr(title)), f"{title.replace(' ', '')}page")
        self.context = context
        self.tasks = TaskOwner(self.say)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        self.status = text_label(look="Muted")
        self.status.hide()
        self.reading = text_label(tr("Reading…"), "Muted")
        self.reading.hide()
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self.reading.show)
        self._wheel = _Wheel(self)
        self.column = Column()
        self.column.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
        self.column.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        lines = self.column.lines
        lines.setContentsMargins(24, 20, 24, 8)
        lines.setSpacing(8)
        lines.addWidget(text_label(tr(title), "Title"))
        lines.addWidget(text_label(tr(subject), "Muted"))
        lines.addWidget(self.reading)
        lines.addSpacing(4)
        lines.addLayout(self.body, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(24, 0, 24, 8)
        foot.addWidget(self.status)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.setSpacing(0)
        layout.addWidget(self.column, 1)
        layout.addLayout(foot)

    def say(self, sentence: str) -> None:
        """Show a sentence at the foot of the page; an empty one takes it away."""
        self.status.setText(sentence)
        self.status.setVisible(bool(sentence))

    def renew_sessions(self) -> None:
        """Have each open session make its agent anew for its next message: an agent keeps what it was made with."""
        for conversation in self.context.conversations():
            if conversation.has_config:
                self.tasks.start(conversation.use_when_idle(conversation.config), what="use what was changed")

    async def refresh(self) -> None:
        """Read again what the page shows. Raises LoomError, which is said at its foot."""

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._leave_wheel()
        self.tasks.start(self._read(), what="read what this page shows")

    async def _read(self) -> None:
        """Read what the page shows, and say so where that takes a while."""
        self._slow.start()
        try:
            await self.refresh()
        finally:
            self._slow.stop()
            self.reading.hide()

    def _leave_wheel(self) -> None:
        for control in (each for kind in (QComboBox, QAbstractSpinBox, QSlider) for each in self.findChildren(kind)):
            if control.focusPolicy() == Qt.FocusPolicy.WheelFocus:
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.installEventFilter(self._wheel)

    async def aclose(self) -> None:
        """End what runs."""
        await self.tasks.aclose()
