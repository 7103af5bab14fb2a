"""What harness runs wait for, where the person looks: the sidebar, the Sprints tab, the key that goes to the next."""

from __future__ import annotations

from PySide6.QtCore import QObject

from loom.errors import LoomError
from loom.threads import in_thread
from loom_studio.inspector import Inspector
from loom_studio.panels.sidebar import Sidebar
from loom_studio.runtime_words import said_of
from loom_studio.services.harness_waits import HarnessCall, HarnessWaits
from loom_studio.tasks import TaskOwner
from loom_studio.texts import tr
from loom_studio.widgets.beside import Beside


class HarnessDesk(QObject):
    """Shows the runs that need the person in the sidebar, and brings the one that was chosen into view."""

    def __init__(
        self, waits: HarnessWaits, sidebar: Sidebar, inspector: Inspector, beside: Beside, tasks: TaskOwner
    ) -> None:
        super().__init__(sidebar)  # what the windows share tells it nothing once its window is gone
        self.waits = waits
        self._sidebar = sidebar
        self._inspector = inspector
        self._beside = beside
        self._tasks = tasks
        waits.changed.connect(self._on_changed)
        waits.moved.connect(self._on_moved)
        sidebar.harness_chosen.connect(self.show)
        inspector.call_wanted.connect(self.show_call)
        inspector.place_wanted.connect(self._on_place)

    def show(self, run_id: str, request_id: str) -> None:
        """Bring a run into view, and the call of it that waits."""
        self._beside.show()
        self._inspector.show_harness(run_id, request_id)

    def show_call(self, call: HarnessCall) -> None:
        """Bring a call that waits into view."""
        self.show(call.run.id, call.request.id)

    def in_hand(self) -> HarnessCall | None:
        """The call whose card has the keyboard."""
        request = self._inspector.sprints.call_in_hand if self._inspector.sprints is not None else None
        return next((call for call in self.waits.calls if request is not None and call.request.id == request.id), None)

    def _on_moved(self) -> None:
        if self._inspector.sprints is not None:
            self._inspector.sprints.refresh()

    def _on_place(self, workspace: str, file: str, line: int) -> None:
        self._tasks.start(self._show_place(workspace, file, line), what="show the file")

    async def _show_place(self, workspace: str, file: str, line: int) -> None:
        """Show a file that an evaluator named where the chat shows what is cited."""
        from loom_studio.panels.chat.source_view import SourceView
        from loom_studio.services.sources import source_at

        try:
            source = await in_thread(source_at, workspace, file, line)
        except LoomError as error:
            if self._inspector.sprints is not None:
                self._inspector.sprints.say(said_of(error))
            return
        SourceView(source, self._tasks, self._inspector).open()

    def _on_changed(self) -> None:
        calls = [
            (call.run.id, call.request.id, tr("{run} · {tool} waits", run=call.run.title, tool=call.request.tool))
            for call in self.waits.calls
        ]
        contracts = [(run.id, "", tr("{run} · its contract waits", run=run.title)) for run in self.waits.contracts]
        self._sidebar.show_harness([*calls, *contracts])
