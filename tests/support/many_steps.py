"""A session of many steps in a store, record for record as runs write them: requests, answers, tools, usage."""

import time
from typing import Any

from loom.memory.records import (
    HISTORY_MESSAGE,
    REQUEST_PART,
    REQUEST_SENT,
    REQUEST_WIRE,
    SESSION_CREATED,
    TOOL_RESULT,
    NewRecord,
)
from loom.memory.store import Store

STEPS_A_RUN = 50
WIRE = {"provider": "openai", "form": "openai_chat", "path": "/chat/completions"}
FIELDS = {"model": "m", "stream": True}


def fill_steps(
    store: Store,
    session_id: str,
    steps: int,
    *,
    at: float | None = None,
    agent: str = "Mason",
    model: str = "openai:m",
    workspace: str = "/w",
    cost: float | None = 0.002,
) -> None:
    """Put a session of `steps` steps into a store, two seconds a step, the last one ending at `at` (now)."""
    began = (time.time() if at is None else at) - 2 * steps
    lease = store.acquire(session_id)
    created = {"agent": agent, "workspace": workspace, "metadata": {}}
    records = [
        NewRecord(SESSION_CREATED, created, at=began),
        NewRecord(REQUEST_PART, {"key": "system", "text": "You lay bricks."}, at=began),
    ]
    for number in range(steps):
        records += _step(session_id, number, began + 2 * number, (agent, model, cost), is_last=number == steps - 1)
        if len(records) > 4000:
            store.append(lease, records).result()
            records = []
    store.append(lease, records).result()
    store.release(lease)


def _step(
    session_id: str, number: int, at: float, who: tuple[str, str, float | None], *, is_last: bool
) -> list[NewRecord]:
    agent, model, cost = who
    run, place = f"run-{number // STEPS_A_RUN}", number % STEPS_A_RUN
    step, call = place + 1, f"c{number}"
    made: list[NewRecord] = []

    def add(after_s: float, kind: str, data: dict[str, Any]) -> None:
        made.append(NewRecord(kind, data, run, at + after_s))

    new: list[str] = [] if number == 0 else [f"a{number - 1}", f"t{number - 1}"]
    if place == 0:
        prompt = f"Lay row {number // STEPS_A_RUN + 1}"
        add(0, "run.started", {"prompt": prompt, "session_id": session_id, "agent": agent, "model": model})
        add(0, HISTORY_MESSAGE, {"id": f"u{number}", "role": "user", "content": prompt})
        new.append(f"u{number}")
    add(0, "step.started", {"step": step})
    kept = 2 * number + (number + STEPS_A_RUN - 1) // STEPS_A_RUN - (0 if number == 0 else 2)
    add(
        0,
        REQUEST_SENT,
        {
            "id": f"r{number}",
            "after": f"r{number - 1}" if number else "",
            "step": step,
            "model": "m",
            "kept": kept,
            "messages": new,
            "system": "system",
            "tools": "",
        },
    )
    if number == 0:
        add(0, REQUEST_WIRE, {"request": "r0", "step": 1, **WIRE, "fields": FIELDS})
    called = {"id": call, "name": "lay", "arguments": {"brick": number}, "malformed": ""}
    add(1.2, HISTORY_MESSAGE, {"id": f"a{number}", "role": "assistant", "content": "", "tool_calls": [called]})
    add(
        1.2,
        "message.completed",
        {"role": "assistant", "text": "", "step": step, "tool_calls": [called], "stop_reason": "tool_use"},
    )
    used = {"input_tokens": 100 + number, "output_tokens": 20, "cache_read_tokens": number, "cost_usd": cost}
    add(1.2, "usage.updated", {"step": step, "usage": used, "total": used})
    about = {"call_id": call, "tool": "lay"}
    add(1.2, "tool.requested", {**about, "arguments": called["arguments"], "step": step})
    allowed = {"arguments": called["arguments"], "arguments_hash": "h", "allowed_by": "mode"}
    add(1.2, "tool.started", {**about, **allowed})
    told = f"Brick {number} lies. " * 80
    add(1.8, "tool.completed", {**about, "content": told, "duration_ms": 600})
    add(
        1.8,
        TOOL_RESULT,
        {"id": f"t{number}", "role": "tool", "content": told, "tool_call_id": call, "name": "lay", "is_error": False},
    )
    add(
        1.8,
        "step.completed",
        {
            "step": step,
            "stop_reason": "tool_use",
            "tools": 1,
            "duration_ms": 1800,
            "model_ms": 1200,
            "first_token_ms": 400,
        },
    )
    if is_last or place == STEPS_A_RUN - 1:
        ended = {"output": "", "reason": "end_turn", "usage": used, "iterations": step, "duration_ms": 1800 * step}
        add(1.8, "run.completed", ended)
    return made
