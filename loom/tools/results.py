"""Any return value of a tool as what the model is told: text or content blocks, bounded, with the whole kept."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, cast

from pydantic import BaseModel

from loom.types.content import ContentBlock, DocumentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.frozen import quickly_made

PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
DEEPEST = 8
"""How deep in lists pictures and documents are looked for: a list may hold itself."""
BLOCKS = (TextBlock, ImageBlock, DocumentBlock, ThinkingBlock)


@quickly_made
@dataclass(frozen=True, slots=True)
class RenderedResult:
    """What the model is told of a result.

    `content` goes to the model, `text` is its readable part. `full_text` is all of the text when it had to be cut,
    else None. `images` counts the pictures.
    """

    content: str | list[ContentBlock]
    text: str
    full_text: str | None = None
    images: int = 0


def render_result(value: Any, limit_chars: int, clean: Callable[[str], str] = str) -> RenderedResult:
    """A tool's return value for the model; text beyond `limit_chars` keeps its head and tail.

    `clean` is given the whole text, before it is cut, so that it sees all of what it looks for.
    A str stays, None is "Done.", bytes that are a picture become one, content blocks stay, pydantic models,
    dataclasses and everything that JSON can hold become JSON, the rest its `str`.
    """
    blocks = None if isinstance(value, str) else _blocks(value)
    if blocks is None:
        text = clean(printable(value if type(value) is str else _text(value)))
        cut = text if len(text) <= limit_chars else _cut(text, limit_chars)
        return RenderedResult(cut, cut, text if cut is not text else None)
    whole = clean("\n\n".join(printable(block.text) for block in blocks if isinstance(block, TextBlock)))
    text = whole if len(whole) <= limit_chars else _cut(whole, limit_chars)
    others: list[ContentBlock] = [block for block in blocks if not isinstance(block, TextBlock)]
    content: list[ContentBlock] = [TextBlock(text=text), *others] if text else others
    images = sum(isinstance(block, ImageBlock) for block in blocks)
    shown = text or f"[{len(others)} {'picture' if images else 'document'}]"
    return RenderedResult(content, shown, whole if text is not whole else None, images)


def _blocks(value: Any, depth: int = 0) -> list[ContentBlock] | None:
    """The value as content blocks, if it is any, or a list of them; None for what is plain text or data."""
    if isinstance(value, BLOCKS):
        return [value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        kind = _picture_type(bytes(cast("bytes", value)[:16]))
        if kind is None:
            return None
        data = base64.b64encode(bytes(cast("bytes", value))).decode("ascii")
        return [ImageBlock(source={"type": "base64", "media_type": kind, "data": data})]
    if isinstance(value, (list, tuple)):
        items = cast("list[Any]", value)
        nested = [_blocks(item, depth + 1) for item in items] if depth < DEEPEST else [None]
        if any(found is not None for found in nested):
            return [
                block
                for item, found in zip(items, nested, strict=True)
                for block in (found if found is not None else [TextBlock(text=_text(item))])
            ]
    return None


def _picture_type(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in PICTURES if head.startswith(magic)), None)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of an enum's member, and what else is a text by its class, the text alone
    if value is None:
        return "Done."
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _bytes_text(bytes(cast("bytes", value)))
    try:
        if isinstance(value, BaseModel):
            return value.model_dump_json()
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=True)
    except BaseException:  # noqa: BLE001  a key that is no text, a circle, an odd `__str__`: what ran has not failed
        return _shown(value)


def _shown(value: Any) -> str:
    try:
        return str(value)
    except BaseException as error:  # noqa: BLE001  as above; this is a thread, which nothing from outside reaches
        return f"[a {type(value).__name__} that can't be shown: {type(error).__name__}: {error}]"


def _bytes_text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return f"[{len(data):,} bytes of binary data]"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return list(cast("set[Any]", value))
    if isinstance(value, (bytes, bytearray)):
        return _bytes_text(bytes(value))
    if isinstance(value, PurePath):
        return str(value)
    return str(value)


def printable(text: str) -> str:
    """Text that can be sent: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        text = text.replace("\x00", "\\0")
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text


def _cut(text: str, limit_chars: int) -> str:
    head = limit_chars * 2 // 3
    tail = limit_chars - head
    left_out = len(text) - limit_chars
    return f"{text[:head]}\n[… {left_out:,} characters left out …]\n{text[-tail:]}"
