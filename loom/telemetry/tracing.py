"""Run events as OpenTelemetry spans: invoke_agent around a run; in it chat for a model call, execute_tool for a tool's.

A tool's span is current while its body runs: what that does (a request, a run of another agent) is below it. The
provider SDKs' own tracing is off, so no call is told twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from contextvars import Token
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer, set_span_in_context

from loom import __version__
from loom.config.agent import AgentConfig
from loom.telemetry import attributes as a
from loom.types.events import RunEvent

SCHEMA = "https://opentelemetry.io/schemas/1.45.0"
CONTENT_CHARS = 20_000


@dataclass(slots=True)
class _Chat:
    """A model call under way. `end_ns` is set once its message is there, and the span waits for what it used."""

    span: Span
    began_ns: int
    end_ns: int = 0
    has_chunk: bool = False


@dataclass(slots=True)
class _Tool:
    span: Span
    token: Token[Context]


@dataclass(slots=True)
class _RunSpans:
    """The open spans of one run."""

    agent: Span
    context: Context
    chat: _Chat | None = None
    tools: dict[str, _Tool] = field(default_factory=dict[str, _Tool])


class Tracing:
    """Makes the spans of one agent's runs. Content is left out unless `with_content`."""

    def __init__(
        self, config: AgentConfig, tracer_provider: TracerProvider | None = None, *, with_content: bool = False
    ) -> None:
        self._config = config
        self._with_content = with_content
        self._tracer = get_tracer("loom", __version__, tracer_provider, SCHEMA)
        self._runs: dict[str, _RunSpans] = {}
        model = config.model
        self._common: dict[str, Any] = {
            a.PROVIDER: a.PROVIDERS.get(model.provider, model.provider),
            a.REQUEST_MODEL: model.name,
        }
        self._tools = {tool.name: tool.description.partition("\n")[0] for tool in config.tools}

    def take(self, event: RunEvent) -> None:
        """Open, describe or end a span."""
        if event.type == "run.started":
            self._begin(event)
            return
        spans = self._runs.get(event.run_id)
        if spans is None:
            return
        match event.type:
            case "step.started":
                self._end_chat(spans)
                spans.chat = self._chat(spans, _ns(event))
            case "text.delta" | "thinking.delta":
                _first_chunk(spans.chat, event)
            case "step.retried":
                self._retried(spans, event)
            case "message.completed":
                self._said(spans, event)
            case "usage.updated":
                self._used(spans, event.payload)
            case "run.completed" | "run.failed" | "run.cancelled":
                self._end(spans, event)
            case _ if event.type.startswith("tool."):
                self._tool(spans, event)
            case _:
                return

    async def aclose(self) -> None:
        """End what is open."""
        for spans in self._runs.values():
            self._end_chat(spans)
            for tool in spans.tools.values():
                tool.span.end()
            spans.agent.end()
        self._runs.clear()

    def _begin(self, event: RunEvent) -> None:
        config, payload = self._config, event.payload
        name = f"invoke_agent {config.name}" if config.name else "invoke_agent"
        told: dict[str, Any] = {
            **self._common,
            a.OPERATION: "invoke_agent",
            a.CONVERSATION: payload["session_id"],
            **({a.AGENT: config.name} if config.name else {}),
            **({a.AGENT_DESCRIPTION: config.description} if config.description else {}),
        }
        if self._with_content:
            told[a.INPUT_MESSAGES] = _messages("user", payload["prompt"])
        span = self._tracer.start_span(name, kind=SpanKind.INTERNAL, attributes=told, start_time=_ns(event))
        if span.get_span_context().is_valid:  # else the program traces nothing
            self._runs[event.run_id] = _RunSpans(span, set_span_in_context(span))

    def _end(self, spans: _RunSpans, event: RunEvent) -> None:
        del self._runs[event.run_id]
        self._end_chat(spans, "cancelled" if event.type == "run.cancelled" else "error")
        for tool in spans.tools.values():
            self._end_tool(tool, event, "interrupted")
        payload = event.payload
        _describe_usage(spans.agent, payload["usage"])
        if event.type == "run.failed":
            spans.agent.set_attribute(a.ERROR, str(payload["error"].get("type") or payload["reason"]))
            spans.agent.set_status(Status(StatusCode.ERROR, payload["message"] if self._with_content else None))
        elif event.type == "run.completed" and self._with_content:
            spans.agent.set_attribute(a.OUTPUT_MESSAGES, _messages("assistant", payload["output"]))
        spans.agent.end(_ns(event))

    def _chat(self, spans: _RunSpans, at_ns: int) -> _Chat:
        generation, model = self._config.generation, self._config.model
        told: dict[str, Any] = {**self._common, a.OPERATION: "chat"}
        if generation.max_output_tokens is not None:
            told[a.REQUEST_MAX_TOKENS] = generation.max_output_tokens
        span = self._tracer.start_span(
            f"chat {model.name}", spans.context, kind=SpanKind.CLIENT, attributes=told, start_time=at_ns
        )
        return _Chat(span, at_ns)

    def _retried(self, spans: _RunSpans, event: RunEvent) -> None:
        if spans.chat is not None:
            spans.chat.end_ns = _ns(event)
            spans.chat.span.set_attribute(a.ERROR, str(event.payload["error"].get("type", "error")))
            spans.chat.span.set_status(Status(StatusCode.ERROR))
            self._end_chat(spans)
        spans.chat = self._chat(spans, _ns(event) + int(event.payload["delay_s"] * 1e9))

    def _said(self, spans: _RunSpans, event: RunEvent) -> None:
        payload, chat = event.payload, spans.chat
        if payload["role"] != "assistant" or chat is None:
            return
        chat.end_ns = _ns(event)
        reason = payload.get("stop_reason")
        if reason:
            chat.span.set_attribute(a.FINISH_REASONS, [a.FINISHED.get(reason, reason)])
        if self._with_content:
            chat.span.set_attribute(a.OUTPUT_MESSAGES, _said_message(payload))

    def _used(self, spans: _RunSpans, payload: Mapping[str, Any]) -> None:
        if spans.chat is not None and not payload.get("purpose"):
            _describe_usage(spans.chat.span, payload["usage"])
            self._end_chat(spans)

    def _end_chat(self, spans: _RunSpans, unfinished: str = "") -> None:
        chat, spans.chat = spans.chat, None
        if chat is None:
            return
        if not chat.end_ns and unfinished:
            chat.span.set_attribute(a.ERROR, unfinished)
            chat.span.set_status(Status(StatusCode.ERROR))
        chat.span.end(chat.end_ns or None)

    def _tool(self, spans: _RunSpans, event: RunEvent) -> None:
        payload = event.payload
        if event.type == "tool.requested":
            self._end_chat(spans)
        elif event.type == "tool.started":
            self._tool_began(spans, event)
        elif event.type in ("tool.completed", "tool.failed", "tool.unknown", "tool.vetoed"):
            tool = spans.tools.pop(payload["call_id"], None)
            if tool is not None:
                if self._with_content and "content" in payload:
                    tool.span.set_attribute(a.TOOL_RESULT, payload["content"][:CONTENT_CHARS])
                self._end_tool(tool, event, _tool_error(event))

    def _tool_began(self, spans: _RunSpans, event: RunEvent) -> None:
        payload = event.payload
        told: dict[str, Any] = {
            a.OPERATION: "execute_tool",
            a.TOOL: payload["tool"],
            a.TOOL_TYPE: "function",
            a.TOOL_CALL: payload["call_id"],
        }
        if description := self._tools.get(payload["tool"]):
            told[a.TOOL_DESCRIPTION] = description
        if self._with_content:
            told[a.TOOL_ARGUMENTS] = json.dumps(payload["arguments"], ensure_ascii=False)[:CONTENT_CHARS]
        span = self._tracer.start_span(
            f"execute_tool {payload['tool']}",
            spans.context,
            kind=SpanKind.INTERNAL,
            attributes=told,
            start_time=_ns(event),
        )
        spans.tools[payload["call_id"]] = _Tool(span, otel_context.attach(set_span_in_context(span)))

    def _end_tool(self, tool: _Tool, event: RunEvent, error: str) -> None:
        # The gate says both in one task; where a run is ended from another, the context went with its own.
        with suppress(ValueError, RuntimeError):
            tool.token.var.reset(tool.token)
        if error:
            tool.span.set_attribute(a.ERROR, error)
            tool.span.set_status(Status(StatusCode.ERROR))
        tool.span.end(_ns(event))


