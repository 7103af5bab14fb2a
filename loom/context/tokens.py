"""Tokens, estimated: by the script of the text, where nothing was counted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from loom.providers.base import ToolSchema
from loom.types.content import DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message

IMAGE_TOKENS = 1600
DOCUMENT_TOKENS = 3000
MESSAGE_OVERHEAD = 4
TOOL_OVERHEAD = 8
WHOLE_UP_TO_CHARS = 1_600
SAMPLES = 3
SAMPLE_CHARS = 300
_ESTIMATE = "tokens"

# Each match is about one token of today's tokenizers, so counting matches counts tokens.
_PIECES = re.compile(
    r"[A-Za-z]{1,8}|\d{1,3}|\n+|[^\W\d_A-Za-z\u2e80-\U0003ffff]{1,4}|[\u2e80-\U0003ffff]|(?:[^\w\s]|_){1,3}"
)
_WIDE = re.compile(r"[\u2e80-\U0003ffff]")


def _only(is_one: Callable[[str], bool]) -> bytes:
    """A table that makes of each byte of a kind an x, of all others a space."""
    return bytes(ord("x") if is_one(chr(byte)) else ord(" ") for byte in range(128)).ljust(256)


# The same pieces for texts of ASCII alone: each kind of them, and how long one is at most.
_ASCII_KINDS = (
    (_only(str.isalpha), b"x" * 8),
    (_only(str.isdigit), b"x" * 3),
    (_only(lambda char: not (char.isalnum() or char.isspace())), b"x" * 3),
)
_LINES = _only("\n".__eq__)


def estimate_text(text: str) -> int:
    """Tokens of a text, within about 25 % of today's tokenizers.

    A token is up to 8 Latin letters, 3 digits, 4 other letters, 3 marks, or a run of new lines; a CJK character is
    three quarters of one. Of a text above 1,600 characters three pieces are read, and stand for the rest.
    """
    if not text:
        return 0
    return _count(text) if len(text) <= WHOLE_UP_TO_CHARS else _of_samples(text)


def _of_samples(text: str) -> int:
    step = (len(text) - SAMPLE_CHARS) // (SAMPLES - 1)
    read = sum(_count(text[at * step : at * step + SAMPLE_CHARS]) for at in range(SAMPLES))
    return read * len(text) // (SAMPLES * SAMPLE_CHARS)


def _count(text: str) -> int:
    if not text.isascii():
        return len(_PIECES.findall(text)) - len(_WIDE.findall(text)) // 4
    # Of ASCII the same in a fifth of the time: a piece is what ends with `x `.
    data = text.encode() + b" "
    count = data.translate(_LINES).count(b"x ") if "\n" in text else 0
    for only, longest in _ASCII_KINDS:
        count += data.translate(only).replace(longest, b"x ").count(b"x ")
    return count


def estimate_message(message: Message) -> int:
    """Tokens of one message: text, pictures, thinking and tool calls; counted once, since messages never change."""
    known = message.wire_cache.get(_ESTIMATE)
    if known is None:
        known = message.wire_cache[_ESTIMATE] = _estimate(message)
    return known


def estimate_tools(tools: Sequence[ToolSchema]) -> int:
    """Tokens of the tools as the model is told of them: names, descriptions, schemas."""
    return sum(estimate_tool(tool.name, tool.description, json.dumps(tool.input_schema)) for tool in tools)


@lru_cache(maxsize=4096)
def estimate_tool(name: str, description: str, schema: str) -> int:
    """Tokens of one tool as the model is told of it; each is counted once, however many agents have it."""
    return TOOL_OVERHEAD + estimate_text(f"{name} {description} {schema}")


def _estimate(message: Message) -> int:
    total = MESSAGE_OVERHEAD
    if isinstance(message.content, str):
        total += estimate_text(message.content) if message.content else 0
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
        total += estimate_text(f"{call.name} {call.arguments}")
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
