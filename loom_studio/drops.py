"""What is dropped on a window: a folder becomes the workspace, agents and sessions are imported, the rest attached.

Addresses of the web and other words go into the message.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from loom.threads import in_thread
from loom_studio.overriding import override
from loom_studio.tasks import TaskOwner

DRAGS = (QEvent.Type.DragEnter, QEvent.Type.DragMove)


class Drops(QObject):
    """Takes what nothing nearer to the pointer took, such as the message box."""

    def __init__(
        self,
        window: QWidget,
        tasks: TaskOwner,
        *,
        folder: Callable[[str], None],
        agent: Callable[[Path], None],
        session: Callable[[Path], None],
        attach: Callable[[list[Path]], None],
        words: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._tasks = tasks
        self._folder, self._agent, self._session, self._attach = folder, agent, session, attach
        self._words = words
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take files of this machine, and words."""
        if isinstance(event, QDropEvent) and event.type() in (*DRAGS, QEvent.Type.Drop):
            paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            if paths:
                event.acceptProposedAction()
                if event.type() is QEvent.Type.Drop:
                    self._tasks.start(self.take(paths), what="take what was dropped")
                return True
            addresses = " ".join(url.toString() for url in event.mimeData().urls())
            if words := addresses or event.mimeData().text().strip():
                event.acceptProposedAction()
                if event.type() is QEvent.Type.Drop:
                    self._words(words)
                return True
        return super().eventFilter(watched, event)

    async def take(self, paths: list[Path]) -> None:
        """Do with each what it is for; of several folders the first counts."""
        folders = await in_thread(lambda: [path for path in paths if path.is_dir()])
        if folders:
            self._folder(str(folders[0]))
        files = [path for path in paths if path not in folders]
        for path in files:
            if path.suffix == ".toml":
                self._agent(path)
            elif path.suffix == ".jsonl":
                self._session(path)
        rest = [path for path in files if path.suffix not in (".toml", ".jsonl")]
        if rest:
            self._attach(rest)
