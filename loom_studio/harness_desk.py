"""What harness runs wait for, where the person looks: the sidebar, the Sprints tab, the key that goes to the next."""

from __future__ import annotations

from loom_studio.inspector import Inspector
from loom_studio.panels.sidebar import Sidebar
from loom_studio.services.harness_waits import HarnessCall, HarnessWaits
from loom_studio.widgets.beside import Beside


class HarnessDesk:
    """Shows the runs that need the person in the sidebar, and brings the one that was chosen into view."""

    def __init__(self, waits: HarnessWaits, sidebar: Sidebar, inspector: Inspector, beside: Beside) -> None:
        self.waits = waits
        self._sidebar = sidebar
        self._inspector = inspector
        self._beside = beside
        waits.changed.connect(self._on_changed)
        sidebar.harness_chosen.connect(self.show)
        inspector.call_wanted.connect(self.show_call)

    def show(self, run_id: str, request_id: str) -> None:
        """Bring a run into view, and the call of it that waits."""
        self._beside.show()
        self._inspector.show_harness(run_id, request_id)

    def show_call(self, call: HarnessCall) -> None:
        """Bring a call that waits into view."""
        self.show(call.run.id, call.request.id)

    def in_hand(self) -> HarnessCall | None:
        """The call whose card has the keyboard."""
        request = self._inspector.sprints.waiting.in_hand if self._inspector.sprints is not None else None
        return next((call for call in self.waits.calls if request is not None and call.request.id == request.id), None)

    def _on_changed(self) -> None:
        calls = [
            (call.run.id, call.request.id, f"{call.run.title} · {call.request.tool} waits") for call in self.waits.calls
        ]
        contracts = [(run.id, "", f"{run.title} · its contract waits") for run in self.waits.contracts]
        self._sidebar.show_harness([*calls, *contracts])
