"""From records to what is known of a session at a glance: one fold, for every store and for rebuilding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, cast

from loom.memory.records import (
    HISTORY_MESSAGE,
    RUN_ENDS,
    SESSION_CHANGED,
    SESSION_CREATED,
    SESSION_REWOUND,
    TOOL_RESULT,
    WORK_STEPPED,
    Record,
    SessionSummary,
)

_TIMED = frozenset({SESSION_CREATED, WORK_STEPPED, "run.started", "message.completed"}) | RUN_ENDS
_OWN = frozenset({SESSION_CREATED, SESSION_CHANGED, WORK_STEPPED})
TITLE_CHARS = 60
PREVIEW_CHARS = 120
SEARCHED_CHARS = 20_000
"""How much of one message is searched; what follows is found by nobody, and read by everybody."""


def first_words(text: str, limit: int = TITLE_CHARS) -> str:
    """The first line of a text that has words, cut to `limit` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def fold_summary(summary: SessionSummary, records: Iterable[Record]) -> SessionSummary:
    """The summary after some more records."""
    changes: dict[str, Any] = {}
    for record in records:
        changes["last_n"] = record.n
        _take(record, changes, summary)
    return replace(summary, **changes) if changes else summary


def searched_text(record: Record) -> tuple[str, str] | None:
    """Who said something that searches should find, and what; None for a record that says nothing."""
    data = record.data
    match record.type:
        case "run.started":
            return ("user", str(data.get("prompt", ""))[:SEARCHED_CHARS]) if not data.get("resumed") else None
        case "message.completed":
            text = str(data.get("text", ""))
            return (str(data.get("role", "assistant")), text[:SEARCHED_CHARS]) if text else None
        case "tool.requested":
            words = "\n".join(_texts(data.get("arguments")))
            return ("tool", f"{data.get('tool', '')}\n{words}"[:SEARCHED_CHARS]) if words else None
        case "tool.completed" | "tool.failed":
            return "tool", f"{data.get('tool', '')}\n{data.get('content', '')}"[:SEARCHED_CHARS]
        case _:
            return None


def _texts(value: Any) -> Iterator[str]:
    """The texts in the arguments of a call, as they are: a program that was written is found by its words."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _texts(inner)


_STATES = {
    "run.started": "running",
    "tool.approval_requested": "waiting",
    "tool.approval_decided": "running",
    "tool.started": "running",
    "tool.vetoed": "running",
    "tool.unknown": "running",
    "run.completed": "done",
    "run.failed": "failed",
    "run.cancelled": "idle",
    SESSION_REWOUND: "idle",
}
_CHANGEABLE = ("title", "is_named", "is_pinned", "is_archived", "metadata")


def _take(record: Record, changes: dict[str, Any], summary: SessionSummary) -> None:
    data, kind = record.data, record.type
    if kind in _STATES:
        changes["state"] = _STATES[kind]
    if kind in _TIMED:
        changes["updated_at"] = record.at
    if kind in _OWN:
        _take_own(record, changes, summary)
    elif kind == "run.started":
        changes |= {"run_id": record.run_id, "agent": data.get("agent", ""), "model": data.get("model", "")}
        if not changes.get("title", summary.title):
            changes["title"] = first_words(str(data.get("prompt", "")))
    elif kind == "message.completed":
        changes["preview"] = first_words(str(data.get("text", "")), PREVIEW_CHARS) or summary.preview
    elif kind in (HISTORY_MESSAGE, TOOL_RESULT):
        changes["messages"] = changes.get("messages", summary.messages) + 1


def _take_own(record: Record, changes: dict[str, Any], summary: SessionSummary) -> None:
    data = record.data
    if record.type == SESSION_CREATED:
        changes |= _created(record)
    elif record.type == WORK_STEPPED:
        known: dict[str, Any] = changes.get("metadata", summary.metadata)
        changes["metadata"] = {**known, "steps": [*known.get("steps", ()), data["name"]]}
    else:
        changes |= {name: data[name] for name in _CHANGEABLE if name in data}
        if "tags" in data:
            changes["tags"] = tuple(data["tags"])


def _created(record: Record) -> dict[str, Any]:
    data = record.data
    return {
        "created_at": record.at,
        "agent": data.get("agent", ""),
        "workspace": data.get("workspace", ""),
        "metadata": data.get("metadata", {}),
        "parent_id": data.get("parent_id", ""),
        "parent_n": data.get("parent_n", 0),
        "title": data.get("title", ""),
        "is_named": bool(data.get("title")),
        "tags": tuple(data.get("tags", ())),
    }
