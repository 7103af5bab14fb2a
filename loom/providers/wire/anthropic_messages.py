"""Anthropic's Messages: content blocks as JSON made once, and the answer read off its event stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from loom.providers.base import (
    SERVER_CONTEXT,
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
from loom.providers.wire.joining import is_unsaid, joined, made_once, settled, turn_begins, turns
from loom.providers.wire.names import wire_id, wire_name
from loom.providers.wire.openai_chat import json_bytes
from loom.providers.wire.schemas import plain_schema
from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import WORKING_CONTEXT, Message, ToolCall
from loom.types.runs import Usage

FORMAT = "anthropic_messages"
CACHED = b',"cache_control":{"type":"ephemeral"}}'
MARKED_MESSAGES = 8
"""After an answer with more results a mark is set before it: the API finds what it has only 20 blocks before a mark."""
CALLS_BEFORE = "loom_calls_before"
"""In a kept block, where it is not 0: how many calls of its message stand before it. It is not sent."""
_THOUGHTS = ("thinking", "redacted_thinking")

STOP_REASONS = {
    "end_turn": StopReason.END_TURN,
    "tool_use": StopReason.TOOL_USE,
    "max_tokens": StopReason.MAX_TOKENS,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "pause_turn": StopReason.PAUSE_TURN,
    "refusal": StopReason.REFUSAL,
    "model_context_window_exceeded": StopReason.CONTEXT_EXCEEDED,
}


LEAST_TO_COMPACT = 50_000
"""From fewer tokens on the server does not sum up."""

_EDITS: dict[str, Callable[[int], dict[str, Any]]] = {
    "edit": lambda tokens: {"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens", "value": tokens}},
    "compact": lambda tokens: {
        "type": "compact_20260112",
        "trigger": {"type": "input_tokens", "value": max(LEAST_TO_COMPACT, tokens)},
    },
}
EDIT_BETAS = {"clear_tool_uses_20250919": "context-management-2025-06-27", "compact_20260112": "compact-2026-01-12"}


def dialect(max_output_tokens: int, extensions: dict[str, Any]) -> Dialect:
    """The wire format; `max_output_tokens` is sent where a request names no limit, since the API demands one.

    `thinking`, `effort` and `server_context` (what the server does itself, by the tokens from which on) are taken from
    the model's `extensions`, and over them from the request's.
    """

    def fields(request: CompletionRequest, refused: Set[str]) -> dict[str, Any]:
        sent: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_output_tokens or max_output_tokens,
            "stream": True,
        }
        if request.temperature is not None and "temperature" not in refused:
            sent["temperature"] = request.temperature
        chosen = {**extensions, **request.extensions}
        if "thinking" in chosen:
            sent["thinking"] = chosen["thinking"]
            sent["max_tokens"] += _thought_beside(sent["max_tokens"], chosen["thinking"])
        if "effort" in chosen:
            sent["output_config"] = {"effort": chosen["effort"]}
        edits = [_EDITS[kind](tokens) for kind, tokens in chosen.get(SERVER_CONTEXT, {}).items()]
        if edits and "context_management" not in refused:
            sent["context_management"] = {"edits": edits}
        return sent

    return Dialect("/v1/messages", fields, body, tools_bytes, AnswerParser, fault_of, form=FORMAT)


def _thought_beside(limit: int, thinking: Any) -> int:
    """The tokens to add to a limit that leaves none for an answer: the API counts thought in it, and refuses that."""
    budget = object_of(thinking).get("budget_tokens") if isinstance(thinking, dict) else None
    return budget if isinstance(budget, int) and budget >= limit else 0


def fault_of(event: dict[str, Any]) -> Any:
    """The error that an event brings, or None."""
    return event.get("error") or event if event.get("type") == "error" else None


def body(fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes) -> bytes:
    """The request's bytes, with cache marks after the stable prefix and after the last block that stays.

    After an answer with many calls a mark is also where the request before had its last. The marks are laid over the
    cached bytes, never into them. The working context comes after the last mark.
    """
    working = b""
    if messages and messages[-1].name == WORKING_CONTEXT:
        messages, working = messages[:-1], blocks_bytes(messages[-1])
    elif is_unsaid(messages, blocks_bytes):
        working = json_bytes({"type": "text", "text": NOTHING})
    parts = [json_bytes(fields)[:-1]]
    if tools:
        # Tools come first in the cached prefix: a mark on the last of them covers them all.
        parts.append(b',"tools":' + (tools if system else tools[:-2] + CACHED + b"]"))
    if system:
        parts.append(b',"system":[' + json_bytes({"type": "text", "text": system})[:-1] + CACHED + b"]")
    said = joined(messages, FORMAT, _turns, _TURN_BEGINS)
    if _ends_with_user(messages):
        after = b"," + working if working else b""
        view, (before, after_it) = memoryview(said), settled(messages, FORMAT)
        is_far = before and after_it > MARKED_MESSAGES
        marked = [view[: before - 3], CACHED, view[before - 2 : -3]] if is_far else [view[:-3]]
        parts += [b',"messages":[', *marked, CACHED, after, b"]}]}"]
    else:
        turn = b'{"role":"user","content":[' + working + b"]}" if working else b""
        parts += [b',"messages":[', b",".join(part for part in (said, turn) if part), b"]}"]
    return b"".join(parts)


def tools_bytes(tools: Sequence[ToolSchema]) -> bytes:
    """The tools' bytes; empty without tools."""
    if not tools:
        return b""
    return json_bytes(
        [
            {
                "name": wire_name(tool.name),
                "description": tool.description,
                "input_schema": plain_schema(tool.input_schema),
            }
            for tool in tools
        ]
    )


