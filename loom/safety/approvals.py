"""Calls that wait for a person: asked once, decided once, refused when nobody is there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from loom.errors import ApprovalError
from loom.types.approvals import ApprovalRequest, Decision


@dataclass(slots=True)
class ApproverHandle:
    """Somebody answers approval requests, until `detach` is called."""

    desk: ApprovalDesk

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

    def attach(self) -> ApproverHandle:
        """Say that somebody is there to answer."""
        handle = ApproverHandle(self)
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
        try:
            return await answer
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
