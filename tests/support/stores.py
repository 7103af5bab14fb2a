"""Stores to test with, and records to fill them."""

from pathlib import Path

from loom.memory.in_memory import InMemoryStore
from loom.memory.records import HISTORY_MESSAGE, SESSION_CREATED, NewRecord
from loom.memory.sqlite_store import SQLiteStore
from loom.memory.store import Store


def make_store(kind: str, folder: Path) -> Store:
    return InMemoryStore() if kind == "memory" else SQLiteStore(folder / "loom.db")


def said(text: str, role: str = "user", run: str = "r1") -> list[NewRecord]:
    """A run's start with a prompt, or an answer, as the runtime logs them."""
    history = NewRecord(HISTORY_MESSAGE, {"role": role, "content": text}, run)
    if role == "user":
        return [NewRecord("run.started", {"prompt": text, "session_id": "s", "agent": "a", "model": "m"}, run), history]
    return [history, NewRecord("message.completed", {"role": role, "text": text, "step": 1}, run)]


def ended(run: str = "r1") -> NewRecord:
    payload = {"output": "", "reason": "end_turn", "usage": {}, "iterations": 1, "duration_ms": 1}
    return NewRecord("run.completed", payload, run)


def fill(store: Store, session_id: str, *texts: str) -> int:
    """A session in which each text was said and answered by 'ok'; returns its last record's n."""
    lease = store.acquire(session_id)
    records = [NewRecord(SESSION_CREATED, {"agent": "a", "workspace": "/w", "metadata": {}})]
    for number, text in enumerate(texts):
        run = f"r{number}"
        records += [*said(text, run=run), *said("ok", "assistant", run), ended(run)]
    last = store.append(lease, records).result()
    store.release(lease)
    return last
