"""Asks for the person's attention while the window is not in front: what waits, what ended, what was noticed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from loom_studio.plain_text import escape_invisible
from loom_studio.services.conversations import Conversation
from loom_studio.services.harness_waits import HarnessWaits
from loom_studio.services.notifications import wants
from loom_studio.services.settings import Settings
from loom_studio.texts import tr


class Attention:
    """Tells the desktop of the kinds of things that the person wants to hear of."""

    def __init__(self, window: QWidget, settings: Settings) -> None:
        self._window = window
        self._settings = settings
        self._waiting = self._counted = 0
        self._questions: set[str] = set()
        self._states: dict[str, str] = {}

    def look_at(self, conversations: Sequence[Conversation], waits: HarnessWaits) -> None:
        """Tell of what waits or ended since the last look: which tools and sessions, never a call."""
        tools = [event.payload["tool"] for each in conversations for event in each.pending]
        tools += [call.request.tool for call in waits.calls]
        waiting = len(tools)
        if waiting > self._waiting:
            self.tell("approvals", tr("{tools} needs your permission", tools=tr(", ").join(dict.fromkeys(tools))))
        self._waiting = waiting
        for each in conversations:
            if self._states.get(each.id) == "running" and each.state in ("done", "failed"):
                self.tell("ends", tr("{title}: {state}", title=each.title, state=tr(each.state)))
        self._states = {each.id: each.state for each in conversations}

    def count(self, waiting: int) -> None:
        """Show on the program's icon, where the desktop does such a thing, how many things need the person."""
        if waiting != self._counted:
            self._counted = waiting
            # Where Qt tells the desktop over D-Bus, it makes a path of the program's name, in which no space may be.
            name = QApplication.applicationName()
            QApplication.setApplicationName(name.replace(" ", ""))
            if isinstance(app := QApplication.instance(), QGuiApplication):
                app.setBadgeNumber(waiting)
            QApplication.setApplicationName(name)

    def look_at_questions(self, questions: Sequence[tuple[str, str]]) -> None:
        """Tell of questions of tool servers (id, and who asks what) that were not there at the last look."""
        new = [text for ask_id, text in questions if ask_id not in self._questions]
        self._questions = {ask_id for ask_id, _ in questions}
        if new:
            many = tr("{count} tool servers ask you something", count=len(new))
            self.tell("approvals", new[0] if len(new) == 1 else many)

    def tell(self, kind: str, sentence: str) -> None:
        """Tell of something of a kind."""
        if wants(self._settings, kind) and not self._window.isActiveWindow():
            from loom_studio.widgets.tray import notify  # a window is shown without it

            QApplication.alert(self._window)
            notify(self._window, escape_invisible(sentence))
