"""Answers in the format of OpenAI's Responses API, streamed."""

import json
from typing import Any

from tests.support.wire_server import Chunk, Reply


def event(kind: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json.dumps({"type": kind, **fields}).encode())


def ended(kind: str = "completed", reason: str | None = None, counted: dict[str, Any] | None = None) -> bytes:
    usage = {"input_tokens": 12, "output_tokens": 7, **(counted or {})}
    details = {"reason": reason} if reason else None
    response = {"id": "resp_1", "model": "m", "status": kind, "incomplete_details": details, "usage": usage}
    return event(f"response.{kind}", response=response)


def said(*words: str) -> list[Chunk]:
    return [event("response.output_text.delta", output_index=0, delta=word) for word in words]


def reasoned(index: int, item_id: str, summary: str) -> list[Chunk]:
    """A reasoning item: its summary in one piece, its content encrypted."""
    parts = [{"type": "summary_text", "text": summary}]
    item = {"type": "reasoning", "id": item_id, "summary": parts, "encrypted_content": f"enc-{item_id}", "status": None}
    return [
        event("response.reasoning_summary_text.delta", output_index=index, delta=summary),
        event("response.output_item.done", output_index=index, item=item),
    ]


def called(index: int, call_id: str, name: str, arguments: str) -> list[Chunk]:
    """A function call, its arguments cut in two."""
    item = {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "arguments": ""}
    half = len(arguments) // 2
    return [
        event("response.output_item.added", output_index=index, item=item),
        event("response.function_call_arguments.delta", output_index=index, delta=arguments[:half]),
        event("response.function_call_arguments.delta", output_index=index, delta=arguments[half:]),
        event("response.output_item.done", output_index=index, item={**item, "arguments": arguments}),
    ]


def reply(*pieces: list[Chunk], end: bytes | None = None) -> Reply:
    return Reply(chunks=[*(chunk for piece in pieces for chunk in piece), ended() if end is None else end])
