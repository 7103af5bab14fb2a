"""What the model is given besides the conversation: the stable prefix, and what a caller hands to one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loom.types.content import TextBlock
from loom.types.messages import Message
from loom.types.runs import RunContext


def system_prompt(instructions: str, workspace: Path | None) -> str:
    """The stable prefix of every request: instructions, then the workspace if there is one."""
    parts = [instructions.strip()] if instructions.strip() else []
    if workspace is not None:
        parts.append(
            f"You work in the folder {workspace}. Paths are relative to it; your tools reach nothing outside it."
        )
    return "\n\n".join(parts)


def user_message(prompt: str, context: RunContext) -> Message:
    """The user's message: the prompt, then inputs, marked as what they are, then attachments."""
    text = _user_text(prompt, context)
    if not context.attachments:
        return Message("user", text)
    return Message("user", [TextBlock(text=text), *context.attachments] if text else list(context.attachments))


def _user_text(prompt: str, context: RunContext) -> str:
    parts = [prompt]
    if context.inputs:
        parts.append(f"<inputs>\n{_json(context.inputs)}\n</inputs>")
    return "\n\n".join(part for part in parts if part)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
