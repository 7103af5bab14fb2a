"""What a session's log tells of its steps: the rows of the waterfall, exact requests and answers. All off the loop."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from loom.threads import in_thread
from loom_studio.runtime_words import said
from loom_studio.services.context import shown_messages, shown_prefix
from loom_studio.texts import marked, tr

if TYPE_CHECKING:
    from loom.memory.records import Record
    from loom.memory.requests import StoredRequest
    from loom.memory.store import Store

RECORDS_A_TURN = 2_000
MOST_SHOWN_CHARS = 400_000
NO_STEP = marked("Choose a step above to see what was sent and what came back.")
NO_STATE = marked("This was asked beside the steps: the conversation is as in the step before.")
MOST_N = 2**62
NO_REQUEST = marked("What was sent in this step is not in the log: the session was written by an earlier version.")
CHANGES = {"added": marked("added"), "changed": marked("changed"), "deleted": marked("deleted")}


class Sessions(Protocol):
    """What opens the store, and writes sessions to files."""

    async def store(self) -> Store:
        """The store, opened once."""
        ...

    async def export(self, session_id: str, file: Path) -> None:
        """Write a session to a file, as its ending says."""
        ...


class Fold(Protocol):
    """What records are taken into: `last_n` is the last that was."""

    last_n: int

    def take(self, records: Iterable[Record]) -> int:
        """Take records in; returns the first row that is another now."""
        ...


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What was sent in a step and what came back: to read, and as it was on the wire (empty where it went over none).

    `state` is the conversation as of the end of the step; `exact_shown` as much of the bytes as is shown.
    """

    request: str
    exact: bytes
    exact_shown: str
    response: str
    state: str


class TraceService:
    """Reads traces from one store; `kinds` are the records that their rows are made of."""

    def __init__(self, sessions: Sessions, kinds: Sequence[str]) -> None:
        self._sessions = sessions
        self._kinds = kinds

    async def catch_up(self, session_id: str, trace: Fold) -> AsyncIterator[int]:
        """Have a trace take in what came since, in stretches; gives the first row that each made another."""
        store = await self._sessions.store()
        is_more = True
        while is_more:
            first, is_more = await in_thread(_catch_up, store, session_id, trace, self._kinds)
            yield first

    async def exchanged(self, session_id: str, requests: list[int], first_n: int, last_n: int) -> Exchanged:
        """What was sent in the step from record `first_n` to `last_n`, with the last of its requests."""
        store = await self._sessions.store()
        return await in_thread(_exchanged, store, session_id, requests, (first_n, last_n))

    async def exchanged_below(
        self, session_id: str, child: str, requests: list[int], first_n: int, last_n: int
    ) -> Exchanged:
        """What was sent in a step of the sub-agent whose session is `child`."""
        store = await self._sessions.store()
        return await in_thread(_exchanged_below, store, session_id, child, requests, (first_n, last_n))

    async def exchanged_beside(self, session_id: str, child: str, n: int) -> Exchanged:
        """What record `n` says that a model was asked beside the steps, by a sub-agent where one is named."""
        store = await self._sessions.store()
        return await in_thread(_exchanged_beside, store, session_id, child, n)

    async def export(self, session_id: str, file: Path) -> None:
        """Write the whole trace to a file: as HAR if its name ends so, else as JSON. Raises StoreError."""
        await self._sessions.export(session_id, file)


def _catch_up(store: Store, session_id: str, trace: Fold, kinds: Sequence[str]) -> tuple[int, bool]:
    from loom.memory.records import BELOW

    wanted = (*kinds, *(f"{BELOW}{each}" for each in kinds))
    found = store.excerpt(session_id, wanted, trace.last_n, limit=RECORDS_A_TURN, is_brief=True)
    first = trace.take(found)
    time.sleep(0.001)  # let the window paint between two stretches
    return first, len(found) == RECORDS_A_TURN


