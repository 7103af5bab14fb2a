"""A long session in a store, with code, tables and tool calls, as years of work leave it."""

from loom.memory.records import HISTORY_MESSAGE, SESSION_CREATED, TOOL_RESULT, NewRecord
from loom.memory.store import Store

ANSWER = """Here is **step {n}** of the plan, with a [link](https://example.org/{n}) and `code`.

| file | lines | state |
|---|---|---|
| `src/part_{n}.py` | {n} | changed |
| `tests/test_{n}.py` | 12 | new |

```python
def part_{n}(value: int) -> int:
    # explains itself
    return sum(i * value for i in range({n}))
```

- first thing to note
- second thing, a bit longer than the first so that it wraps when the window is narrow
"""


def fill_long(store: Store, session_id: str, messages: int) -> None:
    """Questions and answers, every fifth with a tool call between them: `messages` in all."""
    lease = store.acquire(session_id)
    records = [NewRecord(SESSION_CREATED, {"agent": "a", "workspace": "/w", "metadata": {}})]
    count = number = 0
    while count < messages:
        run, number = f"run-{number}", number + 1
        prompt, answer = f"Question {number}: what about part {number}?", ANSWER.format(n=number)
        started = {"prompt": prompt, "session_id": session_id, "agent": "a", "model": "m"}
        records.append(NewRecord("run.started", started, run))
        records.append(NewRecord(HISTORY_MESSAGE, {"role": "user", "content": prompt}, run))
        count += 1
        if number % 5 == 0:
            records += _tool_call(run, number)
            count += 2
        records.append(NewRecord(HISTORY_MESSAGE, {"role": "assistant", "content": answer}, run))
        done = {
            "role": "assistant",
            "text": answer,
            "step": 1,
            "thinking": "",
            "tool_calls": [],
            "stop_reason": "end_turn",
        }
        records.append(NewRecord("message.completed", done, run))
        pressure = {"used_tokens": 100 * number, "window_tokens": 200_000, "rho": 0.1, "estimated": True}
        records.append(NewRecord("context.pressure", pressure, run))
        ended = {"output": answer, "reason": "end_turn", "usage": {}, "iterations": 1, "duration_ms": 5}
        records.append(NewRecord("run.completed", ended, run))
        count += 1
    for start in range(0, len(records), 2000):
        store.append(lease, records[start : start + 2000]).result()
    store.release(lease)


def _tool_call(run: str, number: int) -> list[NewRecord]:
    call = {"id": f"c{number}", "name": "read_file", "arguments": {"path": f"src/part_{number}.py"}, "malformed": ""}
    told = f"def part_{number}():\n    return {number}\n" * 20
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    about = {"call_id": call["id"], "tool": "read_file"}
    result = {"role": "tool", "content": told, "tool_call_id": call["id"], "name": "read_file", "is_error": False}
    return [
        NewRecord(HISTORY_MESSAGE, message, run),
        NewRecord("tool.requested", {**about, "arguments": call["arguments"], "step": 1, "malformed": ""}, run),
        NewRecord(
            "tool.started",
            {**about, "arguments": call["arguments"], "arguments_hash": "h", "allowed_by": "read-only"},
            run,
        ),
        NewRecord(
            "tool.completed", {**about, "content": told, "duration_ms": 3, "artifact_id": None, "images": 0}, run
        ),
        NewRecord(TOOL_RESULT, result, run),
    ]
