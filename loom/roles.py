"""The agents of a harness run, made from what the run was started with: by the command line and the Studio alike."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from loom.agent import Agent, create_agent
from loom.config import AgentConfig, ModelRef, load_agent
from loom.errors import ConfigError
from loom.memory.sqlite_store import SQLiteStore
from loom.orchestration import AgentHarness, CommandCriterion, CoordinationEventBus, SubAgentManager
from loom.orchestration.asking import asks_by_signal
from loom.orchestration.durable import DurableEngine
from loom.providers.resolve import parse_model
from loom.role_sessions import RoleWorker
from loom.safety.approvals import ApprovalCallback
from loom.safety.profile import Profile
from loom.threads import in_thread
from loom.types.permissions import MODES

JUDGE = "You judge other agents' work by the criteria that you are given. Be exact, and believe only what you see."
ROLES = ("agent", "evaluator", "planner")

DETAILS: dict[str, Any] = {
    "agent": "",
    "evaluator": "",
    "planner": "",
    "model": "",
    "workspace": ".",
    "max_sprints": 5,
    "max_tokens": None,
    "max_cost_usd": None,
    "criterion": [],
    "commands": [],
    "approve_contract": False,
    "mode": "ask",
    "asks": "refuse",
}
"""What a run is started with, and kept with it, so that it can be gone on with from anywhere: agent files of the roles
(no evaluator: the agent's model without tools; no planner: none), a model instead of theirs, the folder that tools and
commands work in, the budget of all sprints, criteria and commands from the start, how much runs unasked, and what
becomes of a call that must be asked about where nobody sits: refuse, or wait (see `loom.orchestration.asking`)."""

SESSIONS = "harness-sessions.db"
"""The file of the profile in which the agents' sessions are kept."""


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
) -> AsyncGenerator[AgentHarness]:
    """A harness with its agents, which are closed with it.

    `approvals` answers what their tools ask; without it that waits as a signal of the run `run_id`, where its details
    want that, else it is refused. `fallback` gives the model where neither an
    agent nor a model is named, `environment` the keys of their providers. Raises ConfigError for an agent file, a model
    or a folder that is not there.
    """
    details = DETAILS | details
    configs = await in_thread(_configs, details, fallback)
    if approvals is None and run_id and details["asks"] == "wait":
        approvals = asks_by_signal(engine, run_id)
    store = await in_thread(SQLiteStore, profile.folder / SESSIONS)
    agents: dict[str, Agent] = {}
    folder = details["workspace"]
    try:
        for role, config in configs.items():
            agents[role] = create_agent(
                config, workspace=folder, profile=profile, approvals=approvals, environment=environment, store=store
            )
        mode = MODES[details["mode"]]
        managers = {role: SubAgentManager(RoleWorker(agent, mode)) for role, agent in agents.items()}
        yield AgentHarness(
            managers["agent"],
            managers["evaluator"],
            managers.get("planner"),
            details["max_sprints"],
            bus,
            criteria=[*details["criterion"], *(CommandCriterion(line, folder) for line in details["commands"])],
            max_tokens=details["max_tokens"],
            max_cost_usd=details["max_cost_usd"],
            engine=engine,
            waits_for_approval=details["approve_contract"],
        )
    finally:
        for agent in agents.values():
            await agent.aclose()
        await in_thread(store.close)


def _configs(details: dict[str, Any], fallback: Callable[[], ModelRef | None] | None) -> dict[str, AgentConfig]:
    configs: dict[str, AgentConfig] = {role: load_agent(details[role]) for role in ROLES if details[role]}
    model = parse_model(details["model"]) if details["model"] else None
    if "agent" not in configs:
        found = model or (fallback() if fallback is not None else None)
        if found is None:
            raise ConfigError("No model is set up: name an agent file or a model, or type: loom models install local")
        configs["agent"] = AgentConfig(found)
    configs.setdefault("evaluator", AgentConfig(configs["agent"].model, JUDGE, name="Evaluator"))
    if model is not None:
        configs = {role: replace(config, model=model) for role, config in configs.items()}
    return configs
