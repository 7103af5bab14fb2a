"""`loom harness`: work in sprints that are judged; runs are recorded, and can be gone on with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from loom.agent import Agent, create_agent
from loom.cli.render import ask
from loom.cli.setup import MODES, default_model, parse_model
from loom.config import AgentConfig, load_agent
from loom.errors import ConfigError, StoreError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, CommandCriterion, CoordinationEventBus, LogEngine, SubAgentManager
from loom.orchestration.durable import WorkRun
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.approvals import ApprovalRequest, Decision
from loom.types.coordination import CoordinationEvent
from loom.types.ids import generate_id
from loom.types.permissions import PermissionMode
from loom.types.results import HarnessResult
from loom.types.runs import RunResult

JUDGE = "You judge other agents' work by the criteria that you are given. Be exact, and believe only what you see."
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
    names = (
        "agent",
        "evaluator",
        "planner",
        "model",
        "max_sprints",
        "criterion",
        "commands",
        "approve_contract",
        "mode",
    )
    details: dict[str, Any] = {name: getattr(options, name) for name in names}
    files = {name: str(Path(details[name]).resolve()) for name in ("agent", "evaluator", "planner") if details[name]}
    return details | files | {"workspace": str(Path(options.workspace).resolve())}


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


@asynccontextmanager
async def _harness(engine: LogEngine, details: dict[str, Any], *, as_json: bool) -> AsyncGenerator[AgentHarness]:
    """A harness with its agents, which says on standard output what happens."""
    bus = CoordinationEventBus()
    bus.subscribe("*", _print_json if as_json else _print)
    agents = await in_thread(_agents, details, may_ask=sys.stdin.isatty() and not as_json)
    mode = MODES[details["mode"]]
    managers = {role: SubAgentManager(_Worker(agent, mode)) for role, agent in agents.items()}
    folder = details["workspace"]
    try:
        yield AgentHarness(
            managers["agent"],
            managers["evaluator"],
            managers.get("planner"),
            details["max_sprints"],
            bus,
            criteria=[*details["criterion"], *(CommandCriterion(line, folder) for line in details["commands"])],
            engine=engine,
            waits_for_approval=details["approve_contract"],
        )
    finally:
        for agent in agents.values():
            await agent.aclose()


def _agents(details: dict[str, Any], *, may_ask: bool) -> dict[str, Agent]:
    """The agent of each role. Raises ConfigError."""
    model = parse_model(details["model"]) if details["model"] else None
    found = default_model() if model is None and not details["agent"] else model
    if found is None and not details["agent"]:
        raise ConfigError("No model is set up: give --agent or --model, or type: loom models install local")
    configs: dict[str, AgentConfig] = {}
    for role in ("agent", "evaluator", "planner"):
        if details[role]:
            configs[role] = load_agent(details[role])
    if "agent" not in configs and found is not None:
        configs["agent"] = AgentConfig(found)
    configs.setdefault("evaluator", AgentConfig(configs["agent"].model, JUDGE, name="Evaluator"))
    if model is not None:
        configs = {role: replace(config, model=model) for role, config in configs.items()}
    profile = Profile.default()
    answer = _answer if may_ask else None
    return {
        role: create_agent(config, workspace=details["workspace"], profile=profile, approvals=answer)
        for role, config in configs.items()
    }


async def _answer(request: ApprovalRequest) -> Decision:
    return await in_thread(ask, request.to_payload())


class _Worker:
    """An agent whose every piece of work is done in one mode."""

    def __init__(self, agent: Agent, mode: PermissionMode) -> None:
        self._agent = agent
        self._mode = mode

    async def run(self, goal: str) -> RunResult:
        session = self._agent.session()
        session.mode = self._mode
        try:
            return await session.run(goal)
        finally:
            await session.close()


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