def _exchanged(store: Store, session_id: str, requests: list[int], stretch: tuple[int, int]) -> Exchanged:
    from loom.memory.requests import stored_request

    request = stored_request(store, session_id, requests[-1]) if requests else None
    records = store.excerpt(session_id, _ANSWER, stretch[0] - 1, stretch[1])
    response = _response(records)
    if request is None:
        return Exchanged(tr(NO_REQUEST), b"", "", response, tr(NO_REQUEST))
    exact = request.body()
    readable = _readable(request)
    if len(requests) > 1:
        asked = tr("The model was asked {times} times in this step; this is the last request.", times=len(requests))
        readable = f"{asked}\n{readable}"
    return Exchanged(_cut(readable), exact, _cut_bytes(exact), _cut(response), _cut(_as_of(request, records)))


def _exchanged_below(
    store: Store, session_id: str, child: str, requests: list[int], stretch: tuple[int, int]
) -> Exchanged:
    from loom.memory.below import sub_agent_log
    from loom.memory.requests import READ_FOR_REQUESTS

    log = sub_agent_log(store, session_id, child, dict.fromkeys((*READ_FOR_REQUESTS, *_ANSWER)), stretch[1])
    inside = [place for n, place in log.places.items() if stretch[0] <= n <= stretch[1]]
    within = (min(inside), max(inside)) if inside else (0, 0)
    return _exchanged(log.store, child, [log.places[n] for n in requests if n in log.places], within)


def _exchanged_beside(store: Store, session_id: str, child: str, n: int) -> Exchanged:
    from loom.memory.below import sub_agent_log
    from loom.memory.records import BESIDE_ANSWERED, BESIDE_SENT
    from loom.memory.requests import answer_beside, beside_request, sent_beside

    if child:
        log = sub_agent_log(store, session_id, child, (BESIDE_SENT, BESIDE_ANSWERED), MOST_N)
        store, session_id, n = log.store, child, log.places.get(n, 0)
    sent = sent_beside(store, session_id, n)
    if sent is None:
        return Exchanged(tr(NO_REQUEST), b"", "", "", tr(NO_REQUEST))
    answered = answer_beside(store, session_id, sent)
    request = beside_request(sent, answered)
    exact = request.body()
    response = _response_beside(answered.data) if answered is not None else tr("There is no answer yet.")
    return Exchanged(_cut(_readable(request)), exact, _cut_bytes(exact), _cut(response), tr(NO_STATE))


def _response_beside(data: dict[str, Any]) -> str:
    if problem := data.get("problem"):
        return _part(tr("It failed"), problem)
    pieces = [_part(tr("text"), data.get("text") or tr("(none)")), _part(tr("stop reason"), data["stop_reason"])]
    if used := data.get("usage"):
        pieces.append(_part(tr("usage"), _json(used)))
    return "\n".join([*pieces, _part(tr("time"), _time(data["took_ms"], None))])


_ANSWER = (
    *("history.message", "message.completed", "usage.updated", "step.completed", "step.retried", "tool.result"),
    *("context.pressure", "context.working", "files.changed", "context.provider_edited"),
)


def _readable(request: StoredRequest) -> str:
    """A request part by part, the newest message last."""
    wire = request.wire
    over = (
        tr("POST {path} to {provider}", path=wire["path"], provider=wire["provider"])
        if wire
        else tr("over no wire: the model plays a script")
    )
    about = {"model": request.model, "over": over}
    pieces = [
        tr("Step {step} · {model} · {over}", step=request.step, **about)
        if request.step
        else tr("{model} · {over}", **about)
    ]
    pieces += [tr("This request can't be shown whole: {why}.", why=each) for each in request.missing]
    if wire:
        pieces.append(_part(tr("fields"), _json(wire["fields"])))
    return "\n".join([*pieces, *shown_prefix(request.system, request.tools), *shown_messages(request.messages)])


