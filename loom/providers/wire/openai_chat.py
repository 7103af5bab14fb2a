"""OpenAI chat completions: messages as JSON made once, and the answer read off its event stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from typing import Any, cast

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
from loom.providers.wire.names import wire_name
from loom.providers.wire.schemas import plain_schema
from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message, ToolCall
from loom.types.runs import Usage

FORMAT = "openai_chat"
PATH = "/chat/completions"

STOP_REASONS = {
    "stop": StopReason.END_TURN,
    "length": StopReason.MAX_TOKENS,
    "tool_calls": StopReason.TOOL_USE,
    "function_call": StopReason.TOOL_USE,
    "content_filter": StopReason.REFUSAL,
}


def dialect(reasoning_of: str = "") -> Dialect:
    """Chat completions; reasoning that came from the provider `reasoning_of` is sent back: some models insist on it."""

    def whole_body(fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes) -> bytes:
        return body(fields, system, messages, tools, reasoning_of=reasoning_of)

    form = f"{FORMAT}+{reasoning_of}" if reasoning_of else FORMAT
    return Dialect(PATH, fields_of, whole_body, tools_bytes, AnswerParser, fault_of, form=form)


def fields_of(request: CompletionRequest, refused: Set[str]) -> dict[str, Any]:
    """The request's fields beside messages and tools; the output limit has a new name and an old one."""
    fields: dict[str, Any] = {"model": request.model, "stream": True}
    if "stream_options" not in refused:
        fields["stream_options"] = {"include_usage": True}
    limit = next((name for name in ("max_completion_tokens", "max_tokens") if name not in refused), None)
    if request.max_output_tokens is not None and limit is not None:
        fields[limit] = request.max_output_tokens
    if request.temperature is not None and "temperature" not in refused:
        fields["temperature"] = request.temperature
    return fields


def body(
    fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes, *, reasoning_of: str = ""
) -> bytes:
    """The request's bytes: `fields`, the messages (each serialised once in its life), and the tools."""
    form = f"{FORMAT}+{reasoning_of}" if reasoning_of else FORMAT

    def write(message: Message) -> bytes:
        return made_once(message, form, lambda one: message_bytes(one, reasoning_of))

    return chat_body(fields, system, messages, tools, form, write, _pictures_of_result)


def chat_body(
    fields: dict[str, Any],
    system: str,
    messages: Sequence[Message],
    tools: bytes,
    form: str,
    write: Callable[[Message], bytes],
    pictures_of: Callable[[Message], bytes],
) -> bytes:
    """The body of a chat: `fields`, the messages as `write` writes them, and the tools.

    What a tool's result has beside text follows all the results of its message, as `pictures_of` writes it.
    """

    def join(some: Sequence[Message]) -> list[bytes]:
        parts: list[bytes] = []
        pictures: list[bytes] = []
        for message in some:
            if pictures and message.role != "tool":
                parts += pictures
                pictures = []
            written = write(message)
            if written:
                parts.append(written)
            if message.role == "tool" and not isinstance(message.content, str):
                shown = made_once(message, form + "+pictures", pictures_of)
                pictures += [shown] if shown else []
        return parts + pictures

    told = [json_bytes({"role": "system", "content": system})] if system else []
    said = joined(messages, form, join, is_answer)
    parts = [json_bytes(fields)[:-1], b',"messages":[', b",".join([*told, *([said] if said else [])]), b"]"]
    return b"".join([*parts, *([b',"tools":', tools] if tools else []), b"}"])


def tools_bytes(tools: Sequence[ToolSchema]) -> bytes:
    """The tools' bytes; empty without tools."""
    if not tools:
        return b""
    return json_bytes(
        [
            {
                "type": "function",
                "function": {
                    "name": wire_name(tool.name),
                    "description": tool.description,
                    "parameters": plain_schema(tool.input_schema),
                },
            }
            for tool in tools
        ]
    )


