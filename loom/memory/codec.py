"""Messages as JSON and back, byte for byte what they were."""

from __future__ import annotations

import itertools
import os
from typing import Any

from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall

_ID = "id"
_ids = itertools.count(1)
_process = os.urandom(4).hex()


def new_log_id() -> str:
    """An id that no other record in the log of a session has."""
    return f"{_process}-{next(_ids):x}"


def message_id(message: Message) -> str:
    """What requests in a session's log call a message; given when it is first asked for, and kept with the message."""
    known = message.wire_cache.get(_ID)
    if known is None:
        known = message.wire_cache[_ID] = new_log_id()
    return known


def is_logged(message: Message) -> bool:
    """Whether a message has an id, and so a record that tells it."""
    return _ID in message.wire_cache


def message_to_log(message: Message) -> dict[str, Any]:
    """A message as plain data with its id."""
    return {_ID: message_id(message), **message_to_data(message)}


def message_to_data(message: Message) -> dict[str, Any]:
    """A message as plain data; fields that hold nothing are left out."""
    content = message.content
    data: dict[str, Any] = {
        "role": message.role,
        "content": content if isinstance(content, str) else [_block_to_data(block) for block in content],
    }
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments, "malformed": call.malformed}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        data |= {"tool_call_id": message.tool_call_id, "name": message.name, "is_error": message.is_error}
    return data


def message_from_data(data: dict[str, Any]) -> Message:
    """The message that `data` was made of. Raises KeyError, TypeError or ValueError for anything else."""
    role, content = data["role"], data["content"]
    if role not in ("system", "user", "assistant", "tool"):
        raise ValueError(f"{role!r} is no role")
    if not isinstance(content, str):
        content = [_block_from_data(block) for block in content]
    calls = [
        ToolCall(call["id"], call["name"], call["arguments"], call.get("malformed", ""))
        for call in data.get("tool_calls", ())
    ]
    made = Message(role, content, calls, data.get("tool_call_id"), data.get("name"), data.get("is_error", False))
    if _ID in data:
        made.wire_cache[_ID] = data[_ID]
    return made


def _block_to_data(block: ContentBlock) -> dict[str, Any]:
    match block:
        case TextBlock():
            return {"type": "text", "text": block.text}
        case ThinkingBlock():
            return {"type": "thinking", "text": block.text, "provider": block.provider, "raw": block.raw}
        case _:
            return {"type": block.type, "source": block.source}


def _block_from_data(data: dict[str, Any]) -> ContentBlock:
    match data["type"]:
        case "text":
            return TextBlock(text=data["text"])
        case "thinking":
            return ThinkingBlock(text=data["text"], provider=data["provider"], raw=data["raw"])
        case "image":
            return ImageBlock(source=data["source"])
        case "document":
            return DocumentBlock(source=data["source"])
        case other:
            raise ValueError(f"{other!r} is no kind of content")
