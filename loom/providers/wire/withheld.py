"""What of a history is withheld from a server that refuses it, so that the conversation goes on there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from loom.errors import ProviderError
from loom.types.content import ContentBlock, ImageBlock, TextBlock, ThinkingBlock
from loom.types.messages import Message

_STATUSES = frozenset({400, 404, 422, 500, 501})
_FORM = "without_"


COMMON_PICTURES = ("image/png", "image/jpeg", "image/webp")
"""What every model that sees takes."""


def _is_rare_picture(block: ContentBlock) -> bool:
    return isinstance(block, ImageBlock) and block.source.get("media_type", COMMON_PICTURES[0]) not in COMMON_PICTURES


@dataclass(frozen=True, slots=True)
class Kind:
    """Blocks that a server may refuse altogether: in which words it does, and what stands in their place."""

    name: str
    fits: Callable[[ContentBlock], bool]
    refusal: re.Pattern[str]
    named: str
    told: str


KINDS = (
    Kind(
        "formats",
        _is_rare_picture,
        re.compile(
            r"media_type|mime ?type|unsupported image|following formats|image (format|type)", re.IGNORECASE | re.DOTALL
        ),
        "[A picture, in a format that this model can't see]",
        "does not take pictures of every format: those are only named to it",
    ),
    # Of a picture that is too large or broken servers say something else.
    Kind(
        "pictures",
        lambda block: isinstance(block, ImageBlock),
        re.compile(
            r"(image|picture|vision|multi-?modal).{0,60}?(support|enabled|only|not a|expected|missing data)"
            r"|(support|enabled|not a|unknown variant|at most 0|missing data).{0,60}?(image|vision|multi-?modal)"
            r"|content.{0,20} must be a string",
            re.IGNORECASE | re.DOTALL,
        ),
        "[A picture, which this model can't see]",
        "takes no pictures: they are only named to it",
    ),
    # Signed by another server, or by none.
    Kind(
        "thoughts",
        lambda block: isinstance(block, ThinkingBlock),
        re.compile(r"thinking.{0,80}signature|signature.{0,20}thinking|thought.?signature", re.IGNORECASE | re.DOTALL),
        "",
        "does not take the reasoning that another server wrote: it is left out",
    ),
)


def refused_kind(error: ProviderError, messages: Sequence[Message], withheld: Iterable[str]) -> Kind | None:
    """The kind of blocks that the server refused, if the messages have some and they were not withheld yet."""
    if error.status not in _STATUSES:
        return None
    found = (kind for kind in KINDS if kind.name not in withheld and kind.refusal.search(str(error)))
    return next((kind for kind in found if any(_has(message, kind) for message in messages)), None)


def without(messages: Sequence[Message], withheld: Iterable[str]) -> Sequence[Message]:
    """The messages without blocks of the kinds named; itself where they have none. Each is made once."""
    kinds = [kind for kind in KINDS if kind.name in withheld]
    if not any(_has(message, kind) for message in messages for kind in kinds):
        return messages
    for kind in kinds:
        messages = tuple(_made_without(message, kind) for message in messages)
    return messages


def form_without(form: str, withheld: Iterable[str]) -> str:
    """The name of the form of a request whose messages were sent without blocks of the kinds named."""
    return "".join(f"{_FORM}{kind.name}:" for kind in KINDS if kind.name in withheld) + form


def read_form(form: str) -> tuple[str, list[str]]:
    """A form's own name, and the kinds that were withheld."""
    *withheld, name = form.split(":")
    return name, [each.removeprefix(_FORM) for each in withheld]


def _has(message: Message, kind: Kind) -> bool:
    return not isinstance(message.content, str) and any(map(kind.fits, message.content))


def _made_without(message: Message, kind: Kind) -> Message:
    if isinstance(message.content, str) or not _has(message, kind):
        return message
    name = _FORM + kind.name
    known: Message | None = message.wire_cache.get(name)
    if known is None:
        instead: list[ContentBlock] = [TextBlock(text=kind.named)] if kind.named else []
        blocks = [each for block in message.content for each in (instead if kind.fits(block) else [block])]
        known = message.wire_cache[name] = Message(
            message.role, blocks, message.tool_calls, message.tool_call_id, message.name, message.is_error
        )
    return known
