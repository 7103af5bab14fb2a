"""The one strict JSON reader for tool arguments, and the one canonical byte form.

RFC 8259 leaves duplicate keys and NaN to the reader; two readers that differ are a way to smuggle arguments past
a rule. So arguments are read once, here, and everybody else gets the result.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from json.encoder import c_make_encoder, encode_basestring  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_CHARS = 1_000_000
NESTING = (dict, list)

# What `json.dumps` makes anew for each value, though to make it takes longer than most arguments do.
_pieces: Callable[[Any, int], tuple[str, ...]] = c_make_encoder(  # pyright: ignore[reportUnknownVariableType]
    None,  # looks for no circles: the depth of what it is given is bounded
    json.JSONEncoder().default,
    encode_basestring,
    None,  # indent
    ":",
    ",",
    True,  # sort_keys
    False,  # skipkeys
    False,  # allow_nan
)


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object that `text` is; an empty text is an empty object.

    Raises ValueError, with a sentence for the model, when it is anything else: no JSON, not an object, a key twice,
    NaN or Infinity, a lone surrogate, nested deeper than 64, or longer than 1,000,000 characters.
    """
    if not text.strip():
        return {}
    if len(text) > MAX_CHARS:
        raise ValueError(f"the arguments have {len(text):,} characters; the limit is {MAX_CHARS:,}")
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"the arguments are nested deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the arguments are not valid JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(value, dict):
        raise ValueError(f"the arguments must be a JSON object, got {_kind(value)}")  # noqa: TRY004  one error for every fault
    check_depth(value)
    if "\\ud" in text or "\\uD" in text:
        _no_lone_surrogates(value)
    return value  # pyright: ignore[reportUnknownVariableType]


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, UTF-8.

    Raises ValueError for NaN and Infinity, and for a value that holds itself.
    """
    try:
        return "".join(_pieces(value, 0)).encode()
    except RecursionError:
        raise ValueError("it holds itself, or is nested too deep") from None


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def check_depth(value: Any, limit: int = MAX_DEPTH) -> None:
    """Raise ValueError if `value` is nested deeper than `limit`."""
    _go_down(value, limit, limit)


def _go_down(value: Any, left: int, limit: int) -> None:
    if isinstance(value, dict):
        value = value.values()  # pyright: ignore[reportUnknownVariableType]
    elif not isinstance(value, list):
        return
    if not left:
        raise ValueError(f"the arguments are nested deeper than {limit}")
    for each in value:  # pyright: ignore[reportUnknownVariableType]
        if isinstance(each, NESTING):
            _go_down(each, left - 1, limit)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice!r} stands twice in the arguments")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"the arguments hold {name}, which is not JSON")


def _no_lone_surrogates(value: Any) -> None:
    try:
        canonical(value)
    except UnicodeEncodeError:
        raise ValueError("the arguments hold half a surrogate pair, which is not text") from None


def _kind(value: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")  # pyright: ignore[reportUnknownArgumentType]
