"""What a server gave, as content blocks for a model: text, pictures, and a line about what can't be shown."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, cast

from loom.types.content import ContentBlock, ImageBlock, TextBlock

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
LARGEST_PICTURE_BYTES = 5 * 2**20
MOST_TEXT_CHARS = 2_000_000
MOST_BLOCKS = 200


def blocks_of_call(result: dict[str, Any]) -> str | list[ContentBlock]:
    """The result of a tool call (`CallToolResult`): its content; its structured content where that says it not yet."""
    blocks = _blocks(result.get("content") or [])
    structured: Any = result.get("structuredContent")
    texts = [block.text for block in blocks if isinstance(block, TextBlock)]
    if structured is not None and not any(_says(text, structured) for text in texts):
        blocks.append(TextBlock(text=json.dumps(structured, ensure_ascii=False)[:MOST_TEXT_CHARS]))
    return _plain(blocks)


def blocks_of_resource(result: dict[str, Any]) -> str | list[ContentBlock]:
    """What a resource holds (`ReadResourceResult`)."""
    contents: list[Any] = result.get("contents") or []
    return _plain(_blocks([{"type": "resource", "resource": each} for each in contents]))


def text_of_prompt(result: dict[str, Any]) -> str:
    """The messages of a prompt (`GetPromptResult`) as one text, which a person sends."""
    messages: list[dict[str, Any]] = result.get("messages") or []
    blocks = [(message.get("role"), _blocks([message.get("content") or {}])) for message in messages]
    parts = [
        ("" if role == "user" else f"[{role}] ")
        + "\n".join(b.text if isinstance(b, TextBlock) else "[a picture, which is left out]" for b in each)
        for role, each in blocks
    ]
    return "\n\n".join(part for part in parts if part.strip())


def _says(text: str, structured: Any) -> bool:
    if isinstance(structured, dict) and list(cast("dict[str, Any]", structured).values()) == [text]:
        return True
    try:
        return json.loads(text) == structured
    except (ValueError, RecursionError):
        return False


def _plain(blocks: list[ContentBlock]) -> str | list[ContentBlock]:
    if all(isinstance(block, TextBlock) for block in blocks):
        return "\n\n".join(block.text for block in blocks if isinstance(block, TextBlock))
    return blocks


def _blocks(content: list[Any]) -> list[ContentBlock]:
    blocks: list[ContentBlock] = []
    room = MOST_TEXT_CHARS
    for part in content[:MOST_BLOCKS]:
        block = _block(cast("dict[str, Any]", part)) if isinstance(part, dict) else None
        if isinstance(block, TextBlock):
            block = TextBlock(text=block.text[:room])
            room -= len(block.text)
        if block is not None:
            blocks.append(block)
    if len(content) > MOST_BLOCKS:
        blocks.append(TextBlock(text=f"[{len(content) - MOST_BLOCKS} more parts were left out]"))
    return blocks


def _block(part: dict[str, Any]) -> ContentBlock:
    match part.get("type"):
        case "text":
            return TextBlock(text=str(part.get("text", "")))
        case "image":
            return _picture(str(part.get("data", "")), str(part.get("mimeType", "")))
        case "audio":
            return TextBlock(text=f"[a sound of type {part.get('mimeType')}, which can't be passed on]")
        case "resource_link":
            name = part.get("title") or part.get("name") or ""
            return TextBlock(text=f"[resource {part.get('uri')}: {name} {part.get('description') or ''}]".strip())
        case "resource":
            return _resource(cast("dict[str, Any]", part.get("resource") or {}))
        case kind:
            return TextBlock(text=f"[a part of type {kind!r}, which is not known]")


def _resource(resource: dict[str, Any]) -> ContentBlock:
    if "text" in resource:
        return TextBlock(text=f"[{resource.get('uri')}]\n{resource['text']}")
    kind, data = str(resource.get("mimeType", "")), str(resource.get("blob", ""))
    if kind in PICTURES:
        return _picture(data, kind)
    return TextBlock(text=f"[{resource.get('uri')}: {len(data) * 3 // 4:,} bytes of {kind or 'binary data'}]")


def _picture(data: str, kind: str) -> ContentBlock:
    size = len(data) * 3 // 4
    if kind not in PICTURES or size > LARGEST_PICTURE_BYTES:
        return TextBlock(text=f"[a picture of type {kind or 'unknown'} with {size:,} bytes, which can't be passed on]")
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return TextBlock(text="[a picture that is not valid base64]")
    return ImageBlock(source={"type": "base64", "media_type": kind, "data": data})
