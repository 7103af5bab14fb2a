"""Sessions, runs, and the loop."""

from loom.config.session import SessionConfig
from loom.runtime.run import Run
from loom.runtime.session import Session
from loom.types.events import RunEvent
from loom.types.ids import generate_id
from loom.types.runs import Artifact, RunContext, RunResult, RunState

Event = RunEvent

__all__ = [
    "Artifact",
    "Event",
    "Run",
    "RunContext",
    "RunEvent",
    "RunResult",
    "RunState",
    "Session",
    "SessionConfig",
    "generate_id",
]
