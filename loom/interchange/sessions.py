"""Between the log and documents: a stored session as others read it, and an imported one as the log keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from loom.interchange.document import Entry, SessionDocument
from loom.interchange.imported import ImportedSession
from loom.memory.codec import message_to_data
from loom.memory.records import HISTORY_MESSAGE, SESSION_CREATED, TOOL_RESULT, NewRecord, Record, SessionSummary
from loom.memory.replay import kept
from loom.types.messages import Message

_OUTCOMES: dict[str, Any] = {
    "tool.completed": "completed",
    "tool.failed": "failed",
    "tool.vetoed": "vetoed",
    "tool.unknown": "unknown",
}


def document_of(summary: SessionSummary, records: Iterable[Record]) -> SessionDocument:
    """A session as a document, from its log: what was taken back by rewinding is left out."""
    entries: list[Entry] = []
    calls: dict[str, int] = {}
    for record in kept(records):
        _take(record, entries, calls)
    return SessionDocument(
        summary.id,
        summary.title,
        summary.created_at,
        summary.agent,
        summary.model,
        summary.workspace,
        tuple(entries),
    )


def records_of(imported: ImportedSession) -> list[NewRecord]:
    """An imported session as the log would have it, had it been made here: with the events that people see."""
    created: dict[str, Any] = {
        "workspace": imported.workspace,
        "title": imported.title,
        "agent": imported.source,
        "metadata": {},
    }
    at = imported.created_at or (imported.messages[0][0] if imported.messages else 0.0)
    records = [NewRecord(SESSION_CREATED, {**created, "tags": [imported.source]}, at=at)]
    run, step, names = 0, 0, dict[str, str]()
    for when, message in imported.messages:
        at = when or at
        if message.role == "user":
            records += _ended(run, step, at)
            run, step = run + 1, 0
        run_id = f"imported-{run}"
        step += message.role == "assistant"
        names.update({call.id: call.name for call in message.tool_calls})
        records += _events(message, run_id, step, at, imported, names)
        kind = TOOL_RESULT if message.role == "tool" else HISTORY_MESSAGE
        records.append(NewRecord(kind, message_to_data(message), run_id, at))
    return [*records, *_ended(run, step, at)]


def _events(
    message: Message, run_id: str, step: int, at: float, imported: ImportedSession, names: dict[str, str]
) -> list[NewRecord]:
    if message.role == "user":
        started = {"prompt": message.text, "session_id": imported.id, "agent": "", "model": imported.model}
        return [NewRecord("run.started", started, run_id, at)]
    if message.role == "tool":
        call_id = message.tool_call_id or ""
        told = {"call_id": call_id, "tool": names.get(call_id, ""), "content": message.text, "duration_ms": 0}
        if message.is_error:
            error = {"type": "ToolExecutionError", "message": message.text, "retryable": False}
            return [NewRecord("tool.failed", {**told, "error": error}, run_id, at)]
        return [NewRecord("tool.completed", told, run_id, at)]
    calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls]
    said = {"role": "assistant", "text": message.text, "step": step, "tool_calls": calls}
    asked: list[dict[str, Any]] = [
        {"call_id": call.id, "tool": call.name, "arguments": call.arguments, "step": step}
        for call in message.tool_calls
    ]
    return [
        NewRecord("message.completed", said, run_id, at),
        *[NewRecord("tool.requested", {**each, "malformed": ""}, run_id, at) for each in asked],
    ]


def _ended(run: int, step: int, at: float) -> list[NewRecord]:
    if not run:
        return []
    payload: dict[str, Any] = {"output": "", "reason": "imported", "usage": {}, "iterations": step, "duration_ms": 0}
    return [NewRecord("run.completed", payload, f"imported-{run}", at)]


def _take(record: Record, entries: list[Entry], calls: dict[str, int]) -> None:
    data, at = record.data, record.at
    if record.type == HISTORY_MESSAGE:
        _add_pictures(data, entries)
    elif record.type == "run.started" and not data.get("resumed"):
        entries.append(Entry("user", at, data["prompt"]))
    elif record.type == "message.completed":
        if data.get("thinking"):
            entries.append(Entry("thinking", at, data["thinking"]))
        if data["text"]:
            entries.append(Entry("user" if data["role"] == "user" else "assistant", at, data["text"]))
    elif record.type == "tool.requested":
        calls[data["call_id"]] = len(entries)
        entries.append(Entry("tool", at, "", data["tool"], data["arguments"], "pending"))
    elif record.type.startswith("tool.") and data.get("call_id") in calls:
        place = calls[data["call_id"]]
        entries[place] = _with_outcome(entries[place], record)
    elif record.type in ("context.compressed", "context.renewed"):
        made = f"made smaller: {data['detail']}" if "detail" in data else f"begun anew, with handoff {data['sprint']}"
        entries.append(Entry("note", at, f"The context was {made}"))
    elif record.type in ("run.failed", "run.cancelled"):
        why = data.get("message") or data.get("reason", "")
        entries.append(Entry("note", at, f"The run {record.type.removeprefix('run.')}: {why}"))


def _with_outcome(entry: Entry, record: Record) -> Entry:
    data = record.data
    if record.type == "tool.started":
        return replace(entry, allowed_by=data["allowed_by"], outcome="unknown")
    if record.type in _OUTCOMES:
        told = data.get("content") or data.get("message") or data.get("reason", "")
        return replace(entry, text=told, outcome=_OUTCOMES[record.type])
    return entry


def _add_pictures(data: dict[str, Any], entries: list[Entry]) -> None:
    """Give the pictures of a user's message to the entry that its run's start made."""
    if data["role"] != "user" or isinstance(data["content"], str):
        return
    sources = [block["source"] for block in data["content"] if block["type"] == "image"]
    images = tuple((each["media_type"], each["data"]) for each in sources if each.get("type") == "base64")
    if images and entries and entries[-1].kind == "user":
        entries[-1] = replace(entries[-1], images=images)
