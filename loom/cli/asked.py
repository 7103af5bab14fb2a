"""`loom harness approvals`, `approve`, `deny` and `revoke`: calls that wait in a harness run, wherever it works."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from loom.cli.engines import found_run
from loom.cli.streams import say_nothing
from loom.errors import ApprovalError
from loom.orchestration.asking import answer_approval, check_edited, grants_of, pending_approvals, revoke_grant
from loom.orchestration.durable import DurableEngine
from loom.safety.grants import Grant
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision


async def show_approvals(engine: DurableEngine, options: argparse.Namespace) -> int:
    """Print the calls that wait, and what was allowed for the whole of a run."""
    runs = [await found_run(engine, options.id)] if options.id else await engine.runs()
    is_quiet = True
    for run in runs:
        for request in await pending_approvals(engine, run.id):
            is_quiet = False
            if options.json:
                print(json.dumps({"run": run.id, **asdict(request)}, ensure_ascii=False))
            else:
                _show(run.id, request)
        for grant in await grants_of(engine, run.id):
            is_quiet = False
            if options.json:
                print(json.dumps({"run": run.id, "grant": asdict(grant)}, ensure_ascii=False))
            else:
                print(f"{run.id}  {grant.id}  allowed for this run: {escaped(str(grant))}")
    if is_quiet:
        say_nothing("No call waits, and nothing is allowed for a run")
    return 0


async def answer(engine: DurableEngine, options: argparse.Namespace) -> int:
    """Answer one call that waits."""
    run = await found_run(engine, options.id)
    found = [each for each in await pending_approvals(engine, run.id) if each.id.startswith(options.request)]
    if len(found) != 1:
        what = "No call waits" if not found else f"{len(found)} calls wait"
        raise ApprovalError(f"{what} under {options.request!r} in the harness run {run.id}: see loom harness approvals")
    if options.action == "approve":
        decision = await _allowing(found[0], options)
    else:
        reason = " ".join(options.reason)
        decision = Decision.stop(reason) if options.stop else Decision.deny(reason)
    hashed, grants = options.hash or found[0].arguments_hash, (await in_thread(Profile.default)).grants
    await answer_approval(engine, run.id, found[0].id, hashed, decision, grants)
    return 0


async def _allowing(request: ApprovalRequest, options: argparse.Namespace) -> Decision:
    if options.days is not None and (options.always is None or options.days <= 0):
        raise ApprovalError("--days says for how long --always holds, in days above 0")
    if options.arguments is not None:
        text = await in_thread(sys.stdin.read) if options.arguments == "-" else options.arguments
        return Decision.allow_once(arguments=await in_thread(check_edited, request, text))
    if options.always is not None:
        rule = request.rule_offered if options.always is True else options.always
        return Decision.allow_always(rule=rule, expires_in_s=options.days and options.days * 86_400)
    return Decision.allow_for_session(rule=request.rule_offered) if options.for_run else Decision.allow_once()


async def take_back(engine: DurableEngine, options: argparse.Namespace) -> int:
    """Take back what was allowed for a run."""
    run = await found_run(engine, options.id)
    found: list[Grant] = [each for each in await grants_of(engine, run.id) if each.id.startswith(options.request)]
    if len(found) != 1:
        what = "Nothing was" if not found else f"{len(found)} things were"
        raise ApprovalError(
            f"{what} allowed under {options.request!r} in the harness run {run.id}: see loom harness approvals"
        )
    await revoke_grant(engine, run.id, found[0].id)
    return 0


def _show(run_id: str, request: ApprovalRequest) -> None:
    shown = request.preview.get("text") or json.dumps(request.arguments, ensure_ascii=False, indent=2)
    print(f"{run_id}  {request.id}  {request.tool}: {escaped(request.reason)}")
    if request.agent or request.why:
        print(f"  {escaped(request.agent)}: {escaped(request.why)}")
    print(*(f"  {line}" for line in escaped(shown).splitlines()), sep="\n")
    if effect := request.preview.get("effect"):
        print(f"  {escaped(effect)}")
    for warning in request.warnings:
        print(f"  ! {escaped(warning)}")
    if request.may_last:
        covered = request.rule_offered or "exactly these arguments"
        print(f"  --for-run and --always offer {escaped(covered)}")
    print(f"  arguments {request.arguments_hash}")
