"""What was written and not sent, by session: kept on the disk while it is typed."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from loom.files import write_private
from loom.threads import in_thread
from loom_studio.tasks import TaskOwner

PAUSE_MS = 800


class Drafts(QObject):
    """Texts by session id. A file that can't be read counts as empty; one that can't be written is told of."""

    def __init__(self, file: Path, tasks: TaskOwner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._tasks = tasks
        self._texts: dict[str, str] = {}
        self._is_changed = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self._tasks.start(self.save(), what="keep what you wrote"))

    async def load(self) -> dict[str, str]:
        """What was kept, by session."""
        self._texts = {**await in_thread(_read, self._file), **self._texts}
        return dict(self._texts)

    def text(self, session_id: str) -> str:
        """What was written in a session and not sent."""
        return self._texts.get(session_id, "")

    def keep(self, session_id: str, text: str) -> None:
        """Keep what is written now; an empty text is forgotten."""
        if text == self._texts.get(session_id, ""):
            return
        if text:
            self._texts[session_id] = text
        else:
            self._texts.pop(session_id, None)
        self._is_changed = True
        self._pause.start()

    async def save(self) -> None:
        """Write to the disk what changed."""
        if self._is_changed:
            self._is_changed = False
            await in_thread(write_private, self._file, json.dumps(self._texts, ensure_ascii=False))


def _read(file: Path) -> dict[str, str]:
    try:
        held = json.loads(file.read_text("utf-8"))
        return {str(key): str(text) for key, text in held.items()}
    except (OSError, ValueError, AttributeError):
        return {}
