"""Tokens, estimated: by the script of the text, where nothing was counted."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from loom.types.content import DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message

IMAGE_TOKENS = 1600
DOCUMENT_TOKENS = 3000
MESSAGE_OVERHEAD = 4

_PIECES = re.compile(
    r"(?P<latin>[A-Za-z]+)|(?P<digits>\d+)|(?P<cjk>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff])"
    r"|(?P<newlines>\n+)|(?P<letters>[^\W\d_A-Za-z]+)|(?P<marks>[^\w\s]+|_+)"
)


def estimate_text(text: str) -> int:
    """Tokens of a text, within about 25 % of today's tokenizers.

    A Latin word is one token and one more per 4.5 letters beyond 8; a CJK character 0.75; other letters one per 4.2;
    digits one per 3; a run of new lines 1; a run of marks one per 2.6.
    """
    total = 0.0
    for match in _PIECES.finditer(text):
        length = match.end() - match.start()
        match match.lastgroup:
            case "latin":
                total += 1 + max(0, length - 8) / 4.5
            case "cjk":
                total += 0.75
            case "newlines":
                total += 1
            case "digits":
                total += max(1.0, length / 3)
            case "letters":
                total += max(1.0, length / 4.2)
            case _:
                total += max(1.0, length / 2.6)
    return round(total)


def estimate_message(message: Message) -> int:
    """Tokens of one message: text, pictures, thinking and tool calls."""
    total = MESSAGE_OVERHEAD
    if isinstance(message.content, str):
        total += estimate_text(message.content)
    else:
        for block in message.content:
            match block:
                case TextBlock() | ThinkingBlock():
                    total += estimate_text(block.text)
                case ImageBlock():
                    total += IMAGE_TOKENS
                case DocumentBlock():
                    total += DOCUMENT_TOKENS
    for call in message.tool_calls:
        total += estimate_text(call.name) + estimate_text(json.dumps(call.arguments, ensure_ascii=False))
    return total


def estimate_roughly(messages: Sequence[Message]) -> int:
    """Tokens of many messages at once, by their length alone: a quarter of a token a character of ASCII.

    For a long history that nobody counted yet, where reading every word would hold up the loop.
    """
    total = 0
    for message in messages:
        content = message.content
        text = content if isinstance(content, str) else message.text
        total += MESSAGE_OVERHEAD + (len(text) // 4 if text.isascii() else len(text) // 2)
        total += sum(MESSAGE_OVERHEAD + 8 * len(call.arguments) for call in message.tool_calls)
    return total


def estimate_messages(messages: Sequence[Message]) -> int:
    """Tokens of messages together."""
    return sum(map(estimate_message, messages))