def _ns(event: RunEvent) -> int:
    return int(event.ts.timestamp() * 1e9)


def _first_chunk(chat: _Chat | None, event: RunEvent) -> None:
    if chat is not None and not chat.has_chunk:
        chat.has_chunk = True
        chat.span.set_attribute(a.TIME_TO_FIRST_CHUNK, (_ns(event) - chat.began_ns) / 1e9)


def _describe_usage(span: Span, usage: Mapping[str, Any]) -> None:
    names = {
        "input_tokens": a.INPUT_TOKENS,
        "output_tokens": a.OUTPUT_TOKENS,
        "cache_read_tokens": a.CACHE_READ_TOKENS,
        "cache_write_tokens": a.CACHE_WRITE_TOKENS,
        "thinking_tokens": a.REASONING_TOKENS,
    }
    for name, attribute in names.items():
        if usage.get(name):
            span.set_attribute(attribute, usage[name])


def _tool_error(event: RunEvent) -> str:
    match event.type:
        case "tool.failed":
            return str(event.payload["error"].get("type", "error"))
        case "tool.unknown":
            return "interrupted"
        case "tool.vetoed":
            return str(event.payload["kind"])
        case _:
            return ""


def _messages(role: str, text: str) -> str:
    message = {"role": role, "parts": [{"type": "text", "content": text[:CONTENT_CHARS]}]}
    return json.dumps([message], ensure_ascii=False)


def _said_message(payload: Mapping[str, Any]) -> str:
    parts: list[dict[str, Any]] = []
    if payload["text"]:
        parts.append({"type": "text", "content": payload["text"][:CONTENT_CHARS]})
    parts += [
        {"type": "tool_call", "id": call["id"], "name": call["name"], "arguments": call["arguments"]}
        for call in payload.get("tool_calls", ())
    ]
    finish = a.FINISHED.get(payload.get("stop_reason", ""), payload.get("stop_reason", ""))
    return json.dumps([{"role": "assistant", "parts": parts, "finish_reason": finish}], ensure_ascii=False)
