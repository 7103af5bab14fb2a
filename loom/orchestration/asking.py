"""Calls that wait for a person where nobody sits: asked and answered as signals of the harness run, from anywhere.

The question is kept with the run, so it waits as long as it must; a process that is killed meanwhile asks nothing new
when the run is gone on with. An answer names the bytes that it is about: the hash of the call's arguments.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from loom.errors import ApprovalError
from loom.orchestration.durable import LOOK_EVERY_S, WORK_STEP, DurableEngine, Signal
from loom.safety.approvals import ApprovalCallback
from loom.types.approvals import ApprovalRequest, Decision, Verdict

ASKED, ANSWERED = "asked", "answered"


def asks_by_signal(engine: DurableEngine, run_id: str) -> ApprovalCallback:
    """Answers requests with what somebody says to the run, once somebody does."""

    async def ask(request: ApprovalRequest) -> Decision:
        step = WORK_STEP.get().removeprefix(f"{run_id}.")
        known = asked(await engine.signals(run_id))
        if request.id not in known:
            await engine.signal(run_id, ASKED, {"step": step, "request": asdict(request)})
        while True:
            answer = _answer_to(request.id, await engine.signals(run_id))
            if answer is not None:
                return _decision(request, answer)
            await asyncio.sleep(LOOK_EVERY_S)

    return ask


def asked(signals: list[Signal]) -> dict[str, ApprovalRequest]:
    """The requests among signals, by id."""
    return {each.data["request"]["id"]: _request(each.data["request"]) for each in signals if each.kind == ASKED}


async def pending_approvals(engine: DurableEngine, run_id: str) -> list[ApprovalRequest]:
    """The calls of a run that wait for a person, oldest first. Raises StoreError."""
    run = await engine.run(run_id)
    if run is None or run.state == "done":
        return []
    signals = await engine.signals(run_id)
    answered = {each.data["request_id"] for each in signals if each.kind == ANSWERED}
    over = {each.data["request"]["id"] for each in signals if each.kind == ASKED and each.data["step"] in run.steps}
    return [request for key, request in asked(signals).items() if key not in answered and key not in over]


async def answer_approval(
    engine: DurableEngine, run_id: str, request_id: str, arguments_hash: str, decision: Decision
) -> None:
    """Answer a call of a run that waits; `arguments_hash` is that of the bytes that the person saw.

    Raises ApprovalError where no such call waits, for other bytes, and for a decision with other arguments.
    """
    waiting = {request.id: request for request in await pending_approvals(engine, run_id)}
    request = waiting.get(request_id)
    if request is None:
        raise ApprovalError(f"No call of the harness run {run_id} waits for a decision under {request_id!r}")
    if decision.arguments is not None:
        raise ApprovalError("The arguments of a call can't be edited from here: deny it, and say what it should be")
    if arguments_hash != request.arguments_hash:
        raise ApprovalError(
            f"The answer is about other arguments than those that {request.tool!r} waits with: look at the call again"
        )
    said = {"verdict": decision.verdict.value, "reason": decision.reason, "by": decision.by, "rule": decision.rule}
    await engine.signal(run_id, ANSWERED, {"request_id": request_id, "arguments_hash": arguments_hash, **said})


def _answer_to(request_id: str, signals: list[Signal]) -> dict[str, Any] | None:
    """The first answer to a request; later ones say nothing."""
    return next(
        (each.data for each in signals if each.kind == ANSWERED and each.data["request_id"] == request_id), None
    )


def _decision(request: ApprovalRequest, answer: dict[str, Any]) -> Decision:
    by = str(answer.get("by") or "person")
    if answer.get("arguments_hash") != request.arguments_hash:
        return Decision.deny("the answer was about other arguments", by=by)
    try:
        verdict = Verdict(answer.get("verdict"))
    except ValueError:
        return Decision.deny(f"{answer.get('verdict')!r} is no decision", by=by)
    return Decision(verdict, str(answer.get("reason") or ""), by, rule=str(answer.get("rule") or ""))


def _request(data: dict[str, Any]) -> ApprovalRequest:
    held: dict[str, Any] = {**data, "warnings": tuple(data["warnings"])}
    return ApprovalRequest(**held)