def message_bytes(message: Message, reasoning_of: str) -> bytes:
    """One message's bytes; empty for an answer that says nothing, which servers refuse."""
    if says_nothing(message):
        return b""
    data = _MESSAGE[message.role](message)
    thought = _thought(message, reasoning_of) if reasoning_of else ""
    return json_bytes({**data, "reasoning_content": thought} if thought else data)


def says_nothing(message: Message) -> bool:
    """Whether it is an answer without text and calls, such as one that was cut off while the model still thought."""
    return message.role == "assistant" and not message.tool_calls and not message.text


def fault_of(event: dict[str, Any]) -> Any:
    """The error that an event brings, or None."""
    return event.get("error")


def json_bytes(value: Any) -> bytes:
    """A JSON value as bytes, without spaces."""
    # Lone surrogates are no UTF-8; as \ud800 they are at least JSON.
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _user(message: Message) -> dict[str, Any]:
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    return {"role": message.role, "content": [part for block in message.content for part in _part(block)]}


def _assistant(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    if message.tool_calls:
        data["tool_calls"] = [_call(call) for call in message.tool_calls]
    return data


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False, separators=(",", ":"))
    return {"id": call.id, "type": "function", "function": {"name": wire_name(call.name), "arguments": arguments}}


def _tool(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {"role": "tool", "tool_call_id": message.tool_call_id}
    if isinstance(message.content, str):
        return {**data, "content": message.content}
    # A tool message takes text alone: pictures and documents follow the results, in a message of the user's.
    texts = [block.text if isinstance(block, TextBlock) else f"[{block.type}: see below]" for block in message.content]
    return {**data, "content": "\n\n".join(texts)}


def _pictures_of_result(message: Message) -> bytes:
    """The message that shows what a tool's result has beside text; empty if there is nothing."""
    shown = [part for block in message.content if not isinstance(block, str | TextBlock) for part in _part(block)]
    told = {"type": "text", "text": f"Returned by {message.name or 'the tool'} ({message.tool_call_id}):"}
    return json_bytes({"role": "user", "content": [told, *shown]}) if shown else b""


def _thought(message: Message, provider: str) -> str:
    blocks = [] if isinstance(message.content, str) else message.content
    return "".join(b.text for b in blocks if isinstance(b, ThinkingBlock) and b.provider == provider)


_MESSAGE: dict[str, Callable[[Message], dict[str, Any]]] = {
    "system": _user,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}


def _part(block: ContentBlock) -> list[dict[str, Any]]:
    match block:
        case TextBlock(text=text):
            return [{"type": "text", "text": text}]
        case ImageBlock(source=source):
            return [{"type": "image_url", "image_url": {"url": data_url(source)}}]
        case DocumentBlock(source=source):
            return [{"type": "file", "file": {"filename": "document.pdf", "file_data": data_url(source)}}]
        case ThinkingBlock():
            return []


def data_url(source: dict[str, str]) -> str:
    """A block's source as one URL: its own, or its data."""
    return source["url"] if source.get("type") == "url" else f"data:{source['media_type']};base64,{source['data']}"


class AnswerParser:
    """Puts one answer together from its chunks."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.answer = Answer()
        self._thinking: list[str] = []
        self._calls: dict[int, WrittenCall] = {}
        self._numbers: dict[int | None, int] = {}

    def feed(self, chunk: dict[str, Any]) -> list[StreamPart]:
        """What one chunk adds. Raises ValueError, KeyError, TypeError for a chunk of another shape."""
        if chunk.get("usage"):
            self.answer.usage = usage_of(chunk["usage"])
        choices: list[dict[str, Any]] = chunk.get("choices") or []
        choice = next((each for each in choices if not each.get("index")), None)
        if choice is None:  # of several answers the first is ours
            return []
        if not self.answer.id:
            self.answer.id, self.answer.model = chunk.get("id") or "", chunk.get("model") or ""
        delta = object_of(choice.get("delta") or choice.get("message"))
        parts: list[StreamPart] = []
        text = delta.get("content")
        if isinstance(text, list):
            parts += self._listed(cast("list[Any]", text))
        elif text:
            self.answer.said.append(text_of(text))
            parts.append(TextDelta(text))
        if len(delta) > 1 or "content" not in delta:
            parts += self._other(delta)
        if choice.get("finish_reason"):
            self.answer.stop = STOP_REASONS.get(choice["finish_reason"], StopReason.END_TURN)
        return parts

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer."""
        calls = finish_calls((self._calls[index] for index in sorted(self._calls)), before)
        thought = "".join(self._thinking)
        thoughts = [ThinkingBlock(text=thought, provider=self._provider)] if thought else []
        return self.answer.completion(self.answer.after_thoughts(thoughts), calls)

    def _listed(self, pieces: list[Any]) -> list[StreamPart]:
        """What a list of pieces says, as servers of models that think write it."""
        parts: list[StreamPart] = []
        for piece in pieces:
            if piece["type"] == "thinking":
                inner: Any = piece["thinking"]
                thought = inner if isinstance(inner, str) else "".join(text_of(each.get("text")) for each in inner)
                self._thinking.append(thought)
                parts += [ThinkingDelta(thought)] if thought else []
            elif text := text_of(piece.get("text")):
                self.answer.said.append(text)
                parts.append(TextDelta(text))
        return parts

    def _other(self, delta: dict[str, Any]) -> list[StreamPart]:
        parts: list[StreamPart] = []
        thinking = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(thinking, str) and thinking:
            self._thinking.append(thinking)
            parts.append(ThinkingDelta(thinking))
        refusal = delta.get("refusal")
        if refusal:
            self.answer.said.append(text_of(refusal))
            parts.append(TextDelta(refusal))
        pieces: list[dict[str, Any]] = delta.get("tool_calls") or []
        parts.extend(self._call_piece(piece) for piece in pieces)
        return parts

    def _call_piece(self, piece: dict[str, Any]) -> ToolCallDelta:
        function = object_of(piece.get("function"))
        number = self._number_of(piece, is_named=bool(function.get("name")))
        call = self._calls.setdefault(number, WrittenCall())
        call.id = call.id or piece.get("id") or ""
        call.name = call.name or function.get("name") or ""
        written = function.get("arguments") or ""
        if not isinstance(written, str):
            written = json.dumps(written)
        call.pieces.append(written)
        return ToolCallDelta(number, call.id, call.name, written)

    def _number_of(self, piece: dict[str, Any], *, is_named: bool) -> int:
        """Which call a piece belongs to: the last one that began under its index, or under none where it has none.

        Some servers give all calls one index, or no index, and begin a call with its id, or with its name alone.
        """
        index = piece.get("index")
        last = max(self._calls, default=-1)
        if not isinstance(index, int):
            index = None
        known = self._numbers.get(index)
        if known is None or _begins_another(self._calls[known], piece.get("id"), is_named=is_named):
            known = index if index is not None and index not in self._calls else last + 1
            self._numbers[index] = known
        return known


def _begins_another(call: WrittenCall, given_id: Any, *, is_named: bool) -> bool:
    """Whether a piece under a call's index is the first of another call."""
    if given_id and call.id:
        return given_id != call.id and (is_named or call.is_whole)
    return is_named and bool(call.name) and call.is_whole


def usage_of(data: dict[str, Any]) -> Usage:
    """Usage as the API counts it: prompt tokens include those read from the cache. Negative counts are none."""
    prompt_details = object_of(data.get("prompt_tokens_details"))
    output_details = object_of(data.get("completion_tokens_details"))
    from_cache = count_of(prompt_details.get("cached_tokens"))
    return Usage(
        input_tokens=all_read(data.get("prompt_tokens"), from_cache),
        output_tokens=count_of(data.get("completion_tokens")),
        cache_read_tokens=from_cache,
        thinking_tokens=count_of(output_details.get("reasoning_tokens")),
    )
