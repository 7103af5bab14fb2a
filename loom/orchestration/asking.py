"""Calls that wait for a person where nobody sits: asked and answered as signals of the harness run, from anywhere.

The question is kept with the run, so it waits as long as it must; a process that is killed meanwhile asks nothing new
when the run is gone on with. An answer names the bytes that it is about: the hash of the call's arguments.

An answer "for the run" stands for later calls of it that the same rule covers, until it is taken back. It is nowhere
but among the signals, so it holds in whatever process works on the run, and ends with it.

An answer "from now on" is a standing grant of the profile, as one that is given in a chat. It is stored before the
answer is said, by whoever answers; so it is only taken where the run works with the same profile, on the same machine:
what holds elsewhere could not be seen or taken back from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loom.config.tools import ToolSpec
from loom.errors import ApprovalError, ToolArgumentError
from loom.orchestration.durable import LOOK_EVERY_S, WORK_STEP, DurableEngine, Signal
from loom.safety.approvals import ApprovalCallback
from loom.safety.grants import Grant, GrantBook
from loom.safety.rules import shown_path
from loom.threads import in_thread
from loom.tools.arguments import read_arguments
from loom.types.approvals import ApprovalRequest, Decision, Verdict
from loom.types.messages import ToolCall
from loom.types.strict_json import fingerprint, parse_object

ASKED, ANSWERED, REVOKED = "asked", "answered", "revoked"
FOR_RUN, FROM_NOW_ON = "for this run", "from now on"


def asks_by_signal(
    engine: DurableEngine,
    run_id: str,
    workspace: Path | None = None,
    on_waiting: Callable[[ApprovalRequest], None] | None = None,
    grants: GrantBook | None = None,
) -> ApprovalCallback:
    """Answers requests with what somebody says to the run, once somebody does.

    `workspace` is the folder that the paths of rules are relative to; `on_waiting` is told of each call that waits.
    `grants` are those by which the run's agents work; without them nothing can be allowed from now on.
    """

    async def ask(request: ApprovalRequest) -> Decision:
        step = WORK_STEP.get().removeprefix(f"{run_id}.")
        signals = await engine.signals(run_id)
        is_asked, is_told = request.id in asked(signals), False
        while True:
            answer = _answer_to(request.id, signals)
            if answer is not None:
                if grants is not None and answer.get("verdict") == Verdict.ALLOW_ALWAYS:
                    await in_thread(grants.load)  # so that it counts for the next call already
                return _decision(request, answer)
            grant = await _standing(request, signals, workspace)
            if grant is not None:
                decision = Decision.allow_once(f"{grant.by}, {FOR_RUN}")
                if is_asked:  # nobody is to be asked any longer
                    await engine.signal(run_id, ANSWERED, _answered(request, decision))
                return decision
            if not is_asked:
                is_asked = True
                where = await in_thread(_where, workspace, grants)
                await engine.signal(run_id, ASKED, {"step": step, "request": asdict(request), **where})
            if not is_told and on_waiting is not None:
                on_waiting(request)
            is_told = True
            await asyncio.sleep(LOOK_EVERY_S)
            signals = await engine.signals(run_id)

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
    over |= _begun_anew(signals)
    return [request for key, request in asked(signals).items() if key not in answered and key not in over]


async def answer_approval(
    engine: DurableEngine,
    run_id: str,
    request_id: str,
    arguments_hash: str,
    decision: Decision,
    grants: GrantBook | None = None,
) -> None:
    """Answer a call of a run that waits; `arguments_hash` is that of the bytes that the person saw.

    A decision with edited arguments lets the call run with exactly their bytes, or it is asked about again. One "for
    the session" counts for the run: for later calls that the rule covers which the request offered. One "always" is
    stored in `grants`, those of the person who answers.

    Raises ApprovalError where no such call waits, for other bytes, for edited arguments that don't fit, and for a
    decision that is to last where the call must be asked about each time, by a rule that does not cover it, or that
    can't be stored where the run works. Then the call still waits.
    """
    waiting = {request.id: request for request in await pending_approvals(engine, run_id)}
    request = waiting.get(request_id)
    if request is None:
        raise ApprovalError(f"No call of the harness run {run_id} waits for a decision under {request_id!r}")
    if arguments_hash != request.arguments_hash:
        raise ApprovalError(
            f"The answer is about other arguments than those that {request.tool!r} waits with: look at the call again"
        )
    if decision.arguments is not None:
        if decision.verdict is not Verdict.ALLOW_ONCE:
            raise ApprovalError("A call with edited arguments can only be allowed once")
        await in_thread(check_edited, request, decision.arguments)
    if decision.verdict in (Verdict.ALLOW_SESSION, Verdict.ALLOW_ALWAYS) and not request.may_last:
        raise ApprovalError(f"{request.tool!r} is asked about each time, because {request.reason}: allow it once")
    if decision.verdict is Verdict.ALLOW_SESSION and decision.rule not in ("", request.rule_offered):
        raise ApprovalError(f"The rule {decision.rule!r} is not the one that was offered: {request.rule_offered!r}")
    if decision.verdict is Verdict.ALLOW_ALWAYS:
        await _answer_for_good(engine, run_id, request, decision, grants)
    else:
        await engine.signal(run_id, ANSWERED, _answered(request, decision))


def check_edited(request: ApprovalRequest, arguments: dict[str, Any] | str) -> dict[str, Any]:
    """The edited arguments of a call, which may be given as JSON; blocks. Raises ApprovalError where they don't fit."""
    tool = ToolSpec(request.tool, input_schema=request.input_schema or {"type": "object"})
    try:
        wanted = parse_object(arguments) if isinstance(arguments, str) else arguments
        read_arguments(tool, ToolCall(request.call_id, request.tool, wanted))
    except (ToolArgumentError, ValueError) as error:
        raise ApprovalError(str(error)) from None
    return wanted


