"""A session's trace as a file: all events, each request and what came back; as JSON, or as an archive of HTTP requests.

A request repeats all that was said before, so the whole of each is written while there is room, and of those after that
only what is new in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from loom.errors import StoreError
from loom.memory.below import sub_agent_logs
from loom.memory.codec import message_to_data
from loom.memory.records import BELOW, BESIDE_ANSWERED, BESIDE_SENT, HISTORY_MESSAGE, Record
from loom.memory.requests import StoredRequest, beside_request, stored_requests
from loom.memory.store import Store
from loom.safety.redaction import redacted
from loom.types.events import PAYLOADS
from loom.types.messages import Message

FORMAT = "loom-trace"
VERSION = 1
MOST_BYTES = 64 * 2**20
"""How much of whole requests a file has."""
LEFT_OUT = "left out: the file would be too large"
Exchange = tuple[StoredRequest, Record | None, dict[str, Any], float]


def trace_text(store: Store, session_id: str, *, as_har: bool = False) -> str:
    """A session's trace as the text of a JSON file. Raises StoreError."""
    told = har_of(store, session_id) if as_har else trace_of(store, session_id)
    text = json.dumps(told, ensure_ascii=False, indent=1, default=str) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def trace_of(store: Store, session_id: str) -> dict[str, Any]:
    """All that happened in a session and all that was exchanged in it, secrets hidden. Raises StoreError."""
    summary = store.session(session_id)
    if summary is None:
        raise StoreError("This session is not stored yet: there is nothing to export")
    records = store.records(session_id)
    return {
        "format": FORMAT,
        "version": VERSION,
        "session": {
            "id": summary.id,
            "title": redacted(summary.title),
            "agent": summary.agent,
            "workspace": summary.workspace,
        },
        "events": [
            {"n": each.n, "at": _time(each.at), "run": each.run_id, "type": each.type, "data": redacted(each.data)}
            for each in records
            if each.type.removeprefix(BELOW) in PAYLOADS
        ],
        "exchanges": _told(_exchanges(store, session_id, records)),
    }


def _told(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """Requests with their answers, as the JSON file has them; `request` is the body as it was sent."""
    told: list[dict[str, Any]] = []
    before: tuple[Message, ...] = ()
    room = Room()
    for request, answer, usage, _ in exchanges:
        kept = next(
            (at for at, (one, other) in enumerate(zip(before, request.messages, strict=False)) if one is not other),
            min(len(before), len(request.messages)),
        )
        before = request.messages
        told.append(
            {
                "n": request.n,
                "at": _time(request.at),
                "run": request.run_id,
                "step": request.step,
                "model": request.model,
                "provider": request.wire.get("provider", ""),
                "form": request.wire.get("form", ""),
                "path": request.wire.get("path", ""),
                "missing": list(request.missing),
                "messages_kept": kept,
                "messages_new": [redacted(message_to_data(each)) for each in request.messages[kept:]],
                "request": room.body(request),
                "answer": redacted(answer.data) if answer is not None else None,
                "usage": usage,
            }
        )
    return told


def har_of(store: Store, session_id: str) -> dict[str, Any]:
    """The requests that went over a wire, as HTTP Archive 1.2: without headers, since keys are headers.

    Addresses have the provider's name for a host: where it is reached is not in the log. Raises StoreError.
    """
    if store.session(session_id) is None:
        raise StoreError("This session is not stored yet: there is nothing to export")
    entries: list[dict[str, Any]] = []
    room = Room()
    for request, answer, usage, ended in _exchanges(store, session_id, store.records(session_id)):
        if not request.wire:
            continue
        took = round((ended - request.at) * 1000) if ended else 0
        body = room.body(request)
        text = json.dumps(body, ensure_ascii=False) if body is not None else LEFT_OUT
        answered = json.dumps(
            redacted({"message": answer.data if answer else None, "usage": usage}), ensure_ascii=False
        )
        entries.append(
            {
                "startedDateTime": _time(request.at),
                "time": took,
                "request": {
                    "method": "POST",
                    "url": f"https://{request.wire['provider']}/{request.wire['path'].lstrip('/')}",
                    **_EMPTY,
                    "queryString": [],
                    "bodySize": len(text.encode("utf-8", "replace")),
                    "postData": {"mimeType": "application/json", "text": text},
                },
                "response": {
                    "status": 200 if answer is not None else 0,
                    "statusText": "",
                    **_EMPTY,
                    "redirectURL": "",
                    "bodySize": -1,
                    "content": {"size": len(answered), "mimeType": "application/json", "text": answered},
                },
                "cache": {},
                "timings": {"send": 0, "wait": took, "receive": 0},
                "comment": f"step {request.step} of run {request.run_id}",
            }
        )
    return {"log": {"version": "1.2", "creator": {"name": "loom", "version": "1"}, "entries": entries}}


_EMPTY: dict[str, Any] = {"httpVersion": "HTTP/1.1", "headers": [], "cookies": [], "headersSize": -1}


def _exchanges(store: Store, session_id: str, records: Sequence[Record]) -> list[Exchange]:
    """Each request with the answer that followed it, what it used, and when the answer was there, in order.

    Those beside the steps are among them, and those of sub-agents.
    """
    found = [*_of_steps(store, session_id, records), *_beside(records)]
    for each in sub_agent_logs(records).values():
        at = {place: n for n, place in each.places.items()}
        of_child = _exchanges(each.store, each.session_id, each.store.records(each.session_id))
        found += [(replace(sent, n=at[sent.n]), answer, used, ended) for sent, answer, used, ended in of_child]
    return sorted(found, key=lambda each: each[0].n)


def _beside(records: Iterable[Record]) -> list[Exchange]:
    """What was asked beside the steps; its answer is the record that tells it."""
    answers = {each.data["id"]: each for each in records if each.type == BESIDE_ANSWERED}
    found: list[Exchange] = []
    for sent in records:
        if sent.type == BESIDE_SENT:
            answer = answers.get(sent.data["id"])
            used: dict[str, Any] = answer.data.get("usage", {}) if answer is not None else {}
            found.append((beside_request(sent, answer), answer, used, answer.at if answer is not None else 0.0))
    return found


def _of_steps(store: Store, session_id: str, records: Iterable[Record]) -> list[Exchange]:
    found: list[Exchange] = []
    requests = {each.n: each for each in stored_requests(store, session_id)}
    for record in records:
        if record.n in requests:
            found.append((requests[record.n], None, {}, 0.0))
        elif found and record.run_id == found[-1][0].run_id:
            request, answer, usage, ended = found[-1]
            if record.type == HISTORY_MESSAGE and record.data["role"] == "assistant" and answer is None:
                found[-1] = request, record, usage, record.at
            elif record.type == "usage.updated" and not record.data.get("purpose"):
                found[-1] = request, answer, record.data["usage"], ended
    return found


class Room:
    """Gives the bodies of requests as JSON, until they are too many."""

    def __init__(self) -> None:
        self._left = MOST_BYTES

    def body(self, request: StoredRequest) -> Any:
        """What was sent, secrets hidden: the body, or loom's own form where it went over no wire; None without room."""
        if self._left <= 0:
            return None
        if body := request.body():
            self._left -= len(body)
            return redacted(json.loads(body))
        tools = [{"name": each.name, "description": each.description} for each in request.tools]
        messages = [message_to_data(each) for each in request.messages]
        self._left -= sum(len(each.text) for each in request.messages)
        return redacted({"system": request.system, "tools": tools, "messages": messages})


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
