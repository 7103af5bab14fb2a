"""What a piece of work went through, small enough to be kept with a step: pressure, and what a person looks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loom.types.events import RunEvent
from loom.types.runs import RunResult

MOST_POINTS = 60
MOST_HAPPENINGS = 100
TEXT_CHARS = 200

_WORDS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "tool.approval_requested": ("approval", lambda told: f"{told['tool']} waited for a person"),
    "tool.vetoed": ("veto", lambda told: f"{told['tool']} was refused: {told['reason']}"),
    "tool.failed": ("failed", lambda told: f"{told['tool']} failed: {told['content']}"),
    "tool.unknown": ("failed", lambda told: f"{told['tool']}: {told['reason']}"),
    "files.changed": ("files", lambda told: f"{told['tool']} changed {_paths(told['files'])}"),
    "context.compressed": ("compressed", lambda told: f"The context was made smaller: {told['strategy']}"),
    "context.renewed": ("compressed", lambda _told: "The window was begun anew"),
    "heartbeat.event": ("alert", lambda told: str(told["summary"])),
    "run.looping": ("failed", lambda told: f"{told['tool']} gave the same {told['times']} times in a row"),
    "step.retried": ("failed", lambda told: f"The model was asked again: {told['error'].get('message', '')}"),
}


def trace_of(result: RunResult) -> dict[str, Any]:
    """The trace of a run: `pressure` and `happened` (seconds since it began, and what), `model`, `steps`, `handoff`.

    `handoff` is the document of the last renewal. Empty for a run without events.
    """
    if not result.events:
        return {}
    began = result.events[0].ts.timestamp()
    pressure = [
        [round(event.ts.timestamp() - began, 3), round(float(event.payload["rho"]), 4)]
        for event in result.events
        if event.type == "context.pressure"
    ]
    happened = [
        [round(event.ts.timestamp() - began, 3), *words]
        for event in result.events
        if (words := happening(event)) is not None
    ]
    renewed = [event.payload["handoff"] for event in result.events if event.type == "context.renewed"]
    models = [str(event.payload.get("model", "")) for event in result.events if event.type == "run.started"]
    return {
        "pressure": _thinned(pressure),
        "happened": happened[:MOST_HAPPENINGS],
        "model": models[0] if models else "",
        "steps": result.iterations,
        **({"handoff": renewed[-1]} if renewed else {}),
    }


def happening(event: RunEvent) -> tuple[str, str] | None:
    """The kind and the words of an event that a person looks for in a timeline; None for any other."""
    found = _WORDS.get(event.type)
    if found is None:
        return None
    kind, words = found
    said = words(event.payload)
    return kind, said if len(said) <= TEXT_CHARS else f"{said[:TEXT_CHARS]}…"


def _paths(files: list[dict[str, Any]]) -> str:
    names = [str(each["path"]) for each in files]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} files"


def _thinned(points: list[list[float]]) -> list[list[float]]:
    """No more than so many points, the last and the highest of each stretch among them."""
    if len(points) <= MOST_POINTS:
        return points
    size = -(-len(points) // MOST_POINTS)
    stretches = [points[at : at + size] for at in range(0, len(points), size)]
    return [*(max(stretch, key=lambda point: point[1]) for stretch in stretches[:-1]), points[-1]]