def blocks_bytes(message: Message) -> bytes:
    """The content blocks of one message, joined by commas; made once."""
    return made_once(message, FORMAT, lambda one: b",".join(map(json_bytes, _BLOCKS[one.role](one))))


_TURN_BEGINS = turn_begins(blocks_bytes)


def _turns(messages: Sequence[Message]) -> list[bytes]:
    sides = {True: b'{"role":"assistant","content":[', False: b'{"role":"user","content":['}
    return [sides[is_models] + b",".join(blocks) + b"]}" for is_models, blocks in turns(messages, blocks_bytes)]


def _ends_with_user(messages: Sequence[Message]) -> bool:
    last = next((message for message in reversed(messages) if blocks_bytes(message)), None)
    return last is not None and last.role != "assistant"


def _user(message: Message) -> list[dict[str, Any]]:
    return _content(message.content)


def _assistant(message: Message) -> list[dict[str, Any]]:
    """The blocks in the order in which the model wrote them, of which the API lets none at the end be thinking."""
    if isinstance(message.content, str):
        return [*_content(message.content), *map(_call, message.tool_calls)]
    calls = [_call(call) for call in message.tool_calls]
    blocks: list[dict[str, Any]] = []
    done = 0
    for block in message.content:
        before = block.raw.get(CALLS_BEFORE, 0) if isinstance(block, ThinkingBlock) else 0
        blocks += calls[done:before]
        done = max(done, before)
        blocks += _part(block)
    blocks += calls[done:]
    while blocks and blocks[-1]["type"] in _THOUGHTS:
        blocks.pop()
    return blocks


def _tool(message: Message) -> list[dict[str, Any]]:
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": wire_id(message.tool_call_id or "")}
    content = _content(message.content)
    if content:
        result["content"] = content
    if message.is_error:
        result["is_error"] = True
    return [result]


_BLOCKS: dict[str, Callable[[Message], list[dict[str, Any]]]] = {
    "system": _user,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}


