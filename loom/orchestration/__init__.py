"""Work of several agents: sub-agents, task graphs, the event bus, and sprints that are judged.

Names are resolved when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.orchestration.bus import CoordinationEventBus, EventBus
    from loom.orchestration.communication import CommunicationProtocol
    from loom.orchestration.coordinator import Coordinator
    from loom.orchestration.criteria import CommandCriterion
    from loom.orchestration.durable import DurableEngine, LogEngine, MemoryEngine
    from loom.orchestration.harness import AgentHarness
    from loom.orchestration.planner import Task, TaskPlanner
    from loom.orchestration.signals import SprintControls
    from loom.orchestration.sprint_files import SprintFiles
    from loom.orchestration.sprints import GeneratorEvaluatorLoop
    from loom.orchestration.subagent import SubAgentManager
    from loom.types.results import (
        CriterionVerdict,
        HarnessResult,
        SprintContract,
        SprintResult,
        SubAgentResult,
    )

_HOMES = {
    "AgentHarness": "loom.orchestration.harness",
    "CommandCriterion": "loom.orchestration.criteria",
    "CommunicationProtocol": "loom.orchestration.communication",
    "CoordinationEventBus": "loom.orchestration.bus",
    "Coordinator": "loom.orchestration.coordinator",
    "CriterionVerdict": "loom.types.results",
    "DurableEngine": "loom.orchestration.durable",
    "EventBus": "loom.orchestration.bus",
    "GeneratorEvaluatorLoop": "loom.orchestration.sprints",
    "HarnessResult": "loom.types.results",
    "LogEngine": "loom.orchestration.durable",
    "MemoryEngine": "loom.orchestration.durable",
    "SprintContract": "loom.types.results",
    "SprintControls": "loom.orchestration.signals",
    "SprintFiles": "loom.orchestration.sprint_files",
    "SprintResult": "loom.types.results",
    "SubAgentManager": "loom.orchestration.subagent",
    "SubAgentResult": "loom.types.results",
    "Task": "loom.orchestration.planner",
    "TaskPlanner": "loom.orchestration.planner",
}

__all__ = [
    "AgentHarness",
    "CommandCriterion",
    "CommunicationProtocol",
    "CoordinationEventBus",
    "Coordinator",
    "CriterionVerdict",
    "DurableEngine",
    "EventBus",
    "GeneratorEvaluatorLoop",
    "HarnessResult",
    "LogEngine",
    "MemoryEngine",
    "SprintContract",
    "SprintControls",
    "SprintFiles",
    "SprintResult",
    "SubAgentManager",
    "SubAgentResult",
    "Task",
    "TaskPlanner",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'loom.orchestration' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
