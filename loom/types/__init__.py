"""Plain values: messages, content blocks, runs, events, approvals, knowledge, the handoff document."""

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
from loom.types.events import RunEvent
from loom.types.handoff import HandoffArtifact
from loom.types.messages import Message, ToolCall, ToolResult
from loom.types.runs import Artifact, RunContext, RunResult, RunState, Usage, generate_id

__all__ = [
    "ApprovalRequest",
    "Artifact",
    "ContentBlock",
    "Decision",
    "DocumentBlock",
    "HandoffArtifact",
    "ImageBlock",
    "Message",
    "MessageContent",
    "RunContext",
    "RunEvent",
    "RunResult",
    "RunState",
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
