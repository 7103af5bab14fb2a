"""Answers in OpenAI's chat completions format, streamed."""

import json
from typing import Any

from tests.support.wire_server import Chunk, Reply, Turn


def event(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})


def usage(prompt: int = 10, completion: int = 5, cached: int = 0) -> bytes:
    details = {"cached_tokens": cached}
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, "prompt_tokens_details": details}
    return event({"id": "chatcmpl-1", "choices": [], "usage": counted})


DONE = b"data: [DONE]\n\n"


def text(*words: str, finish: str = "stop", pace_s: float = 0.0) -> Reply:
    """An answer in pieces."""
    chunks: list[Chunk] = [delta(role="assistant", content="")]
    for word in words:
        if pace_s:
            chunks.append(pace_s)
        chunks.append(delta(content=word))
    return Reply(chunks=[*chunks, delta(finish), usage(), DONE])


def call_pieces(index: int, call_id: str, name: str, *arguments: str) -> list[bytes]:
    """One tool call as the API writes it: id and name first, then the arguments in pieces."""
    first = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    rest = [{"index": index, "function": {"arguments": piece}} for piece in arguments]
    return [delta(tool_calls=[piece]) for piece in (first, *rest)]


def calls(*pieces: list[bytes], finish: str = "tool_calls") -> Reply:
    return Reply(chunks=[*(piece for each in pieces for piece in each), delta(finish), usage(), DONE])


def tool_call(name: str, /, **arguments: Any) -> Reply:
    """An answer that calls one tool, its arguments cut in two."""
    written = json.dumps(arguments)
    half = len(written) // 2
    return calls(call_pieces(0, f"call_{name}", name, written[:half], written[half:]))


def raw(*chunks: Chunk, **reply: Any) -> Turn:
    return Reply(chunks=list(chunks), **reply)
