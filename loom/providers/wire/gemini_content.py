"""Gemini's contents: parts as JSON made once, and the answer read off its event stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence, Set
from typing import Any
from urllib.parse import quote

from loom.errors import ResponseError
from loom.providers.base import (
    Completion,
    CompletionRequest,
    StopReason,
    StreamPart,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolSchema,
)
from loom.providers.wire.answer import Answer
from loom.providers.wire.calls import WrittenCall, finish_calls
from loom.providers.wire.dialect import NOTHING, Dialect, count_of, object_of, text_of
from loom.providers.wire.joining import is_unsaid, joined, made_once, turn_begins, turns
from loom.providers.wire.names import wire_name
from loom.providers.wire.openai_chat import json_bytes
from loom.providers.wire.schemas import plain_schema
from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage

FORMAT = "gemini_content"
PROVIDER = "gemini"

STOP_REASONS = {
    "STOP": StopReason.END_TURN,
    "MAX_TOKENS": StopReason.MAX_TOKENS,
    "SAFETY": StopReason.REFUSAL,
    "RECITATION": StopReason.REFUSAL,
    "LANGUAGE": StopReason.REFUSAL,
    "BLOCKLIST": StopReason.REFUSAL,
    "PROHIBITED_CONTENT": StopReason.REFUSAL,
    "SPII": StopReason.REFUSAL,
    "MODEL_ARMOR": StopReason.REFUSAL,
}
# The model wrote something that its own server could not read: another try mostly helps.
FAILED_ANSWERS = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"}

# An id that was made here, since the model gave none; the server never saw it.
_OURS = re.compile(r"call_[0-9a-f]{24}")


def dialect(model: str, thinking: dict[str, Any]) -> Dialect:
    """The wire format of one model; `thinking` is its `thinkingConfig`, left out when it is empty."""

    def fields(request: CompletionRequest, refused: Set[str]) -> dict[str, Any]:
        chosen: dict[str, Any] = {"thinkingConfig": thinking} if thinking else {}
        if request.temperature is not None and "temperature" not in refused:
            chosen["temperature"] = request.temperature
        if request.max_output_tokens is not None:
            chosen["maxOutputTokens"] = request.max_output_tokens
        return {"generationConfig": chosen} if chosen else {}

    place = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
    path = f"{quote(place, safe='/:@')}:streamGenerateContent?alt=sse"
    return Dialect(path, fields, body, tools_bytes, AnswerParser, fault_of, form=FORMAT)


def fault_of(event: dict[str, Any]) -> Any:
    """The error that an event brings, or None."""
    return event.get("error")


def body(fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes) -> bytes:
    """The request's bytes: what is stable first, since Gemini caches by prefix."""
    parts = [json_bytes(fields)[1:-1]] if fields else []
    if system:
        parts.append(b'"systemInstruction":' + json_bytes({"parts": [{"text": system}]}))
    if tools:
        parts.append(b'"tools":' + tools)
    said = joined(messages, FORMAT, _contents, _TURN_BEGINS)
    if is_unsaid(messages, parts_bytes):
        said += (b"," if said else b"") + json_bytes({"role": "user", "parts": [{"text": NOTHING}]})
    parts.append(b'"contents":[' + said + b"]")
    return b"{" + b",".join(parts) + b"}"


def tools_bytes(tools: Sequence[ToolSchema]) -> bytes:
    """The tools' bytes; empty without tools."""
    if not tools:
        return b""
    declared = [
        {
            "name": wire_name(tool.name),
            "description": tool.description,
            "parametersJsonSchema": plain_schema(tool.input_schema),
        }
        for tool in tools
    ]
    return json_bytes([{"functionDeclarations": declared}])


def parts_bytes(message: Message) -> bytes:
    """The parts of one message, joined by commas; made once."""
    return made_once(message, FORMAT, lambda one: b",".join(map(json_bytes, _PARTS[one.role](one))))


_TURN_BEGINS = turn_begins(parts_bytes)


def _contents(messages: Sequence[Message]) -> list[bytes]:
    sides = {True: b'{"role":"model","parts":[', False: b'{"role":"user","parts":['}
    return [sides[is_models] + b",".join(parts) + b"]}" for is_models, parts in turns(messages, parts_bytes)]


def _user(message: Message) -> list[dict[str, Any]]:
    return _content(message.content)


def _assistant(message: Message) -> list[dict[str, Any]]:
    """The model's words and calls, each with the signature that it had: newer models refuse a call without it."""
    blocks = [] if isinstance(message.content, str) else message.content
    own = [b.raw for b in blocks if isinstance(b, ThinkingBlock) and b.provider == PROVIDER]
    signed = {raw["callId"]: raw["thoughtSignature"] for raw in own if "callId" in raw}
    calls = [_call(call, signed.get(call.id)) for call in message.tool_calls]
    return [*_content(message.content), *calls]


def _call(call: ToolCall, signature: str | None) -> dict[str, Any]:
    part: dict[str, Any] = {"functionCall": {**_id(call.id), "name": wire_name(call.name), "args": call.arguments}}
    return {**part, "thoughtSignature": signature} if signature else part


def _tool(message: Message) -> list[dict[str, Any]]:
    blocks = [] if isinstance(message.content, str) else message.content
    shown = _content([block for block in blocks if not isinstance(block, TextBlock)])
    told = {"error" if message.is_error else "result": message.text}
    return [
        {
            "functionResponse": {
                **_id(message.tool_call_id or ""),
                "name": wire_name(message.name or ""),
                "response": told,
            }
        },
        *shown,
    ]


