"""OpenAI's Responses API: messages as input items made once, and the answer read off its event stream.

Nothing is kept at the provider (`store: false`), so the model's reasoning goes back to it in its encrypted form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

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
from loom.providers.wire.dialect import Dialect, all_read, count_of, object_of, text_of
from loom.providers.wire.joining import is_answer, joined, made_once
from loom.providers.wire.names import wire_id, wire_name
from loom.providers.wire.openai_chat import data_url, json_bytes
from loom.providers.wire.schemas import plain_schema
from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage

FORMAT = "openai_responses"
_PLAIN = FORMAT + " without reasoning"
PATH = "/responses"

_INCOMPLETE = {"max_output_tokens": StopReason.MAX_TOKENS, "content_filter": StopReason.REFUSAL}


def dialect() -> Dialect:
    """The Responses API, with nothing kept at the provider."""
    return Dialect(PATH, fields_of, body, tools_bytes, AnswerParser, fault_of, form=FORMAT)


def fields_of(request: CompletionRequest, refused: Set[str]) -> dict[str, Any]:
    """The request's fields beside its input; models that do not reason refuse `include`."""
    fields: dict[str, Any] = {"model": request.model, "stream": True, "store": False}
    if "include" not in refused:
        fields["include"] = ["reasoning.encrypted_content"]
    if request.max_output_tokens is not None and "max_output_tokens" not in refused:
        fields["max_output_tokens"] = request.max_output_tokens
    if request.temperature is not None and "temperature" not in refused:
        fields["temperature"] = request.temperature
    return fields


def body(fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes) -> bytes:
    """The request's bytes: `fields`, the input items (each message serialised once in its life), and the tools.

    A model that is not asked for its reasoning gets none either: one that does not reason refuses it. What is only to
    be counted does not stream, and is whole.
    """
    head = json_bytes({**fields, "instructions": system} if system else fields)[:-1]
    said = (
        joined(messages, FORMAT, _items, is_answer)
        if "include" in fields or "stream" not in fields
        else joined(messages, _PLAIN, _plain_items, is_answer)
    )
    return b"".join([head, b',"input":[', said, b"]", *([b',"tools":', tools] if tools else []), b"}"])


def tools_bytes(tools: Sequence[ToolSchema]) -> bytes:
    """The tools' bytes; empty without tools."""
    if not tools:
        return b""
    return json_bytes([_function(tool) for tool in tools])


def message_bytes(message: Message) -> bytes:
    """One message's items, joined by commas, made once; empty for a message that says nothing."""
    return made_once(message, FORMAT, lambda one: b",".join(map(json_bytes, _ITEMS[one.role](one))))


def _items(messages: Sequence[Message]) -> list[bytes]:
    return [item for item in map(message_bytes, messages) if item]


def _plain_items(messages: Sequence[Message]) -> list[bytes]:
    return [item for item in map(_plain_bytes, messages) if item]


def _plain_bytes(message: Message) -> bytes:
    """As `message_bytes`, without reasoning."""
    if message.role != "assistant" or isinstance(message.content, str):
        return message_bytes(message)
    plain = Message("assistant", message.text, message.tool_calls)
    return made_once(message, _PLAIN, lambda _: message_bytes(plain))


def fault_of(event: dict[str, Any]) -> Any:
    """The error that an event brings, or None."""
    if event.get("type") == "error":
        error = object_of(event.get("error") or event)
    elif event.get("type") == "response.failed":
        error = object_of(object_of(event.get("response")).get("error")) or {"message": "it failed, not saying why"}
    else:
        return None
    return {"type": error.get("code") or error.get("type") or "", "message": error.get("message") or ""}


def _function(tool: ToolSchema) -> dict[str, Any]:
    return {
        "type": "function",
        "name": wire_name(tool.name),
        "description": tool.description,
        "parameters": plain_schema(tool.input_schema),
        "strict": False,
    }


def _user(message: Message) -> list[dict[str, Any]]:
    content = message.content if isinstance(message.content, str) else _parts(message.content)
    return [{"role": message.role, "content": content}]


def _assistant(message: Message) -> list[dict[str, Any]]:
    thoughts = [] if isinstance(message.content, str) else [_Thought.of(block) for block in message.content]
    known = [thought for thought in thoughts if thought is not None]
    items = [thought.item for thought in known if thought.calls_before == 0]
    if message.text:
        items.append({"role": "assistant", "content": [{"type": "output_text", "text": message.text}]})
    for number, call in enumerate(message.tool_calls):
        if number:
            items += [thought.item for thought in known if thought.calls_before == number]
        items.append(_call(call))
    while items and items[-1].get("type") == "reasoning":  # the API refuses one that nothing follows
        items.pop()
    return items


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))
    return {"type": "function_call", "call_id": wire_id(call.id), "name": wire_name(call.name), "arguments": arguments}


def _tool(message: Message) -> list[dict[str, Any]]:
    output = message.content if isinstance(message.content, str) else _parts(message.content)
    return [{"type": "function_call_output", "call_id": wire_id(message.tool_call_id or ""), "output": output}]


_ITEMS: dict[str, Callable[[Message], list[dict[str, Any]]]] = {
    "system": _user,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}


def _parts(blocks: Sequence[ContentBlock]) -> list[dict[str, Any]]:
    return [part for block in blocks for part in _part(block)]