def _response(records: list[Record]) -> str:
    """What came back: text, thinking, calls, why it ended, what was used, and the message as the log has it."""
    pieces: list[str] = []
    for record in records:
        data = record.data
        if record.type == "step.retried":
            why = said(data["error"]["message"])
            pieces.append(tr("Attempt {number} failed: {why}\n", number=data["attempt"], why=why))
        elif record.type == "history.message" and data["role"] == "assistant":
            pieces.append(_answer(data))
        elif record.type == "message.completed" and data["role"] == "assistant":
            pieces.append(_part(tr("stop reason"), data.get("stop_reason") or tr("it was stopped")))
        elif record.type == "usage.updated" and not data.get("purpose"):
            pieces.append(_part(tr("usage"), _json(data["usage"])))
        elif record.type == "step.completed" and data.get("model_ms"):
            pieces.append(_part(tr("time"), _time(data["model_ms"], data.get("first_token_ms"))))
    return "\n".join(pieces) or tr("There is no answer yet.")


def _change(what: str, path: str) -> str:
    return f"{tr(CHANGES.get(what, what))}: {path}"


def _part(head: str, text: str) -> str:
    return f"\n── {head} ──\n{text}"


def _time(took_ms: int, first_ms: int | None) -> str:
    if first_ms is None:
        return tr("{took:,} ms", took=took_ms)
    return tr("{took:,} ms, the first token after {first:,} ms", took=took_ms, first=first_ms)


def _answer(data: dict[str, Any]) -> str:
    content = data["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    pieces: list[str] = []
    for block in blocks:
        if block["type"] == "thinking":
            raw = f"\n{_json(block['raw'])}" if block.get("raw") else ""
            pieces.append(f"── {tr('thinking')} ──\n{block['text']}{raw}\n")
        elif block["type"] == "text":
            pieces.append(f"── {tr('text')} ──\n{block['text'] or tr('(none)')}")
        else:
            pieces.append(f"── {block['type']} ──")
    for call in data.get("tool_calls", ()):
        given = call["malformed"] or _json(call["arguments"])
        pieces.append(_part(tr("call {id}", id=call["id"]), f"{call['name']} {given}"))
    return "\n".join(pieces)


def _as_of(request: StoredRequest, records: list[Record]) -> str:
    """How things stood at the end of a step: the window, the plan, changed files, and all that was said up to then."""
    last = {record.type: record.data for record in records}
    pieces: list[str] = []
    if pressure := last.get("context.pressure"):
        used, window = pressure["used_tokens"], pressure["window_tokens"]
        pieces.append(
            tr("Window: {used:,} of {window:,} tokens ({rho:.0%})", used=used, window=window, rho=pressure["rho"])
        )
    if working := last.get("context.working"):
        pieces += [f"[{'x' if step['is_done'] else ' '}] {step['text']}" for step in working["plan"]]
        pieces += [f"- {note}" for note in working["notes"]]
    for record in records:
        if record.type == "files.changed":
            pieces += [_change(each["what"], each["path"]) for each in record.data["files"]]
    pieces += shown_messages(request.messages)
    for record in records:
        if record.type == "history.message" and record.data["role"] == "assistant":
            pieces.append(f"\n── {len(request.messages) + 1}. assistant ──\n{_answer(record.data)}")
        elif record.type == "tool.result":
            content = record.data["content"]
            told = content if isinstance(content, str) else _blocks(content)
            pieces.append(_part(tr("result of {tool}", tool=record.data["name"]), told))
    return "\n".join(pieces)


def _blocks(content: list[dict[str, Any]]) -> str:
    return "\n".join(block.get("text") or f"[{block['type']}]" for block in content)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


HALF = MOST_SHOWN_CHARS // 2


def _cut(text: str) -> str:
    if len(text) <= MOST_SHOWN_CHARS:
        return text
    left = len(text) - MOST_SHOWN_CHARS
    return text[:HALF] + tr("\n… {left:,} characters are left out here; Copy takes all …\n", left=left) + text[-HALF:]


def _cut_bytes(body: bytes) -> str:
    if len(body) <= MOST_SHOWN_CHARS:
        return body.decode("utf-8", "replace")
    left = len(body) - MOST_SHOWN_CHARS
    left_out = tr("\n… {left:,} bytes are left out here; Copy takes all …\n", left=left)
    return body[:HALF].decode("utf-8", "replace") + left_out + body[-HALF:].decode("utf-8", "replace")
