"""Calls that wait for a person: asked once, decided once, refused when nobody is there."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from loom.errors import ApprovalError
from loom.foreign import awaited, called
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision

ApprovalCallback = Callable[[ApprovalRequest], Any]
"""Answers a request with a Decision, sync or async; anything else it gives, and an exception, are a no."""


@dataclass(slots=True, eq=False)
class ApproverHandle:
    """Somebody answers approval requests, until `detach` is called."""

    desk: ApprovalDesk
    callback: ApprovalCallback | None = None

    def detach(self) -> None:
        """Say that this one answers no more; with nobody left, what waits is refused."""
        self.desk.detach(self)


class ApprovalDesk:
    """Where the calls of one agent wait for a person. Every request has exactly one decision."""

    def __init__(self) -> None:
        self._approvers: list[ApproverHandle] = []
        self._waiting: dict[str, tuple[ApprovalRequest, asyncio.Future[Decision]]] = {}

    @property
    def is_attended(self) -> bool:
        """True while somebody is there to answer."""
        return bool(self._approvers)

    @property
    def pending(self) -> list[ApprovalRequest]:
        """The requests that wait, oldest first."""
        return [request for request, _ in self._waiting.values()]

    def attach(self, callback: ApprovalCallback | None = None) -> ApproverHandle:
        """Say that somebody is there to answer: through `decide`, or by `callback`, which is asked about each call."""
        handle = ApproverHandle(self, callback)
        self._approvers.append(handle)
        return handle

    def detach(self, handle: ApproverHandle) -> None:
        """Say that this one answers no more; with nobody left, what waits is refused. Twice is once."""
        self._approvers = [other for other in self._approvers if other is not handle]
        if self._approvers:
            return
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_result(Decision.deny("nobody is there any more to answer", by="nobody"))

    async def ask(self, request: ApprovalRequest) -> Decision:
        """Wait for the person's decision, for as long as it takes. Cancelling the caller withdraws the request."""
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = (request, answer)
        callbacks = [handle.callback for handle in self._approvers if handle.callback is not None]
        try:
            async with asyncio.TaskGroup() as group:
                asking = [group.create_task(_consult(callback, request, answer)) for callback in callbacks]
                decision = await answer
                for task in asking:
                    task.cancel()
            return decision
        finally:
            del self._waiting[request.id]

    def decide(self, request_id: str, decision: Decision, *, run_id: str | None = None) -> None:
        """Answer a request. Raises ApprovalError if it does not wait (decided, withdrawn, of another run)."""
        request, answer = self._waiting.get(request_id, (None, None))
        if request is None or answer is None or (run_id is not None and request.run_id != run_id):
            raise ApprovalError(
                f"No call waits for a decision under {request_id!r}: it was decided, withdrawn or never asked"
            )
        if answer.done():
            raise ApprovalError(f"{request.tool!r} was decided already; the first answer holds")
        answer.set_result(decision)


async def _consult(callback: ApprovalCallback, request: ApprovalRequest, answer: asyncio.Future[Decision]) -> None:
    """Have a callback answer, unless somebody else was quicker."""
    try:
        if inspect.iscoroutinefunction(callback):
            given: Any = await awaited(callback(request))
        else:
            given = await in_thread(called, callback, request)
            if inspect.isawaitable(given):
                given = await awaited(given)
    except Exception as error:  # noqa: BLE001  an approver that fails says no
        given = Decision.deny(f"the approver failed: {type(error).__name__}: {error}", by="approver")
    if not isinstance(given, Decision):
        given = Decision.deny(f"the approver answered {given!r:.80}, which is no decision", by="approver")
    if not answer.done():
        answer.set_result(given)
