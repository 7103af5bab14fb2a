"""The bytes of a request made again, from the name of its form: what was sent, as long as it is made of the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from loom.providers.base import ToolSchema
from loom.providers.wire import anthropic_messages, gemini_content, ollama_chat, openai_chat, openai_responses
from loom.providers.wire.withheld import read_form, without
from loom.types.messages import Message

_Body = Callable[[dict[str, Any], str, Sequence[Message], bytes], bytes]

_FORMS: dict[str, tuple[_Body, Callable[[Sequence[ToolSchema]], bytes]]] = {
    anthropic_messages.FORMAT: (anthropic_messages.body, anthropic_messages.tools_bytes),
    gemini_content.FORMAT: (gemini_content.body, gemini_content.tools_bytes),
    ollama_chat.FORMAT: (ollama_chat.body, openai_chat.tools_bytes),
    openai_chat.FORMAT: (openai_chat.body, openai_chat.tools_bytes),
    openai_responses.FORMAT: (openai_responses.body, openai_responses.tools_bytes),
}


def rebuilt_body(
    form: str, fields: dict[str, Any], system: str, messages: Sequence[Message], tools: Sequence[ToolSchema]
) -> bytes:
    """The body of a request in a wire form, as `Sending` names it. Raises KeyError for a form that is not known."""
    form, withheld = read_form(form)
    name, _, reasoning_of = form.partition("+")
    body, tools_bytes = _FORMS[name]
    if reasoning_of:
        body = partial(openai_chat.body, reasoning_of=reasoning_of)
    return body(fields, system, without(messages, withheld), tools_bytes(tools))
