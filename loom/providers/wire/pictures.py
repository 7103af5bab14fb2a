"""Messages for a model that sees no pictures: each is named in its place, so that the conversation goes on."""

from __future__ import annotations

import re

from loom.types.content import ContentBlock, ImageBlock, TextBlock
from loom.types.messages import Message

FORM = "without_pictures:"
"""Before the name of a request's form: its messages were sent so."""
REFUSING = frozenset({400, 404, 422, 500, 501})
"""The statuses with which servers refuse a picture."""
NO_PICTURES = re.compile(
    r"(image|picture|vision|multi-?modal).{0,60}?(support|enabled|only|not a|expected|missing data)"
    r"|(support|enabled|not a|unknown variant|at most 0|missing data).{0,60}?(image|picture|vision|multi-?modal)"
    r"|content.{0,20} must be a string",
    re.IGNORECASE | re.DOTALL,
)
"""How they say that a model sees none at all; of one that is too large or broken they say something else."""
NAMED = "[A picture, which this model can't see]"
_CACHE = "without pictures"


def without_pictures(message: Message) -> Message:
    """The message with its pictures named; itself where it has none. Made once, so that it is serialised once."""
    content = message.content
    if isinstance(content, str) or not any(isinstance(block, ImageBlock) for block in content):
        return message
    known: Message | None = message.wire_cache.get(_CACHE)
    if known is None:
        blocks: list[ContentBlock] = [
            TextBlock(text=NAMED) if isinstance(block, ImageBlock) else block for block in content
        ]
        known = message.wire_cache[_CACHE] = Message(
            message.role, blocks, message.tool_calls, message.tool_call_id, message.name, message.is_error
        )
    return known
