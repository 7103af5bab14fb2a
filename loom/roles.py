"""The agents of a harness run, made from what the run was started with: by the command line and the Studio alike."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, ModelRef, PolicyConfig, ToolAccessPolicy, ToolPolicy, load_agent
from loom.config.agent import CAPABILITIES
from loom.ecosystem.mcp.pool import ServerPool
from loom.errors import ConfigError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, CommandCriterion, CoordinationEventBus, SprintFiles, SubAgentManager
from loom.orchestration.asking import asks_by_signal
from loom.orchestration.durable import SESSIONS, DurableEngine
from loom.providers.resolve import parse_model
from loom.role_sessions import RoleWorker, Watch
from loom.safety.approvals import ApprovalCallback
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.tools.builtin import workspace_tools
from loom.types.permissions import MODES

PLAN = "You make specifications of briefs: what is to be made, in what parts, and how one sees that it is done."
JUDGE = "You judge other agents' work by the criteria that you are given. Be exact, and believe only what you see."
ROLES = ("agent", "evaluator", "planner")
MORE = "evaluator "
ASKS = ("refuse", "wait")

DETAILS: dict[str, Any] = {
    "agent": "",
    "evaluator": "",
    "evaluators": [],
    "quorum": None,
    "eval_tools": [],
    "planner": "",
    "judge_model": "",
    "model": "",
    "models": {},
    "workspace": ".",
    "max_sprints": 5,
    "patience": None,
    "max_tokens": None,
    "max_cost_usd": None,
    "criterion": [],
    "commands": [],
    "approve_contract": False,
    "mode": "ask",
    "asks": "refuse",
    "forked_from": None,
}
"""What a run is started with, and kept with it, so that it can be gone on with from anywhere.

