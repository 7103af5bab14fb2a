"""A line below the transcript while a run works: what it does, and for how many seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QWidget

from loom_studio.texts import tr
from loom_studio.theme import px
from loom_studio.transcript_row import TranscriptRow

TICK_MS = 1000
SHOWN_AFTER_S = 1.0
"""What is quicker needs no line: it would only flicker."""


class WorkLine(QLabel):
    """Hidden, and without a timer, while nothing works. `doing` is asked what is done; empty for nothing."""

    def __init__(self, doing: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = doing
        self.setObjectName("Muted")
        self.setContentsMargins(px(16), 0, px(12), 0)
        self._doing = ""
        self._since = 0.0
        self._ticking = QTimer(self, interval=TICK_MS)
        self._ticking.timeout.connect(self.look)
        self.hide()

    def look(self) -> None:
        """See what is done now."""
        doing = self._ask()
        if doing != self._doing:
            self._doing, self._since = doing, time.monotonic()
        if not doing:
            self._ticking.stop()
        elif not self._ticking.isActive():
            self._ticking.start()
        self._show()

    def _show(self) -> None:
        took_s = time.monotonic() - self._since
        is_shown = bool(self._doing) and took_s >= SHOWN_AFTER_S
        if is_shown:
            self.setText(tr("{doing} · {time}", doing=self._doing, time=_lasted(int(took_s))))
        self.setVisible(is_shown)


def _lasted(seconds: int) -> str:
    minutes, left = divmod(seconds, 60)
    return (
        tr("{minutes} min {seconds} s", minutes=minutes, seconds=left) if minutes else tr("{seconds} s", seconds=left)
    )


def doing_now(state: str, rows: Sequence[TranscriptRow]) -> str:
    """What a run does, by its session's state and the rows of its transcript; empty if it does not work."""
    if state == "needs you":
        return tr("It waits for your answer")
    if state != "running":
        return ""
    last = next((row for row in reversed(rows) if row.kind not in ("notice", "error")), None)
    if last is not None and last.kind == "tool" and last.state.startswith("running"):
        return tr("{tool} runs", tool=last.title)
    if last is not None and last.is_streaming:
        return tr("The model thinks") if last.kind == "thinking" else tr("The model writes")
    return tr("The model was asked")
