"""What was written and not sent: a file a session, kept while it is typed, so that two windows lose nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from loom.files import write_private
from loom.threads import in_thread
from loom_studio.tasks import TaskOwner

PAUSE_MS = 800


class Drafts(QObject):
    """Texts by session id. A file that can't be read counts as empty; one that can't be written is told of."""

    def __init__(self, folder: Path, tasks: TaskOwner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._tasks = tasks
        self._texts: dict[str, str] = {}
        self._changed: set[str] = set()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self._tasks.start(self.save(), what="keep what you wrote"))

    async def load(self) -> dict[str, str]:
        """What was kept, by session, the last written first."""
        self._texts = {**await in_thread(_read, self._folder), **self._texts}
        return dict(self._texts)

    def text(self, session_id: str) -> str:
        """What was written in a session and not sent."""
        return self._texts.get(session_id, "")

    def keep(self, session_id: str, text: str) -> None:
        """Keep what is written now; an empty text is forgotten."""
        if text != self._texts.get(session_id, ""):
            self._texts[session_id] = text
            self._changed.add(session_id)
            self._pause.start()

    async def aclose(self) -> None:
        """Write what changed, and stop."""
        self._pause.stop()
        await self.save()

    async def save(self) -> None:
        """Write to the disk what changed."""
        changed, self._changed = self._changed, set()
        if changed:
            await in_thread(_write, self._folder, {key: self._texts[key] for key in changed})


def _read(folder: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    try:
        files = sorted(folder.glob("*.txt"), key=lambda file: -file.stat().st_mtime)
    except OSError:
        return texts
    for file in files:
        try:
            texts[file.stem] = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return texts


def _write(folder: Path, texts: dict[str, str]) -> None:
    for key, text in texts.items():
        file = folder / f"{key}.txt"
        if text:
            write_private(file, text)
        else:
            file.unlink(missing_ok=True)
