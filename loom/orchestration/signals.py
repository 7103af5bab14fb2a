"""What a person says while sprints run: by hand on the same loop, or as signals from anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from loom.orchestration.durable import Journal
from loom.types.results import SprintContract

Approve = Callable[[SprintContract], Awaitable[SprintContract | None]]

STOP, REMARK, CRITERION, ACCEPT, CONTRACT = "stop", "remark", "criterion", "accept", "contract"


class SprintControls:
    """What a person says while sprints run, on the loop that they run on; it counts at the next sprint.

    What is said from elsewhere goes through the engine (`DurableEngine.signal`), under the same names: stop, remark
    and criterion (`{"text"}`), accept (`{"by"}`, and `"sprint"` for one that is over); `approved_by_signal` takes a
    contract's approval there.
    """

    def __init__(self) -> None:
        self._said: list[tuple[str, dict[str, Any]]] = []

    def stop(self) -> None:
        """End after the sprint that runs."""
        self._said.append((STOP, {}))

    def remark(self, text: str) -> None:
        """Tell the generator something with the next sprint."""
        self._said.append((REMARK, {"text": text}))

    def add_criterion(self, text: str) -> None:
        """Have something judged from the next sprint on."""
        self._said.append((CRITERION, {"text": text}))

    def accept(self, by: str = "person", sprint: int = 0) -> None:
        """Take a sprint as it is, whatever the verdict, and end; recorded as such. 0 is the one that runs."""
        self._said.append((ACCEPT, {"by": by, "sprint": sprint}))

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """What was said since this was last called."""
        said, self._said = self._said, []
        return said


@dataclass
class Heard:
    """What was said and not yet acted upon; `after` is the last signal that was taken in.

    `accepted` says who took which sprint; 0 is the one that runs.
    """

    after: int = 0
    is_stopped: bool = False
    remarks: list[str] = field(default_factory=list[str])
    criteria: list[str] = field(default_factory=list[str])
    accepted: dict[int, str] = field(default_factory=dict[int, str])

    def take_in(self, kind: str, data: dict[str, Any]) -> None:
        """Keep what was said until it is acted upon; a word that is not known is passed over."""
        if kind == STOP:
            self.is_stopped = True
        elif kind in (REMARK, CRITERION):
            text = str(data.get("text") or "").strip()
            if text:
                (self.remarks if kind == REMARK else self.criteria).append(text)
        elif kind == ACCEPT:
            sprint = data.get("sprint")
            self.accepted[sprint if isinstance(sprint, int) else 0] = str(data.get("by") or "person")


def approved_by_signal(journal: Journal) -> Approve:
    """An `approve` that waits for the signal `contract`: `{"sprint"}`, and `"criteria"`, `"goal"` where they change.

    `{"sprint", "refused": true}` refuses it.
    """

    async def approve(contract: SprintContract) -> SprintContract | None:
        said = await journal.wait(CONTRACT, lambda data: data.get("sprint") == contract.sprint)
        if said.get("refused"):
            return None
        criteria = [str(each).strip() for each in said.get("criteria", contract.criteria) if str(each).strip()]
        return replace(contract, goal=str(said.get("goal") or contract.goal), criteria=criteria)

    return approve
