"""Closing the last window while runs are at work: what the person is asked, and what becomes of the runs."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow, QMessageBox, QPushButton

from loom_studio.services.conversations import Conversation
from loom_studio.services.studio import StudioServices
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, plural, tr
from loom_studio.widgets.named import named
from loom_studio.widgets.tray import has_tray, put_into_tray

IN_TRAY = marked(
    "Keep in background: the window goes away and the work goes on. The icon in the tray brings the window back; "
    "with the last run the Studio closes by itself."
)
NO_TRAY = marked(
    "Keep in background: the window is minimised, since there is no tray to put it into, and the work goes on. With "
    "the last run the Studio closes by itself."
)
STOPPING = marked(
    "Stop after this step: each run ends the step that it is at, then the Studio closes. It is kept as interrupted: at "
    "the next start you can resume it."
)
AT_WORK = ("running", "needs you")
"""How a session stands until the end of its run was shown, which comes after that end."""
BOUNDARIES = ("step.completed", "tool.approval_requested")
"""Where nothing is half done: a step has ended, or a call waits for the person, and is asked about again later."""


class Quitting(QObject):
    """Asks once there is something to ask about: runs of sessions, or of harnesses."""

    def __init__(self, services: StudioServices, parent: QObject) -> None:
        super().__init__(parent)
        self._open = services.open
        self._harness = services.harness
        self._may_close = False
        self._is_away = False
        self._box: QMessageBox | None = None

    @property
    def count(self) -> int:
        """How many runs are at work."""
        return len(self._open.running) + self._harness.working

    def may_close(self, window: QMainWindow) -> bool:
        """Whether the window can be closed now; if not, the person is asked."""
        if self._may_close or not self.count:
            return True
        if self._box is None:
            self._ask(window)
        else:
            self._box.raise_()
        return False

    def look(self, window: QMainWindow) -> None:
        """Close a window that was put away, once nothing is at work any more."""
        if not self._is_away:
            return
        if window.isVisible() and not window.isMinimized():
            self._is_away = False  # the person took it back
        elif not self.count and not any(each.queued or each.state in AT_WORK for each in self._open.conversations):
            self._close(window)

    def _ask(self, window: QMainWindow) -> None:
        box = self._new_box(window, plural("A run is still at work.", "{n} runs are still at work.", self.count))
        box.setInformativeText(f"{tr(IN_TRAY if has_tray() else NO_TRAY)}\n\n{tr(STOPPING)}")
        cancel = _button(box, marked("Cancel"), QMessageBox.ButtonRole.RejectRole)
        stop = _button(box, marked("Stop after this step"), QMessageBox.ButtonRole.DestructiveRole)
        keep = _button(box, marked("Keep in background"), QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        stop.clicked.connect(lambda: self._on_stop(window))
        keep.clicked.connect(lambda: self.put_away(window))
        box.open()

    def put_away(self, window: QMainWindow) -> None:
        """Take the window away from the screen; the work goes on."""
        self._is_away = True
        if has_tray():
            put_into_tray(window, tr("Runs are at work. A click brings the window back."))
            window.hide()
        else:
            window.showMinimized()

    def _on_stop(self, window: QMainWindow) -> None:
        box = self._new_box(window, tr("Closing after this step …"))
        box.setInformativeText(tr("Stop now ends it at once; it is kept as interrupted too."))
        cancel = _button(box, marked("Do not close"), QMessageBox.ButtonRole.RejectRole)
        now = _button(box, marked("Stop now"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        waiting = TaskOwner(box.setInformativeText)
        now.clicked.connect(lambda: self._close(window))
        box.finished.connect(waiting.cancel_all)
        box.open()
        # What has happened by now is no end of the step.
        runs = {each: each.run for each in self._open.running if each.run is not None}
        seen = [(each, len(run.feed.events)) for each, run in runs.items()]
        for run in runs.values():
            run.hold()
            cancel.clicked.connect(run.go_on)
        waiting.start(self._close_after_steps(window, box, seen), what="wait for the steps")

    async def _close_after_steps(
        self, window: QMainWindow, box: QMessageBox, seen: list[tuple[Conversation, int]]
    ) -> None:
        await asyncio.gather(*(step_ended(each, number) for each, number in seen))
        self._close(window)
        box.close()

    def _close(self, window: QMainWindow) -> None:
        self._may_close, self._is_away = True, False
        window.close()

    def _new_box(self, window: QMainWindow, text: str) -> QMessageBox:
        box = self._box = named(QMessageBox(window), "Close Loom Studio")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(tr("Close Loom Studio"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        box.finished.connect(lambda: self._on_finished(box))
        return box

    def _on_finished(self, box: QMessageBox) -> None:
        if self._box is box:
            self._box = None


async def step_ended(conversation: Conversation, seen: int) -> None:
    """Return when a run is between two steps, waits for the person, or has ended, after its first `seen` events."""
    run = conversation.run
    if run is None or conversation.pending:
        return
    number = 0
    async for event in run.events():
        number += 1
        if number > seen and event.type in BOUNDARIES:
            return


def _button(box: QMessageBox, words: str, role: QMessageBox.ButtonRole) -> QPushButton:
    return named(box.addButton(tr(words), role), words)
