"""Messages of a conversation, as loom keeps them: no provider's format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from loom.types.content import ContentBlock, content_text
from loom.types.frozen import quickly_made

Role = Literal["system", "user", "assistant", "tool"]
WORKING_CONTEXT = "working_context"
"""The `name` of a request's last message where that is made anew for each request: no cache should end with it."""


@quickly_made
@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that the model asked for.

    `arguments` is the parsed object. When the model's text was no JSON object, it is empty and `malformed`
    holds that text (cut to 2,000 characters): such a call never runs.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    malformed: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a tool call, as the model is told it."""

    tool_call_id: str
    content: str | list[ContentBlock]
    is_error: bool = False


@quickly_made
@dataclass(frozen=True, slots=True)
class Message:
    """One message. A tool result is a message of role `tool` with `tool_call_id`, `name` and `is_error`.

    Messages are never changed, so what providers made of one for their formats is kept in `wire_cache`, by name.
    """

    role: Role
    content: str | list[ContentBlock] = ""
    tool_calls: list[ToolCall] = field(default_factory=list[ToolCall])
    tool_call_id: str | None = None
    name: str | None = None
    is_error: bool = False
    wire_cache: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False, compare=False)

    @property
    def text(self) -> str:
        """The readable text: text blocks only."""
        content = self.content
        return content if isinstance(content, str) else content_text(content)

    @staticmethod
    def of_result(result: ToolResult, name: str) -> Message:
        """The message that tells the model a tool's result."""
        return Message("tool", result.content, [], result.tool_call_id, name, result.is_error)
