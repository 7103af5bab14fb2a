"""Answers in the format of Ollama's chat: a JSON object a line."""

import json
from typing import Any

from tests.support.wire_server import Chunk, Reply

NDJSON = {"content-type": "application/x-ndjson"}


def line(data: Any) -> bytes:
    return json.dumps(data).encode() + b"\n"


def says(content: str = "", **fields: Any) -> bytes:
    return line({"model": "qwen3", "message": {"role": "assistant", "content": content, **fields}, "done": False})


def done(reason: str = "stop", **counts: int) -> bytes:
    counted = {"prompt_eval_count": 10, "eval_count": 5, **counts}
    last = {"role": "assistant", "content": ""}
    return line({"model": "qwen3", "message": last, "done": True, "done_reason": reason, **counted})


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}}


def raw(*chunks: Chunk, **reply: Any) -> Reply:
    return Reply(headers=NDJSON, chunks=list(chunks), **reply)


def text(*words: str, reason: str = "stop") -> Reply:
    return raw(*map(says, words), done(reason))


def calls(*called: dict[str, Any], reason: str = "stop") -> Reply:
    return raw(says(tool_calls=list(called)), done(reason))