def _call(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": wire_id(call.id), "name": wire_name(call.name), "input": call.arguments}


def _content(content: str | list[ContentBlock]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return [part for block in content for part in _part(block)]


def _part(block: ContentBlock) -> list[dict[str, Any]]:
    match block:
        case TextBlock(text=text):
            return [{"type": "text", "text": text}] if text.strip() else []
        case ImageBlock(source=source):
            return [{"type": "image", "source": source}]
        case DocumentBlock(source=source):
            return [{"type": "document", "source": source}]
        case ThinkingBlock(provider="anthropic", raw=raw) if raw:
            return [{name: value for name, value in raw.items() if name != CALLS_BEFORE}]
        case ThinkingBlock():
            return []


@dataclass(slots=True)
class _Block:
    """A block while it is being written: as it began, and the pieces of its text or thinking, joined once."""

    begun: dict[str, Any]
    calls_before: int = 0
    growing: str = ""
    pieces: list[str] = field(default_factory=list[str])

    def add(self, name: str, piece: str) -> None:
        """Take a piece of the field `name`. Raises KeyError if a block of this type has none."""
        _ = self.begun[name]
        self.growing = name
        self.pieces.append(piece)

    def whole(self) -> dict[str, Any]:
        """The block as it goes back."""
        if not self.pieces:
            return self.begun
        return {**self.begun, self.growing: self.begun[self.growing] + "".join(self.pieces)}


class AnswerParser:
    """Puts one answer together from its events.

    Blocks are kept in the order in which they began, whatever their index says: an index that comes again belongs to
    a new block. Blocks that are neither text nor calls of ours go back to the model verbatim, as its thinking does.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._blocks: list[_Block] = []
        self._calls: list[WrittenCall] = []
        self._block_at: dict[int, _Block] = {}
        self._call_at: dict[int, WrittenCall] = {}
        self._inputs: dict[int, list[str]] = {}
        self.answer = Answer()
        self._usage: dict[str, Any] = {}
        self._iterations: list[dict[str, Any]] = []

    def feed(self, event: dict[str, Any]) -> list[StreamPart]:
        """What one event adds. Raises ValueError, LookupError, TypeError for an event of another shape."""
        match event["type"]:
            case "content_block_delta":
                return self._delta(event["index"], event["delta"])
            case "content_block_start":
                return self._block(event["index"], event["content_block"])
            case "content_block_stop":
                self._end(event["index"])
            case "message_start":
                message = event["message"]
                self.answer.id, self.answer.model = message.get("id") or "", message.get("model") or ""
                self._usage.update(_counts(message.get("usage")))
            case "message_delta":
                self._usage.update(_counts(event.get("usage")))
                self._iterations = object_of(event.get("usage")).get("iterations") or self._iterations
                edits = object_of(event.get("context_management")).get("applied_edits")
                self.answer.context_edits += [object_of(edit) for edit in edits or ()]
                reason = event["delta"].get("stop_reason")
                if reason:
                    self.answer.stop = STOP_REASONS.get(reason, StopReason.END_TURN)
            case _:
                pass  # events of a later API say nothing to us
        return []

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer."""
        content: list[ContentBlock] = []
        for written in self._blocks:
            block = written.whole()
            if block["type"] != "text":
                place = {CALLS_BEFORE: written.calls_before} if written.calls_before else {}
                raw = {**block, **place}
                content.append(ThinkingBlock(text=block.get("thinking", ""), provider="anthropic", raw=raw))
            elif block.get("text"):
                content.append(TextBlock(text=block["text"]))
        calls = finish_calls(self._calls, before)
        plain = all(isinstance(block, TextBlock) for block in content)
        self.answer.usage = usage_of(self._usage)
        summed_up = [usage_of(_counts(each)) for each in self._iterations if each.get("type") == "compaction"]
        for used in filter(None, summed_up):
            self.answer.extra_usage = used if self.answer.extra_usage is None else self.answer.extra_usage + used
        return self.answer.completion(self.answer.text if plain else content, calls)

    def _block(self, index: int, block: dict[str, Any]) -> list[StreamPart]:
        kind = text_of(block["type"])
        if kind == "tool_use":
            call = WrittenCall(text_of(block.get("id")), text_of(block.get("name")), given=block.get("input"))
            self._calls.append(call)
            self._call_at[index] = call
            self._block_at.pop(index, None)
            return [ToolCallDelta(index, call.id, call.name, "")]
        if kind == "thinking":
            text_of(block["thinking"])
        self._begin(index, dict(block))
        text = text_of(block.get("text")) if kind == "text" else ""
        if text:
            self.answer.said.append(text)
            return [TextDelta(text)]
        return []

    def _begin(self, index: int, begun: dict[str, Any]) -> _Block:
        block = _Block(begun, len(self._calls))
        self._blocks.append(block)
        self._block_at[index] = block
        self._call_at.pop(index, None)
        self._inputs.pop(index, None)
        return block

    def _delta(self, index: int, delta: dict[str, Any]) -> list[StreamPart]:
        match delta["type"]:
            case "text_delta":
                text = text_of(delta["text"])
                self._block_of(index, "text").add("text", text)
                self.answer.said.append(text)
                return [TextDelta(text)] if text else []
            case "thinking_delta":
                thought = text_of(delta["thinking"])
                self._block_of(index, "thinking").add("thinking", thought)
                return [ThinkingDelta(thought)] if thought else []
            case "signature_delta":
                self._block_of(index, "thinking").begun["signature"] = text_of(delta["signature"])
            case "compaction_delta":
                self._block_at[index].begun["content"] = delta["content"]
                self.answer.context_edits.append({"type": "compact_20260112"})
            case "input_json_delta":
                return self._input(index, text_of(delta["partial_json"]))
            case _:
                pass
        return []

    def _input(self, index: int, written: str) -> list[StreamPart]:
        """A piece of a call's arguments; a call that the server itself runs is none of ours, only kept."""
        call = self._call_at.get(index)
        if call is None:
            self._inputs.setdefault(index, []).append(written)
            return []
        call.pieces.append(written)
        return [ToolCallDelta(index, call.id, call.name, written)]

    def _end(self, index: int) -> None:
        if index in self._inputs:
            self._block_at[index].begun["input"] = json.loads("".join(self._inputs.pop(index)) or "{}")

    def _block_of(self, index: int, kind: str) -> _Block:
        found = self._block_at.get(index)
        return self._begin(index, {"type": kind, kind: ""}) if found is None else found


def usage_of(counts: dict[str, Any]) -> Usage | None:
    """Usage in our terms: what was read includes what came from the cache and what went into it."""
    if not counts:
        return None
    read, written = counts.get("cache_read_input_tokens", 0), counts.get("cache_creation_input_tokens", 0)
    return Usage(
        input_tokens=counts.get("input_tokens", 0) + read + written,
        output_tokens=counts.get("output_tokens", 0),
        cache_read_tokens=read,
        cache_write_tokens=written,
        thinking_tokens=counts.get("thinking_tokens", 0),
    )


def _counts(usage: dict[str, Any] | None) -> dict[str, int]:
    counted = {**object_of(usage), **object_of(object_of(usage).get("output_tokens_details"))}
    return {name: count_of(count) for name, count in counted.items() if isinstance(count, (int, float))}