def _part(block: ContentBlock) -> list[dict[str, Any]]:
    match block:
        case TextBlock(text=text):
            return [{"type": "input_text", "text": text}]
        case ImageBlock(source=source):
            return [{"type": "input_image", "image_url": data_url(source)}]
        case DocumentBlock(source={"type": "url", "url": url}):
            return [{"type": "input_file", "file_url": url}]
        case DocumentBlock(source=source):
            return [{"type": "input_file", "filename": "document.pdf", "file_data": data_url(source)}]
        case ThinkingBlock():
            return []


@dataclass(frozen=True, slots=True)
class _Thought:
    """A reasoning item, and how many calls of the same answer stood before it: the API insists on the order."""

    item: dict[str, Any]
    calls_before: int

    @staticmethod
    def of(block: ContentBlock) -> _Thought | None:
        """The item of a thinking block that can go back: one of this format, with its encrypted content."""
        if not isinstance(block, ThinkingBlock):
            return None
        item = object_of(block.raw.get("item"))
        return _Thought(item, block.raw.get("calls_before", 0)) if text_of(item.get("encrypted_content")) else None

    def block(self, provider: str) -> ThinkingBlock:
        """The block that keeps it in a message."""
        parts: list[dict[str, Any]] = self.item.get("summary") or []
        return ThinkingBlock(
            text="\n\n".join(str(part.get("text", "")) for part in parts),
            provider=provider,
            raw={"item": self.item, "calls_before": self.calls_before},
        )


class AnswerParser:
    """Puts one answer together from its events."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.answer = Answer()
        self._thoughts: list[_Thought] = []
        self._calls: dict[int, WrittenCall] = {}
        self._readers: dict[str, Callable[[dict[str, Any]], list[StreamPart]]] = {
            "response.output_text.delta": self._said,
            "response.refusal.delta": self._said,
            "response.reasoning_summary_text.delta": self._thought,
            "response.reasoning_text.delta": self._thought,
            "response.output_item.added": self._item_added,
            "response.output_item.done": self._item_done,
            "response.function_call_arguments.delta": self._arguments,
            "response.completed": self._ended,
            "response.incomplete": self._ended,
        }

    def feed(self, event: dict[str, Any]) -> list[StreamPart]:
        """What one event adds; unknown ones add nothing. Raises ValueError, KeyError, TypeError for another shape."""
        reader = self._readers.get(event["type"])
        return reader(event) if reader is not None else []

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer."""
        calls = finish_calls((self._calls[index] for index in sorted(self._calls)), before)
        thoughts = [thought.block(self._provider) for thought in self._thoughts]
        return self.answer.completion(self.answer.after_thoughts(thoughts), calls)

    def _said(self, event: dict[str, Any]) -> list[StreamPart]:
        text = text_of(event["delta"])
        if not text:
            return []
        self.answer.said.append(text)
        return [TextDelta(text)]

    def _thought(self, event: dict[str, Any]) -> list[StreamPart]:
        thought = text_of(event["delta"])
        return [ThinkingDelta(thought)] if thought else []

    def _item_added(self, event: dict[str, Any]) -> list[StreamPart]:
        item = event["item"]
        if item["type"] != "function_call":
            return []
        index = event.get("output_index", len(self._calls))
        call = self._calls[index] = WrittenCall(item.get("call_id") or "", item.get("name") or "")
        return [ToolCallDelta(index, call.id, call.name, "")]

    def _arguments(self, event: dict[str, Any]) -> list[StreamPart]:
        call = self._calls[event["output_index"]]
        call.pieces.append(event["delta"])
        return [ToolCallDelta(event["output_index"], call.id, call.name, event["delta"])]

    def _item_done(self, event: dict[str, Any]) -> list[StreamPart]:
        self._take(event["item"], event.get("output_index", len(self._calls)))
        return []

    def _take(self, item: dict[str, Any], index: int) -> None:
        if item["type"] == "function_call":
            self._calls[index] = WrittenCall(item.get("call_id") or "", item["name"], [item["arguments"]])
        elif item["type"] == "reasoning":
            # A null status is said by the API and refused by it.
            text_of(item.get("encrypted_content"))
            kept = {name: value for name, value in item.items() if value is not None and name != "status"}
            self._thoughts.append(_Thought(kept, sum(1 for taken in self._calls if taken < index)))

    def _ended(self, event: dict[str, Any]) -> list[StreamPart]:
        response = event["response"]
        self.answer.id, self.answer.model = response.get("id") or "", response.get("model") or ""
        if response.get("usage"):
            self.answer.usage = usage_of(response["usage"])
        reason = object_of(response.get("incomplete_details")).get("reason")
        is_cut = event["type"] == "response.incomplete"
        self.answer.stop = _INCOMPLETE.get(str(reason), StopReason.MAX_TOKENS) if is_cut else StopReason.END_TURN
        return []


def usage_of(data: dict[str, Any]) -> Usage:
    """Usage as the API counts it: input tokens include those read from the cache. Negative counts are none."""
    from_cache = count_of(object_of(data.get("input_tokens_details")).get("cached_tokens"))
    return Usage(
        input_tokens=all_read(data.get("input_tokens"), from_cache),
        output_tokens=count_of(data.get("output_tokens")),
        cache_read_tokens=from_cache,
        thinking_tokens=count_of(object_of(data.get("output_tokens_details")).get("reasoning_tokens")),
    )
