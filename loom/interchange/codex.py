"""Sessions of Codex: rollout files of JSON lines, append-only, in two formats.

Newer files wrap each item: `{timestamp, type, payload}`, where `response_item` payloads are what the model was sent and
said, and `event_msg` payloads say the same again for the screen. Older files hold the items bare, after a first line
with the session's id and time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from loom.errors import InterchangeError
from loom.interchange.imported import (
    BAD_PICTURE,
    BLOCKS,
    HistoryBuilder,
    ImportedSession,
    Skipped,
    What,
    call_of,
    object_of,
    objects_of,
    picture_of,
    seconds,
    short,
    text_of,
    title_of,
)
from loom.interchange.records import read_records
from loom.types.content import ContentBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall

CONTEXT: What = (
    "message with instructions or the environment was left out",
    "messages with instructions or the environment were left out",
)
COMPACTED: What = ("summary of what is there in full was left out", "summaries of what is there in full were left out")
ROLLED_BACK: What = ("item was taken back in the session", "items were taken back in the session")
ENCRYPTED: What = ("piece of reasoning is encrypted", "pieces of reasoning are encrypted")
NO_ID: What = ("tool result names no call", "tool results name no call")

ENVELOPES = frozenset(("session_meta", "response_item", "event_msg", "turn_context", "compacted"))
_CALLS = ("function_call", "custom_tool_call", "local_shell_call")
_OUTPUTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")
_WRAPPERS = (
    "<environment_context>", "<user_instructions>", "<INSTRUCTIONS>", "# AGENTS.md instructions", "<turn_aborted>",
    "<permissions instructions>", "<collaboration_mode>", "<skill>", "<user_shell_command>", "<subagent_notification>",
)  # fmt: skip
_FOLDER = re.compile(r"<cwd>(.*?)</cwd>|Current working directory: (.*)")


def read_codex(path: str | Path) -> ImportedSession:
    """The session in a rollout file of Codex, of either format. Blocks.

    Raises InterchangeError if the file can't be read or holds no messages.
    """
    path = Path(path)
    rollout = _Rollout(Skipped())
    for line, record in read_records(path, rollout.skipped):
        rollout.take(line, record)
    messages = _history(rollout)
    if not messages:
        raise InterchangeError(f"{path} holds no messages of a Codex session")
    return ImportedSession(
        "codex",
        rollout.id or path.stem,
        rollout.title or title_of(messages),
        rollout.created_at or messages[0][0],
        rollout.workspace,
        rollout.model,
        messages,
        rollout.skipped.sentences(),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """Something said, asked for or told; `content` is the item as the file has it."""

    kind: Literal["user", "assistant", "reasoning", "call", "output"]
    line: int
    at: float
    content: dict[str, Any]


@dataclass(slots=True)
class _Rollout:
    """The items of a file, and what it says of the session."""

    skipped: Skipped
    id: str = ""
    title: str = ""
    created_at: float = 0.0
    workspace: str = ""
    model: str = ""
    items: list[_Item] = field(default_factory=list[_Item])

    def take(self, line: int, record: dict[str, Any]) -> None:
        """Take the next record."""
        kind, at = text_of(record.get("type")), seconds(record.get("timestamp"))
        payload = object_of(record.get("payload"))
        match kind:
            case "session_meta":
                self._begin(payload, at)
            case "turn_context":
                self.model = text_of(payload.get("model")) or self.model
                self.workspace = self.workspace or text_of(payload.get("cwd"))
            case "response_item":
                self._item(line, at, payload)
            case "event_msg":
                self._event(payload)
            case "compacted":
                self._compacted(line, at, payload)
            case "" if "id" in record and "timestamp" in record:
                self._begin(record, at)
            case _ if "payload" in record or not kind:
                self.skipped.add_kind(kind or text_of(record.get("record_type")) or "without a kind")
            case _:
                self._item(line, at or self.created_at, record)

    def _begin(self, meta: dict[str, Any], at: float) -> None:
        if self.id:
            return  # a session that continues another holds that one's first line too
        self.id = text_of(meta.get("id")) or text_of(meta.get("session_id"))
        self.created_at = seconds(meta.get("timestamp")) or at
        self.workspace = text_of(meta.get("cwd"))
        self.model = text_of(meta.get("model"))

    def _item(self, line: int, at: float, item: dict[str, Any]) -> None:
        kind = text_of(item.get("type"))
        if kind == "message":
            self._message(line, at, item)
        elif kind in _CALLS:
            self.items.append(_Item("call", line, at, item))
        elif kind in _OUTPUTS:
            self.items.append(_Item("output", line, at, item))
        elif kind == "reasoning":
            self.items.append(_Item("reasoning", line, at, item))
        else:
            self.skipped.add_kind(kind or "without a kind")

    def _message(self, line: int, at: float, item: dict[str, Any]) -> None:
        role = text_of(item.get("role"))
        if role == "assistant":
            self.items.append(_Item("assistant", line, at, item))
            return
        pieces = _pieces(item.get("content"))
        said = [piece for piece in _of_person(item, pieces) if role == "user"]
        if not self.workspace:
            found = (_FOLDER.search(text_of(piece.get("text"))) for piece in pieces if piece not in said)
            self.workspace = next((match[1] or match[2] for match in found if match), "").strip()
        if len(said) < len(pieces):
            self.skipped.add(CONTEXT, line)
        if said:
            self.items.append(_Item("user", line, at, {**item, "content": said}))

    def _event(self, event: dict[str, Any]) -> None:
        kind = text_of(event.get("type"))
        if kind == "thread_name_updated":
            self.title = short(text_of(event.get("thread_name")))
        elif kind == "thread_rolled_back" and isinstance(turns := event.get("num_turns"), int) and turns > 0:
            self._roll_back(turns)
        else:
            self.skipped.add_kind("event_msg")

    def _roll_back(self, turns: int) -> None:
        starts = [index for index, item in enumerate(self.items) if item.kind == "user"]
        cut = starts[-turns] if turns <= len(starts) else 0
        for item in self.items[cut:]:
            self.skipped.add(ROLLED_BACK, item.line)
        del self.items[cut:]

    def _compacted(self, line: int, at: float, payload: dict[str, Any]) -> None:
        summary = text_of(payload.get("message"))
        if self.items or not summary.strip():
            self.skipped.add(COMPACTED, line)
        else:
            self.items.append(_Item("user", line, at, {"content": [{"type": "input_text", "text": summary}]}))


@dataclass(slots=True)
class _Answer:
    """What the model said and asked for, until it was told a result or something new."""

    blocks: list[ContentBlock] = field(default_factory=list[ContentBlock])
    calls: list[ToolCall] = field(default_factory=list[ToolCall])
    at: float = 0.0
    line: int = 0
    is_told: bool = False


def _history(rollout: _Rollout) -> tuple[tuple[float, Message], ...]:
    history, skipped = HistoryBuilder(rollout.skipped), rollout.skipped
    answer = _Answer()
    for item in rollout.items:
        if item.kind == "output":
            _tell(history, item, skipped)
            answer.is_told = True
            continue
        if item.kind == "user" or answer.is_told:
            _say(history, answer)
            answer = _Answer()
        if item.kind == "user":
            history.user(item.at, list(_blocks(item.content.get("content"), item.line, skipped)), item.line)
            continue
        answer.at, answer.line = answer.at or item.at, answer.line or item.line
        if item.kind == "call":
            answer.calls.append(_call(item))
        elif item.kind == "reasoning":
            answer.blocks += _thought(item, skipped)
        else:
            answer.blocks += _blocks(item.content.get("content"), item.line, skipped)
    _say(history, answer)
    return history.finish()


def _say(history: HistoryBuilder, answer: _Answer) -> None:
    if answer.blocks or answer.calls:
        history.assistant(answer.at, answer.blocks, answer.calls, answer.line)


def _call(item: _Item) -> ToolCall:
    content = item.content
    call_id = text_of(content.get("call_id")) or text_of(content.get("id")) or f"line_{item.line}"
    match content.get("type"):
        case "local_shell_call":
            action = {name: value for name, value in object_of(content.get("action")).items() if name != "type"}
            return call_of(call_id, "local_shell", action)
        case "custom_tool_call":
            return call_of(call_id, text_of(content.get("name")), {"input": content.get("input")})
        case _:
            return call_of(call_id, text_of(content.get("name")), content.get("arguments"))


def _tell(history: HistoryBuilder, item: _Item, skipped: Skipped) -> None:
    call_id = text_of(item.content.get("call_id")) or text_of(item.content.get("id"))
    if not call_id:
        skipped.add(NO_ID, item.line)
        return
    output, is_error = _unwrapped(item.content.get("output"))
    history.result(call_id, item.at, list(_blocks(output, item.line, skipped)), is_error=is_error)


def _unwrapped(output: Any) -> tuple[Any, bool]:
    """What the model was told, and whether the call failed; commands have their text and exit code in JSON."""
    told = output
    if isinstance(output, str) and output.lstrip().startswith("{"):
        try:
            told = json.loads(output)
        except (ValueError, RecursionError):
            return output, False
    if isinstance(told, dict):
        found = object_of(told)
        code = object_of(found.get("metadata")).get("exit_code", 0)
        for name in ("output", "content"):
            if isinstance(found.get(name), (str, list)):
                return found[name], found.get("success") is False or code != 0
    return output, False


def _thought(item: _Item, skipped: Skipped) -> list[ContentBlock]:
    texts = [text_of(part.get("text")) for part in objects_of(item.content.get("summary"))]
    text = "\n\n".join(part for part in texts if part.strip())
    if not text:
        skipped.add(ENCRYPTED, item.line)
        return []
    return [ThinkingBlock(text=text)]


def _blocks(content: Any, line: int, skipped: Skipped) -> Iterator[ContentBlock]:
    for piece in _pieces(content):
        match piece.get("type"):
            case "input_text" | "output_text" | "text":
                yield TextBlock(text=text_of(piece.get("text")))
            case "input_image":
                if picture := picture_of(text_of(piece.get("image_url"))):
                    yield picture
                else:
                    skipped.add(BAD_PICTURE, line)
            case _:
                skipped.add(BLOCKS, line)


def _pieces(content: Any) -> list[dict[str, Any]]:
    """The parts of a message; a text is one part."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else objects_of(content)


def _of_person(item: dict[str, Any], pieces: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The parts that a person wrote: newer files say which, in older ones what the program writes begins alike."""
    kinds = object_of(item.get("internal_chat_message_metadata_passthrough")).get("content_item_kinds")
    said = [text_of(kind) for kind in kinds] if isinstance(kinds, list) else []  # pyright: ignore[reportUnknownVariableType]
    for index, piece in enumerate(pieces):
        is_persons = said[index].startswith("user.") if len(said) == len(pieces) else True
        if is_persons and not text_of(piece.get("text")).lstrip().startswith(_WRAPPERS):
            yield piece
