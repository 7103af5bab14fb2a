"""Sessions, runs, and the loop; and the loop and the watches by themselves, for programs without agents."""

from loom.config.session import SessionConfig
from loom.runtime.bare_heartbeat import Heartbeat, HeartbeatConfig, WatchSource
from loom.runtime.bare_loop import AgentLoop, LoopConfig
from loom.runtime.run import Run
from loom.runtime.session import Session
from loom.types.events import RunEvent
from loom.types.ids import generate_id
from loom.types.runs import Artifact, RunContext, RunResult, RunState

Event = RunEvent

__all__ = [
    "AgentLoop",
    "Artifact",
    "Event",
    "Heartbeat",
    "HeartbeatConfig",
    "LoopConfig",
    "Run",
    "RunContext",
    "RunEvent",
    "RunResult",
    "RunState",
    "Session",
    "SessionConfig",
    "WatchSource",
    "generate_id",
]
