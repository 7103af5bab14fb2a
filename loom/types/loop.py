"""Values of the loop L*: where it stands, what a turn of it came to, and what is known of it all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class LoopState(Enum):
    """Where a loop is: one of the four it goes through, or why it leaves them."""

    REASON = "reason"
    ACT = "act"
    OBSERVE = "observe"
    DELTA = "delta"
    GOAL_REACHED = "goal_reached"
    RENEW = "renew"
    DECOMPOSE = "decompose"


@dataclass
class LoopResult:
    """What a turn came to: the state that follows, and, where it ends there, what came of it or why it failed."""

    state: LoopState
    output: Any = None
    should_continue: bool = True
    error: str | None = None
    reason: str | None = None


@dataclass
class EventSurface:
    """What happens around an agent: what nobody settled yet, what of it is a risk, and what was decided of the rest."""

    pending_events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    active_risks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    recent_event_decisions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass
class KnowledgeSurface:
    """What an agent looks up: open questions, the evidence that was found, and where it stands."""

    active_questions: list[str] = field(default_factory=list[str])
    evidence_packs: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    citations: list[str] = field(default_factory=list[str])


@dataclass
class Dashboard:
    """Where a task stands: how full the context is (ρ), its plan, progress and errors, and a page for notes.

    `token_budget` is in tokens, `depth` counts the agents above this one.
    """

    rho: float = 0.0
    token_budget: int = 0
    goal_progress: str = ""
    error_count: int = 0
    depth: int = 0
    last_hb_ts: str = ""
    interrupt_requested: bool = False
    plan: list[str] = field(default_factory=list[str])
    event_surface: EventSurface = field(default_factory=EventSurface)
    knowledge_surface: KnowledgeSurface = field(default_factory=KnowledgeSurface)
    scratchpad: str = ""


@dataclass
class HeartbeatEvent:
    """What a watch saw, as code outside a run is told: `delta_h` (0 to 1) says how much it tells, `timestamp` when."""

    source: str
    event_type: str
    data: dict[str, Any]
    delta_h: float
    timestamp: float = 0.0
