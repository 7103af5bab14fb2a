"""Events between agents, as they go over a bus."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class CoordinationEvent:
    """Something that one agent says to the others.

    `topic` has parts between dots (`task.completed`). `delta_h` (0 to 1) says how much the event tells: a bus lets
    none through that tells less than it asks for. `priority` is low, medium or high. `timestamp` is in seconds since
    the epoch.
    """

    id: str
    sender: str
    topic: str
    payload: dict[str, Any]
    delta_h: float
    priority: str
    timestamp: float = field(default_factory=time.time)
