"""Files and pictures that a person attaches to a message, as what the model is given."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from loom.errors import LoomError
from loom_studio.runtime_words import said_of
from loom_studio.texts import tr

if TYPE_CHECKING:
    from loom.types.content import ContentBlock

TEXT_LIMIT_BYTES = 400_000
PICTURE_LIMIT_BYTES = 5 * 2**20
DOCUMENT_LIMIT_BYTES = 32 * 2**20

_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class AttachmentError(LoomError):
    """A file that can't be attached; says which, and why."""


class Attachment(NamedTuple):
    """One attached file: its name, its content as a block, and what else there is to say of it."""

    name: str
    block: ContentBlock
    note: str = ""


def read_attachment(path: Path) -> Attachment:
    """A picture (PNG, JPEG, GIF, WebP), a PDF or a text file, told by its content. Raises AttachmentError."""
    try:
        if not path.is_file():
            raise AttachmentError(tr("{name} can't be attached: it is not a file", name=path.name))
        size = path.stat().st_size
        if size > DOCUMENT_LIMIT_BYTES:
            raise _too_large(path.name, size, DOCUMENT_LIMIT_BYTES)
        return attachment(path.name, path.read_bytes())
    except OSError as error:
        raise AttachmentError(tr("{name} can't be attached: {error}", name=path.name, error=said_of(error))) from None


def attachment(name: str, content: bytes) -> Attachment:
    """The attachment that these bytes are. Raises AttachmentError for what no model reads, and what is too large."""
    from loom.types.content import DocumentBlock, ImageBlock, TextBlock  # not needed to start

    media_type = _media_type(content)
    if media_type is None:
        return Attachment(name, TextBlock(text=f"<file name={name!r}>\n{_text(name, content)}\n</file>"))
    limit = DOCUMENT_LIMIT_BYTES if media_type == "application/pdf" else PICTURE_LIMIT_BYTES
    if len(content) > limit:
        raise _too_large(name, len(content), limit)
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(content).decode("ascii")}
    block = DocumentBlock(source=source) if media_type == "application/pdf" else ImageBlock(source=source)
    return Attachment(name, block)


def _media_type(content: bytes) -> str | None:
    for beginning, media_type in _PICTURES.items():
        if content.startswith(beginning):
            return media_type
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return "application/pdf" if content.startswith(b"%PDF-") else None


def _text(name: str, content: bytes) -> str:
    if len(content) > TEXT_LIMIT_BYTES:
        raise _too_large(name, len(content), TEXT_LIMIT_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise AttachmentError(tr("{name} can't be attached: it is neither text, a picture nor a PDF", name=name))
    return text


def _too_large(name: str, size: int, limit: int) -> AttachmentError:
    return AttachmentError(
        tr(
            "{name} can't be attached: it has {size:,} bytes, and at most {limit:,} are sent",
            name=name,
            size=size,
            limit=limit,
        )
    )