async def check_keepable(engine: DurableEngine, run_id: str, request_id: str, grants: GrantBook | None) -> Path | None:
    """The workspace that a grant for a call that waits would be for.

    Raises ApprovalError where it could not be kept in `grants`: the run works with those of another profile.
    """
    signals = await engine.signals(run_id)
    said = next((each.data for each in signals if _asks_for(each, request_id)), dict[str, Any]())
    place = await in_thread(lambda: grants.place) if grants is not None else ""
    if not place or said.get("grants_in") != place:
        raise ApprovalError(
            "This run works with another profile, or on another machine, where what is always allowed could not be "
            "seen or taken back from here: allow it for the run"
        )
    return Path(said["workspace"]) if said.get("workspace") else None


async def _answer_for_good(
    engine: DurableEngine, run_id: str, request: ApprovalRequest, decision: Decision, grants: GrantBook | None
) -> None:
    """Store what is allowed from now on, and say so; where it is not the answer that counts, it is not stored."""
    workspace = await check_keepable(engine, run_id, request.id, grants)
    assert grants is not None  # noqa: S101  else it is not keepable
    kept = await in_thread(
        grants.add,
        tool=request.tool,
        schema_hash=request.schema_hash,
        workspace=workspace,
        arguments=request.arguments,
        arguments_hash=request.arguments_hash,
        rule=decision.rule,
        expires_in_s=decision.expires_in_s,
        by=decision.by,
    )
    counts = False
    try:
        await engine.signal(run_id, ANSWERED, {**_answered(request, decision), "grant": kept.id})
        answer = _answer_to(request.id, await engine.signals(run_id))
        counts = answer is not None and answer.get("grant") == kept.id
    finally:
        if not counts:
            await in_thread(grants.revoke, kept.id)
    if not counts:
        raise ApprovalError(f"{request.tool!r} was decided already; the first answer holds")


async def grants_of(engine: DurableEngine, run_id: str) -> list[Grant]:
    """What a person allowed for the whole of a run that goes on; a grant's id is that of its request."""
    run = await engine.run(run_id)
    if run is None or run.state == "done":
        return []
    return [_grant(request, answer, run_id) for request, answer in _lasting(await engine.signals(run_id))]


async def revoke_grant(engine: DurableEngine, run_id: str, request_id: str) -> None:
    """Take back what was allowed for a run: from now on such calls are asked about again.

    Raises ApprovalError where nothing was allowed under this request.
    """
    if request_id not in [grant.id for grant in await grants_of(engine, run_id)]:
        raise ApprovalError(f"Nothing was allowed for the harness run {run_id} under {request_id!r}, or not any more")
    await engine.signal(run_id, REVOKED, {"request_id": request_id})


def _begun_anew(signals: list[Signal]) -> set[str]:
    """The requests of agents whose work another machine has begun again: a session has one run at a time."""
    requests = asked(signals)
    at_work = {request.session_id: request.run_id for request in requests.values()}
    return {key for key, request in requests.items() if request.run_id != at_work[request.session_id]}


