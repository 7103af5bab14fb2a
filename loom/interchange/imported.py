"""A session that another program wrote, as ours: what readers of such files have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast

from loom.memory.recovery import MISSING
from loom.types.content import ContentBlock, ImageBlock, TextBlock
from loom.types.messages import Message, ToolCall
from loom.types.strict_json import check_depth, parse_object

Source = Literal["claude-code", "codex"]
What = tuple[str, str]
"""What was left out, as it follows "1" and as it follows a larger number."""

TITLE_CHARS = 80
MALFORMED_CHARS = 2000
LINES_NAMED = 5

EMPTY: What = ("message was empty", "messages were empty")
NO_RESULT: What = ("tool call has no result in the file", "tool calls have no result in the file")
NO_CALL: What = ("tool result belongs to no call that was kept", "tool results belong to no call that was kept")
TWICE: What = ("tool call stands in the file twice", "tool calls stand in the file twice")
BAD_PICTURE: What = ("picture is of a kind that is not kept", "pictures are of a kind that is not kept")
BLOCKS: What = ("piece of a message is of a kind that is not kept", "pieces of messages are of a kind that is not kept")

_GOOD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATA_ADDRESS = re.compile(r"data:([\w/+.-]+);base64,(.*)", re.DOTALL)
_PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """A session of another program.

    `created_at` and the first of each pair in `messages` are in seconds since 1970, 0 if not known. The messages are a
    valid history: each call has one result, right after its message. `skipped` are sentences about what was left out.
    """

    source: Source
    id: str
    title: str
    created_at: float
    workspace: str
    model: str
    messages: tuple[tuple[float, Message], ...]
    skipped: tuple[str, ...]


class Skipped:
    """Counts what was left out, and in which lines it stood."""

    def __init__(self) -> None:
        self._lines: dict[What, list[int]] = {}
        self._kinds: dict[str, int] = {}

    def add(self, what: What, line: int = 0) -> None:
        """Count one; `line` counts from 1, 0 stands for none in particular."""
        self._lines.setdefault(what, []).append(line)

    def add_kind(self, kind: str) -> None:
        """Count a record of a kind that holds no messages."""
        self._kinds[kind[:40]] = self._kinds.get(kind[:40], 0) + 1

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each reason, such as "3 lines could not be read as JSON (lines 4, 9, 12)"."""
        made = [_counted(what, lines) for what, lines in self._lines.items()]
        if self._kinds:
            count = sum(self._kinds.values())
            kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(self._kinds.items()))
            held = "record holds" if count == 1 else "records hold"
            made.append(f"{count:,} {held} no messages ({kinds})")
        return tuple(made)


@dataclass(slots=True)
class _Turn:
    at: float
    message: Message
    line: int


@dataclass(slots=True)
class HistoryBuilder:
    """Messages and results in the order in which they are found, made into a valid history at the end."""

    skipped: Skipped
    _turns: list[_Turn] = field(default_factory=list[_Turn])
    _results: dict[str, tuple[float, list[ContentBlock], bool]] = field(default_factory=dict[str, Any])

    def user(self, at: float, blocks: Sequence[ContentBlock], line: int = 0) -> None:
        """Add what a person said."""
        self._turns.append(_Turn(at, Message("user", _content(blocks)), line))

    def assistant(self, at: float, blocks: Sequence[ContentBlock], calls: Sequence[ToolCall], line: int = 0) -> None:
        """Add what the model said and asked for; the ids of calls are those of the file."""
        self._turns.append(_Turn(at, Message("assistant", _content(blocks), list(calls)), line))

    def result(self, call_id: str, at: float, blocks: Sequence[ContentBlock], *, is_error: bool) -> None:
        """Add what came of a call, before or after the call itself; the first result of a call counts."""
        self._results.setdefault(call_id, (at, list(blocks), is_error))

    def finish(self) -> tuple[tuple[float, Message], ...]:
        """The history: results stand right after their message, in the order of its calls."""
        made: list[tuple[float, Message]] = []
        used: set[str] = set()
        at = next((turn.at for turn in self._turns if turn.at), 0.0)
        for turn in self._turns:
            calls = [call for call in turn.message.tool_calls if not (call.id in used or used.add(call.id))]
            for _ in range(len(turn.message.tool_calls) - len(calls)):
                self.skipped.add(TWICE, turn.line)
            if not calls and not turn.message.content:
                self.skipped.add(EMPTY, turn.line)
                continue
            at = turn.at or at
            safe = [replace(call, id=_safe_id(call.id, used)) for call in calls]
            made.append((at, replace(turn.message, tool_calls=safe)))
            for call, named in zip(calls, safe, strict=True):
                made.append(self._told(call, named.id, at, turn.line))
        for _ in self._results:
            self.skipped.add(NO_CALL)
        return tuple(made)

    def _told(self, call: ToolCall, call_id: str, at: float, line: int) -> tuple[float, Message]:
        found = self._results.pop(call.id, None)
        if found is None:
            self.skipped.add(NO_RESULT, line)
            return at, Message("tool", MISSING, [], call_id, call.name, is_error=True)
        then, blocks, is_error = found
        return then or at, Message("tool", _content(blocks), [], call_id, call.name, is_error)


