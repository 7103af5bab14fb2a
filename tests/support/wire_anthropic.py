"""Answers in the format of Anthropic's Messages, streamed."""

import json
from typing import Any

from tests.support.wire_server import Chunk, Reply


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def start(**usage: int) -> bytes:
    counted = {"input_tokens": 10, "output_tokens": 1, **usage}
    return event("message_start", message={"id": "msg_1", "model": "claude-x", "role": "assistant", "usage": counted})


def ending(reason: str = "end_turn", output: int = 5) -> list[bytes]:
    return [
        event("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": output}),
        event("message_stop"),
    ]


def block(index: int, kind: str, *deltas: dict[str, Any], **fields: Any) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block={"type": kind, **fields}),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def words(*pieces: str) -> list[dict[str, Any]]:
    return [{"type": "text_delta", "text": piece} for piece in pieces]


def text(*pieces: str, reason: str = "end_turn", **usage: int) -> Reply:
    return Reply(chunks=[start(**usage), *block(0, "text", *words(*pieces), text=""), *ending(reason)])


def call_block(index: int, call_id: str, name: str, *arguments: str) -> list[bytes]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in arguments]
    return block(index, "tool_use", *deltas, id=call_id, name=name, input={})


def tool_call(name: str, /, **arguments: Any) -> Reply:
    written = json.dumps(arguments)
    half = len(written) // 2
    pieces = call_block(0, f"toolu_{name}", name, written[:half], written[half:])
    return Reply(chunks=[start(), *pieces, *ending("tool_use")])


def raw(*chunks: Chunk, **reply: Any) -> Reply:
    return Reply(chunks=list(chunks), **reply)
