"""Tool calls of a model that has none: JSON, held to a schema that offers an answer or one of the tools."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from loom.providers.base import Completion, StopReason, ToolSchema
from loom.providers.wire.calls import WrittenCall, finish_calls
from loom.types.messages import WORKING_CONTEXT, Message

_OPENING = re.compile(r'\s*\{\s*"answer"\s*:\s*"')
_SAMPLES: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}


def choice_format(tools: Sequence[ToolSchema]) -> dict[str, Any]:
    """The `response_format` of a request with tools."""
    answer = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
    choices: list[dict[str, Any]] = [{**answer, "additionalProperties": False}]
    definitions: dict[str, Any] = {}
    for tool in tools:
        schema = dict(tool.input_schema)
        definitions.update(schema.pop("$defs", {}))
        choices.append(
            {
                "type": "object",
                "properties": {"tool": {"const": tool.name}, "arguments": schema},
                "required": ["tool", "arguments"],
                "additionalProperties": False,
            }
        )
    schema = {"anyOf": choices, "$defs": definitions} if definitions else {"anyOf": choices}
    return {"type": "json_schema", "json_schema": {"name": "choice", "strict": True, "schema": schema}}


def instructions(tools: Sequence[ToolSchema], messages: Sequence[Message]) -> str:
    """What the model is told of the choice, in as few words as a small model can follow.

    Each tool stands with the words that call it, and to answer is one of them: told of the form alone, the embedded
    model calls the right tool in one case of ten, and so in eight. After a result it is told of the form alone, else it
    would call on and on.
    """
    last = next((message for message in reversed(messages) if message.name != WORKING_CONTEXT), None)
    told = [f"- {tool.name}: {tool.description.partition(chr(10))[0]}" for tool in tools]
    if last is not None and last.role == "tool":
        how = 'Reply with JSON: {"answer": "…"} to talk, or {"tool": "name", "arguments": {…}} when a tool is needed.'
        return "\n".join([f"{how} Tools:", *told])
    lines = [f"{line} {_example(tool)}" for line, tool in zip(told, tools, strict=True)]
    answer = '- answer: Talk, greet, joke, explain. {"answer": "…"}'
    return "\n".join(["Tools:", *lines, answer, "Reply with JSON."])


def _example(tool: ToolSchema) -> str:
    """A call of the tool with what it needs."""
    properties: dict[str, dict[str, Any]] = tool.input_schema.get("properties") or {}
    needed: list[str] = tool.input_schema.get("required") or []
    arguments = {name: _SAMPLES.get(str(properties.get(name, {}).get("type")), "…") for name in needed}
    return json.dumps({"tool": tool.name, "arguments": arguments}, ensure_ascii=False)


class ChoiceReader:
    """Reads the choice as it is written: the words of an answer come out while they arrive."""

    def __init__(self) -> None:
        self._written = ""
        self._at = 0
        self._in_answer = False
        self._said: list[str] = []

    def feed(self, text: str) -> str:
        """The words of the answer that this piece adds."""
        self._written += text
        if not self._in_answer:
            opening = _OPENING.match(self._written)
            if opening is None:
                return ""
            self._in_answer, self._at = True, opening.end()
        new = self._unescaped()
        self._said.append(new)
        return new

    def completion(self, raw: Completion) -> Completion:
        """The whole answer, or the tool call, that the text was."""
        try:
            chosen: Any = json.loads(self._written)
        except ValueError:
            chosen = None
        data = cast("dict[str, Any]", chosen) if isinstance(chosen, dict) else {}
        if "tool" in data:
            written = WrittenCall("", str(data["tool"]), [json.dumps(data.get("arguments") or {})])
            stop = StopReason.TOOL_USE if raw.stop_reason is StopReason.END_TURN else raw.stop_reason
            return replace(raw, message=Message("assistant", "", finish_calls([written])), stop_reason=stop)
        # Cut off at the limit: what was said stands; half a tool call is nothing.
        text = str(data["answer"]) if "answer" in data else "".join(self._said)
        return replace(raw, message=Message("assistant", text))

    def _unescaped(self) -> str:
        """What is readable from here on: up to the closing quote, or to an escape that is not whole yet."""
        out: list[str] = []
        text = self._written
        while self._at < len(text) and text[self._at] != '"':
            char = text[self._at]
            if char != "\\":
                out.append(char)
                self._at += 1
                continue
            kind = text[self._at + 1 : self._at + 2]
            if kind == "u":
                digits = text[self._at + 2 : self._at + 6]
                if len(digits) < 4:
                    break
                out.append(chr(int(digits, 16)))
                self._at += 6
            elif kind:
                out.append(_ESCAPES.get(kind, kind))
                self._at += 2
            else:
                break
        return "".join(out)
