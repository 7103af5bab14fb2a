"""What the card of a call that waits in a harness run asks for, and what becomes of the answer that is given on it."""

from __future__ import annotations

from collections.abc import Callable

from loom.types.approvals import ApprovalRequest, Decision
from loom_studio.panels.sprints.waiting_call import WaitingCall
from loom_studio.services.harness import HarnessRun, HarnessRuns
from loom_studio.tasks import TaskOwner
from loom_studio.texts import marked, tr

DECIDED = {
    "allow_once": marked("{tool} may run once."),
    "allow_session": marked("{tool} may run, and its like in this run."),
    "allow_always": marked("{tool} may run, and its like from now on: the Approvals tab lists it."),
}
EDITED = marked("{tool} may run once, with the arguments as you edited them.")
DENIED = marked("{tool} is denied.")


class Answers:
    """Looks at what is typed on a card off the GUI loop, and gives its decisions to the run that is chosen.

    `then` is called once a call is answered.
    """

    def __init__(
        self,
        card: WaitingCall,
        service: HarnessRuns,
        tasks: TaskOwner,
        chosen: Callable[[], HarnessRun | None],
        say: Callable[[str], None],
    ) -> None:
        self._card = card
        self._service = service
        self._tasks = tasks
        self._chosen = chosen
        self._say = say
        self.then: Callable[[], None] = lambda: None
        card.decided.connect(self._on_decided)
        card.edit_changed.connect(self._on_edit)
        card.rule_changed.connect(self._on_rule)

    def _on_decided(self, request: ApprovalRequest, decision: Decision) -> None:
        run = self._chosen()
        if run is not None:
            self._tasks.start(self._decide(run, request, decision), what="answer the call")

    async def _decide(self, run: HarnessRun, request: ApprovalRequest, decision: Decision) -> None:
        await self._service.decide(run, request, decision)
        said = EDITED if decision.arguments is not None else DECIDED.get(decision.verdict, DENIED)
        self._say(tr(said, tool=request.tool))
        self.then()

    def _on_edit(self, request: ApprovalRequest, text: str) -> None:
        self._tasks.start(self._look_at(request, text), what="check the arguments")

    async def _look_at(self, request: ApprovalRequest, text: str) -> None:
        fault, form = await self._service.fault_in(request, text), self._card.edit_form
        if self._card.request is request and form.text.toPlainText() == text:
            form.show_fault(fault)

    def _on_rule(self, request: ApprovalRequest, rule: str) -> None:
        run = self._chosen()
        if run is not None:
            self._card.rule_form.show_covered("", usable=False)
            self._tasks.start(self._try(run, request, rule), what="try the rule")

    async def _try(self, run: HarnessRun, request: ApprovalRequest, rule: str) -> None:
        sentence, usable = await self._service.try_rule(run, request, rule)
        if self._card.request is request and self._card.rule_form.rule.text() == rule:
            self._card.rule_form.show_covered(sentence, usable=usable)
