"""`loom harness`: work in sprints that are judged; runs are recorded, and can be gone on with."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loom.briefs import Brief, choose, enqueue, enqueue_for_workers, read_briefs, work_here
from loom.cli.asked import answer, show_approvals, take_back
from loom.cli.batch import Progress, read_file
from loom.cli.engines import database_url, found_run, opened_engine
from loom.cli.harness_status import MARKS, status_lines
from loom.cli.render import ask
from loom.cli.setup import default_model
from loom.cli.streams import say_nothing
from loom.errors import ConfigError, StoreError
from loom.interchange.harness_html import report_html
from loom.interchange.harness_report import report_markdown
from loom.orchestration import AgentHarness, CoordinationEventBus
from loom.orchestration.asking import asks_by_signal
from loom.orchestration.durable import SESSIONS, DurableEngine, WorkRun
from loom.orchestration.forking import fork
from loom.orchestration.opening import URL, checked_name
from loom.orchestration.record import told_run
from loom.orchestration.upkeep import delete_run, prune_runs
from loom.roles import DETAILS, ROLES, check_details, harness_of
from loom.safety.approvals import ApprovalCallback
from loom.safety.odd_text import escaped
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.coordination import CoordinationEvent
from loom.types.ids import generate_id
from loom.types.results import HarnessResult

if TYPE_CHECKING:
    from loom.orchestration.dbos_engine import DbosEngine


async def manage(options: argparse.Namespace) -> int:
    """Do what was asked; returns the exit code: 0 passed, 1 not passed."""
    actions: dict[str, Callable[[DurableEngine, argparse.Namespace], Awaitable[int]]] = {
        "run": _run,
        "batch": _batch,
        "resume": _resume,
        "status": _status,
        "signal": _signal,
        "fork": _fork,
        "report": _report,
        "approvals": show_approvals,
        "approve": answer,
        "deny": answer,
        "revoke": take_back,
        "delete": _delete,
        "prune": _delete,
    }
    async with opened_engine(options) as engine:
        return await actions[options.action](engine, options)


async def _run(engine: DurableEngine, options: argparse.Namespace) -> int:
    brief = await in_thread(sys.stdin.read) if options.brief == "-" else options.brief
    if not brief.strip():
        raise ConfigError("The brief is empty: say what is to be made")
    details = await in_thread(_details, options)
    run_id = checked_name(options.id, "a run") if options.id else generate_id()
    if await engine.run(run_id) is not None:
        raise ConfigError(f"There is a harness run {run_id} already: loom harness resume goes on with it")
    print(f"loom: harness run {run_id}", file=sys.stderr)
    if options.queue:
        briefs = [Brief(1, run_id, brief, details)]
        return await _queued(engine, briefs, options)
    async with _harness(engine, run_id, details, as_json=options.json) as harness:
        return _ended(await harness.run(brief, run_id, details), as_json=options.json)


async def _batch(engine: DurableEngine, options: argparse.Namespace) -> int:
    details = await in_thread(_details, options)
    folder = Path() if options.file == "-" else Path(options.file).parent
    briefs = await in_thread(read_briefs, await read_file(options.file), details, folder)
    chosen = await choose(engine, briefs, resumes=options.resume)
    if database_url(options):
        return await _queued(engine, briefs, options, chosen)
    await enqueue(engine, chosen)
    if options.no_wait:
        return 0
    progress = Progress(engine, briefs, as_json=options.json)

    async def work(brief: Brief) -> None:
        async with _harness(engine, brief.id, brief.details, is_quiet=True) as harness:
            await harness.run(brief.brief, brief.id, brief.details)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(progress.until_done(), name="progress of a batch")
        await work_here(chosen, work, options.parallel, _complain)
        watching.cancel()
    return _batch_ended(await progress.look())


async def _queued(
    engine: DurableEngine, briefs: list[Brief], options: argparse.Namespace, chosen: list[Brief] | None = None
) -> int:
    """Have workers do it; waits for the end unless that is not wanted."""
    if not database_url(options):
        raise ConfigError(f"A queue is kept in a database: give --database-url postgresql://…, or set {URL}")
    database = cast("DbosEngine", engine)
    queue = checked_name(options.queue or "harness", "a queue")
    if line := await enqueue_for_workers(database, briefs if chosen is None else chosen, queue):
        print(f"loom: nobody works there now. Type: {line}", file=sys.stderr)
    if getattr(options, "no_wait", False):
        return 0
    return _batch_ended(await Progress(engine, briefs, as_json=options.json).until_done())


def _complain(sentence: str) -> None:
    print(f"loom: {sentence}", file=sys.stderr)


def _batch_ended(runs: list[WorkRun]) -> int:
    return 0 if all(run.outcome is not None and run.outcome.get("passed") is True for run in runs) else 1


def _details(options: argparse.Namespace) -> dict[str, Any]:
    """What a run was started with, so that it can be gone on with from any folder."""
    details: dict[str, Any] = {name: getattr(options, name, default) for name, default in DETAILS.items()}
    details["asks"] = options.asks or ("wait" if database_url(options) else "refuse")
    files: dict[str, Any] = {role: str(Path(details[role]).resolve()) for role in ROLES if details[role]}
    files["evaluators"] = [str(Path(each).resolve()) for each in details["evaluators"]]
    models = {role: name for role in ROLES if (name := getattr(options, f"{role}_model"))}
    check_details(details)
    return details | files | {"models": models, "workspace": str(Path(options.workspace).resolve())}


def _harness(
    engine: DurableEngine, run_id: str, details: dict[str, Any], *, as_json: bool = False, is_quiet: bool = False
) -> AbstractAsyncContextManager[AgentHarness]:
    """A harness with its agents, which says on standard output what happens, unless it is quiet."""
    bus = CoordinationEventBus()
    if not is_quiet:
        bus.subscribe("*", _print_json if as_json else _print)
    waits = details.get("asks") == "wait"
    is_attended = sys.stdin.isatty() and not as_json and not is_quiet and not waits
    profile = Profile.default()
    here = Path(details["workspace"])
    approvals = _waits(engine, run_id, here, profile) if waits else _answer if is_attended else None
    return harness_of(engine, details, profile, bus=bus, approvals=approvals, fallback=default_model, run_id=run_id)


async def _resume(engine: DurableEngine, options: argparse.Namespace) -> int:
    run = await found_run(engine, options.id)
    if run.state == "running":
        raise StoreError(f"The harness run {run.id} is being worked on by {run.owner}")
    async with _harness(engine, run.id, run.details, as_json=options.json) as harness:
        return _ended(await harness.resume(run.id), as_json=options.json)


async def _signal(engine: DurableEngine, options: argparse.Namespace) -> int:
    run = await found_run(engine, options.id)
    text = " ".join(options.text)
    if options.kind in ("remark", "criterion") and not text.strip():
        raise ConfigError(f"Give the {options.kind} after the word: loom harness signal {options.id} {options.kind} …")
    if options.kind == "cancel":
        await engine.cancel(run.id, text or "person")
        return 0
    sprint = sum(name.startswith("contract.") for name in run.steps) + 1
    accepted = _accepted(run, options)
    said: dict[str, tuple[str, dict[str, Any]]] = {
        "stop": ("stop", {}),
        "remark": ("remark", {"text": text}),
        "criterion": ("criterion", {"text": text}),
        "accept": ("accept", {"by": text or "person", "sprint": accepted}),
        "contract": ("contract", {"sprint": sprint} | ({"criteria": options.text} if options.text else {})),
        "refuse": ("contract", {"sprint": sprint, "refused": True}),
    }
    kind, data = said[options.kind]
    await engine.signal(run.id, kind, data)
    if run.state == "done" and kind != "accept":
        print(f"loom: {run.id} is done; nobody will hear this", file=sys.stderr)
    return 0


def _accepted(run: WorkRun, options: argparse.Namespace) -> int:
    """The sprint that is to be accepted; 0 is the one that runs. Raises ConfigError for one that there is not."""
    begun = sum(name.startswith("start.") for name in run.steps)
    if options.sprint is None:
        return 0 if run.outcome is None else len(run.outcome.get("sprint_results") or ())
    if not 1 <= options.sprint <= begun:
        there = f"there are {begun}" if begun else "none has begun"
        raise ConfigError(f"The harness run {run.id} has no sprint {options.sprint}: {there}")
    return options.sprint


async def _fork(engine: DurableEngine, options: argparse.Namespace) -> int:
    run, new_id, profile = await found_run(engine, options.id), generate_id(), Profile.default()
    workspace = Path(run.details.get("workspace") or ".")
    beside = workspace.parent / f"{workspace.name}-sprint-{options.sprint}-{new_id[:6]}"
    into = None if options.in_place else await in_thread(Path(options.into or beside).resolve)
    changes = {name: value for name in ("model", "agent") if (value := getattr(options, name))}
    if "agent" in changes:
        changes["agent"] = str(await in_thread(Path(changes["agent"]).resolve))
    notes = await fork(
        engine,
        run,
        options.sprint,
        new_id,
        profile.folder / "checkpoints",
        changes=changes,
        max_sprints=options.max_sprints,
        into=into,
    )
    for note in notes:
        print(f"loom: {escaped(note)}", file=sys.stderr)
    print(f"loom: harness run {new_id}, in {into or workspace}", file=sys.stderr)
    if options.no_work:
        return 0
    made = await found_run(engine, new_id)
    async with _harness(engine, new_id, made.details, as_json=options.json) as harness:
        return _ended(await harness.resume(new_id), as_json=options.json)


async def _delete(engine: DurableEngine, options: argparse.Namespace) -> int:
    sessions = Profile.default().folder / SESSIONS
    if options.action == "prune":
        gone = await prune_runs(engine, options.days, sessions)
    else:
        run = await found_run(engine, options.id)
        await delete_run(engine, run.id, sessions)
        gone = [run.id]
    for run_id in gone:
        print(f"Deleted for good: {run_id}")
    if not gone:
        say_nothing(f"No harness run is done and was unused for {options.days:g} days")
    return 0


async def _report(engine: DurableEngine, options: argparse.Namespace) -> int:
    told = await told_run(engine, await found_run(engine, options.id))
    made = await in_thread(report_html if options.format == "html" else report_markdown, told)
    if options.output:
        try:
            await in_thread(Path(options.output).write_text, made, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{options.output} can't be written: {error.strerror or error}") from None
    else:
        print(made)
    return 0


async def _status(engine: DurableEngine, options: argparse.Namespace) -> int:
    runs = [await found_run(engine, options.id)] if options.id else await engine.runs()
    if not runs:
        say_nothing("There is no harness run yet")
    for run in runs:
        if options.json:
            shown = {"id": run.id, "state": run.state, "steps": run.steps, "outcome": run.outcome, **run.data}
            print(json.dumps(shown, ensure_ascii=False))
            continue
        how = f"{run.state}, {run.reason}" if run.reason else run.state
        sprints = sum(name.startswith("end.") for name in run.steps)
        print(f"{run.id}  {how}, {sprints} of {run.max_sprints} sprints  {_first_line(run.brief)}")
        if options.id:
            print("\n".join(status_lines(await told_run(engine, run))))
    return 0


def _first_line(brief: str) -> str:
    return escaped(next((line.strip() for line in brief.splitlines() if line.strip()), "")[:80])


def _waits(engine: DurableEngine, run_id: str, workspace: Path, profile: Profile) -> ApprovalCallback:
    """Has a call wait for an answer from elsewhere, and says so."""

    def tell(request: ApprovalRequest) -> None:
        line = f"loom harness approve {run_id} {request.id}"
        print(f"loom: {request.tool} waits for you: loom harness approvals shows it, {line} allows it", file=sys.stderr)

    return asks_by_signal(engine, run_id, workspace, tell, profile.grants)


async def _answer(request: ApprovalRequest) -> Decision:
    return await in_thread(ask, request.to_payload())


def _print_json(event: CoordinationEvent) -> None:
    print(json.dumps({"type": event.topic, "at": event.timestamp, **event.payload}, ensure_ascii=False), flush=True)


def _print(event: CoordinationEvent) -> None:
    told = event.payload
    match event.topic:
        case "sprint.contract":
            print(
                f"\nSprint {told['sprint']}, judged by:",
                *(f"  - {escaped(each)}" for each in told["criteria"]),
                sep="\n",
            )
        case "sprint.criterion":
            print(f"  {MARKS[told['passed']]}  {escaped(told['criterion'])}")
        case "sprint.passed" | "sprint.failed":
            by = f" (accepted by {told['accepted_by']})" if told.get("accepted_by") else ""
            print(f"Sprint {told['sprint']} {MARKS[told['passed']]}{by}")
            if told["critique"] and not told["passed"]:
                print(escaped(told["critique"]))
        case _:
            return
    sys.stdout.flush()


def _ended(result: HarnessResult, *, as_json: bool) -> int:
    if not as_json:
        print(f"\n{escaped(result.output)}")
        print(f"loom: {result.reason}, {result.sprints} sprints", file=sys.stderr)
    return 0 if result.passed else 1