def _id(call_id: str) -> dict[str, str]:
    return {} if not call_id or _OURS.fullmatch(call_id) else {"id": call_id}


_PARTS: dict[str, Callable[[Message], list[dict[str, Any]]]] = {
    "system": _user,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}


def _content(content: str | list[ContentBlock]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"text": content}] if content else []
    return [part for block in content for part in _part(block)]


def _part(block: ContentBlock) -> list[dict[str, Any]]:
    match block:
        case TextBlock(text=text):
            return [{"text": text}] if text else []
        case ImageBlock(source=source) | DocumentBlock(source=source):
            return [_data(source)]
        case ThinkingBlock(provider="gemini", raw=raw) if "text" in raw:
            return [raw]
        case ThinkingBlock():
            return []


def _data(source: dict[str, str]) -> dict[str, Any]:
    if source.get("type") == "url":
        return {"fileData": {"fileUri": source["url"]}}
    return {"inlineData": {"mimeType": source["media_type"], "data": source["data"]}}


class AnswerParser:
    """Puts one answer together from its events.

    A signature comes with a call, with text, or alone in an empty part. It is kept as a ThinkingBlock in its place:
    as the part that goes back, or with the id of its call.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.answer = Answer()
        self._content: list[TextBlock | ThinkingBlock] = []
        self._pieces: list[str] = []
        self._is_thought = False
        self._calls: list[WrittenCall] = []
        self._signatures: dict[int, str] = {}
        self._counts: dict[str, Any] = {}

    def feed(self, event: dict[str, Any], /) -> list[StreamPart]:
        """What one event adds. Raises ValueError, LookupError, TypeError for an event of another shape."""
        answer = self.answer
        answer.id = event.get("responseId") or answer.id
        answer.model = event.get("modelVersion") or answer.model
        if event.get("usageMetadata"):
            self._counts = dict(event["usageMetadata"])  # each event has them: the last are the answer's
        if object_of(event.get("promptFeedback")).get("blockReason"):
            self.answer.stop = StopReason.REFUSAL
        candidates: list[dict[str, Any]] = event.get("candidates") or []
        candidate = next((each for each in candidates if not each.get("index")), None)
        if candidate is None:  # of several answers the first is ours
            return []
        pieces: list[dict[str, Any]] = object_of(candidate.get("content")).get("parts") or []
        parts = [part for piece in pieces for part in self._piece(piece)]
        reason = candidate.get("finishReason")
        if reason in FAILED_ANSWERS:
            said = candidate.get("finishMessage") or reason
            raise ResponseError(f"{self._provider}'s model wrote what can't be read: {said}", provider=self._provider)
        if reason:
            self.answer.stop = STOP_REASONS.get(reason, StopReason.END_TURN)
        return parts

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer."""
        self._close_piece()
        calls = finish_calls(self._calls, before)
        signed = [
            ThinkingBlock(provider=PROVIDER, raw={"callId": calls[at].id, "thoughtSignature": signature})
            for at, signature in self._signatures.items()
        ]
        content: list[ContentBlock] = [*self._content, *signed]
        plain = all(isinstance(block, TextBlock) for block in content)
        self.answer.usage = usage_of(self._counts) if self._counts else None
        return self.answer.completion(self.answer.text if plain else content, calls)

    def _piece(self, piece: dict[str, Any]) -> list[StreamPart]:
        signature = text_of(piece.get("thoughtSignature"))
        if "functionCall" in piece:
            return [self._call(piece["functionCall"], signature)]
        text = text_of(piece.get("text"))
        parts: list[StreamPart] = []
        if text:
            parts.append(self._words(text, is_thought=bool(piece.get("thought"))))
        if signature:
            self._close_piece()
            self._content.append(ThinkingBlock(provider=PROVIDER, raw={"text": "", "thoughtSignature": signature}))
        return parts

    def _words(self, text: str, *, is_thought: bool) -> StreamPart:
        if is_thought is not self._is_thought:
            self._close_piece()
            self._is_thought = is_thought
        self._pieces.append(text)
        if is_thought:
            return ThinkingDelta(text)
        self.answer.said.append(text)
        return TextDelta(text)

    def _close_piece(self) -> None:
        """What was said since the last block is a block of its own."""
        text = "".join(self._pieces)
        self._pieces = []
        if text:
            thought = ThinkingBlock(text=text, provider=PROVIDER)  # a summary for people, which does not go back
            self._content.append(thought if self._is_thought else TextBlock(text=text))

    def _call(self, function: dict[str, Any], signature: str) -> ToolCallDelta:
        """A call, which comes whole."""
        arguments: Any = function.get("args", {})
        written = json.dumps(arguments, ensure_ascii=False)
        call = WrittenCall(text_of(function.get("id")), text_of(function.get("name")), [written])
        if signature:
            self._signatures[len(self._calls)] = signature
        self._calls.append(call)
        return ToolCallDelta(len(self._calls) - 1, call.id, call.name, written)


def usage_of(counts: dict[str, Any]) -> Usage:
    """Usage in our terms: Gemini counts what it read from the cache with the prompt, and thoughts beside the answer."""
    numbers = {name: count_of(count) for name, count in counts.items()}
    thoughts = numbers.get("thoughtsTokenCount", 0)
    return Usage(
        input_tokens=numbers.get("promptTokenCount", 0) + numbers.get("toolUsePromptTokenCount", 0),
        output_tokens=numbers.get("candidatesTokenCount", 0) + thoughts,
        cache_read_tokens=numbers.get("cachedContentTokenCount", 0),
        thinking_tokens=thoughts,
    )
