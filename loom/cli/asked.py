"""`loom harness approvals`, `approve` and `deny`: calls that wait in a harness run, wherever it works."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from loom.cli.engines import found_run
from loom.errors import ApprovalError
from loom.orchestration.asking import answer_approval, pending_approvals
from loom.orchestration.durable import DurableEngine
from loom.safety.odd_text import escaped
from loom.types.approvals import ApprovalRequest, Decision


async def show_approvals(engine: DurableEngine, options: argparse.Namespace) -> int:
    """Print the calls that wait."""
    runs = [await found_run(engine, options.id)] if options.id else await engine.runs()
    for run in runs:
        for request in await pending_approvals(engine, run.id):
            if options.json:
                print(json.dumps({"run": run.id, **asdict(request)}, ensure_ascii=False))
            else:
                _show(run.id, request)
    return 0


async def answer(engine: DurableEngine, options: argparse.Namespace) -> int:
    """Answer one call that waits."""
    run = await found_run(engine, options.id)
    found = [each for each in await pending_approvals(engine, run.id) if each.id.startswith(options.request)]
    if len(found) != 1:
        what = "No call waits" if not found else f"{len(found)} calls wait"
        raise ApprovalError(f"{what} under {options.request!r} in the harness run {run.id}: see loom harness approvals")
    if options.action == "approve":
        decision = Decision.allow_once()
    else:
        reason = " ".join(options.reason)
        decision = Decision.stop(reason) if options.stop else Decision.deny(reason)
    await answer_approval(engine, run.id, found[0].id, options.hash or found[0].arguments_hash, decision)
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
    print(f"  arguments {request.arguments_hash}")
