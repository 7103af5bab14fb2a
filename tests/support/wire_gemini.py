"""Answers in the format of Gemini's streamed contents."""

import json
from typing import Any

from tests.support.wire_server import Chunk, Reply

USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}


def event(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\r\n\r\n"


def parts(*parts: dict[str, Any], finish: str | None = None, **usage: int) -> bytes:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    counted = {**USAGE, **usage}
    return event({"candidates": [candidate], "usageMetadata": counted, "modelVersion": "gemini-x", "responseId": "r1"})


def call(name: str, /, call_id: str = "", signature: str = "", **arguments: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"name": name, "args": arguments}
    part: dict[str, Any] = {"functionCall": {"id": call_id, **function} if call_id else function}
    return {**part, "thoughtSignature": signature} if signature else part


def raw(*chunks: Chunk, **reply: Any) -> Reply:
    return Reply(chunks=list(chunks), **reply)


def text(*words: str, finish: str = "STOP", **usage: int) -> Reply:
    *first, last = words
    return raw(*(parts({"text": word}) for word in first), parts({"text": last}, finish=finish, **usage))


def calls(*called: dict[str, Any], finish: str = "STOP") -> Reply:
    return raw(parts(*called, finish=finish))


def error(status: int, message: str, kind: str = "", *details: dict[str, Any], **headers: str) -> Reply:
    fault = {"code": status, "message": message, "status": kind, "details": list(details)}
    return Reply.of_json(status, {"error": fault}, **headers)
