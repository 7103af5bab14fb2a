"""The windows of one process: opened beside each other over the same services, and closed together."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from loom_studio.agent_desk import AgentDesk
from loom_studio.services.faults import Fault
from loom_studio.services.studio import StudioServices
from loom_studio.tasks import TaskOwner
from loom_studio.window import MainWindow

if TYPE_CHECKING:
    from loom_studio.quitting import Quitting

STEP_PX = 32
"""How far a new window stands from the one that it was opened from."""


class Windows(QObject):
    """`closed` says that the last window is closed, and that the process may end."""

    closed = Signal()

    def __init__(self, services: StudioServices) -> None:
        super().__init__()
        self.services = services
        self.windows: list[MainWindow] = []
        self.tasks = TaskOwner(self._complain)
        self.agents = AgentDesk(
            *(services.agent_files, services.keys, services.profile, self._parent, self._complain),
            *(services.models.chat_model, services.shortcuts, self),
        )
        services.harness.ended = self._look_whether_to_close
        services.complained.connect(self._complain)
        services.faults.found.connect(self._on_fault)
        services.mcp.asked.connect(self._on_asked)

    @cached_property
    def quitting(self) -> Quitting:
        """What asks before the last window is closed."""
        from loom_studio.quitting import Quitting  # a window is shown without it

        return Quitting(self.services, self)

    @property
    def front(self) -> MainWindow:
        """The window that the person works in: the active one, or the one opened last."""
        return next((each for each in self.windows if each.isActiveWindow()), self.windows[-1])

    def open(self, workspace: Path) -> MainWindow:
        """Make a window. It is not shown yet."""
        window = MainWindow(self.services, self.agents, workspace)
        window.window_wanted.connect(partial(self._on_window_wanted, window))
        window.quit_wanted.connect(self.quit)
        window.closed.connect(partial(self._on_closed, window))
        window.may_close = partial(self._may_close, window)
        window.desk.changed.connect(self._look_whether_to_close)
        self.windows.append(window)
        return window

    def quit(self) -> None:
        """Close every window, the one in front last."""
        front = self.front
        for window in [*(each for each in self.windows if each is not front), front]:
            window.close()

    def end(self) -> None:
        """Close every window without a question: the system wants the program to end."""
        for window in self.windows:
            window.may_close = _always
        self.quit()

    async def aclose(self) -> None:
        """End what the windows that are left do, then what they share."""
        await self.tasks.aclose()
        for window in self.windows:
            await window.aclose()
        await self.agents.aclose()
        await self.services.aclose()

    def _may_close(self, window: MainWindow) -> bool:
        """Whether a window can be closed now: what runs in one of several goes on in another one."""
        sprints = window.inspector.sprints
        is_alone = len(self.windows) == 1
        return self.quitting.may_close(window) if is_alone or (sprints is not None and sprints.is_working) else True

    def _look_whether_to_close(self) -> None:
        if len(self.windows) == 1:
            self.quitting.look(self.front)

    def _on_asked(self) -> None:
        self.front.dialogs.show_server_asks()

    def _on_fault(self, fault: Fault) -> None:
        if self.windows:
            self.front.dialogs.show_fault(fault)

    def _parent(self) -> QWidget:
        return self.front

    def _complain(self, sentence: str) -> None:
        if self.windows:
            self.front.panel.complain(sentence)

    def _on_window_wanted(self, beside: MainWindow, session_id: str) -> None:
        self.tasks.start(self._open_beside(beside, session_id), what="open a window")

    async def _open_beside(self, beside: MainWindow, session_id: str) -> None:
        window = self.open(beside.workspace)
        window.resize(beside.size())
        window.move(beside.pos() + QPoint(STEP_PX, STEP_PX))
        window.show()
        await window.settle()
        if session_id:
            await window.show_alone(session_id)

    def _on_closed(self, window: MainWindow) -> None:
        """Let go of a window; what runs in it goes on in another one, where there is one."""
        if len(self.windows) == 1:
            self.closed.emit()  # it is closed with the services
            return
        self.windows.remove(window)
        for conversation in window.desk.conversations:
            if conversation.is_running and len(self.services.open.holders(conversation)) == 1:
                self.front.desk.adopt(conversation)
        for editor in self.agents.editors:
            if editor.parent() is window:
                editor.setParent(self.front, editor.windowFlags())
                editor.show()
        self.tasks.start(self._let_go(window), what="close the window")

    async def _let_go(self, window: MainWindow) -> None:
        await self.services.undo.aclose()  # the way back may be the window's
        await window.aclose()
        window.deleteLater()


def _always() -> bool:
    return True