def _answered(request: ApprovalRequest, decision: Decision) -> dict[str, Any]:
    said = {"verdict": decision.verdict.value, "reason": decision.reason, "by": decision.by, "rule": decision.rule}
    if decision.arguments is not None:
        said |= {"edited": decision.arguments, "edited_hash": fingerprint(decision.arguments)}
    return {"request_id": request.id, "arguments_hash": request.arguments_hash, **said}


def _where(workspace: Path | None, grants: GrantBook | None) -> dict[str, str]:
    """Where the agents work, and whose grants they work with; blocks."""
    folder = "" if workspace is None else str(workspace.expanduser().resolve())
    return {"workspace": folder, "grants_in": grants.place if grants is not None else ""}


def _asks_for(signal: Signal, request_id: str) -> bool:
    return signal.kind == ASKED and signal.data["request"]["id"] == request_id


def _lasting(signals: list[Signal]) -> list[tuple[ApprovalRequest, dict[str, Any]]]:
    """The requests whose answer stands for later calls, with it."""
    revoked = {each.data["request_id"] for each in signals if each.kind == REVOKED}
    answers = ((request, _answer_to(key, signals)) for key, request in asked(signals).items() if key not in revoked)
    return [
        (request, answer)
        for request, answer in answers
        if answer is not None
        and request.may_last
        and answer["verdict"] == Verdict.ALLOW_SESSION
        and answer["arguments_hash"] == request.arguments_hash
        and (answer.get("rule") or "") in ("", request.rule_offered)
    ]


async def _standing(request: ApprovalRequest, signals: list[Signal], workspace: Path | None) -> Grant | None:
    """What was allowed for the run and covers this call."""
    lasting = _lasting(signals) if request.may_last else []
    return await in_thread(_covering, request, lasting, workspace) if lasting else None


def _covering(
    request: ApprovalRequest, lasting: list[tuple[ApprovalRequest, dict[str, Any]]], workspace: Path | None
) -> Grant | None:
    book = GrantBook()
    for before, answer in lasting:
        with suppress(ApprovalError):  # a rule that does not cover the call that it was given for grants nothing
            book.add(
                tool=before.tool,
                schema_hash=before.schema_hash,
                workspace=workspace,
                arguments=before.arguments,
                arguments_hash=before.arguments_hash,
                rule=str(answer.get("rule") or ""),
                by=str(answer.get("by") or "person"),
            )
    path = shown_path(request.arguments, workspace)
    return book.find(request.tool, request.schema_hash, workspace, request.arguments, request.arguments_hash, "", path)


def _grant(request: ApprovalRequest, answer: dict[str, Any], run_id: str) -> Grant:
    by, rule = str(answer.get("by") or "person"), str(answer.get("rule") or "")
    kept = "" if rule else request.arguments_hash
    return Grant(request.id, request.tool, request.schema_hash, "", rule, kept, 0.0, session_id=run_id, by=by)


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
    if "edited" in answer:
        return _edited(answer, verdict, by)
    if verdict is Verdict.ALLOW_SESSION:  # it stands among the run's signals, and nowhere else: it can be taken back
        return Decision.allow_once(f"{by}, {FOR_RUN}")
    if verdict is Verdict.ALLOW_ALWAYS:  # whoever answered stored it: what was taken back since is not stored again
        return Decision.allow_once(f"{by}, {FROM_NOW_ON}")
    return Decision(verdict, str(answer.get("reason") or ""), by, rule=str(answer.get("rule") or ""))


def _edited(answer: dict[str, Any], verdict: Verdict, by: str) -> Decision:
    """The decision for the call with other arguments: with those bytes that were approved, or a no."""
    arguments: dict[str, Any] = answer["edited"]
    approved = str(answer.get("edited_hash"))
    try:
        is_same = fingerprint(dict(arguments)) == approved
    except (ValueError, TypeError):
        is_same = False
    if not is_same or verdict is not Verdict.ALLOW_ONCE:
        return Decision.deny("the edited arguments are not those that were approved", by=by)
    return Decision(verdict, by=by, arguments=arguments, arguments_hash=approved)


def _request(data: dict[str, Any]) -> ApprovalRequest:
    held: dict[str, Any] = {**data, "warnings": tuple(data["warnings"])}
    return ApprovalRequest(**held)
