"""Plain values: messages, content blocks, runs, events, approvals, knowledge, the handoff document.

Names are resolved when they are first used: a window needs a few of these values, and none of the payloads' schemas.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loom.types.approvals import ApprovalRequest, Decision, Verdict
    from loom.types.content import (
        ContentBlock,
        DocumentBlock,
        ImageBlock,
        MessageContent,
        TextBlock,
        ThinkingBlock,
        ValidationError,
        create_document_block_from_file,
        create_image_block_from_file,
        create_image_block_from_url,
        create_text_block,
    )
    from loom.types.coordination import CoordinationEvent
    from loom.types.coordination import CoordinationEvent as Event
    from loom.types.events import RunEvent
    from loom.types.handoff import HandoffArtifact
    from loom.types.ids import generate_id
    from loom.types.loop import (
        Dashboard,
        EventSurface,
        HeartbeatEvent,
        KnowledgeSurface,
        LoopResult,
        LoopState,
    )
    from loom.types.messages import Message, ToolCall, ToolResult
    from loom.types.results import CriterionVerdict, HarnessResult, SprintContract, SprintResult, SubAgentResult
    from loom.types.runs import Artifact, RunContext, RunResult, RunState, Usage

_HOMES = {
    "ApprovalRequest": "approvals",
    "Artifact": "runs",
    "ContentBlock": "content",
    "CoordinationEvent": "coordination",
    "CriterionVerdict": "results",
    "Dashboard": "loop",
    "Decision": "approvals",
    "DocumentBlock": "content",
    "Event": "coordination",
    "EventSurface": "loop",
    "HandoffArtifact": "handoff",
    "HarnessResult": "results",
    "HeartbeatEvent": "loop",
    "ImageBlock": "content",
    "KnowledgeSurface": "loop",
    "LoopResult": "loop",
    "LoopState": "loop",
    "Message": "messages",
    "MessageContent": "content",
    "RunContext": "runs",
    "RunEvent": "events",
    "RunResult": "runs",
    "RunState": "runs",
    "SprintContract": "results",
    "SprintResult": "results",
    "SubAgentResult": "results",
    "TextBlock": "content",
    "ThinkingBlock": "content",
    "ToolCall": "messages",
    "ToolResult": "messages",
    "Usage": "runs",
    "ValidationError": "content",
    "Verdict": "approvals",
    "create_document_block_from_file": "content",
    "create_image_block_from_file": "content",
    "create_image_block_from_url": "content",
    "create_text_block": "content",
    "generate_id": "ids",
}

_OTHER_NAMES = {"Event": "CoordinationEvent"}
"""What is called otherwise at home: the name that 0.7.3 had for it."""

__all__ = [
    "ApprovalRequest",
    "Artifact",
    "ContentBlock",
    "CoordinationEvent",
    "CriterionVerdict",
    "Dashboard",
    "Decision",
    "DocumentBlock",
    "Event",
    "EventSurface",
    "HandoffArtifact",
    "HarnessResult",
    "HeartbeatEvent",
    "ImageBlock",
    "KnowledgeSurface",
    "LoopResult",
    "LoopState",
    "Message",
    "MessageContent",
    "RunContext",
    "RunEvent",
    "RunResult",
    "RunState",
    "SprintContract",
    "SprintResult",
    "SubAgentResult",
    "TextBlock",
    "ThinkingBlock",
    "ToolCall",
    "ToolResult",
    "Usage",
    "ValidationError",
    "Verdict",
    "create_document_block_from_file",
    "create_image_block_from_file",
    "create_image_block_from_url",
    "create_text_block",
    "generate_id",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'loom.types' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"loom.types.{home}"), _OTHER_NAMES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