def title_of(messages: Sequence[tuple[float, Message]]) -> str:
    """The first line that a person wrote, cut to 80 characters; empty if nobody wrote any."""
    texts = (message.text.strip() for _, message in messages if message.role == "user")
    return short(next((text for text in texts if text), ""))


def short(text: str) -> str:
    """The first line of a text, cut to 80 characters."""
    line = next(iter(text.strip().splitlines()), "").strip()
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def seconds(value: Any) -> float:
    """A time as such files have it, in seconds since 1970; 0 for what is no time."""
    try:
        return max(0.0, datetime.fromisoformat(value).timestamp()) if isinstance(value, str) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def text_of(value: Any) -> str:
    """`value` if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def object_of(value: Any) -> dict[str, Any]:
    """`value` if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects in `value` if it is a JSON array, else none."""
    return [object_of(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []


def call_of(call_id: str, name: str, arguments: Any) -> ToolCall:
    """A tool call with its arguments as an object or as the text of one; anything else makes it malformed."""
    name = name or "unnamed"
    try:
        if isinstance(arguments, str):
            return ToolCall(call_id, name, parse_object(arguments))
        if isinstance(arguments, dict):
            check_depth(arguments)
            return ToolCall(call_id, name, cast("dict[str, Any]", arguments))
    except ValueError:
        pass
    try:
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    except RecursionError:
        text = "arguments that are nested too deeply"
    return ToolCall(call_id, name, {}, text[:MALFORMED_CHARS] or "null")


def picture_of(address: str, media_type: str = "", data: str = "") -> ImageBlock | None:
    """A picture from a `data:` address or a web address, or from its parts; None for a kind that is not kept."""
    found = _DATA_ADDRESS.fullmatch(address)
    if found:
        media_type, data = found[1], found[2]
    if media_type in _PICTURES and data:
        return ImageBlock(source={"type": "base64", "media_type": media_type, "data": data})
    if address.startswith(("https://", "http://")):
        return ImageBlock(source={"type": "url", "url": address})
    return None


def _content(blocks: Sequence[ContentBlock]) -> str | list[ContentBlock]:
    kept = [block for block in blocks if not isinstance(block, TextBlock) or block.text.strip()]
    if all(isinstance(block, TextBlock) for block in kept):
        return "\n\n".join(block.text for block in kept if isinstance(block, TextBlock))
    return kept


def _safe_id(call_id: str, used: set[str]) -> str:
    """`call_id` if every provider takes it, else a new one."""
    if _GOOD_ID.fullmatch(call_id):
        return call_id
    number = len(used)
    while f"imported_{number}" in used:
        number += 1
    used.add(f"imported_{number}")
    return f"imported_{number}"


def _counted(what: What, lines: list[int]) -> str:
    sentence = f"{len(lines):,} {what[0] if len(lines) == 1 else what[1]}"
    known = [line for line in lines if line]
    if not known:
        return sentence
    named = ", ".join(str(line) for line in known[:LINES_NAMED])
    more = f" and {len(known) - LINES_NAMED:,} more" if len(known) > LINES_NAMED else ""
    return f"{sentence} ({'line' if len(known) == 1 else 'lines'} {named}{more})"
