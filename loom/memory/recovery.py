"""What a run that broke off left behind: calls without a result, and the records that end it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from loom.memory.codec import message_to_data
from loom.memory.records import HISTORY_MESSAGE, TOOL_RESULT, NewRecord, Record
from loom.memory.replay import CallState, OpenRun, replay
from loom.types.messages import Message, ToolCall

MISSING = "Interrupted: no result of this call was recorded; it may have happened."
ELSEWHERE = "This call belongs to the session that this one was forked from; what came of it is not known here."
NEVER_RAN = "Interrupted before it ran: this call did not happen."
WHY_UNKNOWN = "the program ended while it ran; what it had done by then is not known"


def unfinished(history: Sequence[Message]) -> tuple[list[ToolCall], dict[str, Message]]:
    """The calls of the last message if some of them have no result yet, and the results that there are, by call."""
    found: dict[str, Message] = {}
    for message in reversed(history):
        if message.role == "tool":
            found.setdefault(message.tool_call_id or "", message)
            continue
        missing = any(call.id not in found for call in message.tool_calls)
        return (message.tool_calls, found) if missing else ([], {})
    return [], {}


def end_records(run: OpenRun, history: Sequence[Message]) -> list[NewRecord]:
    """The records that end an interrupted run without going on with it: a result for each call, then its end."""
    records: list[NewRecord] = []
    if run.streamed.strip():
        said = {"role": "assistant", "text": run.streamed, "step": run.step, "partial": True}
        message = message_to_data(Message("assistant", run.streamed))
        records = [NewRecord(HISTORY_MESSAGE, message, run.run_id), NewRecord("message.completed", said, run.run_id)]
    calls, found = unfinished(history)
    for call in calls:
        if call.id in found:
            continue
        state = run.calls.get(call.id, CallState())
        told = state.told if state.told and not state.is_unknown else (MISSING if state.is_started else NEVER_RAN)
        if state.is_started and not state.told and not state.is_unknown:
            unknown = {"call_id": call.id, "tool": call.name, "reason": WHY_UNKNOWN}
            records.append(NewRecord("tool.unknown", unknown, run.run_id))
        failed = state.failed or not state.told
        result = Message("tool", told, [], call.id, call.name, failed)
        records.append(NewRecord(TOOL_RESULT, message_to_data(result), run.run_id))
    payload: dict[str, Any] = {
        "reason": "interrupted",
        "output": "",
        "usage": {},
        "iterations": run.step,
        "duration_ms": 0,
    }
    return [*records, NewRecord("run.cancelled", payload, run.run_id)]


def fork_records(records: Iterable[Record]) -> list[NewRecord]:
    """What ends, in a copy of these records, a run that goes on only in the session that they are of."""
    session = replay(records)
    if session.open_run is None:
        return []
    calls, found = unfinished(session.history)
    results = [
        NewRecord(TOOL_RESULT, message_to_data(Message("tool", ELSEWHERE, [], call.id, call.name, is_error=True)))
        for call in calls
        if call.id not in found
    ]
    payload: dict[str, Any] = {"reason": "forked", "output": "", "usage": {}, "iterations": 0, "duration_ms": 0}
    return [*results, NewRecord("run.cancelled", payload, session.open_run.run_id)]
