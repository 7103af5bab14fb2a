"""Ollama's native chat: messages as JSON made once, and the answer read off its lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
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
from loom.providers.wire.dialect import Dialect, count_of, object_of, text_of
from loom.providers.wire.joining import made_once
from loom.providers.wire.names import wire_name
from loom.providers.wire.openai_chat import chat_body, json_bytes, says_nothing, tools_bytes
from loom.providers.wire.sse import BOM, MAX_EVENT_BYTES, Event
from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock, content_text
from loom.types.messages import Message
from loom.types.runs import Usage

FORMAT = "ollama_chat"
PATH = "/api/chat"

STOP_REASONS = {"stop": StopReason.END_TURN, "length": StopReason.MAX_TOKENS}


def dialect(window_tokens: int, options: dict[str, Any], fixed: dict[str, Any]) -> Dialect:
    """The wire format.

    `window_tokens` is asked for in every request, since Ollama cuts what is beyond its own small default without a
    word. `options` are the model's further options; `fixed` are further fields, such as `think`.
    """

    def fields(request: CompletionRequest, refused: Set[str]) -> dict[str, Any]:  # noqa: ARG001  refuses none
        chosen: dict[str, Any] = {"num_ctx": window_tokens}
        if request.temperature is not None:
            chosen["temperature"] = request.temperature
        if request.max_output_tokens is not None:
            chosen["num_predict"] = request.max_output_tokens
        chosen.update(options)
        return {"model": request.model, "stream": True, "options": chosen, **fixed}

    return Dialect(PATH, fields, body, _tools, AnswerParser, fault_of, "ndjson", LineDecoder, FORMAT)


def fault_of(line: dict[str, Any]) -> Any:
    """The error that a line brings, or None."""
    return line.get("error")


def body(fields: dict[str, Any], system: str, messages: Sequence[Message], tools: bytes) -> bytes:
    """The request's bytes: `fields`, the messages (each serialised once in its life), and the tools."""
    return chat_body(fields, system, messages, tools, FORMAT, message_bytes, _pictures_of_result)


def message_bytes(message: Message) -> bytes:
    """One message's bytes, made once; empty for an answer that says nothing."""
    return made_once(message, FORMAT, lambda one: b"" if says_nothing(one) else json_bytes(_MESSAGE[one.role](one)))


def _tools(tools: Sequence[ToolSchema]) -> bytes:
    return tools_bytes(tools)  # the same as in chat completions


def _user(message: Message) -> dict[str, Any]:
    return {"role": message.role, **_content(message.content)}


def _assistant(message: Message) -> dict[str, Any]:
    data: dict[str, Any] = {"role": "assistant", "content": message.text}
    blocks = [] if isinstance(message.content, str) else message.content
    thought = "".join(b.text for b in blocks if isinstance(b, ThinkingBlock) and b.provider == "ollama")
    if thought:
        data["thinking"] = thought
    if message.tool_calls:
        data["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": wire_name(call.name), "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return data


def _tool(message: Message) -> dict[str, Any]:
    told = _content(message.content)["content"]
    return {
        "role": "tool",
        "content": told,
        "tool_name": wire_name(message.name or ""),
        "tool_call_id": message.tool_call_id,
    }


_MESSAGE: dict[str, Callable[[Message], dict[str, Any]]] = {
    "system": _user,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
}


def _pictures_of_result(message: Message) -> bytes:
    """The message that shows a tool's pictures, since a template may leave those of a result out."""
    shown = _pictures(message.content)
    told = f"The pictures that {message.name or 'the tool'} returned:"
    return json_bytes({"role": "user", "content": told, "images": shown}) if shown else b""


def _content(content: str | list[ContentBlock]) -> dict[str, Any]:
    """Text, and pictures beside it. What Ollama has no place for is named in the text, so that the model can say so."""
    if isinstance(content, str):
        return {"content": content}
    named = [_named(block) for block in content]
    text = "\n\n".join(filter(None, [content_text(content), *named]))
    pictures = _pictures(content)
    return {"content": text, "images": pictures} if pictures else {"content": text}


def _pictures(content: str | list[ContentBlock]) -> list[str]:
    blocks = [] if isinstance(content, str) else content
    return [b.source["data"] for b in blocks if isinstance(b, ImageBlock) and b.source.get("type") == "base64"]


def _named(block: ContentBlock) -> str:
    match block:
        case ImageBlock(source={"type": "url", "url": url}):
            return f"[A picture at {url}, which could not be attached]"
        case DocumentBlock(source=source):
            return f"[A document, which could not be attached: {source.get('url') or source.get('media_type')}]"
        case TextBlock() | ImageBlock() | ThinkingBlock():
            return ""


class LineDecoder:
    """Turns chunks of bytes, cut anywhere, into events of one line each (NDJSON)."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes, /) -> list[Event]:
        """The lines that this chunk completes. Raises ValueError for one of more than 32 MiB."""
        self._rest += chunk
        if b"\n" not in chunk:
            if len(self._rest) > MAX_EVENT_BYTES:
                raise ValueError(f"a line has more than {MAX_EVENT_BYTES // 2**20} MiB")
            return []
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        return [Event("message", line.removeprefix(BOM)) for line in lines if line.strip()]

    def end(self) -> list[Event]:
        """The line that the stream ended in, as far as it came."""
        return self.feed(b"\n")


class AnswerParser:
    """Puts one answer together from its lines."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self.answer = Answer()
        self._thinking: list[str] = []
        self._calls: list[WrittenCall] = []

    def feed(self, line: dict[str, Any], /) -> list[StreamPart]:
        """What one line adds. Raises ValueError, LookupError, TypeError for a line of another shape."""
        message = object_of(line.get("message"))
        parts: list[StreamPart] = []
        thought = text_of(message.get("thinking"))
        if thought:
            self._thinking.append(thought)
            parts.append(ThinkingDelta(thought))
        text = text_of(message.get("content"))
        if text:
            self.answer.said.append(text)
            parts.append(TextDelta(text))
        calls: list[dict[str, Any]] = message.get("tool_calls") or []
        parts.extend(self._call(call) for call in calls)
        if line.get("done"):
            self.answer.model = line.get("model") or ""
            self.answer.usage = usage_of(line)
            self.answer.stop = STOP_REASONS.get(line.get("done_reason") or "", StopReason.END_TURN)
        return parts

    def completion(self, before: Sequence[Message] = ()) -> Completion:
        """The whole answer."""
        calls = finish_calls(self._calls, before)
        thought = "".join(self._thinking)
        thoughts = [ThinkingBlock(text=thought, provider=self._provider)] if thought else []
        return self.answer.completion(self.answer.after_thoughts(thoughts), calls)

    def _call(self, piece: dict[str, Any]) -> ToolCallDelta:
        """A call, which comes whole; its arguments are an object, or whatever the model made of them."""
        function = piece["function"]
        arguments: Any = function.get("arguments", "")
        written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        call = WrittenCall(text_of(piece.get("id")), text_of(function.get("name")), [written])
        self._calls.append(call)
        return ToolCallDelta(len(self._calls) - 1, call.id, call.name, written)


def usage_of(line: dict[str, Any]) -> Usage | None:
    """The counts of a last line. `prompt_eval_count` is missing where the whole prompt was in the model's memory."""
    read, written = line.get("prompt_eval_count"), line.get("eval_count")
    if read is None and written is None:
        return None
    return Usage(input_tokens=count_of(read), output_tokens=count_of(written))
