"""Fields of a request that a server may refuse although its API has them: which, told from its words."""

from __future__ import annotations

import re
from typing import Any

NEW_LIMIT = "max_completion_tokens"
"""What `max_tokens` is called for newer models; servers of others mostly know the old name alone."""
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty")
# With the words by which servers name them.
_OPTIONAL = {
    **{name: re.compile(rf"\b{name}\b") for name in SAMPLING},
    "max_tokens": re.compile("max_tokens"),
    "max_completion_tokens": re.compile("max_completion_tokens"),
    "stream_options": re.compile("stream_options"),
    "context_management": re.compile("context_management"),
    "include": re.compile("ncrypted content|include|easoning input items"),
}
_REFUSED = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not (allowed|permitted)|deprecated|extra (inputs|fields)"
    r"|may only be|cannot both be|can ?not be (used|set|specified)|could not be (verified|decrypted)"
    r"|can only be provided",
    re.IGNORECASE,
)

LIMITS = ("max_tokens", NEW_LIMIT, "max_output_tokens")
_MOST = re.compile(
    r"max_(?:output_|completion_)?tokens\W{1,3}\d+ > (\d+)|supports at most (\d+) (?:completion|output) tokens"
    r"|max_(?:output_|completion_)?tokens.{0,60}?(?:\[1, |less than or equal to \W?|at most |<= ?)(\d+)",
    re.IGNORECASE | re.DOTALL,
)


def allowed_limit(message: str, sent: dict[str, Any]) -> int | None:
    """The most tokens that a model gives, where a server's refusal says that more of them were asked for."""
    found = _MOST.search(message)
    most = int(next(filter(None, found.groups()))) if found else 0
    return most if any(isinstance(sent.get(name), int) and 0 < most < sent[name] for name in LIMITS) else None


def refused_field(message: str, sent: dict[str, Any]) -> str | None:
    """The optional field among those sent that a server's refusal names, if it says that it does not know it."""
    if not _REFUSED.search(message):
        return None
    return next((name for name, words in _OPTIONAL.items() if name in sent and words.search(message)), None)
