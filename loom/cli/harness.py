"""`loom harness`: work in sprints that are judged; runs are recorded, and can be gone on with."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from loom.cli.render import ask
from loom.cli.setup import default_model
from loom.errors import ConfigError, StoreError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, CoordinationEventBus, LogEngine
from loom.orchestration.durable import WorkRun
from loom.roles import DETAILS, ROLES, harness_of
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.coordination import CoordinationEvent
from loom.types.ids import generate_id
from loom.types.results import HarnessResult

MARKS = {True: "passed", False: "failed", None: "not judged"}


async def manage(options: argparse.Namespace) -> int:
    """Do what was asked; returns the exit code: 0 passed, 1 not passed."""
    store = await in_thread(SQLiteStore, Profile.default().folder / "harness.db")
    try:
        engine = LogEngine(store)
        match options.action:
            case "run":
                return await _run(engine, options)
            case "resume":
                return await _resume(engine, options)
            case "signal":
                return await _signal(engine, options)
            case _:
                return await _status(engine, options)
    finally:
        await in_thread(store.close)


async def _run(engine: LogEngine, options: argparse.Namespace) -> int:
    brief = sys.stdin.read() if options.brief == "-" else options.brief
    if not brief.strip():
        raise ConfigError("The brief is empty: say what is to be made")
    details = await in_thread(_details, options)
    run_id = generate_id()
    print(f"loom: harness run {run_id}", file=sys.stderr)
    async with _harness(engine, details, as_json=options.json) as harness:
        return _ended(await harness.run(brief, run_id, details), as_json=options.json)


def _details(options: argparse.Namespace) -> dict[str, Any]:
    """What a run was started with, so that it can be gone on with from any folder."""
    details: dict[str, Any] = {name: getattr(options, name) for name in DETAILS}
    files = {role: str(Path(details[role]).resolve()) for role in ROLES if details[role]}
    return details | files | {"workspace": str(Path(options.workspace).resolve())}


def _harness(engine: LogEngine, details: dict[str, Any], *, as_json: bool) -> AbstractAsyncContextManager[AgentHarness]:
    """A harness with its agents, which says on standard output what happens."""
    bus = CoordinationEventBus()
    bus.subscribe("*", _print_json if as_json else _print)
    approvals = _answer if sys.stdin.isatty() and not as_json else None
    return harness_of(engine, details, Profile.default(), bus=bus, approvals=approvals, fallback=default_model)


async def _resume(engine: LogEngine, options: argparse.Namespace) -> int:
    run = await _found(engine, options.id)
    if run.state == "running":
        raise StoreError(f"The harness run {run.id} is being worked on by {run.owner}")
    async with _harness(engine, run.data["details"], as_json=options.json) as harness:
        return _ended(await harness.resume(run.id), as_json=options.json)


async def _signal(engine: LogEngine, options: argparse.Namespace) -> int:
    run = await _found(engine, options.id)
    text = " ".join(options.text)
    if options.kind in ("remark", "criterion") and not text.strip():
        raise ConfigError(f"Give the {options.kind} after the word: loom harness signal {options.id} {options.kind} …")
    sprint = sum(name.startswith("contract.") for name in run.steps) + 1
    kind, data = {
        "stop": ("stop", {}),
        "remark": ("remark", {"text": text}),
        "criterion": ("criterion", {"text": text}),
        "accept": ("accept", {"by": text or "person"}),
        "contract": ("contract", {"sprint": sprint} | ({"criteria": options.text} if options.text else {})),
        "refuse": ("contract", {"sprint": sprint, "refused": True}),
    }[options.kind]
    await engine.signal(run.id, kind, data)
    if run.state == "done":
        print(f"loom: {run.id} is done; nobody will hear this", file=sys.stderr)
    return 0


async def _status(engine: LogEngine, options: argparse.Namespace) -> int:
    runs = [await _found(engine, options.id)] if options.id else await engine.runs()
    for run in runs:
        if options.json:
            shown = {"id": run.id, "state": run.state, "steps": run.steps, "outcome": run.outcome, **run.data}
            print(json.dumps(shown, ensure_ascii=False))
            continue
        how = f"{run.state}, {run.outcome['reason']}" if run.outcome is not None else run.state
        sprints = sum(name.startswith("end.") for name in run.steps)
        print(f"{run.id}  {how}, {sprints} of {run.data['max_sprints']} sprints  {run.data['brief'][:80]}")
        if options.id and run.outcome is not None:
            _show_sprints(run.outcome)
    return 0


def _show_sprints(outcome: dict[str, Any]) -> None:
    for sprint in outcome["sprint_results"]:
        print(f"\nSprint {sprint['sprint']}: {MARKS[sprint['passed']]}")
        for each in sprint["verdicts"]:
            evidence = f": {each['evidence'].splitlines()[0]}" if each["evidence"] else ""
            print(f"  {MARKS[each['passed']]}  {each['criterion']}{evidence}")


async def _found(engine: LogEngine, begin: str) -> WorkRun:
    found = [run for run in await engine.runs() if run.id.startswith(begin)]
    if len(found) != 1:
        what = "There is no harness run" if not found else f"{len(found)} harness runs begin with"
        raise StoreError(f"{what} {begin!r}; loom harness status shows them")
    return found[0]


async def _answer(request: ApprovalRequest) -> Decision:
    return await in_thread(ask, request.to_payload())


def _print_json(event: CoordinationEvent) -> None:
    print(json.dumps({"type": event.topic, "at": event.timestamp, **event.payload}, ensure_ascii=False), flush=True)


def _print(event: CoordinationEvent) -> None:
    told = event.payload
    match event.topic:
        case "sprint.contract":
            print(f"\nSprint {told['sprint']}, judged by:", *(f"  - {each}" for each in told["criteria"]), sep="\n")
        case "sprint.criterion":
            print(f"  {MARKS[told['passed']]}  {told['criterion']}")
        case "sprint.passed" | "sprint.failed":
            by = f" (accepted by {told['accepted_by']})" if told.get("accepted_by") else ""
            print(f"Sprint {told['sprint']} {MARKS[told['passed']]}{by}")
            if told["critique"] and not told["passed"]:
                print(told["critique"])
        case _:
            return
    sys.stdout.flush()


def _ended(result: HarnessResult, *, as_json: bool) -> int:
    if not as_json:
        print(f"\n{result.output}")
        print(f"loom: {result.reason}, {result.sprints} sprints", file=sys.stderr)
    return 0 if result.passed else 1
