"""Values that a tool server proposes for an argument of its prompt, while the person types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import shiboken6
from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView
from typing_extensions import override

from loom_studio.tasks import TaskOwner
from loom_studio.widgets.named import named

PAUSE_MS = 150
"""The server is asked once the person paused for so long."""


class ArgumentCompleter(QObject):
    """Proposes values below a line: after a pause in typing, or at once with the Down key. `ask` gives them."""

    def __init__(self, line: QLineEdit, ask: Callable[[str], Awaitable[list[str]]], tasks: TaskOwner) -> None:
        super().__init__(line)
        self._line, self._ask, self._tasks = line, ask, tasks
        self._values = QStringListModel(self)
        self._list = QCompleter(self._values, self)
        self._list.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list.setWidget(line)
        self.popup = QListView()
        named(self.popup, "Proposed values")
        self._list.setPopup(self.popup)  # which takes it
        self._list.activated.connect(line.setText)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._look)
        line.textEdited.connect(self._pause.start)
        line.installEventFilter(self)

    @property
    def shown(self) -> list[str]:
        """The values in the list, if it is shown."""
        return self._values.stringList() if self.popup.isVisible() else []

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Down:
            self._look()
            return True
        return False

    def _look(self) -> None:
        self._pause.stop()
        self._tasks.start(self._propose(self._line.text()), what="ask the tool server for values")

    async def _propose(self, begun: str) -> None:
        values = await self._ask(begun)
        if not shiboken6.isValid(self) or self._line.text() != begun or not self._line.isVisible():
            return  # the form is gone, or another text is asked about by now
        self._values.setStringList([each for each in values if each != begun])
        if self._values.stringList():
            self._list.complete()
        else:
            self.popup.hide()