Agent files of the roles (no evaluator: `judge_model`, or else the agent's model, with the `eval_tools` only; no
planner: none, unless `models` has one for it) and of more evaluators, of whom `quorum` must pass a sprint; a model
instead of theirs, and for single roles another (`models`, by the names in `ROLES`); the folder that tools and commands
work in; after how many sprints without progress it ends; the budget of all sprints; criteria and commands from the
start; how much runs unasked; what becomes of a call that must be asked about where nobody sits: refuse, or wait (see
`loom.orchestration.asking`); and which run and sprint it was forked from (`{"run", "sprint"}`).
"""


LEAST = {"max_sprints": 1, "patience": 1, "max_tokens": 1}


def check_details(details: Mapping[str, Any]) -> None:
    """Raise ConfigError for a limit below what makes sense, and for a word that is none of those known."""
    for name, least in LEAST.items():
        value = details.get(name)
        if value is not None and value < least:
            raise ConfigError(f"{name} must be {least} or more, got {value}")
    cost = details.get("max_cost_usd")
    if cost is not None and not (math.isfinite(cost) and cost > 0):
        raise ConfigError(f"max_cost_usd must be above 0, got {cost}")
    for name, known in (("mode", MODES), ("asks", ASKS)):
        if name in details and details[name] not in known:
            raise ConfigError(f"{name} must be one of {', '.join(known)}, got {details[name]!r}")


@asynccontextmanager
async def harness_of(
    engine: DurableEngine,
    details: dict[str, Any],
    profile: Profile,
    *,
    bus: CoordinationEventBus | None = None,
    approvals: ApprovalCallback | None = None,
    fallback: Callable[[], ModelRef | None] | None = None,
    environment: Mapping[str, str] | None = None,
    run_id: str = "",
    watch: Watch | None = None,
    mcp: ServerPool | None = None,
) -> AsyncGenerator[AgentHarness]:
    """A harness with its agents, which are closed with it.

    `approvals` answers what their tools ask; without it that waits as a signal of the run `run_id`, where its details
    want that, else it is refused. `fallback` gives the model where neither an agent nor a model is named, `environment`
    the keys of their providers. `watch` is told each event of the agents' runs, with the role of the agent. They share
    the tool servers of `mcp`, which stays open, or else those of a pool that is closed with them. What each
    sprint makes of the workspace is kept in the profile's folder of checkpoints. Raises ConfigError for an agent file,
    a model or a folder that is not there.
    """
    details = DETAILS | details
    check_details(details)
    configs = await in_thread(_configs, details, fallback)
    if approvals is None and run_id and details["asks"] == "wait":
        approvals = asks_by_signal(engine, run_id, Path(details["workspace"]), grants=profile.grants)
    store = await in_thread(SQLiteStore, profile.folder / SESSIONS)
    servers = mcp or ServerPool(profile.folder, environment)
    agents: dict[str, Agent] = {}
    folder = details["workspace"]
    try:
        for role, config in configs.items():
            agents[role] = create_agent(
                config,
                workspace=folder,
                profile=profile,
                approvals=approvals,
                environment=environment,
                store=store,
                mcp=servers,
            )
        mode = MODES[details["mode"]]
        managers = {role: SubAgentManager(RoleWorker(agent, mode, role, watch)) for role, agent in agents.items()}
        yield AgentHarness(
            managers["agent"],
            managers["evaluator"],
            managers.get("planner"),
            details["max_sprints"],
            bus,
            criteria=[*details["criterion"], *(CommandCriterion(line, folder) for line in details["commands"])],
            evaluators=[manager for role, manager in managers.items() if role.startswith(MORE)],
            quorum=details["quorum"],
            eval_tools=details["eval_tools"],
            patience=details["patience"],
            files=SprintFiles(folder, profile.folder / "checkpoints"),
            max_tokens=details["max_tokens"],
            max_cost_usd=details["max_cost_usd"],
            engine=engine,
            waits_for_approval=details["approve_contract"],
        )
    finally:
        for agent in agents.values():
            await agent.aclose()
        if mcp is None:
            await servers.aclose()
        await in_thread(store.close)


def _configs(details: dict[str, Any], fallback: Callable[[], ModelRef | None] | None) -> dict[str, AgentConfig]:
    configs: dict[str, AgentConfig] = {role: load_agent(details[role]) for role in ROLES if details[role]}
    model = parse_model(details["model"]) if details["model"] else None
    if unknown := set(details["models"]) - set(ROLES):
        raise ConfigError(f"models: there is no role {min(unknown)!r}; there are {', '.join(ROLES)}")
    models = {role: parse_model(name) for role, name in details["models"].items() if name}
    if "agent" not in configs:
        found = models.get("agent") or model or (fallback() if fallback is not None else None)
        if found is None:
            raise ConfigError("No model is set up: name an agent file or a model, or type: loom models install local")
        configs["agent"] = AgentConfig(found)
    if "evaluator" not in configs:
        of_agent = models.get("agent", configs["agent"].model)
        judge = parse_model(details["judge_model"]) if details["judge_model"] else of_agent
        configs["evaluator"] = _judge(judge, details["eval_tools"], details["workspace"])
    if "planner" not in configs and "planner" in models:
        configs["planner"] = AgentConfig(models["planner"], PLAN, name="Planner")
    for number, file in enumerate(details["evaluators"], 2):
        configs[f"{MORE}{number}"] = load_agent(file)
    return {role: replace(config, model=models.get(role, model or config.model)) for role, config in configs.items()}


def _judge(model: ModelRef, tools: list[str], workspace: str) -> AgentConfig:
    """An evaluator that has no tools but these."""
    if not tools:
        return AgentConfig(model, JUDGE, name="Evaluator")
    offered = {each: [spec.name for spec in workspace_tools(Path(workspace), [each])] for each in CAPABILITIES}
    wanted = [each for each, names in offered.items() if set(names) & set(tools)]
    unknown = set(tools) - {name for names in offered.values() for name in names}
    if unknown:
        raise ConfigError(f"eval_tools: there is no built-in tool {min(unknown)!r}; name an evaluator that has it")
    others = [name for each in wanted for name in offered[each] if name not in tools]
    policy = PolicyConfig(ToolPolicy(ToolAccessPolicy(deny=others)))
    return AgentConfig(model, JUDGE, name="Evaluator", capabilities=wanted, policy=policy)
