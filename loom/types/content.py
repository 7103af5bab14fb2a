"""Content blocks: what a message is made of when it is more than text."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ImageMediaType = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
ProviderName = Literal["anthropic", "openai", "gemini"]

IMAGE_LIMIT_BYTES: dict[str, int] = {"anthropic": 5 * 2**20, "openai": 20 * 2**20, "gemini": 4 * 2**20}
DOCUMENT_LIMIT_BYTES = 32 * 2**20


class ValidationError(Exception):
    """A file that can't be sent as a content block: missing, too large, or not for this provider."""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of text."""

    type: Literal["text"] = "text"
    text: str = ""


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """A picture. `source` is `{type: "base64", media_type, data}` or `{type: "url", url}`."""

    type: Literal["image"] = "image"
    source: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class DocumentBlock:
    """A document (PDF). `source` has the shape of `ImageBlock.source`."""

    type: Literal["document"] = "document"
    source: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ThinkingBlock:
    """The model's reasoning, sent back to it verbatim.

    `provider` says who wrote it: other providers never get it. `raw` is the provider's own JSON object
    (with its signature), which goes back unchanged; `text` is what a person may read.
    """

    type: Literal["thinking"] = "thinking"
    text: str = ""
    provider: str = ""
    raw: dict[str, Any] = field(default_factory=dict[str, Any])


ContentBlock = TextBlock | ImageBlock | DocumentBlock | ThinkingBlock
MessageContent = str | list[ContentBlock]


def create_text_block(text: str) -> TextBlock:
    """A text block."""
    return TextBlock(text=text)


def create_image_block_from_url(url: str) -> ImageBlock:
    """A picture that the provider fetches itself."""
    return ImageBlock(source={"type": "url", "url": url})


def create_image_block_from_file(
    file_path: str | Path,
    media_type: ImageMediaType = "image/png",
    validate: bool = True,
    provider: ProviderName = "anthropic",
) -> ImageBlock:
    """A picture read from a file, as base64.

    Raises ValidationError if the file is missing or, with `validate`, larger than the provider takes.
    """
    return ImageBlock(
        source=_base64_source(Path(file_path), media_type, IMAGE_LIMIT_BYTES[provider] if validate else None)
    )


def create_document_block_from_file(
    file_path: str | Path,
    media_type: Literal["application/pdf"] = "application/pdf",
    validate: bool = True,
    provider: ProviderName = "anthropic",
) -> DocumentBlock:
    """A PDF read from a file, as base64.

    Raises ValidationError if the file is missing or, with `validate`, too large or not for this provider.
    """
    if validate and provider != "anthropic":
        raise ValidationError(f"{provider} takes no documents; documents go to anthropic")
    return DocumentBlock(source=_base64_source(Path(file_path), media_type, DOCUMENT_LIMIT_BYTES if validate else None))


def _base64_source(path: Path, media_type: str, limit_bytes: int | None) -> dict[str, str]:
    if not path.is_file():
        raise ValidationError(f"{path} is not a file")
    size = path.stat().st_size
    if limit_bytes is not None and size > limit_bytes:
        raise ValidationError(f"{path} has {size:,} bytes; the limit is {limit_bytes:,}")
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(path.read_bytes()).decode("ascii")}


def content_text(content: str | list[Any]) -> str:
    """The readable text of message content: text blocks joined by blank lines, other blocks left out."""
    if isinstance(content, str):
        return content
    return "\n\n".join(block.text for block in content if isinstance(block, TextBlock) and block.text)
